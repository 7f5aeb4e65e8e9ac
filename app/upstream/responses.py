"""Reads what the agent service answers, tolerantly and within bounds; quotes none of it."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import httpx
import orjson

from app.errors import (
    AccountUnavailableError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRejectedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)

MAX_RETRY_AFTER_SECONDS = 3600
YEAR_SECONDS = 366 * 24 * 3600
# Observed tokens have 2,462 to 2,578 characters; they are opaque, but one word.
TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
# One of these may be gone a moment later.
TRANSIENT: Final = frozenset({502, 503, 504})

# Source: AssemblyAI documentation and live answers, September 2026: a wrong key is 404, a bad
# parameter 422; 400, 401 and 429 are documented. The rest is by the meaning of the status.
STATUS_ERRORS: dict[int, type[UpstreamError]] = {
    400: UpstreamRejectedError,
    401: UpstreamRejectedError,
    402: AccountUnavailableError,
    403: UpstreamRejectedError,
    404: UpstreamRejectedError,
    422: UpstreamRejectedError,
}


class KeyRefusedError(UpstreamRejectedError):
    """It does not take this key; another may do."""


class TransientError(UpstreamUnavailableError):
    """The connection failed, or a server on the way did: worth one more try."""


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A fresh token and the seconds within which it must open a session."""

    token: str = field(repr=False)
    expires_in_seconds: int


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the agent service says of a session.

    Args:
        status: `created` or `completed` so far; `unknown` when it knows no such session.
        duration_seconds: How long it was; None while it goes on.
        created_at: When it began, with its zone; None when it does not say.
    """

    status: str
    duration_seconds: float | None = None
    created_at: datetime | None = None


async def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """Read an uncompressed body of bounded size; a longer one is left unread.

    Raises:
        UpstreamError: It is compressed, too long, too slow or broken off.
    """
    # Looked at raw, as httpx decodes all of them to find one.
    coded = [value for name, value in response.headers.raw if name.lower() == b"content-encoding"]
    if coded not in ([], [b"identity"]):
        raise UpstreamUnreadableError("the answer is compressed, which was not asked for")
    body = bytearray()
    try:
        # httpx's own way to the same bytes takes as long as reading them from the socket.
        async for chunk in cast("httpx.AsyncByteStream", response.stream):
            body += chunk
            if len(body) > max_bytes:
                raise UpstreamUnreadableError("the answer is too long")
    except httpx.ReadTimeout as cause:
        raise UpstreamTimeoutError("the answer stopped half way") from cause
    except httpx.HTTPError as cause:
        raise UpstreamUnreadableError("the answer broke off") from cause
    return bytes(body)


def read_token(body: bytes) -> MintedToken:
    """Return the token of an answer.

    Raises:
        UpstreamUnreadableError: There is none that could be used.
    """
    answer = _object(body)
    token, expires_in_seconds = answer.get("token"), answer.get("expires_in_seconds")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise UpstreamUnreadableError("the answer holds no usable token")
    if type(expires_in_seconds) is not int or not 1 <= expires_in_seconds <= 24 * 3600:
        raise UpstreamUnreadableError("the answer holds no usable expiry")
    return MintedToken(token, expires_in_seconds)


def read_session(body: bytes) -> SessionFacts:
    """Return what an answer says of a session; what it does not say, or oddly, is None.

    Source: AssemblyAI documentation, `GET /v1/sessions/{id}`, September 2026; live, a session that
    goes on has no duration.

    Raises:
        UpstreamUnreadableError: It is no object of JSON.
    """
    answer = _object(body)
    status = answer.get("status")
    return SessionFacts(
        status=status if isinstance(status, str) else "unknown",
        duration_seconds=_seconds(answer.get("duration_seconds")),
        created_at=_moment(answer.get("created_at")),
    )


def refusal(response: httpx.Response, key_refusals: frozenset[int]) -> UpstreamError:
    """Map a status other than 200 to our own error; the body stays unread.

    Args:
        response: The answer.
        key_refusals: Statuses that say, on this path, that the key is not taken.
    """
    status = response.status_code
    reason = f"the upstream answered {status}"
    if status in key_refusals:
        return KeyRefusedError(reason)
    if status in STATUS_ERRORS:
        return STATUS_ERRORS[status](reason)
    seconds = _retry_after_seconds(response.headers.get("retry-after", ""))
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return UpstreamBusyError(reason, retry_after_seconds=seconds)
    if httpx.codes.is_server_error(status):
        kind = TransientError if status in TRANSIENT else UpstreamUnavailableError
        return kind(reason, retry_after_seconds=seconds)
    return UpstreamUnreadableError(reason)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = _json(body)
    except (ValueError, RecursionError):
        # The exception would carry the body along.
        raise UpstreamUnreadableError("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise UpstreamUnreadableError("the answer is not an object")
    return answer


def _json(body: bytes) -> Any:
    """Read JSON in a fifth of the time, and what is not quite JSON (`NaN`, a BOM) all the same."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


def _seconds(value: Any) -> float | None:
    # A year bounds what a sum may meet; `nan` is no number that compares.
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 0 <= value <= YEAR_SECONDS
    ):
        return float(value)
    return None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value[:64])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _retry_after_seconds(value: str) -> int | None:
    """Read seconds or an HTTP date, bounded to 1 s ... 1 h; None when it is neither.

    Source: RFC 9110, section 10.2.3.
    """
    if re.fullmatch(r"[0-9]{1,9}", value):
        seconds = int(value)
    else:
        try:
            moment = parsedate_to_datetime(value[:64])
            seconds = round((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None
    return max(1, min(seconds, MAX_RETRY_AFTER_SECONDS))
