"""`python -m app`: read the settings, say what is wrong with them, or serve."""

from __future__ import annotations

import argparse
import errno
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from app import log
from app.errors import ConfigurationError
from app.main import create_app
from app.server import Server, listen
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.types import ASGIApp

NO_KEY = (
    "Set ASSEMBLYAI_API_KEY (in the environment or in .env) to a key of your AssemblyAI account, "
    "or try the service without one: python -m app --demo"
)
OPEN_TO_ALL = (
    "Listening on {host}, not only on this machine: whoever reaches it can mint tokens "
    "that the account pays for, so put access control in front of it."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; returns the exit code (2: a setting is wrong, 1: no port)."""
    options, rest = build_parser().parse_known_args(argv)
    try:
        settings = load_settings()
        demo = is_demo(options, settings)
        demo_options = read_demo_options(rest, demo=demo)
        listener = open_port(settings)
        if listener is None:
            return 1
        with listener:
            return run(settings, listener, demo_options)
    except ConfigurationError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 2


def is_demo(options: argparse.Namespace, settings: Settings) -> bool:
    """Tell whether to serve the simulator.

    Raises:
        ConfigurationError: It is not wanted, and there is no key to do without it.
    """
    if options.demo:
        return True
    if settings.assemblyai_api_key is None and not options.demo_without_key:
        raise ConfigurationError(NO_KEY)
    return settings.assemblyai_api_key is None


def build_parser() -> argparse.ArgumentParser:
    """Return the command line; in a demo the simulator's options are understood as well."""
    parser = argparse.ArgumentParser(
        prog="python -m app",
        allow_abbrev=False,
        epilog="In a demo, the options of python -m app.simulator are understood as well.",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--demo", action="store_true", help="serve the built-in simulator too; needs no key"
    )
    mode.add_argument(
        "--demo-without-key", action="store_true", help="--demo, but only if no key is set"
    )
    return parser


def read_demo_options(rest: list[str], *, demo: bool) -> dict[str, Any] | None:
    """Return the simulator's options in a demo, else None; ends the process on an unknown one."""
    if not demo:
        build_parser().parse_args(rest)  # refuses whatever is left
        return None
    from app.simulator import __main__ as simulator  # noqa: PLC0415 - a demo is no production

    parser = argparse.ArgumentParser(
        prog="python -m app --demo", allow_abbrev=False, parents=[simulator.build_parser()]
    )
    return simulator.options_from(parser.parse_args(rest))


def open_port(settings: Settings) -> socket.socket | None:
    """Listen where the settings say; None, with the reason said, where that cannot be."""
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        place = f"port {settings.port} of {settings.host}"
        message = f"Cannot listen on {place} ({error.strerror}): check VOICEGATE_HOST and PORT."
        if error.errno == errno.EADDRINUSE:
            message = f"Something else uses {place}: end it, or set PORT to another port."
        print(message, file=sys.stderr)
        return None


def run(settings: Settings, listener: socket.socket, demo_options: dict[str, Any] | None) -> int:
    """Serve on a listening socket until told to end."""
    log.configure(settings.log_level)
    port = listener.getsockname()[1]
    url = f"http://{reachable(settings.host)}:{port}"
    app: ASGIApp
    uvicorn_options: dict[str, Any] = {}
    if demo_options is None:
        app = create_app(settings)
        host = settings.upstream_url.partition("://")[2]
        line = f"Voicegate is on {url} (agents at {host})"
    else:
        app, uvicorn_options = build_demo(settings, url, demo_options)
        why = "--demo" if settings.assemblyai_api_key else "no ASSEMBLYAI_API_KEY"
        line = f"Voicegate is on {url} ({why}: talking to the built-in simulator)"
    if demo_options is None and not is_loopback(settings.host):
        print(OPEN_TO_ALL.format(host=settings.host), file=sys.stderr)
    grace = settings.shutdown_grace_seconds
    server = Server(app, grace_seconds=grace, announcement=line, **uvicorn_options)
    server.run_on(listener)
    return 0


def build_demo(
    settings: Settings, url: str, options: dict[str, Any]
) -> tuple[ASGIApp, dict[str, Any]]:
    """Return the service with the simulator beside it, and how uvicorn must serve the two."""
    # A demo is no production: nothing else outside the simulator may import it.
    from app.simulator.demo import create_demo  # noqa: PLC0415
    from app.simulator.transport import SERVER_OPTIONS  # noqa: PLC0415

    return create_demo(settings, origin=url, **options), dict(SERVER_OPTIONS)


def reachable(host: str) -> str:
    """Return the host as a browser on this machine writes it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
