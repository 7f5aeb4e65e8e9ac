"""The pump of one WebSocket: frames in, frames out when they are due; all rules are elsewhere."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.simulator.decoding import decode
from app.simulator.refusal import Refusal
from app.simulator.session import Close, Outgoing
from app.simulator.transport import cutter

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.clock import Clock
    from app.simulator.connection import Connection
    from app.simulator.observers import Observer

MESSAGE_LIMIT_BYTES: Final = 2**20
"""Beyond it the socket closes with 1009, as the library that the service names does by default."""
_OUTBOX_LIMIT: Final = 500
_ABNORMAL: Final = 1006


class Socket:
    """Runs a connection over a WebSocket that was accepted."""

    def __init__(
        self, websocket: WebSocket, connection: Connection, clock: Clock, observe: Observer
    ) -> None:
        self._websocket = websocket
        self._connection = connection
        self._clock = clock
        self._observe = observe
        self._cut: Callable[[], None] | None = cutter(websocket.scope)
        self._outbox: list[Outgoing] = []
        self._wake = asyncio.Event()
        self._has_room = asyncio.Event()
        self._close_code: int | None = None

    @property
    def can_be_cut(self) -> bool:
        """Whether the server lets us drop the line without a closing handshake."""
        return self._cut is not None

    def cut(self) -> None:
        """Drop the line without a closing handshake."""
        if self._cut is not None:
            self._close_code = _ABNORMAL
            self._cut()
            self._wake.set()

    def close(self, code: int) -> None:
        """Close with a code, after what is due."""
        self._outbox.append(Close(code))
        self._wake.set()

    async def run(self) -> None:
        """Pump until the socket is closed by either side."""
        session_id = None
        self._note("socket", {"event": "open"})
        self._outbox += self._connection.open(self._clock.now())
        reader = asyncio.create_task(self._read())
        try:
            await self._write()
        except WebSocketDisconnect as gone:
            self._close_code = self._close_code or gone.code
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            session_id = self._connection.session_id
            self._connection.drop(self._clock.now())
            closed = {"event": "close", "code": self._close_code or _ABNORMAL}
            self._observe("socket", session_id, closed, self._clock.now())

    async def _read(self) -> None:
        while self._close_code is None:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                self._close_code = event.get("code") or _ABNORMAL
            else:
                self._take(event.get("text"), event.get("bytes"))
            self._wake.set()
            if len(self._outbox) > _OUTBOX_LIMIT:
                # A client that sends without reading waits until it has read.
                self._has_room.clear()
                await self._has_room.wait()

    def _take(self, text: str | None, data: bytes | None) -> None:
        payload: str | bytes = text if text is not None else data or b""
        if len(payload) > MESSAGE_LIMIT_BYTES:
            self._outbox.append(Close(1009))
            return
        now = self._clock.now()
        try:
            message = decode(payload)
        except Refusal as refusal:
            self._note("c2s", {"unreadable": refusal.message, "bytes": len(payload)})
            self._outbox += self._connection.refuse(refusal, now)
            return
        self._note("c2s", message)
        self._outbox += self._connection.receive(message, now)

    async def _write(self) -> None:
        while self._close_code is None:
            self._outbox += self._connection.advance(self._clock.now())
            pending, self._outbox = self._outbox, []
            for item in pending:
                if isinstance(item, Close):
                    self._close_code = item.code
                    await self._websocket.close(item.code)
                    return
                self._note("s2c", item)
                await self._send(json.dumps(item))
            self._has_room.set()
            if not self._outbox:
                await self._sleep()

    async def _send(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except RuntimeError:
            # uvicorn says so of a socket that failed a moment ago and was not reported yet.
            raise WebSocketDisconnect(_ABNORMAL) from None

    async def _sleep(self) -> None:
        """Wait for a message or for the next frame that is due."""
        self._wake.clear()
        due = self._connection.next_due
        timer = None
        if due is not None:
            delay = max(0.0, due - self._clock.now())
            timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _note(self, direction: str, frame: dict[str, Any]) -> None:
        self._observe(direction, self._connection.session_id, frame, self._clock.now())
