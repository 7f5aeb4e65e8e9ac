"""AssemblyAI's token endpoint; with `responses.py` all that knows its HTTP."""

import asyncio
import random
import re
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final, NoReturn, Self, TypeVar

import httpx

from app import __version__
from app.errors import (
    OverloadedError,
    UpstreamError,
    UpstreamRejectedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from app.observability import stopwatch
from app.observability.metrics import Metrics
from app.upstream.keys import KeyOrder
from app.upstream.responses import (
    KeyRefusedError,
    MintedToken,
    SessionFacts,
    TransientError,
    read_body,
    read_session,
    read_token,
    refusal,
)

__all__ = ["AgentsClient", "MintedToken", "SessionFacts"]

T = TypeVar("T")

MAX_BODY_BYTES = 64 * 1024
# A session's answer repeats its configuration.
MAX_SESSION_BYTES = 256 * 1024
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# Source: AssemblyAI documentation and live answers, September 2026: a wrong key is 404 when minting
# and 401 elsewhere, where 404 says that there is no such session.
MINT_KEY_REFUSALS: Final = frozenset({401, 403, 404})
SESSION_KEY_REFUSALS: Final = frozenset({401, 403})
# Callers that failed together should not come back together.
PAUSE_SECONDS: Final = (0.02, 0.1)
# What a transport may raise before an answer, the special before the general.
TRANSPORT_ERRORS: Final[tuple[tuple[type[httpx.HTTPError], type[UpstreamError], str], ...]] = (
    (httpx.TimeoutException, UpstreamTimeoutError, "no answer in time"),
    (httpx.NetworkError, TransientError, "the connection failed"),
    (httpx.HTTPError, UpstreamUnreadableError, "the answer is not HTTP"),
)


class Slots:
    """At most `limit` holders and `max_waiting` waiters, first come first served.

    `async with slots:` raises `OverloadedError` at once when the queue is full.
    """

    def __init__(self, limit: int, max_waiting: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._max_waiting = max_waiting
        self._waiting = 0

    async def __aenter__(self) -> Self:
        if self._free.locked() and self._waiting >= self._max_waiting:
            raise OverloadedError("the queue for the upstream is full", retry_after_seconds=1)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class AgentsClient:
    """Mints tokens with the operator's keys, which nothing else in the process keeps.

    Args:
        transport: Sends requests; called directly, as httpx's client costs as much again.
        base_url: Scheme, host and port of the upstream.
        api_key: The key; it goes into one closure and no attribute.
        spare_api_key: Used when the first is refused; likewise.
        max_in_flight: How many may ask at once.
        max_waiting: How many more may wait for their turn.
        total_seconds: The budget of one mint: waiting, connecting, a retry and reading.
        metrics: Is told each exchange.
        clock: Seconds that only go forward.
    """

    __slots__ = (
        *("_keys", "_metrics", "_session", "_slots", "_token", "_total_seconds", "_transport"),
    )

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        base_url: str,
        api_key: str,
        spare_api_key: str | None = None,
        max_in_flight: int,
        max_waiting: int,
        total_seconds: float,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._token, self._session = _request_builders(base_url, api_key, spare_api_key)
        self._keys = KeyOrder(1 if spare_api_key is None else 2, clock=clock, metrics=metrics)
        self._slots = Slots(max_in_flight, max_waiting)
        self._total_seconds = total_seconds
        self._metrics = metrics

    async def mint(
        self, *, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> MintedToken:
        """Ask for a token that opens one session.

        Raises:
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """

        async def exchange(key: int) -> MintedToken:
            request = self._token(key, expires_in_seconds, max_session_duration_seconds)
            response = await self._send(request)
            try:
                if response.status_code != httpx.codes.OK:
                    raise refusal(response, MINT_KEY_REFUSALS)
                return read_token(await read_body(response, MAX_BODY_BYTES))
            finally:
                await response.aclose()

        return await self._within_budget(exchange)

    async def session(self, session_id: str) -> SessionFacts:
        """Ask what became of a session.

        Raises:
            ValueError: This cannot be a session's id.
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        if not SESSION_ID.fullmatch(session_id):
            raise ValueError("not a session's id")

        async def exchange(key: int) -> SessionFacts:
            response = await self._send(self._session(key, session_id))
            try:
                if response.status_code == httpx.codes.NOT_FOUND:
                    return SessionFacts("unknown")
                if response.status_code != httpx.codes.OK:
                    raise refusal(response, SESSION_KEY_REFUSALS)
                return read_session(await read_body(response, MAX_SESSION_BYTES))
            finally:
                await response.aclose()

        return await self._within_budget(exchange)

    async def _within_budget(self, exchange: Callable[[int], Awaitable[T]]) -> T:
        admitted = False
        try:
            async with asyncio.timeout(self._total_seconds), self._slots:
                admitted = True
                return await self._with_good_key(exchange)
        except TimeoutError as cause:
            _forget_locals(cause)
            if admitted:
                raise UpstreamTimeoutError("the whole budget is spent") from cause
            raise OverloadedError("the wait for a slot took too long", retry_after_seconds=1) from (
                cause
            )

    async def _with_good_key(self, exchange: Callable[[int], Awaitable[T]]) -> T:
        """Try one key after the other, and once more after a failure that may pass."""
        may_retry = True
        refused: KeyRefusedError | None = None
        for key in self._keys.order():
            try:
                try:
                    answer = await self._timed(exchange, key)
                except TransientError as error:
                    if not may_retry:
                        raise
                    may_retry = False
                    if error.__cause__ is None:  # a server failed, not an idle connection
                        await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - jitter
                    answer = await self._timed(exchange, key)
            except KeyRefusedError as error:
                self._keys.refused(key)
                refused = error
            else:
                if refused is not None:
                    self._keys.helped_out(key)
                return answer
        raise refused or UpstreamRejectedError

    async def _timed(self, exchange: Callable[[int], Awaitable[T]], key: int) -> T:
        """Make one exchange, and say how it went and how long it took."""
        started = time.perf_counter()
        outcome = "aborted"
        try:
            answer = await exchange(key)
            outcome = "ok"
        except Exception as error:
            _forget_locals(error)
            outcome = error.code if isinstance(error, UpstreamError) else "internal_error"
            raise
        finally:
            seconds = time.perf_counter() - started
            watch = stopwatch.running.get()
            if watch is not None:
                watch.upstream_seconds += seconds
            if self._metrics is not None:
                self._metrics.upstream_requests.count(outcome)
                self._metrics.upstream_seconds.observe(seconds)
        return answer

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Send once; give each failure of the transport its name among ours."""
        try:
            return await self._transport.handle_async_request(request)
        except httpx.HTTPError as cause:
            ours, text = next(row[1:] for row in TRANSPORT_ERRORS if isinstance(cause, row[0]))
            if isinstance(cause.__cause__, ssl.SSLCertVerificationError):
                ours = UpstreamUnavailableError  # another connection would show the same one
            raise ours(text) from cause

    def __repr__(self) -> str:
        return "<AgentsClient>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("the client holds the API key and is never serialised")


def _forget_locals(error: BaseException) -> None:
    """Empty the frames that a failure passed: some hold the key in a header, some a token.

    What reports errors with the values of variables then has nothing to show; the places stay.
    """
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__


def _request_builders(
    base_url: str, *api_keys: str | None
) -> tuple[Callable[[int, int, int], httpx.Request], Callable[[int, str], httpx.Request]]:
    headers = [
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {api_key}",
            "User-Agent": f"voicegate/{__version__}",
        }
        for api_key in api_keys
        if api_key is not None
    ]

    @lru_cache(maxsize=64)
    def token(
        key: int, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> httpx.Request:
        query = {
            "expires_in_seconds": expires_in_seconds,
            "max_session_duration_seconds": max_session_duration_seconds,
        }
        return httpx.Request("GET", f"{base_url}/v1/token", params=query, headers=headers[key])

    def session(key: int, session_id: str) -> httpx.Request:
        return httpx.Request("GET", f"{base_url}/v1/sessions/{session_id}", headers=headers[key])

    return token, session
