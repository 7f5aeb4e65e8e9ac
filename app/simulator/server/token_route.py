"""`/v1/token`: what is answered to which request, and how its faults have it sent.

Source: live probes of 2026-09-18 and 2026-09-24; the documents tell other statuses and bodies,
which are those of `token_errors=docs`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.simulator.behaviour.profiles import Profile
from app.simulator.faults import TOKEN_FAULTS
from app.simulator.faults.token import TokenAnswer
from app.simulator.server.transport import Line, line_of
from app.simulator.token_ledger import TokenLedger

Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON body."""

_EXPIRES: Final = "expires_in_seconds"
_DURATION: Final = "max_session_duration_seconds"
_LONGEST_SESSION_SECONDS: Final = 10_800
_USUAL_EXPIRES_IN_SECONDS: Final = 60
_BOUNDS: Final = {_EXPIRES: (1, 600), _DURATION: (60, _LONGEST_SESSION_SECONDS)}
_DIGITS_LIMIT: Final = 18
_PIECES: Final = 20
_WITHOUT_BODY: Final = frozenset({204, 205, 304})
_CANNOT_RESET: Final = "this server cannot reset a line; run it with SERVER_OPTIONS\n"


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
    refusal = _refusal(profile, problems, authorization, ledger)
    if refusal is not None:
        return refusal
    token = ledger.mint(now, values[_EXPIRES], values[_DURATION])
    return 200, {"token": token, "expires_in_seconds": values[_EXPIRES]}


def answer_general_request(
    profile: Profile,
    ledger: TokenLedger,
    now: float,
    body: bytes,
    authorization: str | None,
) -> Answer:
    """Mint a token of the service for all products, which bounds no session; or say why not.

    Source: AssemblyAI documentation, temporary tokens, November 2026. How it refuses is not known:
    here as the other one does. Nor is what `access` looks like: any object or array will do.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    asked = asked if isinstance(asked, dict) else {}
    values: dict[str, int] = {}
    problems = [
        *([] if asked.get("product") == "voice_agent" else [_missing("body", "product")]),
        *_read(_EXPIRES, json.dumps(asked.get(_EXPIRES)), values),
        *([] if isinstance(asked.get("access", {}), dict | list) else [_missing("body", "access")]),
    ]
    refusal = _refusal(profile, problems, authorization, ledger)
    if refusal is not None:
        return refusal
    return 200, {"token": ledger.mint(now, values[_EXPIRES], _LONGEST_SESSION_SECONDS)}


def _refusal(
    profile: Profile, problems: list[dict[str, Any]], authorization: str | None, ledger: TokenLedger
) -> Answer | None:
    """Return what a refusal looks like, or None when there is nothing to refuse."""
    refusal: Answer
    if authorization is None:
        problems.append(_missing("header", "authorization"))
    if problems or authorization is None:
        refusal = 422, {"detail": problems}
    elif not ledger.knows_key(authorization):
        refusal = 404, {"detail": "Invalid API key"}
    else:
        return None
    is_live = profile.token_errors == "live"  # noqa: S105 - a form of errors
    return refusal if is_live else _documented(refusal)


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


def apply_faults(
    answer: TokenAnswer, settings: Mapping[str, str], ledger: TokenLedger
) -> TokenAnswer:
    """Return an answer as the faults that are set leave it."""
    for name, fault in TOKEN_FAULTS.items():
        if name in settings:
            answer = fault(settings[name]).apply(answer, ledger)
    return answer


async def send_answer(answer: TokenAnswer, request: Request) -> Response:
    """Return the response that sends an answer; waits first when the answer is late."""
    if answer.wait_seconds:
        with suppress(TimeoutError):
            # Who has hung up is not waited for.
            await asyncio.wait_for(_until_gone(request), answer.wait_seconds)
    line = line_of(request.scope)
    if answer.reset_after is not None and line is None:
        return Response(_CANNOT_RESET, 500)
    if answer.reset_after is not None and answer.reset_after < 0:
        await _reset(line, request)
        return Response()  # which goes nowhere
    if answer.status in _WITHOUT_BODY:
        return Response(None, answer.status, answer.headers)
    body = answer.body
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    pieces = _pieces(answer, body, line, request)
    return StreamingResponse(pieces, answer.status, headers | answer.headers)


async def _pieces(
    answer: TokenAnswer, body: bytes, line: Line | None, request: Request
) -> AsyncIterator[bytes]:
    if answer.reset_after is not None:
        yield body[: int(len(body) * answer.reset_after)]
        await _reset(line, request)
        return
    if not answer.body_seconds:
        yield body
        return
    size = max(1, len(body) // _PIECES)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(answer.body_seconds / _PIECES)


async def _reset(line: Line | None, request: Request) -> None:
    """Reset the line, and wait until the server has noticed: it would complain of an answer."""
    if line is not None:
        line.reset()
    await _until_gone(request)


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
