"""A TCP relay on loopback: the server behind it is far away, deaf or gone, as a test wants it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """Passes everything on, until told otherwise.

    Args:
        target: The port that it leads to.
        host: The loopback address on which it listens.
        port: Where there; 0 is a free one.
    """

    def __init__(self, target: int, host: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target
        self._host = host
        self.port = port
        self.connections = 0
        """How many were accepted."""
        self.round_trip_seconds = 0.0
        """Half of it lies before every piece, in each direction."""
        self.is_deaf = False
        """Whether new connections hear nothing either."""
        self._deaf: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; after `vanish` on the same port again."""
        self._server = await asyncio.start_server(
            self._relay, self._host, self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def deafen(self) -> None:
        """Pass on nothing more over the connections that are open, and keep them open."""
        self._deaf |= self._writers

    async def vanish(self) -> None:
        """Reset all connections, and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        if self.is_deaf:
            self._deaf |= {writer, back}
        for way in (self._pass_on(reader, back), self._pass_on(there, writer)):
            task = asyncio.create_task(way)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        last = loop.call_later(0, lambda: None)
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                # A later piece is never due before an earlier one: order is kept.
                if writer not in self._deaf:
                    last = loop.call_later(self.round_trip_seconds / 2, writer.write, data)
        if writer not in self._deaf:  # whose other end must not learn of this one's either
            loop.call_at(last.when() + 0.001, self._close, writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._writers.discard(writer)


@asynccontextmanager
async def relay(target: int, *, round_trip_seconds: float = 0.0) -> AsyncIterator[Relay]:
    """Run a relay to a port until the end of the block."""
    one = Relay(target)
    one.round_trip_seconds = round_trip_seconds
    await one.open()
    try:
        yield one
    finally:
        await one.vanish()
