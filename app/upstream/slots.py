"""A bounded number of places, and a bounded queue for them."""

from __future__ import annotations

import asyncio
from typing import Self

from app.errors import OverloadedError


class Slots:
    """At most `limit` holders and `max_waiting` waiters, first come first served.

    `async with slots:` raises `OverloadedError` at once when the queue is full.
    """

    def __init__(self, limit: int, max_waiting: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._max_waiting = max_waiting
        self._waiting = 0

    async def __aenter__(self) -> Self:
        if not self._free.locked():
            await self._free.acquire()
            return self
        if self._waiting >= self._max_waiting:
            raise OverloadedError("the queue for the upstream is full", retry_after_seconds=1)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._free.release()
