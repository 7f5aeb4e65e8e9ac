"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.simulator.rest.problems import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_USUAL: Final = 50
_MOST: Final = 200


def page_of(
    items: Sequence[Mapping[str, Any]], query: Mapping[str, str], name: str
) -> dict[str, Any]:
    """Return the page that `limit` (1-200, 50) and `cursor` (the id it begins after) ask for.

    Raises:
        Problem: one of them is wrong.
    """
    limit = _limit(query.get("limit", str(_USUAL)))
    start = 0
    if cursor := query.get("cursor"):
        places = [place for place, item in enumerate(items) if item["id"] == cursor]
        if not places:
            raise invalid("cursor", "Unknown cursor")
        start = places[0] + 1
    shown = items[start : start + limit]
    has_more = start + limit < len(items)
    next_cursor = shown[-1]["id"] if has_more else None
    return {
        name: list(shown),
        "has_more": has_more,
        "response_metadata": {"next_cursor": next_cursor},
    }


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST:
        return int(text[:6])
    raise invalid("limit", f"limit must be a whole number from 1 to {_MOST}")
