"""Reads and writes one WebSocket: frames in, frames out when they are due."""

import asyncio
import json
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.simulator.conversation.session import Close, Outgoing
from app.simulator.conversation.timers import Clock
from app.simulator.errors import Refusal
from app.simulator.evidence.observers import Observer
from app.simulator.faults.chain import Chain, Freeze, Item, Raw, Reset
from app.simulator.server.connection import Connection
from app.simulator.server.transport import MESSAGE_LIMIT_BYTES, line_of
from app.simulator.wire.decoding import decode

_OUTBOX_LIMIT: Final = 500
_ABNORMAL: Final = 1006


class Socket:
    """Runs a connection over a WebSocket that was accepted.

    Args:
        websocket: the accepted one.
        connection: says what is answered.
        faults: what everything passes on its way out.
        clock: the time.
        observe: is told what goes over the wire.
    """

    def __init__(
        self,
        websocket: WebSocket,
        connection: Connection,
        faults: Chain,
        clock: Clock,
        observe: Observer,
    ) -> None:
        self._websocket = websocket
        self._connection = connection
        self._faults = faults
        self._clock = clock
        self._observe = observe
        self._line = line_of(websocket.scope)
        self._outbox: list[Outgoing] = []
        self._wake = asyncio.Event()
        self._has_room = asyncio.Event()
        self._ordered_close: int | None = None
        self._close_code: int | None = None
        self._is_frozen = False

    @property
    def can_be_cut(self) -> bool:
        """Whether the server lets us drop the line without a closing handshake."""
        return self._line is not None

    def cut(self) -> None:
        """Drop the line without a closing handshake."""
        if self._line is not None:
            self._close_code = _ABNORMAL
            self._line.cut()
            self._wake.set()

    def close(self, code: int) -> None:
        """Close with a code, after what is due and past all faults."""
        self._ordered_close = code
        self._wake.set()

    def set_fault(self, name: str, text: str | None) -> None:
        """Set a fault from now on, or take it away with None."""
        self._faults.set(name, text, self._clock.now())
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
            elif not self._is_frozen:
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
            now = self._clock.now()
            self._outbox += self._connection.advance(now)
            pending, self._outbox = self._outbox, []
            for item in self._faults.pass_on([*pending], now):
                await self._send(item)
                if self._close_code is not None:
                    return
            if self._ordered_close is not None:
                await self._send(Close(self._ordered_close))
                return
            self._has_room.set()
            if not self._outbox:
                await self._sleep()

    async def _send(self, item: Item) -> None:
        """Send an item; sets the close code when it was the last."""
        if isinstance(item, Close):
            self._close_code = item.code
            await self._websocket.close(item.code)
        elif isinstance(item, Reset):
            self._close_code = _ABNORMAL
            if self._line is not None:
                self._line.reset()
        elif isinstance(item, Freeze):
            self._is_frozen = True
            if self._line is not None:
                self._line.freeze()
        elif self._is_frozen:
            return
        elif isinstance(item, Raw):
            self._note("s2c", {"unreadable": str(item.payload[:200]), "bytes": len(item.payload)})
            await self._send_payload(item.payload)
        else:
            self._note("s2c", item)
            await self._send_payload(json.dumps(item))

    async def _send_payload(self, payload: str | bytes) -> None:
        try:
            if isinstance(payload, str):
                await self._websocket.send_text(payload)
            else:
                await self._websocket.send_bytes(payload)
        except RuntimeError:
            # uvicorn says so of a socket that failed a moment ago and was not reported yet.
            raise WebSocketDisconnect(_ABNORMAL) from None

    async def _sleep(self) -> None:
        """Wait for a message, for the next frame that is due, or for a fault's next step."""
        self._wake.clear()
        times = (self._connection.next_due, self._faults.next_due)
        due = min((time for time in times if time is not None), default=None)
        timer = None
        if due is not None:
            delay = max(0.0, due - self._clock.now())
            timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _note(self, direction: str, frame: dict[str, Any]) -> None:
        self._observe(direction, self._connection.session_id, frame, self._clock.now())
