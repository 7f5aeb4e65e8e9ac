"""Audio that comes after its reply was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.simulator.faults.stage import SocketFault, read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item


class LateAudio(SocketFault):
    """After an interrupted `reply.done` come some more pieces of that reply's audio."""

    name: ClassVar[str] = "late_audio"
    form: ClassVar[str] = "N: how many pieces of audio are late"

    def __init__(self, text: str) -> None:
        self._pieces = read_whole(text, self.name, 1, 1000)
        self._last: dict[str, Any] = {}

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes, and repeat the last sound after an interruption."""
        del now
        passed: list[Item] = []
        for item in items:
            passed.append(item)
            if isinstance(item, dict):
                passed += self._follow(item)
        return passed

    def _follow(self, frame: dict[str, Any]) -> list[Item]:
        if frame.get("type") == "reply.audio":
            self._last = frame
        is_end = frame.get("type") == "reply.done" and frame.get("status") == "interrupted"
        if not is_end or self._last.get("reply_id") != frame.get("reply_id"):
            return []
        # An interrupted reply may come without a timestamp, as its other events do then.
        time = {key: frame[key] for key in ("timestamp",) if key in frame}
        return [self._last | time for _ in range(self._pieces)]
