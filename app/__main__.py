"""`python -m app`: read the settings, say what is wrong with them, or serve."""

import argparse
import asyncio
import contextlib
import errno
import gc
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from app.config.agents import former_voices
from app.config.messages import NO_KEY
from app.config.risks import risks
from app.config.settings import Settings, cluster_variables, load_settings, variable
from app.errors import ConfigurationError
from app.observability import logging as log
from app.usage.pricing import cost_sentence
from app.web.workers import Workers

logger = logging.getLogger("voicegate.start")

UNBUILT = "Browsers load more than a hundred files a page, as they are written: {why}."


class PortError(ConfigurationError):
    """A port cannot be listened on, whatever is set; says which, why, and what to set."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end, or check.

    Returns:
        The exit code: 2 if a setting is wrong, 1 if a port is taken or a check failed, else 0.
    """
    keep_standard_numbers()
    gc.disable()  # until the server has started: what the imports make stays for good
    options, rest = build_parser().parse_known_args(argv)
    may_be_demo = options.demo or options.demo_without_key
    simulator_options = read_simulator_options(rest) if may_be_demo else None
    if not may_be_demo:
        refuse_options(rest)
    try:
        settings = load_settings()
        has_key = bool(settings.assemblyai_api_key)
        if not (has_key or may_be_demo or options.check):
            say(NO_KEY, stream=sys.stderr)
            return 2
        if options.demo_without_key and has_key:
            refuse_options(rest)
            simulator_options = None
        if options.check:
            from app.check import check  # noqa: PLC0415 - what it needs besides, a start does not

            log.configure("error", "console")
            return asyncio.run(check(settings, say))
        serve(settings, simulator_options, as_written=options.plain_scripts)
    except ConfigurationError as error:
        say(*error.problems, stream=sys.stderr)
        return 1 if isinstance(error, PortError) else 2
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the command line without the simulator's options."""
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
    parser.add_argument(
        "--plain-scripts", action="store_true", help="let browsers load scripts as they are written"
    )
    return parser


def refuse_options(arguments: list[str]) -> None:
    """End the process if there are any, as production has none of the simulator's."""
    if arguments:
        build_parser().error(f"unrecognized arguments: {' '.join(arguments)}")


def read_simulator_options(arguments: list[str]) -> dict[str, Any]:
    """Return the simulator's options; ends the process on an unknown one."""
    from app.simulator import options  # noqa: PLC0415 - a demo is no production

    parser = argparse.ArgumentParser(
        prog="python -m app --demo", allow_abbrev=False, parents=[options.build_parser()]
    )
    return options.options_from(parser.parse_args(arguments))


def serve(
    settings: Settings, simulator_options: dict[str, Any] | None, *, as_written: bool = False
) -> None:
    """Serve until told to end.

    Args:
        settings: What the operator decided.
        simulator_options: Those of the simulator in a demo, else None.
        as_written: Whether browsers load scripts and styles as they are written.

    Raises:
        ConfigurationError: An agent is wrong.
        PortError: A port cannot be listened on.
        SystemExit: Of several processes, this was the parent, and all have ended.
    """
    # The simulator of a demo knows its own tokens only.
    count = settings.workers if simulator_options is None else 1
    counts = settings.metrics_port is not None or settings.operator_token is not None
    workers = Workers(count, counts=counts) if count > 1 else None
    from app.web.server import Server, listen  # noqa: PLC0415 - after collector and workers
    from app.web.services import Services  # noqa: PLC0415 - likewise

    number, port = 0, settings.port
    if workers is not None:
        # What is wrong is said once, and before a worker could meet it.
        port = try_ports(settings)
        # Imports what the workers then share.
        build(settings, "", simulator_options, as_written=as_written)
        found = workers.fork()
        if found is None:
            raise SystemExit(0)
        number = found
    with contextlib.ExitStack() as stack:
        with explained(settings, "port"):
            listener = listen(settings.host, port, is_shared=workers is not None)
            stack.enter_context(listener)
        log.configure(settings.log_level)
        if workers is not None and workers.why:
            logger.warning("a process ended (%s), this one stands for it", workers.why)
        if number == 0 and (ignored := cluster_variables()):
            logger.info("ignored, as a cluster sets them: %s", ", ".join(ignored))
        url = f"http://{reachable(settings.host)}:{listener.getsockname()[1]}"
        app, uvicorn_options = build(settings, url, simulator_options, as_written=as_written)
        services: Services = app.state.services
        if number == 0 and settings.metrics_port is not None:
            with explained(settings, "metrics_port"):
                served = services.metrics.served(settings.host, settings.metrics_port)
                port = stack.enter_context(served)
            logger.info("metrics are on http://%s:%d/metrics", reachable(settings.host), port)
        if simulator_options is not None:
            why = "--demo" if settings.assemblyai_api_key else "no ASSEMBLYAI_API_KEY"
            partner = f"{why}: talking to the built-in simulator"
        else:
            partner = f"agents at {settings.upstream_url.partition('://')[2]}"
        if simulator_options is None and number == 0:
            logger.info("%s", cost_sentence(settings))
            for risk in (*risks(settings), *former_voices(services.agents)):
                logger.warning("%s", risk)
        if number == 0 and settings.is_reachable and (why := services.files.why_unbuilt):
            logger.warning("%s", UNBUILT.format(why=why))
        server = Server(
            app,
            services,
            delay_seconds=settings.shutdown_delay_seconds,
            announcement="" if number else f"Voicegate is on {url} ({partner})",
            has_proxies=bool(settings.trusted_proxies),
            **uvicorn_options,
        )
        server.run(sockets=[listener])


