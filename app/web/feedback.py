"""Feedback on calls: taken from callers at once, and handed on behind their backs."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

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
        ca_file: Certificates of the authorities to trust, instead of the usual.
        max_waiting: How many may wait for the address.
    """

    def __init__(
        self,
        url: str,
        metrics: Metrics,
        ca_file: Path | None = None,
        *,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._url = url
        self._metrics = metrics
        self._ca_file = ca_file
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
        if self._url == LOG:
            logger.info("feedback", extra=entry)
        else:
            self._waiting.put_nowait(entry)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Hand on meanwhile, and for a moment longer what still waits at the end."""
        if self._url == LOG:
            yield
            return
        handing_on = asyncio.create_task(self._hand_on())
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.join(), LAST_SECONDS)
            handing_on.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await handing_on

    async def _hand_on(self) -> None:
        trusted = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True
        async with httpx.AsyncClient(verify=trusted, timeout=POST_SECONDS) as client:
            while True:
                entry = await self._waiting.get()
                try:
                    await self._post(client, entry)
                except (httpx.HTTPError, TimeoutError) as error:
                    self._metrics.feedback.count("failed")
                    logger.warning("feedback was not taken by its address (%s)", _why(error))
                finally:
                    self._waiting.task_done()

    async def _post(self, client: httpx.AsyncClient, entry: dict[str, Any]) -> None:
        """Send one; of the answer only the status is read."""
        async with (
            asyncio.timeout(POST_SECONDS),
            client.stream("POST", self._url, json=entry) as response,
        ):
            response.raise_for_status()


def one_line(text: str) -> str:
    """Return words without what would break a line, move a cursor or turn their direction."""
    return " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in text).split())


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return str(error.response.status_code)
    return causes(error)
