"""Faults of the line: messages come late, the upgrade is refused, the socket ends."""

import json
import random
from collections import deque
from typing import ClassVar, Final

from app.simulator.conversation.session import Close
from app.simulator.faults.chain import (
    Freeze,
    Item,
    Raw,
    Reset,
    SocketFault,
    read_seconds,
    read_whole,
)

MOMENT_FORM: Final = "2.5s or 40frames"
_LONGEST_SECONDS: Final = 86_400
_MOST_FRAMES: Final = 1_000_000


class Moment:
    """Counts seconds or messages from where the fault was set.

    Args:
        text: `2.5s` after the fault was set, or `40frames` of the service after it; empty: at once.

    Raises:
        ValueError: the text is neither; the message says what is allowed.
    """

    def __init__(self, text: str) -> None:
        self._frames: int | None = None
        self._seconds = 0.0
        self._counted = 0
        self._begun_at: float | None = None
        if text.endswith("frames"):
            self._frames = read_whole(text.removesuffix("frames"), "frames", 0, _MOST_FRAMES)
        elif text.endswith("s"):
            self._seconds = read_seconds(text.removesuffix("s"), "a moment", _LONGEST_SECONDS)
        elif text:
            raise ValueError(f"a moment is written {MOMENT_FORM}; not {text!r}")

    @property
    def due(self) -> float | None:
        """When it comes, in epoch seconds; None when only messages bring it nearer."""
        if self._frames is not None or self._begun_at is None:
            return None
        return self._begun_at + self._seconds

    def has_come(self, now: float) -> bool:
        """Whether it has come; the first question starts the count."""
        if self._begun_at is None:
            self._begun_at = now
        if self._frames is not None:
            return self._counted >= self._frames
        return now >= self._begun_at + self._seconds

    def count(self) -> None:
        """Take note that a message went out."""
        self._counted += 1


def split_moment(text: str) -> tuple[str, Moment]:
    """Return what stands before `@` in a setting, and the moment that stands after it."""
    value, _, moment = text.partition("@")
    return value.strip(), Moment(moment.strip())


class Ending(SocketFault):
    """Lets everything pass until a moment; then comes one last item, and nothing after it."""

    def __init__(self, moment: Moment, last: Item) -> None:
        self._moment = moment
        self._last = last
        self._is_over = False

    @property
    def next_due(self) -> float | None:
        """When the end comes, where time brings it."""
        return None if self._is_over else self._moment.due

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes before the moment, and end at it."""
        passed: list[Item] = []
        if self._is_over:
            return passed
        for item in items:
            if self._moment.has_come(now):
                break
            self._moment.count()
            passed.append(item)
        if self._moment.has_come(now):
            self._is_over = True
            passed.append(self._last)
        return passed


_HELD_LIMIT: Final = 6000
"""Messages; a minute of audio. A line that is further behind is reset, as a real one is."""


class Holding(SocketFault):
    """Holds each item back until its time; nothing overtakes."""

    def __init__(self) -> None:
        self._held: deque[tuple[float, Item]] = deque()

    @property
    def next_due(self) -> float | None:
        """When the next item leaves."""
        return self._held[0][0] if self._held else None

    def due_of(self, item: Item, now: float) -> float:
        """Return when an item that comes now may leave, in epoch seconds."""
        raise NotImplementedError

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Queue what comes, and return what is due."""
        for item in items:
            earliest = self._held[-1][0] if self._held else now
            self._held.append((max(earliest, self.due_of(item, now)), item))
        if len(self._held) > _HELD_LIMIT:
            self._held.clear()
            return [Reset()]
        passed: list[Item] = []
        while self._held and self._held[0][0] <= now:
            passed.append(self._held.popleft()[1])
        return passed

    def release(self) -> list[Item]:
        """Return all that is still held."""
        held = [item for _, item in self._held]
        self._held.clear()
        return held


class SlowLink(Holding):
    """Messages leave no faster than some bytes a second; a reply's audio needs about 76,000."""

    name: ClassVar[str] = "slow_link"
    form: ClassVar[str] = "BYTES a second"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._bytes_a_second = read_whole(text, self.name, 100, 100_000_000)
        self._free_at = 0.0

    def due_of(self, item: Item, now: float) -> float:
        """Return when the last byte of this message has left."""
        self._free_at = max(self._free_at, now) + _size_bytes(item) / self._bytes_a_second
        return self._free_at


def _size_bytes(item: Item) -> int:
    if isinstance(item, Raw):
        return len(item.payload)
    return len(json.dumps(item)) if isinstance(item, dict) else 0


class Jitter(Holding):
    """Each message is late by a time of its own; the order stays, as it does over TCP."""

    name: ClassVar[str] = "jitter"
    form: ClassVar[str] = "MILLISECONDS: the most that a message is late"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._most_seconds = read_whole(text, self.name, 1, 10_000) / 1000
        self._random = random.Random(f"jitter:{text}")  # noqa: S311 - repeatable on purpose

    def due_of(self, item: Item, now: float) -> float:
        """Return a time of chance, the same in each run."""
        return now + self._random.random() * self._most_seconds


class Stall(Holding):
    """From a moment on nothing comes for some seconds; then all of it comes at once."""

    name: ClassVar[str] = "stall"
    form: ClassVar[str] = f"SECONDS or SECONDS@MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__()
        seconds, self._moment = split_moment(text)
        self._seconds = read_seconds(seconds, "stall", 60)
        self._until: float | None = None

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Hold what comes within the stall."""
        self._look(now)
        return super().pass_on(items, now)

    def due_of(self, item: Item, now: float) -> float:
        """Return the end of the stall, once it has begun."""
        self._look(now)
        if self._until is None:
            self._moment.count()
            return now
        return max(now, self._until)

    def _look(self, now: float) -> None:
        if self._until is None and self._moment.has_come(now):
            self._until = now + self._seconds


_LOWEST: Final = 400
_HIGHEST: Final = 599


class RefuseUpgrade(SocketFault):
    """No WebSocket opens: the upgrade is answered with an HTTP status; a browser sees 1006.

    The server looks for it before there is a socket; on an open one it does nothing.
    """

    name: ClassVar[str] = "refuse_upgrade"
    form: ClassVar[str] = "STATUS from 400 to 599"

    def __init__(self, text: str) -> None:
        self.status = read_whole(text, self.name, _LOWEST, _HIGHEST)


CLOSE_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Those that may stand in a close frame. Source: RFC 6455, section 7.4, and its registry."""


class CloseAt(Ending):
    """The service closes the socket with a code, without a word before it."""

    name: ClassVar[str] = "close"
    form: ClassVar[str] = f"CODE or CODE@MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        code, moment = split_moment(text)
        if not code.isascii() or not code.isdigit() or int(code[:6]) not in CLOSE_CODES:
            raise ValueError(
                f"close must be a code that a close frame may carry, such as 1011@2s; not {text!r}"
            )
        super().__init__(moment, Close(int(code)))


class SilenceAt(Ending):
    """The line stays open, but nothing is answered any more: no event, no pong, no close."""

    name: ClassVar[str] = "silence"
    form: ClassVar[str] = f"MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__(Moment(text or "0s"), Freeze())


class ResetAt(Ending):
    """The line ends with a TCP reset; a browser sees close code 1006."""

    name: ClassVar[str] = "reset"
    form: ClassVar[str] = f"MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__(Moment(text or "0s"), Reset())
