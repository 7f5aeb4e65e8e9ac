"""`python -m app.simulator` serves the double alone, on the loopback address."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from app.simulator.log import Journal
from app.simulator.profiles import LIVE, PROFILES, Profile, profile_named, with_switches
from app.simulator.server import create_simulator
from app.simulator.sockets import MESSAGE_LIMIT_BYTES
from app.simulator.transport import CuttableWebSocketProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence


def build_parser() -> argparse.ArgumentParser:
    """Return a parser of the simulator's own options, to be a parent of another parser."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("simulated service")
    group.add_argument(
        "--profile",
        type=_profile,
        default=LIVE,
        metavar="NAME",
        help=f"how it behaves: {', '.join(PROFILES)} (default {LIVE.name})",
    )
    group.add_argument(
        "--set",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set one switch of the profile; may be repeated",
    )
    group.add_argument("--key", help="the only API key to accept (default: any)")
    group.add_argument(
        "--log", type=_journal, metavar="FILE", help="write every frame to a JSONL file"
    )
    group.add_argument(
        "--control", action="store_true", help="offer GET /_stats and POST /_control"
    )
    group.add_argument("--seed", type=int, default=0, help="of tokens and identifiers (default 0)")
    return parser


def options_from(namespace: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of `create_simulator` from what `build_parser` parsed."""
    return {
        "profile": with_switches(namespace.profile, dict(namespace.set)),
        "seed": namespace.seed,
        "key": namespace.key,
        "observe": namespace.log,
        "control": namespace.control,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m app.simulator",
        description="A local double of the voice agent service.",
        parents=[build_parser()],
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (default 8001)")
    namespace = parser.parse_args(arguments)
    config = uvicorn.Config(
        create_simulator(**options_from(namespace)),
        host=namespace.host,
        port=namespace.port,
        log_level="warning",
        ws=CuttableWebSocketProtocol,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        # Speech hardly shrinks, and compressing it costs more than all else a frame needs.
        ws_per_message_deflate=False,
    )
    with suppress(KeyboardInterrupt):
        _Server(config).run()


class _Server(uvicorn.Server):
    """A server that says where it is once it can be reached."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"The simulated voice agent service is on http://{host}:{port}", flush=True)


def _profile(name: str) -> Profile:
    try:
        return profile_named(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _switch(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    try:
        with_switches(LIVE, {name: value})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value


def _journal(path: str) -> Journal:
    try:
        return Journal(Path(path))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write {path}: {error.strerror}") from None


if __name__ == "__main__":
    main()
