"""`GET /v1/token`: what is answered to which request.

Source: live probes of 2026-09-18 and 2026-09-24; the documents tell other statuses and bodies,
which are those of `token_errors=docs`.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.simulator.behaviour.profiles import Profile
    from app.simulator.token_ledger import TokenLedger

Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON body."""

_EXPIRES: Final = "expires_in_seconds"
_DURATION: Final = "max_session_duration_seconds"
_LONGEST_SESSION_SECONDS: Final = 10_800
_USUAL_EXPIRES_IN_SECONDS: Final = 60
_BOUNDS: Final = {_EXPIRES: (1, 600), _DURATION: (60, _LONGEST_SESSION_SECONDS)}
_DIGITS_LIMIT: Final = 18


def answer_token_request(
    profile: Profile,
    ledger: TokenLedger,
    now: float,
    query: Mapping[str, str],
    authorization: str | None,
) -> Answer:
    """Mint a token, or say why not."""
    values = {_DURATION: _LONGEST_SESSION_SECONDS, _EXPIRES: _USUAL_EXPIRES_IN_SECONDS}
    problems: list[dict[str, Any]] = []
    for name in (_EXPIRES, _DURATION):
        if name in query:
            problems += _read(name, query[name], values)
        elif name == _EXPIRES and profile.expires_in_seconds == "required":
            problems.append(_missing("query", name))
    refusal = _refusal(problems, authorization, ledger)
    if refusal is not None:
        is_live = profile.token_errors == "live"  # noqa: S105 - a form of errors
        return refusal if is_live else _documented(refusal)
    token = ledger.mint(now, values[_EXPIRES], values[_DURATION])
    return 200, {"token": token, "expires_in_seconds": values[_EXPIRES]}


def _refusal(
    problems: list[dict[str, Any]], authorization: str | None, ledger: TokenLedger
) -> Answer | None:
    """Return what a live refusal looks like, or None when there is nothing to refuse."""
    if authorization is None:
        problems.append(_missing("header", "authorization"))
    if problems or authorization is None:
        return 422, {"detail": problems}
    if not ledger.knows_key(authorization):
        return 404, {"detail": "Invalid API key"}
    return None


def _documented(refusal: Answer) -> Answer:
    """Return a refusal as the documents have it: 401 for the key, 400 for a parameter."""
    status, body = refusal
    problems = body["detail"] if status == HTTPStatus.UNPROCESSABLE_ENTITY else []
    if not problems or any(problem["loc"][0] == "header" for problem in problems):
        return 401, {"error": "Unauthorized", "code": "unauthorized", "details": None}
    details = {problem["loc"][1]: problem["msg"] for problem in problems}
    return 400, {"error": "Invalid parameters", "code": "invalid_parameters", "details": details}


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
