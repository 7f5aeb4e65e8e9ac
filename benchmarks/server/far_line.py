"""A line to an upstream that is far away: `python -m benchmarks.server.far_line PORT 0.04`.

Whatever is sent arrives half a round trip later, and a new connection carries nothing for the round
trip that TCP's own greeting takes.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import cast

import uvloop


class End(asyncio.Protocol):
    """One end of a line; what comes in here goes out at the other end, later."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self._loop = asyncio.get_running_loop()
        self._opens_at = self._loop.time()
        self._transport: asyncio.Transport | None = None
        self.other: End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def greet(self, seconds: float) -> None:
        """Carry nothing for a while."""
        self._opens_at = self._loop.time() + seconds

    def data_received(self, data: bytes) -> None:
        """Send it off."""
        leaves_at = max(self._loop.time(), self._opens_at)
        self._loop.call_at(leaves_at + self._delay_seconds, self._deliver, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the other end, later too."""
        if self.other is not None:
            self._loop.call_later(self._delay_seconds, self.other.close)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _deliver(self, data: bytes) -> None:
        assert self.other is not None
        assert self.other._transport is not None  # noqa: SLF001 - its other half
        if not self.other._transport.is_closing():  # noqa: SLF001
            self.other._transport.write(data)  # noqa: SLF001


class Entrance(End):
    """The end that callers connect to."""

    def __init__(self, port: int, round_trip_seconds: float) -> None:
        super().__init__(round_trip_seconds / 2)
        self._port = port
        self._round_trip_seconds = round_trip_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect the other end too."""
        super().connection_made(transport)
        self.greet(self._round_trip_seconds)
        self._opening = self._loop.create_task(self._open())

    async def _open(self) -> None:
        far = End(self._delay_seconds)
        self.other, far.other = far, self
        await self._loop.create_connection(lambda: far, "127.0.0.1", self._port)


async def serve(port: int, round_trip_seconds: float) -> None:
    """Serve on a free loopback port until ended."""
    listener = await asyncio.get_running_loop().create_server(
        lambda: Entrance(port, round_trip_seconds), "127.0.0.1", 0
    )
    print(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("round_trip_seconds", type=float)
    told = parser.parse_args()
    uvloop.run(serve(told.port, told.round_trip_seconds))
