"""What passes through a socket's faults, and what each of them is: a stage on the way out."""

from __future__ import annotations

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
        del now
        return items

    def release(self) -> list[Item]:
        """Return what was held back; the fault is taken away."""
        return []


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
