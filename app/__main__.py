"""`python -m app`: read the settings, say what is wrong with them, or serve."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from app.config.settings import Settings, load_settings
from app.errors import ConfigurationError
from app.main import create_app
from app.observability import logging as log
from app.usage.pricing import cost_sentence
from app.web.server import Server, listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.types import ASGIApp

logger = logging.getLogger("voicegate.start")

NO_KEY = (
    "Set ASSEMBLYAI_API_KEY (in the environment or in .env) to a key of your AssemblyAI account, "
    "or try the service without one: python -m app --demo"
)
OPEN_TO_ALL = (
    "Open to all who can reach {host}: VOICEGATE_ACCESS is open, so whoever opens the page mints "
    "tokens that the account pays for; code or jwt lets in only whom you choose."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end, or check; returns the exit code.

    2: a setting is wrong. 1: no port, or what was checked does not work.
    """
    options, rest = build_parser().parse_known_args(argv)
    try:
        settings = load_settings()
        if options.check:
            build_parser().parse_args(rest)  # refuses whatever is left
            return run_check(settings)
        demo = is_demo(options, settings)
        demo_options = read_demo_options(rest, demo=demo)
        with contextlib.ExitStack() as ports:
            listener = open_port(settings.host, settings.port, "VOICEGATE_HOST and PORT")
            if listener is None:
                return 1
            ports.enter_context(listener)
            metrics_listener = None
            if settings.metrics_port is not None:
                names = "VOICEGATE_METRICS_HOST and VOICEGATE_METRICS_PORT"
                metrics_listener = open_port(settings.metrics_host, settings.metrics_port, names)
                if metrics_listener is None:
                    return 1
                ports.enter_context(metrics_listener)
            return run(settings, listener, demo_options, metrics_listener)
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
        "--check", action="store_true", help="show the settings, try keys and store, and end"
    )
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


def run_check(settings: Settings) -> int:
    """Say what is set and whether it works; returns the exit code.

    Raises:
        ConfigurationError: There is no key to try, or an agent is wrong.
    """
    if settings.assemblyai_api_key is None:
        raise ConfigurationError(NO_KEY)
    from app.check import check  # noqa: PLC0415 - what it needs besides, a start does not

    log.configure("error", "console")
    return asyncio.run(check(settings))


def open_port(host: str, port: int, names: str) -> socket.socket | None:
    """Listen there; None, with the reason said, where that cannot be.

    Args:
        host: An address or a name.
        port: 0 for a free one.
        names: The variables that decide it.
    """
    try:
        return listen(host, port)
    except OSError as error:
        place = f"port {port} of {host}"
        message = f"Cannot listen on {place} ({error.strerror}): check {names}."
        if error.errno == errno.EADDRINUSE:
            name = names.rpartition(" ")[2]
            message = f"Something else uses {place}: end it, or set {name} to another port."
        print(message, file=sys.stderr)
        return None


def run(
    settings: Settings,
    listener: socket.socket,
    demo_options: dict[str, Any] | None,
    metrics_listener: socket.socket | None = None,
) -> int:
    """Serve on a listening socket until told to end."""
    log.configure(settings.log_level, settings.log_format)
    port = listener.getsockname()[1]
    url = f"http://{reachable(settings.host)}:{port}"
    app: ASGIApp
    uvicorn_options: dict[str, Any] = {}
    if demo_options is None:
        app = create_app(settings, is_warm=True)
        host = settings.upstream_url.partition("://")[2]
        line = f"Voicegate is on {url} (agents at {host})"
    else:
        app, uvicorn_options = build_demo(settings, url, demo_options)
        why = "--demo" if settings.assemblyai_api_key else "no ASSEMBLYAI_API_KEY"
        line = f"Voicegate is on {url} ({why}: talking to the built-in simulator)"
    if demo_options is None:
        logger.info("%s", cost_sentence(settings))
    if demo_options is None and is_open_to_all(settings):
        logger.warning("%s", OPEN_TO_ALL.format(host=settings.host))
    grace = settings.shutdown_grace_seconds
    if metrics_listener is not None:
        place = f"{reachable(settings.metrics_host)}:{metrics_listener.getsockname()[1]}"
        logger.info("metrics are on http://%s/metrics", place)
    server = Server(
        app,
        delay_seconds=settings.shutdown_delay_seconds,
        grace_seconds=grace,
        announcement=line,
        metrics_listener=metrics_listener,
        **uvicorn_options,
    )
    server.run_on(listener)
    return 0


def build_demo(
    settings: Settings, url: str, options: dict[str, Any]
) -> tuple[ASGIApp, dict[str, Any]]:
    """Return the service with the simulator beside it, and how uvicorn must serve the two."""
    # A demo is no production: nothing else outside the simulator may import it.
    from app.simulator.demo import create_demo  # noqa: PLC0415
    from app.simulator.server.transport import SERVER_OPTIONS  # noqa: PLC0415

    return create_demo(settings, origin=url, **options), dict(SERVER_OPTIONS)


def reachable(host: str) -> str:
    """Return the host as a browser on this machine writes it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def is_open_to_all(settings: Settings) -> bool:
    """Tell whether others can reach the service, itself or through a proxy, and need nothing."""
    is_reachable = not is_loopback(settings.host) or bool(settings.trusted_proxies)
    return settings.access == "open" and is_reachable


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
