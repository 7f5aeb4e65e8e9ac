"""Faults that change messages: other ones beside them, twice, cut anew, in another order."""

import base64
from typing import Any, ClassVar, Final

from app.simulator.faults.chain import Item, Raw, SocketFault, read_whole
from app.simulator.wire.messages import Frame


class LateAudio(SocketFault):
    """After an interrupted `reply.done` come some more pieces of that reply's audio."""

    name: ClassVar[str] = "late_audio"
    form: ClassVar[str] = "N: how many pieces of audio are late"

    def __init__(self, text: str) -> None:
        self._pieces = read_whole(text, self.name, 1, 1000)
        self._last: dict[str, Any] = {}

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes, and repeat the last sound after an interruption."""
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


_MOST: int = 100_000


class Every(SocketFault):
    """Puts something else in the place of every so many messages of the service."""

    form: ClassVar[str] = "N: every so many messages"

    def __init__(self, text: str) -> None:
        self._distance = read_whole(text, self.name, 1, _MOST)
        self._counted = 0
        self.strikes = 0
        """How often it struck so far."""

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes, with something else now and then."""
        passed: list[Item] = []
        for item in items:
            passed += self._strike(item) if isinstance(item, dict) else [item]
        return passed

    def strike(self, frame: Frame) -> list[Item]:
        """Return what is sent in the place of a message."""
        raise NotImplementedError

    def _strike(self, frame: Frame) -> list[Item]:
        self._counted += 1
        if self._counted % self._distance:
            return [frame]
        self.strikes += 1
        return self.strike(frame)


_KINDS: Final = ("reply.content_part.started", "reply.content_part.done", "session.surprise", "x")


class UnknownType(Every):
    """Every so many messages one has an event after it whose type is unknown."""

    name: ClassVar[str] = "unknown_type"

    def strike(self, frame: Frame) -> list[Item]:
        """Return the message, then one of several strangers in turn."""
        kind = _KINDS[(self.strikes - 1) % len(_KINDS)]
        return [
            frame,
            {"type": kind, "part": {"deep": [None]}, "timestamp": frame.get("timestamp")},
        ]


_TEXTS: Final = ("", "{", "<html>", "null", "[]", '"text"', "{}", '{"type":5}', '{"type":"x"}}')


class NotJson(Every):
    """Every so many messages one has a text before it that is not JSON, or JSON but no event."""

    name: ClassVar[str] = "not_json"

    def strike(self, frame: Frame) -> list[Item]:
        """Return one of several such texts in turn, then the message."""
        return [Raw(_TEXTS[(self.strikes - 1) % len(_TEXTS)]), frame]


_PAYLOADS: Final = (bytes(480), b"", b"\xff\xfe{}")


class Binary(Every):
    """Every so many messages one has a binary message before it: silent PCM, nothing, rubbish."""

    name: ClassVar[str] = "binary"

    def strike(self, frame: Frame) -> list[Item]:
        """Return one of several payloads in turn, then the message."""
        return [Raw(_PAYLOADS[(self.strikes - 1) % len(_PAYLOADS)]), frame]


class Duplicates(Every):
    """Every so many messages one comes twice: `session.ready`, `tool.call` or any other."""

    name: ClassVar[str] = "duplicates"

    def strike(self, frame: Frame) -> list[Item]:
        """Return the message twice."""
        return [frame, dict(frame)]


class WrongOrder(Every):
    """Every so many messages one changes places with the one after it."""

    name: ClassVar[str] = "wrong_order"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._held: list[Item] = []

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes; what was held goes after the first of it."""
        passed: list[Item] = []
        for item in items:
            held, self._held = self._held, []
            if isinstance(item, dict):
                passed += [*super().pass_on([item], now), *held]
            else:  # nothing may come after the end
                passed += [*held, item]
        return passed

    def strike(self, frame: Frame) -> list[Item]:
        """Hold the message until the next one."""
        self._held = [frame]
        return []

    def release(self) -> list[Item]:
        """Return what is held."""
        held, self._held = self._held, []
        return held
