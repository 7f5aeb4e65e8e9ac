"""What the operator's page draws, in percent of the plot; and its numbers as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.usage.rate_limits import HOUR, MINUTE
from app.usage.report import Report

# Of the place that a day has, its column takes this share.
COLUMN_SHARE: Final = 0.7
# Below this a number of minutes has a decimal.
FEW_MINUTES: Final = 10


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: `used`, `reserved`, `yesterday` or `left`."""

    name: str
    seconds: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day: its date, its number in the month, and its column from the top down."""

    day: str
    number: str
    seconds: int
    x: float
    width: float
    y: float


def bar(today: Report) -> list[Part]:
    """Return the day's minutes side by side; together they are the limit, where there is one."""
    names = ("used", "reserved", "yesterday", "left")
    seconds = {name: today[f"{name}_seconds"] or 0 for name in names}
    scale = 100 / (sum(seconds.values()) or 1)
    parts, x = [], 0.0
    for name, value in seconds.items():
        parts.append(Part(name, value, x, value * scale))
        x += value * scale
    return parts


def columns(days: Sequence[Report]) -> list[Column]:
    """Return a column for each day; the highest fills the plot."""
    highest = max((each["used_seconds"] for each in days), default=0) or 1
    step = 100 / (len(days) or 1)
    return [
        Column(
            each["day"],
            each["day"][-2:].lstrip("0"),
            each["used_seconds"],
            x=step * (number + (1 - COLUMN_SHARE) / 2),
            width=step * COLUMN_SHARE,
            y=100 - 100 * each["used_seconds"] / highest,
        )
        for number, each in enumerate(days)
    ]


def minutes(seconds: int, language: str) -> str:
    """Return a number of minutes, as it is written in a language."""
    value = seconds / MINUTE
    text = f"{value:,.1f}" if 0 < value < FEW_MINUTES else f"{value:,.0f}"
    return decimal(text, language)


def decimal(text: str, language: str) -> str:
    """Return a number in English notation as it is written in a language."""
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def duration(seconds: int) -> str:
    """Return a time span in its two largest units, whose signs are the same everywhere."""
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h {seconds % HOUR // MINUTE:02} min"
