"""Reads what the agent service answers, tolerantly and within bounds; quotes none of it."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import httpx
import orjson

from app.errors import (
    AccountUnavailableError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRejectedError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)

MAX_RETRY_AFTER_SECONDS = 3600
YEAR_SECONDS = 366 * 24 * 3600
# Observed tokens have 2,462 to 2,578 characters; they are opaque, and the page encodes them.
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
TOKEN = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,8192}")


class KeyRefusedError(UpstreamRejectedError):
    """It does not take this key; another may do."""


class TransientError(UpstreamUnavailableError):
    """The connection failed, or a server on the way did: worth one more try."""


# Source: AssemblyAI documentation and live answers, September 2026: a wrong key is 404 when minting
# and 401 elsewhere, where 404 says that there is no such session; a bad parameter is 422; 400 and
# 429 are documented. The rest is by the meaning of the status.
MINT_KEY_REFUSALS: Final = frozenset({401, 403, 404})
LIST_KEY_REFUSALS: Final = frozenset({401, 403})
STATUS_ERRORS: Final[dict[int, type[UpstreamError]]] = {
    400: UpstreamRejectedError,
    402: AccountUnavailableError,
    422: UpstreamRejectedError,
    429: UpstreamBusyError,
    # One of these may be gone a moment later.
    **dict.fromkeys((502, 503, 504), TransientError),
}


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A fresh token and the seconds within which it must open a session."""

    token: str = field(repr=False)
    expires_in_seconds: int


class Session(NamedTuple):
    """A session as the agent service lists it; times are in seconds since 1970.

    Args:
        session_id: Its name.
        began_at: When it began.
        ended_at: When it was over; None while it goes on.
    """

    session_id: str
    began_at: float
    ended_at: float | None


class SessionPage(NamedTuple):
    """Some sessions, newest first.

    Args:
        sessions: What was listed.
        next_cursor: Where to go on; None at the end.
        told_at: What the clock of the agent service said; None if it said nothing.
    """

    sessions: list[Session]
    next_cursor: str | None
    told_at: float | None


def read_token(
    response: httpx.Response, body: bytes, *, usual_seconds: int | None = None
) -> MintedToken:
    """Return the token of an answer.

    Args:
        response: Its status and headers.
        body: All of it.
        usual_seconds: How long the token opens sessions where that is not said.

    Raises:
        UpstreamError: It is a refusal, or holds none that could be used.
    """
    if response.status_code != httpx.codes.OK:
        raise _refusal(response, MINT_KEY_REFUSALS)
    answer = _object(body)
    token, expires_in_seconds = answer.get("token"), answer.get("expires_in_seconds", usual_seconds)
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise UpstreamUnreadableError("the answer holds no usable token")
    if type(expires_in_seconds) is not int or not 1 <= expires_in_seconds <= 24 * 3600:
        raise UpstreamUnreadableError("the answer holds no usable expiry")
    return MintedToken(token, expires_in_seconds)


def read_sessions(response: httpx.Response, body: bytes) -> SessionPage:
    """Return what a page of the list of sessions says.

    A session that cannot be read makes the page unreadable: what it costs would not be counted.

    Source: AssemblyAI documentation, `GET /v1/sessions`, September 2026; live, a session that goes
    on has no duration.

    Raises:
        UpstreamError: It is a refusal, or no such list.
    """
    if response.status_code != httpx.codes.OK:
        raise _refusal(response, LIST_KEY_REFUSALS)
    answer = _object(body)
    listed, more = answer.get("sessions"), answer.get("response_metadata")
    if not isinstance(listed, list):
        raise UpstreamUnreadableError("the answer lists no sessions")
    cursor = more.get("next_cursor") if isinstance(more, dict) else None
    if answer.get("has_more") and not isinstance(cursor, str):
        raise UpstreamUnreadableError("the list goes on without a cursor")
    told_at = _http_date(response.headers.get("date", ""))
    return SessionPage(
        [_session(item) for item in listed],
        cursor if isinstance(cursor, str) and cursor else None,
        told_at.timestamp() if told_at else None,
    )


def read_other_zone(response: httpx.Response, body: bytes) -> SessionPage:
    """Return a page of a zone where the account may be unknown; then nothing of it is there."""
    if response.status_code in MINT_KEY_REFUSALS:
        return SessionPage([], None, None)
    return read_sessions(response, body)


def _session(item: Any) -> Session:
    if not isinstance(item, dict):
        raise UpstreamUnreadableError("a listed session is not an object")
    session_id, began = item.get("id"), _moment(item.get("created_at"))
    if not isinstance(session_id, str) or not SESSION_ID.fullmatch(session_id) or began is None:
        raise UpstreamUnreadableError("a listed session has no usable id or beginning")
    began_at, duration_seconds = began.timestamp(), _seconds(item.get("duration_seconds"))
    if item.get("status") == "created":
        return Session(session_id, began_at, None)
    if duration_seconds is not None:
        return Session(session_id, began_at, began_at + duration_seconds)
    ended = _moment(item.get("ended_at"))
    return Session(session_id, began_at, max(began_at, ended.timestamp()) if ended else None)


def _refusal(response: httpx.Response, key_refusals: frozenset[int]) -> UpstreamError:
    """Map a status other than 200 to our own error; `key_refusals` say "not this key" here."""
    status = response.status_code
    reason = f"the upstream answered {status}"
    kind = KeyRefusedError if status in key_refusals else STATUS_ERRORS.get(status)
    if kind is None:
        is_failure = httpx.codes.is_server_error(status)
        kind = UpstreamUnavailableError if is_failure else UpstreamUnreadableError
    if not issubclass(kind, UpstreamBusyError | UpstreamUnavailableError):
        return kind(reason)
    seconds = _retry_after_seconds(response.headers.get("retry-after", ""))
    return kind(reason, retry_after_seconds=seconds)


def _object(body: bytes) -> dict[str, Any]:
    try:
        try:
            answer = orjson.loads(body)  # in a fifth of the time
        except orjson.JSONDecodeError:
            answer = json.loads(body)  # takes what is not quite JSON: `NaN`, a BOM
    except (ValueError, RecursionError):
        # The exception would carry the body along.
        raise UpstreamUnreadableError("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise UpstreamUnreadableError("the answer is not an object")
    return answer


def _seconds(value: Any) -> float | None:
    # A year bounds what a sum may meet; `nan` is no number that compares.
    return float(value) if type(value) in {int, float} and 0 <= value <= YEAR_SECONDS else None


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
    try:
        if value.isdecimal():
            seconds = int(value)
        else:
            moment = _http_date(value)
            if moment is None:
                return None
            seconds = round((moment - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None
    return max(1, min(seconds, MAX_RETRY_AFTER_SECONDS))


def _http_date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value[:64]).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
