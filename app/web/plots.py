"""What the operator's page draws, in percent of the plot; and its numbers as people read them."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from app.usage.rate_limits import HOUR, MINUTE
from app.usage.report import Report

PARTS: Final = ("used", "reserved", "yesterday", "left")
# Of the place that a day has, its column takes this share.
COLUMN_SHARE: Final = 0.7
# Below this a number of minutes has a decimal.
FEW_MINUTES: Final = 10


def bar(today: Report) -> list[dict[str, Any]]:
    """Return the day's minutes side by side; together they are the limit, where there is one."""
    seconds = [today[f"{name}_seconds"] or 0 for name in PARTS]
    scale = 100 / (sum(seconds) or 1)
    begins = accumulate(seconds, initial=0)
    return [
        {"name": name, "seconds": value, "x": begin * scale, "width": value * scale}
        for name, value, begin in zip(PARTS, seconds, begins, strict=False)
    ]


def columns(days: Sequence[Report]) -> list[dict[str, Any]]:
    """Return a column for each day, from the top down; the highest fills the plot."""
    highest = max((each["used_seconds"] for each in days), default=0) or 1
    step = 100 / (len(days) or 1)
    return [
        {
            "day": each["day"],
            "number": each["day"][-2:].lstrip("0"),
            "seconds": each["used_seconds"],
            "x": step * (place + (1 - COLUMN_SHARE) / 2),
            "width": step * COLUMN_SHARE,
            "y": 100 - 100 * each["used_seconds"] / highest,
        }
        for place, each in enumerate(days)
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
