"""AssemblyAI's tokens and its list of sessions; with `responses.py` all that knows its HTTP."""

import asyncio
import json
import logging
import random
import re
import ssl
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, NoReturn, TypeVar, cast
from urllib.parse import quote

import httpx

from app import __version__
from app.errors import (
    OverloadedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from app.observability.logging import chain
from app.observability.metrics import KEYS, Metrics
from app.upstream.responses import (
    KeyRefusedError,
    MintedToken,
    SessionPage,
    TransientError,
    read_other_zone,
    read_sessions,
    read_token,
)

logger = logging.getLogger("voicegate.upstream")

T = TypeVar("T")

# The most that a page of the list of sessions may hold.
PAGE_SESSIONS: Final = 200
CURSOR = re.compile(r"[\x21-\x7e]{1,512}")
# Source: one public client and three reports of September 2026. Behind the default name, which
# leads each to the nearest zone, a session is told of by the host of its zone only.
DEFAULT_URL: Final = "https://agents.assemblyai.com"
ZONE_URLS: Final = ("https://agents.eu.assemblyai.com", "https://agents.us.assemblyai.com")
# Callers that failed together should not come back together.
PAUSE_SECONDS: Final = (0.02, 0.1)
SPARE_FIRST_SECONDS: Final = 300
ALERT_EVERY_SECONDS: Final = 60
# What one request's exchanges took, for the log: the layers between have no use for the number.
upstream_seconds: ContextVar[float] = ContextVar("upstream_seconds", default=0.0)
# What a transport may raise before an answer, the special before the general.
TRANSPORT_ERRORS: Final[tuple[tuple[type[httpx.HTTPError], type[UpstreamError], str], ...]] = (
    (httpx.TimeoutException, UpstreamTimeoutError, "no answer in time"),
    (httpx.ProxyError, UpstreamUnavailableError, "the proxy did not open the way"),
    (httpx.NetworkError, TransientError, "the connection failed"),
    (httpx.HTTPError, UpstreamUnreadableError, "the answer is not HTTP"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a mint may take; one value fits all services, so only tests have others.

    Args:
        connect_seconds: To look up, connect to and greet (TLS) the upstream.
        read_seconds: For one exchange, connecting and reading included.
        total_seconds: For the whole of a mint: waiting, connecting, one retry, reading.
        max_in_flight: Mints at the same time.
        max_waiting: Callers who wait for one of those places; any further one gets 503 at once.
    """

    connect_seconds: float = 3
    read_seconds: float = 8
    total_seconds: float = 10
    max_in_flight: int = 4096
    max_waiting: int = 4096


class AgentsClient:
    """Mints tokens with the operator's keys, which nothing else in the process keeps.

    Once the spare key had to help out it goes first for five minutes, so that a refused key costs
    one caller in five minutes a second exchange, and its repair is still noticed.

    Args:
        transport: Sends requests, and bounds their answers; called directly, as httpx's client
            costs as much again.
        base_url: Scheme, host and port of the upstream.
        token_url: Where tokens are minted; the upstream unless told.
        token_access: The field `access` of requests for a token, which narrows what it may open;
            with it the vendor's general token service is asked. Source: AssemblyAI documentation,
            temporary tokens, November 2026; no copy that we have shows what the field looks like.
        api_key: The key; it goes into one closure and no attribute.
        spare_api_key: Used when the first is refused; likewise.
        budget: What a mint may take.
        metrics: Is told each exchange.
        clock: Seconds that only go forward.
    """

    __slots__ = (
        "_alert_at",
        "_asking",
        "_budget",
        "_clock",
        "_keys",
        "_metrics",
        "_places",
        "_request",
        "_spare_until",
        "_token_access",
        "_token_url",
        "_transport",
        "zone_urls",
    )

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        base_url: str,
        token_url: str = "",
        token_access: Any = None,
        api_key: str,
        spare_api_key: str | None = None,
        budget: Budget,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        # Where else than at the host that mints its tokens' sessions may be listed.
        self.zone_urls = ZONE_URLS if base_url == DEFAULT_URL else ()
        self._token_url = token_url
        self._token_access = token_access
        self._request = _request_builder(base_url, api_key, spare_api_key)
        self._keys = (0,) if spare_api_key is None else (0, 1)
        self._budget = budget
        self._asking = 0
        self._places = asyncio.Semaphore(budget.max_in_flight)
        self._metrics = metrics
        self._clock = clock
        self._spare_until = self._alert_at = clock()

    @property
    def bounds_sessions(self) -> bool:
        """Whether a token ends its session after the time that it was minted for."""
        return self._token_access is None

    async def mint(
        self, *, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> MintedToken:
        """Ask for a token to begin a session with; until it expires, it is taken for others too.

        Those of the general service last as long as the agent service lets them.

        Raises:
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        if self._token_access is not None:
            asked = {"product": "voice_agent", "expires_in_seconds": expires_in_seconds}
            body = json.dumps({**asked, "access": self._token_access}).encode()
            read = partial(read_token, usual_seconds=expires_in_seconds)
            return await self._ask(f"{self._token_url}/v1/token", read, body)
        target = (
            f"/v1/token?expires_in_seconds={expires_in_seconds}"
            f"&max_session_duration_seconds={max_session_duration_seconds}"
        )
        return await self._ask(target, read_token)

    async def sessions(self, zone_url: str = "", cursor: str = "") -> SessionPage:
        """Ask for a page of the list of sessions.

        Args:
            zone_url: One of `zone_urls`; where tokens are minted unless told.
            cursor: The `next_cursor` of the page before; the newest unless told.

        Raises:
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        if cursor and not CURSOR.fullmatch(cursor):
            raise UpstreamUnreadableError("the cursor is not one word")
        target = f"{zone_url}/v1/sessions?limit={PAGE_SESSIONS}"
        target += f"&cursor={quote(cursor, safe='')}" if cursor else ""
        return await self._ask(target, read_other_zone if zone_url else read_sessions)

    async def _ask(
        self, target: str, read: Callable[[httpx.Response, bytes], T], body: bytes = b""
    ) -> T:
        """Ask within the budget; first come, first served."""
        if self._asking >= self._budget.max_in_flight + self._budget.max_waiting:
            raise OverloadedError("the queue for the upstream is full", retry_after_seconds=1)
        self._asking += 1
        admitted = False
        try:
            async with asyncio.timeout(self._budget.total_seconds), self._places:
                admitted = True
                return await self._with_good_key(target, read, body)
        except Exception as error:
            # Some frames that it passed hold the key in a header, some a token: what reports errors
            # with the values of variables then has nothing to show; the places stay.
            for link in chain(error):
                traceback.clear_frames(link.__traceback__)
            if not isinstance(error, TimeoutError):
                raise
            if admitted:
                raise UpstreamTimeoutError("the whole budget is spent") from error
            reason = "the wait for a slot took too long"
            raise OverloadedError(reason, retry_after_seconds=1) from error
        finally:
            self._asking -= 1

    async def _with_good_key(
        self, target: str, read: Callable[[httpx.Response, bytes], T], body: bytes
    ) -> T:
        """Try one key after the other, and once more after a failure that may pass."""
        is_spare_first = self._clock() < self._spare_until
        keys = list(reversed(self._keys) if is_spare_first else self._keys)
        may_retry = True
        while True:
            key = keys[0]
            try:
                answer = await self._exchange(self._request(key, target, body), read)
            except KeyRefusedError:
                self._note_refused(key)
                del keys[0]
                if not keys:
                    raise
            except TransientError as error:
                if not may_retry:
                    raise
                may_retry = False
                if error.__cause__ is None:  # a server failed, not an idle connection
                    await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - jitter
            else:
                if len(keys) < len(self._keys):  # the other was refused
                    self._spare_until = self._clock() + (SPARE_FIRST_SECONDS if key else 0)
                return answer

    def _note_refused(self, key: int) -> None:
        """Take note that a key was refused; where there is another, say so once a minute."""
        name = KEYS[key]
        self._metrics.key_refusals.count(name)
        now = self._clock()
        if len(self._keys) == 1 or now < self._alert_at:
            return
        self._alert_at = now + ALERT_EVERY_SECONDS
        logger.error(
            "the agent service refuses the %s key, the other is used: replace it",
            name,
            extra={"key": name},
        )

    async def _exchange(
        self, request: httpx.Request, read: Callable[[httpx.Response, bytes], T]
    ) -> T:
        """Make one exchange, and say how it went and how long it took."""
        started = time.perf_counter()
        outcome = "aborted"
        try:
            answer = read(*await self._send(request))
            outcome = "ok"
        except Exception as error:
            outcome = error.code if isinstance(error, UpstreamError) else "internal_error"
            raise
        finally:
            seconds = time.perf_counter() - started
            upstream_seconds.set(upstream_seconds.get() + seconds)
            self._metrics.upstream_requests.count(outcome)
            self._metrics.upstream_latest = (outcome, time.time())
            self._metrics.upstream_seconds.observe(seconds)
        return answer

    async def _send(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Send once; give each failure of the transport its name among ours."""
        try:
            response = await self._transport.handle_async_request(request)
            # httpx's own way to the same bytes takes as long as reading them from the socket.
            stream = cast("httpx.AsyncByteStream", response.stream)
            return response, b"".join([piece async for piece in stream])
        except httpx.HTTPError as cause:
            ours, text = next(row[1:] for row in TRANSPORT_ERRORS if isinstance(cause, row[0]))
            if isinstance(cause.__cause__, ssl.SSLCertVerificationError):
                ours = UpstreamUnavailableError  # another connection would show the same one
            raise ours(text) from cause

    def __repr__(self) -> str:
        return "<AgentsClient>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("the client holds the API key and is never serialised")


def _request_builder(
    base_url: str, *api_keys: str | None
) -> Callable[[int, str, bytes], httpx.Request]:
    """Return what makes the request for a key, by its number, a target and a JSON body, if any."""
    headers = [
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {api_key}",
            "User-Agent": f"voicegate/{__version__}",
        }
        for api_key in api_keys
    ]

    @lru_cache(maxsize=64)
    def request(key: int, target: str, body: bytes) -> httpx.Request:
        url = target if "://" in target else base_url + target
        if not body:
            return httpx.Request("GET", url, headers=headers[key])
        typed = {**headers[key], "Content-Type": "application/json"}
        return httpx.Request("POST", url, headers=typed, content=body)

    return request
