"""The load: clients that ask for tokens and pages through the proxy, one request after the other.

`python -m benchmarks.scale.load https://localhost:PORT --authority FILE ...` prints one JSON list
of what became of each request, once its standard input is closed or its bounds are reached.
Its clock is the machine's own, so that its times can be compared with those of its parent.
"""

import argparse
import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

MINT = "/api/voice-token"
# Of a POST, which a proxy can only send again if it kept it.
BODY = json.dumps({"expires_in_seconds": 60})
LOST = "lost"
REQUEST_SECONDS = 30


@dataclass(slots=True)
class Load:
    """What all clients share."""

    origin: str
    context: ssl.SSLContext
    pause_seconds: float
    left: int
    ending: asyncio.Event
    records: list[tuple[str, str, float, float, str, str]] = field(default_factory=list)
    """Path, outcome (status, or `lost`), when asked, when answered, the token or the code, and the
    name of the token's grant."""

    def may_ask(self) -> bool:
        """Tell whether one more request may go out; it is counted if so."""
        if self.ending.is_set() or self.left <= 0:
            return False
        self.left -= 1
        return True


async def talk(load: Load, paths: list[str]) -> None:
    """Be one client: a connection that is kept, and a new one where that was closed."""
    connection: Connection | None = None
    for named in cycle(paths):
        method, _, path = named.rpartition(" ")
        if not load.may_ask():
            break
        asked_at = time.monotonic()
        try:
            if connection is None:
                connection = await Connection.open(load)
            async with asyncio.timeout(REQUEST_SECONDS):
                status, body, keep = await connection.ask(method or "GET", path)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            load.records.append((path, LOST, asked_at, time.monotonic(), type(error).__name__, ""))
            connection = None
            continue
        load.records.append((path, str(status), asked_at, time.monotonic(), *_tell(path, body)))
        if not keep:
            connection.close()
            connection = None
        if load.pause_seconds:
            await asyncio.sleep(load.pause_seconds)
    if connection is not None:
        connection.close()


def _tell(path: str, body: bytes) -> tuple[str, str]:
    try:
        answer = json.loads(body) if path == MINT else {}
    except ValueError:
        answer = {}
    grant_id, _, _ = answer.get("receipt", "").partition(".")
    return str(answer.get("token") or answer.get("code") or ""), grant_id


class Connection:
    """One TLS connection to the proxy."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._origin = origin

    @classmethod
    async def open(cls, load: Load) -> "Connection":
        """Connect."""
        parts = urlsplit(load.origin)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", parts.port, ssl=load.context, server_hostname=parts.hostname
        )
        return cls(reader, writer, load.origin)

    async def ask(self, method: str, path: str) -> tuple[int, bytes, bool]:
        """Ask for a path; returns status, body, and whether the connection goes on."""
        host = urlsplit(self._origin).netloc
        # With its origin, as pages of other sites would: it is ours only if the proxy is trusted.
        fields = f"host: {host}\r\norigin: {self._origin}\r\nsec-fetch-site: same-origin"
        asked = BODY if method == "POST" else ""
        if asked:
            fields += f"\r\ncontent-type: application/json\r\ncontent-length: {len(asked)}"
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{fields}\r\n\r\n{asked}".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head[9:12])
        _, found, rest = head.partition("\r\ncontent-length:")
        length = int(rest.partition("\r\n")[0]) if found else 0
        body = await self._reader.readexactly(length) if found else await self._chunks()
        return status, body, "\r\nconnection: close" not in head

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def run(options: argparse.Namespace) -> None:
    """Run all clients until told to end, and print what happened."""
    ending = asyncio.Event()
    context = ssl.create_default_context(cafile=options.authority)
    load = Load(options.origin, context, options.pause_seconds, options.max_requests, ending)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    asyncio.get_running_loop().call_later(options.max_seconds, ending.set)
    listening = asyncio.create_task(reader.read())
    listening.add_done_callback(lambda _: ending.set())
    paths = options.paths.split(",")
    # Not all clients begin with the same path.
    turned = [paths[i % len(paths) :] + paths[: i % len(paths)] for i in range(options.clients)]
    await asyncio.gather(*(talk(load, mine) for mine in turned))
    listening.cancel()
    print(json.dumps(load.records))


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("origin")
    parser.add_argument("--authority", required=True, help="the proxy's root certificate")
    parser.add_argument(
        "--paths", default=MINT, help="in turn, separated by commas; POST before one"
    )
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--pause-seconds", type=float, default=0)
    parser.add_argument("--max-requests", type=int, default=20_000)
    parser.add_argument("--max-seconds", type=float, default=120)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(run(read_options()))
