"""Redis, asked so that nobody waits long for it when it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from app.observability.metrics import Metrics

if TYPE_CHECKING:
    from redis.asyncio import Redis


Q = TypeVar("Q")
A = TypeVar("A")

logger = logging.getLogger("voicegate.limits")

LOG_SECONDS: Final = 1.0

PATIENCE_SECONDS: Final = 1.5
"""For one exchange and, where there is none yet, its connection: with TLS and a password these are
five round trips, so that a Redis 250 ms away can be used."""
DOWN_SECONDS: Final = 1.0
MAX_EXCHANGES: Final = 8
"""Of one breaker at a time, each on a connection of its own; whoever comes then goes together."""
MAX_WAITING: Final = 4096


class StoreDownError(Exception):
    """The store failed, or is known to have failed within the last second."""


class StoreFailures:
    """Counts the failures of a store by their kind, and logs at most one of them a second."""

    def __init__(self, metrics: Metrics, kind: str) -> None:
        self._metrics = metrics
        self._kind = kind
        self._logged_at = -LOG_SECONDS

    def note(self, words: str, *details: object) -> None:
        """Take one more; the words are what its log line says."""
        self._metrics.store_failures.count(self._kind)
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            logger.error(words, *details)


class Breaker(Generic[Q, A]):
    """Asks a store while it works; one exchange carries what all ask in one turn of the loop.

    After a failure the store counts as down for a second, in which nobody waits for it; then one
    exchange finds out whether it is back.

    Args:
        exchange: Asks all of some questions; returns an answer to each, or the exception.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        exchange: Callable[[list[Q]], Coroutine[None, None, Sequence[A | Exception]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._down_until: float | None = None
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._exchanges: set[asyncio.Task[Any]] = set()

    async def ask(self, question: Q) -> A:
        """Return the answer to a question; it may be asked even if whoever waits is cancelled.

        Raises:
            StoreDownError: The store is down, failed, did not answer in 1.5 s, or too many wait.
        """
        is_trying = bool(self._exchanges)
        if self._down_until is not None and (is_trying or self._clock() < self._down_until):
            raise StoreDownError("it failed just now")
        if len(self._waiting) >= MAX_WAITING:
            raise StoreDownError("too many wait for it")
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._exchanges) < MAX_EXCHANGES:
            self._exchanges.add(asyncio.create_task(self._ask_all()))
        return await answer

    async def _ask_all(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            answers: Sequence[A | Exception]
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answers = await self._exchange([question for question, _ in asked])
            except Exception as error:  # noqa: BLE001 - a broken connection has many
                # Whoever came meanwhile waits no longer.
                asked, self._waiting = asked + self._waiting, []
                answers = [error] * len(asked)
            has_failed = any(isinstance(answer, Exception) for answer in answers)
            self._down_until = self._clock() + DOWN_SECONDS if has_failed else None
            for (_, waiting), answer in zip(asked, answers, strict=True):
                if waiting.done():
                    continue
                if isinstance(answer, Exception):
                    # Its text may hold the address, and a password with it.
                    failure = StoreDownError(type(answer).__name__)
                    failure.__cause__ = answer
                    waiting.set_exception(failure)
                else:
                    waiting.set_result(answer)
        # Not by a callback: whoever was answered may ask again before that.
        self._exchanges.remove(cast("asyncio.Task[Any]", asyncio.current_task()))


def open_redis(url: str) -> Redis:
    """Return a client of Redis that neither retries nor waits by itself; close with `aclose()`."""
    # A tenth of the start, for whoever uses none.
    from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    pool = ConnectionPool.from_url(
        url,
        max_connections=2 * MAX_EXCHANGES,  # two breakers let no more through
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        # Each of these would be one more exchange before the first question.
        protocol=2,
        driver_info=None,
    )
    return Redis.from_pool(pool)
