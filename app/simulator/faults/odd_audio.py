"""Audio in pieces that cut samples in two."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

from app.simulator.faults.stage import SocketFault, read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item


class OddAudio(SocketFault):
    """The audio of a reply comes in pieces of an odd number of bytes; put together it is whole."""

    name: ClassVar[str] = "odd_audio"
    form: ClassVar[str] = "BYTES of a piece, an odd number"

    def __init__(self, text: str) -> None:
        self._size = read_whole(text, self.name, 1, 99_999)
        if self._size % 2 == 0:
            raise ValueError(f"odd_audio must be an odd number of bytes; not {text!r}")
        self._rest = b""
        self._last: dict[str, Any] = {}

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Cut the sound anew; what is left over goes out before anything of another kind."""
        del now
        passed: list[Item] = []
        for item in items:
            if isinstance(item, dict) and item.get("type") == "reply.audio":
                passed += self._cut(item)
            else:
                passed += [*self.release(), item]
        return passed

    def release(self) -> list[Item]:
        """Return what is left over."""
        rest, self._rest = self._rest, b""
        return [self._piece(rest)] if rest else []

    def _cut(self, frame: dict[str, Any]) -> list[Item]:
        flushed = self.release() if frame["reply_id"] != self._last.get("reply_id") else []
        self._last = frame
        self._rest += base64.b64decode(frame["data"])
        pieces: list[Item] = []
        while len(self._rest) >= self._size:
            pieces.append(self._piece(self._rest[: self._size]))
            self._rest = self._rest[self._size :]
        return [*flushed, *pieces]

    def _piece(self, sound: bytes) -> Item:
        return self._last | {"data": base64.b64encode(sound).decode("ascii")}
