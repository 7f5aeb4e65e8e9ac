"""What a switch may hold, and how it is read from text."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def choice(default: str, *others: str) -> Any:
    """Return a switch with named values."""
    return field(default=default, metadata={"allowed": (default, *others)})


def number(default: int, lowest: int, highest: int) -> Any:
    """Return a switch with a whole number in a range, both ends included."""
    return field(default=default, metadata={"range": (lowest, highest)})


def flag(*, default: bool) -> Any:
    """Return a switch that is on or off."""
    return field(default=default, metadata={"flag": True})


def parsed(name: str, text: str, rule: Mapping[str, Any]) -> object:
    """Return a switch's value from text by the rule of its field.

    Raises:
        ValueError: the value is not allowed; the message lists what is.
    """
    if "allowed" in rule:
        if text in rule["allowed"]:
            return text
        raise ValueError(f"{name} must be one of: {', '.join(rule['allowed'])}; not {text!r}")
    if "flag" in rule:
        if text in {"true", "false"}:
            return text == "true"
        raise ValueError(f"{name} must be one of: true, false; not {text!r}")
    lowest, highest = rule["range"]
    if text.isascii() and text.isdigit() and lowest <= int(text[:9]) <= highest:
        return int(text[:9])
    raise ValueError(f"{name} must be a whole number from {lowest} to {highest}; not {text!r}")
