"""Settlement: refunds the granted time that a session did not use, as the upstream tells it."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Final

from app.errors import AppError
from app.upstream.client import AgentsClient
from app.usage.quota import Quota

logger = logging.getLogger("voicegate.limits")

# After a report: at 1, 5, 20 and 60 s. Live, a session is complete some seconds after its end;
# what is not by the last look is never refunded.
PAUSES_SECONDS: Final[tuple[float, ...]] = (1.0, 4.0, 15.0, 40.0)
MAX_OPEN: Final = 256


class Settlement:
    """Looks up the sessions whose end was reported, in the background and in bounded number."""

    def __init__(self, client: AgentsClient, quota: Quota) -> None:
        self._client = client
        self._quota = quota
        self.pauses_seconds = PAUSES_SECONDS
        self._open: set[asyncio.Task[None]] = set()
        self.dropped = 0

    def report(self, grant_id: str, session_id: str) -> None:
        """Look into an end, later; drops it if too many are being looked into."""
        self._start(self._look_into(grant_id, session_id))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._open) >= MAX_OPEN:
            self.dropped += 1
            logger.debug("too many session ends at once: %d dropped so far", self.dropped)
            work.close()
            return
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def hand_back(self, grant_id: str) -> None:
        """Take note that a token is said to stay unused."""
        self._start(self._quota.hand_back(grant_id))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """End with nothing left behind; what was not looked into by then stays used."""
        try:
            yield
        finally:
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _look_into(self, grant_id: str, session_id: str) -> None:
        if not await self._quota.claim(grant_id):
            return
        for pause_seconds in self.pauses_seconds:
            await asyncio.sleep(pause_seconds)
            try:
                facts = await self._client.session(session_id)
            except AppError as error:
                logger.debug("a session cannot be looked up (%s)", error.code)
                continue
            if facts.status != "completed":
                continue
            if facts.duration_seconds is not None and facts.created_at is not None:
                await self._quota.settle(
                    grant_id,
                    session_id,
                    began_at_seconds=facts.created_at.timestamp(),
                    used_seconds=math.ceil(facts.duration_seconds),
                )
            return
