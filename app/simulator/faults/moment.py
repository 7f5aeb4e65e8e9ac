"""The moment at which a fault begins, and the faults that end a socket at one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.simulator.faults.stage import SocketFault, read_seconds, read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item

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
