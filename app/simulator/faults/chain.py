"""What a fault of a socket is, how its setting is read, and how messages pass through several."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.simulator.conversation.session import Outgoing


@dataclass(frozen=True, slots=True)
class Raw:
    """A WebSocket message that is none of the service's: text or binary, sent as it is."""

    payload: str | bytes


@dataclass(frozen=True, slots=True)
class Reset:
    """The line is to end with a TCP reset."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """The line is to stay open while nothing is answered any more, not even a ping."""


Item = Outgoing | Raw | Reset | Freeze


class SocketFault:
    """One misbehaviour of one socket, as pure state: items and time in, items out.

    Args:
        text: the setting, in the form that `form` tells.

    Raises:
        ValueError: the setting is wrong; the message says what is allowed.
    """

    name: ClassVar[str]
    form: ClassVar[str]
    """How a setting is written, for people."""

    def __init__(self, text: str) -> None:
        del text

    @property
    def next_due(self) -> float | None:
        """When `pass_on` has something to do next without new items, in epoch seconds."""
        return None

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Take what is to be sent and return what is sent instead, by now (epoch seconds)."""
        return items

    def release(self) -> list[Item]:
        """Return what was held back; the fault is taken away."""
        return []


class Chain:
    """Passes what is sent through the faults that are set, always in the same order.

    Args:
        known: all faults of a socket by name, in the order in which they are passed.
        settings: those to begin with.
    """

    def __init__(self, known: Mapping[str, type[SocketFault]], settings: Mapping[str, str]) -> None:
        self._known = known
        self._stages: dict[str, SocketFault] = {}
        self._released: list[Item] = []
        for name, text in settings.items():
            self.set(name, text, 0.0)

    @property
    def next_due(self) -> float | None:
        """When `pass_on` has something to do next without new items, in epoch seconds."""
        if self._released:
            return 0.0
        times = [time for stage in self._stages.values() if (time := stage.next_due) is not None]
        return min(times, default=None)

    def set(self, name: str, text: str | None, now: float) -> None:
        """Set a fault from now (epoch seconds) on, or take it away with None.

        Names that are no fault of a socket are passed over: they concern the token route.

        Raises:
            ValueError: the setting is wrong.
        """
        if name not in self._known:
            return
        fault = None if text is None else self._known[name](text)
        old = self._stages.pop(name, None)
        if old is not None:
            self._released += self._pass(old.release(), now, after=name)
        if fault is not None:
            stages = self._stages | {name: fault}
            self._stages = {known: stages[known] for known in self._known if known in stages}

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Take what is to be sent, and return what is sent by now (epoch seconds)."""
        if not self._stages and not self._released:
            return items
        released, self._released = self._released, []
        return released + self._pass(items, now)

    def _pass(self, items: list[Item], now: float, after: str | None = None) -> list[Item]:
        names = list(self._known)
        start = names.index(after) + 1 if after else 0
        for name in names[start:]:
            if name in self._stages:
                items = self._stages[name].pass_on(items, now)
        return items


def read_choice(text: str, name: str, choices: tuple[str, ...]) -> str:
    """Return one of some words.

    Raises:
        ValueError: it is none of them; the message lists them.
    """
    if text not in choices:
        raise ValueError(f"{name} must be one of: {', '.join(choices)}; not {text!r}")
    return text


def read_whole(text: str, what: str, lowest: int, highest: int) -> int:
    """Return a whole number in a range, both ends included.

    Raises:
        ValueError: it is none; the message says what is allowed.
    """
    if text.isascii() and text.isdigit() and lowest <= int(text[:12]) <= highest:
        return int(text[:12])
    raise ValueError(f"{what} must be a whole number from {lowest} to {highest}; not {text!r}")


def read_seconds(text: str, what: str, highest: float) -> float:
    """Return seconds from 0 to a limit, written like `2` or `0.25`.

    Raises:
        ValueError: it is none; the message says what is allowed.
    """
    whole, _, part = text.partition(".")
    is_plain = len(text) < 12 and (whole + (part or "0")).isdigit() and text.isascii()  # noqa: PLR2004 - no number in range is longer
    if is_plain and float(text) <= highest:
        return float(text)
    raise ValueError(f"{what} must be seconds from 0 to {highest:g}, such as 2.5; not {text!r}")