def build(
    settings: Settings, url: str, simulator_options: dict[str, Any] | None, *, as_written: bool
) -> tuple[Any, dict[str, Any]]:
    """Return the ASGI app to serve, and how uvicorn must serve it."""
    from app.main import create_app  # noqa: PLC0415 - after the collector is told

    if simulator_options is None:
        return create_app(settings, as_written=as_written), {}
    # A demo is no production: nothing else outside the simulator may import it.
    from app.simulator.demo import create_demo  # noqa: PLC0415
    from app.simulator.server.transport import WEBSOCKET_OPTIONS, add_line  # noqa: PLC0415

    app = create_demo(settings, origin=url, as_written=as_written, **simulator_options)
    return app, {"adapt": add_line, **WEBSOCKET_OPTIONS}


def try_ports(settings: Settings) -> int:
    """Listen for a moment where the service will; return the number of its own port.

    Raises:
        PortError: A port cannot be listened on.
    """
    from app.web.server import listen  # noqa: PLC0415 - as above

    if settings.metrics_port is not None:
        with explained(settings, "metrics_port"):
            listen(settings.host, settings.metrics_port).close()
    with explained(settings, "port"), listen(settings.host, settings.port) as trial:
        number: int = trial.getsockname()[1]
    return number


@contextlib.contextmanager
def explained(settings: Settings, port_field: str) -> Iterator[None]:
    """Say in one sentence why a port cannot be listened on.

    Raises:
        PortError: The port could not be listened on.
    """
    try:
        yield
    except OSError as error:
        place = f"port {getattr(settings, port_field)} of {settings.host}"
        host_name, port_name = variable("host"), variable(port_field)
        if error.errno == errno.EADDRINUSE:
            sentence = f"Something else uses {place}: end it, or set {port_name} to another port."
        else:
            reason = f"({error.strerror}): check {host_name} and {port_name}."
            sentence = f"Cannot listen on {place} {reason}"
        raise PortError(sentence) from None


def reachable(host: str) -> str:
    """Return the host as a browser on this machine writes it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def keep_standard_numbers() -> None:
    """Open what whoever started us closed of 0, 1 and 2, so that no socket gets such a number.

    libuv, below uvloop, ends the process when it is to close one of them.
    """
    number = os.open(os.devnull, os.O_RDWR)
    while number <= 2:  # noqa: PLR2004 - standard error
        number = os.dup(number)
    os.close(number)


def say(*lines: str, stream: TextIO | None = None) -> None:
    """Print, on standard output unless told; a full disk or a gone reader stops nothing."""
    with contextlib.suppress(OSError):
        print(*lines, sep="\n", file=stream or sys.stdout, flush=True)


def drop_broken_streams() -> None:
    """Let go of streams that cannot be written: at exit they would make any exit code 120."""
    for name in ("stdout", "stderr"):
        try:
            print(end="", file=getattr(sys, name), flush=True)
        except OSError:
            setattr(sys, name, None)


if __name__ == "__main__":
    try:
        code = main()
    finally:
        drop_broken_streams()
    sys.exit(code)
