"""A piece of network between a browser and a server, for tests that need it to fail.

`python relay.py PORT ...` opens a port for each given one, prints them all in one line of JSON, and
takes orders of the form `["cut", 0]` line by line, each answered by a line when it is done.
It is written in Python because Node cannot set what makes a line of loopback like one of the
internet: small segments, so that the sender's own buffer does not swallow half a minute of speech.
"""

import asyncio
import json
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

_HOST: Final = "127.0.0.1"
_SEGMENT_BYTES: Final = 1_448
"""Of Ethernet; loopback would take 65,483, and the sender's buffer grows with it."""
_BUFFER_BYTES: Final = 16_384
_CLOSE_WITHOUT_CODE: Final = b"\x88\x00"
"""An unmasked close frame; the browser reports 1005. Source: RFC 6455, 5.5.1 and 7.1.5."""
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class Pair:
    """One connection of the browser, and the one to the server that stands for it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    is_deaf: bool = False
    """Whether the browser is neither heard nor answered any more."""
    closing: bytes = b""
    """What the browser still gets at the end."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Relay:
    """Forwards what comes to a port of its own to the port of a server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pairs: set[Pair] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._is_cut = False

    async def open(self) -> int:
        """Begin to listen; returns the port."""
        listener = socket.create_server((_HOST, 0))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT_BYTES)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        await asyncio.start_server(self._accept, sock=listener, limit=_BUFFER_BYTES)
        return int(listener.getsockname()[1])

    def cut(self) -> None:
        """End every connection with a reset and refuse new ones."""
        self._is_cut = True
        for pair in self._pairs:
            pair.over.set()

    async def close(self) -> None:
        """End every connection and come back when all are ended."""
        self.cut()
        await asyncio.gather(*self._serving)

    def mend(self) -> None:
        """Let new connections through again."""
        self._is_cut = False

    def deafen(self) -> None:
        """Let the connections of now go dead without a word; the server notices nothing."""
        for pair in self._pairs:
            pair.is_deaf = True
            # What stands behind `read` would go on filling a buffer of its own.
            pair.near.transport.pause_reading()  # type: ignore[attr-defined]

    def close_without_code(self) -> None:
        """Close every WebSocket in the server's name; to be called while nothing else is sent."""
        for pair in self._pairs:
            pair.closing = _CLOSE_WITHOUT_CODE
            pair.over.set()

    def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if self._is_cut:
            _reset(near)
            return
        serving = asyncio.create_task(self._serve(reader, near))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        far_reader, far = await asyncio.open_connection(_HOST, self._port)
        pair = Pair(near, far)
        self._pairs.add(pair)
        ways = [
            asyncio.create_task(_forward(pair, reader, far)),
            asyncio.create_task(_forward(pair, far_reader, near)),
        ]
        await pair.over.wait()
        self._pairs.discard(pair)
        for way in ways:
            way.cancel()
        if self._is_cut:
            _reset(near)
        near.write(pair.closing)
        near.close()
        far.close()


async def _forward(pair: Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Forward one way until it ends; a deaf connection does not even notice that."""
    with suppress(OSError):
        while data := await reader.read(_BUFFER_BYTES):
            if not pair.is_deaf:
                writer.write(data)
                await writer.drain()
    if not pair.is_deaf:
        pair.over.set()


def _reset(writer: asyncio.StreamWriter) -> None:
    plain = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()


async def main(ports: list[int]) -> None:
    """Serve, and do as told, until there is nobody to tell it."""
    relays = [Relay(port) for port in ports]
    print(json.dumps([await relay.open() for relay in relays]), flush=True)  # noqa: T201 - the answer
    while line := await asyncio.to_thread(sys.stdin.readline):
        order, number = json.loads(line)
        getattr(relays[number], order)()
        print(json.dumps("done"), flush=True)  # noqa: T201 - the answer
    for relay in relays:
        await relay.close()


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
