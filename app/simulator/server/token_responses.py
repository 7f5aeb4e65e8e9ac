"""Sends what the token route answers: at once and whole, or as its faults have it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from starlette.responses import Response, StreamingResponse

from app.simulator.faults import TOKEN_FAULTS
from app.simulator.server.transport import Line, line_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

    from app.simulator.faults.token import TokenAnswer
    from app.simulator.token_ledger import TokenLedger

_PIECES: Final = 20
_WITHOUT_BODY: Final = frozenset({204, 205, 304})
_CANNOT_RESET: Final = "this server cannot reset a line; run it with SERVER_OPTIONS\n"


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
