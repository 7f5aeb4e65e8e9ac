"""Reads what a fault is set to."""

from __future__ import annotations


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
