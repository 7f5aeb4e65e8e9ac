"""Redis, asked so that nobody waits for it when it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from redis.asyncio import Redis

T = TypeVar("T")

logger = logging.getLogger("voicegate.limits")

LOG_SECONDS: Final = 1.0

STEP_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 0.08
"""Steps that come late by more than half their length do not count: this process was busy itself,
and a crowd of callers would else look like a store that is away (seen with 200 at once)."""
BACKSTOP_SECONDS: Final = 1.0
"""For whoever is busy all the time."""
DOWN_SECONDS: Final = 1.0
MAX_CONNECTIONS: Final = 8
MAX_WAITING: Final = 4096


class StoreDownError(Exception):
    """The store failed, or is known to have failed within the last second."""


class StoreFailures:
    """Counts the failures of a store, and logs at most one of them a second.

    Args:
        count: Is called with the kind at each.
        kind: `courtesy` or `cost`.
    """

    def __init__(self, count: Callable[[str], None], kind: str) -> None:
        self._count = count
        self._kind = kind
        self._logged_at = -LOG_SECONDS

    def note(self, words: str, *details: object) -> None:
        """Take one more; the words are what its log line says."""
        self._count(self._kind)
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            logger.error(words, *details)


class Breaker:
    """Lets operations through to a store while it works.

    After a failure the store counts as down for a second, in which nobody waits for it; then one
    operation finds out whether it is back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._down_until: float | None = None
        self._probing = False
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._waiting = 0

    async def run(self, operation: Callable[[], Coroutine[None, None, T]]) -> T:
        """Return what an operation returns.

        Raises:
            StoreDownError: The store is down, failed, did not answer in 80 ms, or too many wait.
        """
        self._require_up()
        if self._waiting >= MAX_WAITING:
            raise StoreDownError("too many wait for it")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            # It may have failed while this one waited, which then waits no longer.
            self._require_up()
            return await self._attempt(operation)
        finally:
            self._places.release()

    def _require_up(self) -> None:
        if self._down_until is None:
            return
        if self._probing or self._clock() < self._down_until:
            raise StoreDownError("it failed just now")

    async def _attempt(self, operation: Callable[[], Coroutine[None, None, T]]) -> T:
        probe = self._down_until is not None
        self._probing = self._probing or probe
        try:
            result = await _bounded(operation())
        except Exception as cause:  # a broken connection comes out of the client in many ways
            self._down_until = self._clock() + DOWN_SECONDS
            # Its text may hold the address, and a password with it.
            raise StoreDownError(type(cause).__name__) from cause
        else:
            if probe:
                self._down_until = None
            return result
        finally:
            if probe:
                self._probing = False


async def _bounded(operation: Coroutine[None, None, T]) -> T:
    """Run an operation for at most 80 ms of this loop's attention.

    Raises:
        TimeoutError: It took longer, and was ended.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(operation)
    started = step_started = loop.time()
    patience_seconds = PATIENCE_SECONDS
    try:
        while patience_seconds > 0 and step_started - started < BACKSTOP_SECONDS:
            await asyncio.wait({task}, timeout=STEP_SECONDS)
            if task.done():
                return task.result()
            took_seconds = loop.time() - step_started
            step_started += took_seconds
            if took_seconds < 1.5 * STEP_SECONDS:
                patience_seconds -= took_seconds
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    raise TimeoutError


def open_redis(url: str) -> Redis:
    """Return a client of Redis that neither retries nor waits by itself; close with `aclose()`."""
    # A tenth of the start, for whoever uses none.
    from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS * 2,
        timeout=BACKSTOP_SECONDS,
        socket_timeout=BACKSTOP_SECONDS,
        socket_connect_timeout=BACKSTOP_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        # Each of these would be one more exchange before the first question.
        protocol=2,
        driver_info=None,
    )
    return Redis.from_pool(pool)
