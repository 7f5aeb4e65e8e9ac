"""`python -m app.simulator` serves the double alone, on the loopback address."""

import argparse
import errno
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import uvicorn

from app.simulator.options import build_parser, options_from
from app.simulator.server.app import create_simulator
from app.simulator.server.tls import Certificate, TlsError, certificate_in
from app.simulator.server.transport import SERVER_OPTIONS

BACKLOG: Final = 2048
MAX_SHOWN: Final = 60


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted; one sentence and 2 if an option is wrong, 1 if a port is taken."""
    parser = _whole_parser()
    namespace = parser.parse_args(arguments)
    if not namespace.allow_remote and not _is_loopback(namespace.host):
        parser.error(
            f"{namespace.host} can be reached from other machines, and the simulator asks nobody "
            "who they are: add --allow-remote if that is meant"
        )
    with ExitStack() as stack:
        certificate = None
        if namespace.tls is not None:
            folder = namespace.tls or stack.enter_context(tempfile.TemporaryDirectory())
            try:
                certificate = certificate_in(Path(folder))
            except TlsError as error:
                parser.error(str(error))
        _serve(namespace, certificate)


def _whole_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.simulator",
        description="A local double of the voice agent service.",
        parents=[build_parser()],
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_port, default=8001, help="port to listen on (default 8001)")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="let --host be an address that other machines reach",
    )
    parser.add_argument(
        "--tls",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="serve https and wss with a certificate of its own, "
        "kept in FOLDER (default: a new one, gone at the end)",
    )
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if number not in range(2**16):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 65535; it is {text[:MAX_SHOWN]!r}"
        )
    return number


def _serve(namespace: argparse.Namespace, certificate: Certificate | None) -> None:
    files: dict[str, Any] = {}
    if certificate is not None:
        files = {"ssl_certfile": certificate.certificate, "ssl_keyfile": certificate.key}
    simulator = create_simulator(**options_from(namespace))
    config = uvicorn.Config(simulator, log_level="warning", **files, **SERVER_OPTIONS)
    with _listen(namespace.host, namespace.port) as listener, suppress(KeyboardInterrupt):
        _Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; ends the process with a sentence and 1 if there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        place = f"port {port} of {host}"
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Something else uses {place}: end it, or set --port to another port.")
        sys.exit(f"Cannot listen on {place} ({error.strerror}): check --host and --port.")


class _Server(uvicorn.Server):
    """A server that says where it is once it can be reached."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            name = f"[{host}]" if ":" in host else host
            print(f"The simulated voice agent service is on {scheme}://{name}:{port}", flush=True)
            if self.config.is_ssl:
                print(f"Let clients trust this certificate: {self.config.ssl_certfile}", flush=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    main()
