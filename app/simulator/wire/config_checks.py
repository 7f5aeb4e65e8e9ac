"""Checks of single values: each takes a field's path and value, and raises Refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.simulator.errors import Refusal

Check = Callable[[str, Any], None]
"""Takes the field's path and value; raises Refusal."""


def wrong_type() -> Refusal:
    """Return the refusal of an update with a value of a wrong type."""
    return Refusal.format("session.update")


def text(limit: int | None = None, *, nullable: bool = True) -> Check:
    """Return the check for a text of at most `limit` characters."""

    def check(path: str, value: Any) -> None:
        if value is None and nullable:
            return
        if not isinstance(value, str):
            raise wrong_type()
        if limit is not None and len(value) > limit:
            raise Refusal.value(path, f"'{path}' must be at most {limit} characters")

    return check


def one_of(*allowed: str) -> Check:
    """Return the check for a text out of a few."""

    def check(path: str, value: Any) -> None:
        text()(path, value)
        if value is not None and value not in allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check


def number_from(lowest: float, highest: float, *, whole: bool = False) -> Check:
    """Return the check for a number in a range, both ends included."""
    kinds = (int,) if whole else (int, float)

    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise wrong_type()
        if not lowest <= value <= highest:
            raise Refusal.value(path, f"'{path}' must be from {lowest} to {highest}")

    return check


def flag(_path: str, value: Any) -> None:
    """Check for true, false or null."""
    if value is not None and not isinstance(value, bool):
        raise wrong_type()


def object_or_null(_path: str, value: Any) -> None:
    """Check for an object of any content or null."""
    if value is not None and not isinstance(value, dict):
        raise wrong_type()


def texts(limit: int, allowed: tuple[str, ...] | None = None) -> Check:
    """Return the check for a list of at most `limit` texts, out of a few if so."""

    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong_type()
        if len(value) > limit:
            raise Refusal.value(path, f"'{path}' may hold at most {limit} entries")
        unknown = [item for item in value if allowed and item not in allowed]
        if unknown and allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check
