"""`GET /v1/token`: what is answered to which request.

Source: live probes of 2026-09-18 and 2026-09-24 (the documents tell other statuses and bodies).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.simulator.tokens import TokenLedger

Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON body."""

_EXPIRES: Final = "expires_in_seconds"
_DURATION: Final = "max_session_duration_seconds"
_LONGEST_SESSION_SECONDS: Final = 10_800
_BOUNDS: Final = {_EXPIRES: (1, 600), _DURATION: (60, _LONGEST_SESSION_SECONDS)}
_DIGITS_LIMIT: Final = 18


def answer_token_request(
    ledger: TokenLedger, now: float, query: Mapping[str, str], authorization: str | None
) -> Answer:
    """Mint a token, or say why not."""
    values: dict[str, int] = {_DURATION: _LONGEST_SESSION_SECONDS}
    problems: list[dict[str, Any]] = []
    for name in (_EXPIRES, _DURATION):
        if name in query:
            problems += _read(name, query[name], values)
        elif name == _EXPIRES:
            problems.append(_missing("query", name))
    if authorization is None:
        problems.append(_missing("header", "authorization"))
    if problems or authorization is None:
        return 422, {"detail": problems}
    if not ledger.knows_key(authorization):
        return 404, {"detail": "Invalid API key"}
    token = ledger.mint(now, values[_EXPIRES], values[_DURATION])
    return 200, {"token": token, "expires_in_seconds": values[_EXPIRES]}


def _read(name: str, text: str, values: dict[str, int]) -> list[dict[str, Any]]:
    """Put a parameter's value into `values`, or return what is wrong with it."""
    lowest, highest = _BOUNDS[name]
    if not re.fullmatch(r"[+-]?[0-9]+", text.strip()):
        message = "Input should be a valid integer, unable to parse string as an integer"
        return [_problem("int_parsing", name, message, text)]
    number = int(text.strip()[:_DIGITS_LIMIT])
    if number < lowest:
        message = f"Input should be greater than or equal to {lowest}"
        return [_problem("greater_than_equal", name, message, text) | {"ctx": {"ge": lowest}}]
    if number > highest:
        message = f"Input should be less than or equal to {highest}"
        return [_problem("less_than_equal", name, message, text) | {"ctx": {"le": highest}}]
    values[name] = number
    return []


def _missing(place: str, name: str) -> dict[str, Any]:
    return {"type": "missing", "loc": [place, name], "msg": "Field required", "input": None}


def _problem(kind: str, name: str, message: str, text: str) -> dict[str, Any]:
    return {"type": kind, "loc": ["query", name], "msg": message, "input": text}
