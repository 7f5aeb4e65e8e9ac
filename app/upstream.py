"""AssemblyAI's token endpoint; the only file that knows its HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import httpx

from app import __version__
from app.errors import (
    AccountUnavailableError,
    OverloadedError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRejectedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.slots import Slots

MAX_BODY_BYTES = 64 * 1024
MAX_RETRY_AFTER_SECONDS = 3600
# Observed tokens have 2,462 to 2,578 characters; they are opaque, but one word.
TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")

# Source: AssemblyAI documentation and live answers, September 2026: a wrong key is 404, a bad
# parameter 422; 400, 401 and 429 are documented. The rest is by the meaning of the status.
STATUS_ERRORS: dict[int, type[UpstreamError]] = {
    400: UpstreamRejectedError,
    401: UpstreamRejectedError,
    402: AccountUnavailableError,
    403: UpstreamRejectedError,
    404: UpstreamRejectedError,
    422: UpstreamRejectedError,
    429: UpstreamBusyError,
}


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A fresh token and the seconds within which it must open a session."""

    token: str = field(repr=False)
    expires_in_seconds: int


class AgentsClient:
    """Mints tokens with the operator's key, which nothing else in the process keeps.

    Args:
        http: The process's pool of connections.
        base_url: Scheme, host and port of the upstream.
        api_key: The key; it goes into one closure and no attribute.
        slots: Bounds the requests in flight and the callers waiting.
        total_seconds: The budget of one mint: waiting, connecting, a retry and reading.
    """

    __slots__ = ("_http", "_request", "_slots", "_total_seconds")

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        slots: Slots,
        total_seconds: float,
    ) -> None:
        self._http = http
        self._request = _request_builder(base_url, api_key)
        self._slots = slots
        self._total_seconds = total_seconds

    async def mint(
        self, *, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> MintedToken:
        """Ask for a token that opens one session.

        Raises:
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        request = self._request(expires_in_seconds, max_session_duration_seconds)
        admitted = False
        try:
            async with asyncio.timeout(self._total_seconds), self._slots:
                admitted = True
                return await self._ask(request)
        except TimeoutError as cause:
            if admitted:
                raise UpstreamTimeoutError("the whole budget is spent") from cause
            raise OverloadedError("the wait for a slot took too long", retry_after_seconds=1) from (
                cause
            )

    async def _ask(self, request: httpx.Request) -> MintedToken:
        response = await self._send(request)
        try:
            if response.status_code != httpx.codes.OK:
                raise _refusal(response)
            return _read_token(await _read_body(response))
        finally:
            await response.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Send, and once more if the connection failed before there was any answer."""
        try:
            try:
                return await self._http.send(request, stream=True)
            except httpx.NetworkError:
                return await self._http.send(request, stream=True)
        except httpx.TimeoutException as cause:
            raise UpstreamTimeoutError("no answer in time") from cause
        except httpx.NetworkError as cause:
            raise UpstreamUnavailableError("the connection failed twice") from cause
        except httpx.HTTPError as cause:
            raise UpstreamUnreadableError("the answer is not HTTP") from cause

    def __repr__(self) -> str:
        return "<AgentsClient>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("the client holds the API key and is never serialised")


def _request_builder(base_url: str, api_key: str) -> Callable[[int, int], httpx.Request]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Authorization": f"Bearer {api_key}",
        "User-Agent": f"voicegate/{__version__}",
    }

    @lru_cache(maxsize=64)
    def build(expires_in_seconds: int, max_session_duration_seconds: int) -> httpx.Request:
        query = {
            "expires_in_seconds": expires_in_seconds,
            "max_session_duration_seconds": max_session_duration_seconds,
        }
        return httpx.Request("GET", f"{base_url}/v1/token", params=query, headers=headers)

    return build


async def _read_body(response: httpx.Response) -> bytes:
    """Read an uncompressed body of bounded size; a longer one is left unread."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UpstreamUnreadableError("the answer is compressed, which was not asked for")
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise UpstreamUnreadableError("the answer is too long")
    except httpx.ReadTimeout as cause:
        raise UpstreamTimeoutError("the answer stopped half way") from cause
    except httpx.HTTPError as cause:
        raise UpstreamUnreadableError("the answer broke off") from cause
    return bytes(body)


def _read_token(body: bytes) -> MintedToken:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        # The exception would carry the body along.
        raise UpstreamUnreadableError("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise UpstreamUnreadableError("the answer is not an object")
    token, expires_in_seconds = answer.get("token"), answer.get("expires_in_seconds")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise UpstreamUnreadableError("the answer holds no usable token")
    if type(expires_in_seconds) is not int or not 1 <= expires_in_seconds <= 24 * 3600:
        raise UpstreamUnreadableError("the answer holds no usable expiry")
    return MintedToken(token, expires_in_seconds)


def _refusal(response: httpx.Response) -> UpstreamError:
    """Map a status other than 200 to our own error; the body stays unread."""
    status = response.status_code
    reason = f"the upstream answered {status}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        seconds = _retry_after_seconds(response.headers.get("retry-after", ""))
        return UpstreamBusyError(reason, retry_after_seconds=seconds)
    if status in STATUS_ERRORS:
        return STATUS_ERRORS[status](reason)
    if httpx.codes.is_server_error(status):
        return UpstreamUnavailableError(reason)
    return UpstreamUnreadableError(reason)


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
