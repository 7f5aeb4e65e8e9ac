"""Feedback on calls: taken at once, and sent to the operator's address in the background."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from app import __version__
from app.access.control import TransportFactory
from app.access.credentials import Caller
from app.config.types import LOG
from app.errors import RateLimitedError
from app.observability.logging import causes
from app.observability.metrics import Metrics
from app.usage.rate_limits import (
    HOUR,
    MINUTE,
    RateLimit,
    SlidingWindows,
    SteadyClock,
    limit_reached,
)

NAME: Final = "feedback"
BY_ADDRESS: Final = (
    RateLimit("feedback-minute", 10, MINUTE, "address"),
    RateLimit("feedback-hour", 60, HOUR, "address"),
)
OF_ALL: Final = RateLimit("feedback-all", 120, MINUTE, "all")
MAX_WAITING: Final = 256
BUSY_SECONDS: Final = 30
POST_SECONDS: Final = 5.0
LAST_SECONDS: Final = 2.0
# Without these, which join letters and emoji, words of some scripts are spelt wrongly.
JOINERS: Final = "\u200c\u200d"

logger = logging.getLogger("voicegate.feedback")


class FeedbackOutbox:
    """Hands feedback on to the operator's address, one after the other, or to the log.

    Callers wait for nothing but a place in the queue. What the address does not take within
    `POST_SECONDS` is dropped and counted.

    Args:
        url: Where it goes; `log` for a line in the log.
        metrics: Told how much was taken, and how much of it was lost.
        open_transport: Makes what sends requests to a URL.
        max_waiting: How many may wait for the address.
    """

    def __init__(
        self,
        url: str,
        metrics: Metrics,
        open_transport: TransportFactory,
        *,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._url = url
        self._metrics = metrics
        self._transport = None
        if url != LOG:
            self._transport = open_transport(
                url,
                connect_seconds=POST_SECONDS,
                read_seconds=POST_SECONDS,
                first_wait_seconds=POST_SECONDS,  # a slow address is not taken for a deaf one
            )
        self._clock = SteadyClock()
        self._windows = SlidingWindows()
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(max_waiting)

    def put(self, feedback: Mapping[str, Any], caller: Caller) -> None:
        """Take what a caller says, a `comment` among it.

        Raises:
            RateLimitedError: Too much came from there, or from all, or too much waits.
        """
        asked = [*((limit, caller.address_key) for limit in BY_ADDRESS), (OF_ALL, "")]
        hit = self._windows.hit(asked, self._clock())
        if hit.refused or self._waiting.full():
            self._metrics.limited.count(NAME)
            seconds = hit.states[-1].seconds_until_fits() if hit.refused else BUSY_SECONDS
            raise limit_reached(RateLimitedError, NAME, seconds)
        # The comment last: in a log for people nothing can follow that would pass for a field.
        comment = {"comment": one_line(feedback["comment"])}
        received_at = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"caller": caller.key, "received_at": received_at}
        entry = {k: v for k, v in feedback.items() if k != "comment"} | about | comment
        self._metrics.feedback.count("taken")
        if self._transport is None:
            logger.info("feedback", extra=entry)
        else:
            self._waiting.put_nowait(entry)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Hand on what is taken while this is open; at the end, what waits has `LAST_SECONDS`."""
        if self._transport is None:
            yield
            return
        async with self._transport:
            handing_on = asyncio.create_task(self._hand_on(self._transport))
            try:
                yield
            finally:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._waiting.join(), LAST_SECONDS)
                handing_on.cancel()
                await asyncio.wait([handing_on])

    async def _hand_on(self, transport: httpx.AsyncBaseTransport) -> None:
        while True:
            entry = await self._waiting.get()
            try:
                why = await self._post(transport, entry)
            except Exception as error:  # noqa: BLE001 - the next may be taken all the same
                why = causes(error)
            if why:
                self._metrics.feedback.count("failed")
                logger.warning("feedback was not taken by its address (%s)", why)
            self._waiting.task_done()

    async def _post(self, transport: httpx.AsyncBaseTransport, entry: dict[str, Any]) -> str:
        """Send one; return the status if it was refused."""
        headers = {"User-Agent": f"voicegate/{__version__}"}
        request = httpx.Request("POST", self._url, headers=headers, json=entry)
        async with asyncio.timeout(POST_SECONDS):
            response = await transport.handle_async_request(request)
        return "" if response.is_success else str(response.status_code)


def one_line(text: str) -> str:
    """Return words without what would break a line, move a cursor or turn their direction."""
    return " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in text).split())
