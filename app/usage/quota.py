"""The cost guard: what a mint may use is counted before, and closed where that cannot be done."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

from app.errors import QuotaExhaustedError, StoppedError
from app.usage.ledger import Grant, LedgerStore, Verdict
from app.usage.redis_store import StoreDownError, StoreFailures
from app.usage.rules import DAY, SENTENCES, CostRules, LimitMetrics, LimitState
from app.usage.windows import whole_seconds

if TYPE_CHECKING:
    from app.access.caller import Caller

MINTS_NOTHING: Final = "limit store down: the cost guard mints nothing"
DOWN_RETRY_SECONDS: Final = 5
DOWN_DETAIL: Final = "The service cannot count calls at this moment; try again shortly."


class QuotaRefusedError(QuotaExhaustedError):
    """A limit of the cost guard is reached; `states` tells how the day stands."""

    def __init__(self, name: str, wait_seconds: int, states: tuple[LimitState, ...]) -> None:
        super().__init__(f"limit {name}", detail=SENTENCES[name], retry_after_seconds=wait_seconds)
        self.states = states


class CostGuard:
    """Grants seconds of sessions.

    Args:
        store: Keeps the ledger.
        rules: What may be granted.
        metrics: Told of grants, refusals, returns, and of a store that is away.
    """

    def __init__(self, store: LedgerStore, rules: CostRules, metrics: LimitMetrics) -> None:
        self._store = store
        self._rules = rules
        self._metrics = metrics
        self._failures = StoreFailures(metrics.store_failed, "cost")
        self._undoing: set[asyncio.Task[None]] = set()

    async def take(
        self, caller: Caller, *, max_session_duration_seconds: int, expires_in_seconds: int
    ) -> tuple[Grant, tuple[LimitState, ...]]:
        """Return a grant and how the caller's day stands after it.

        Raises:
            QuotaExhaustedError: The day's minutes are used up, or too many sessions are open.
            StoppedError: What is granted cannot be counted now.
        """
        grant = Grant(
            grant_id=secrets.token_urlsafe(12),
            caller_key=caller.key,
            address_key="" if caller.kind == "subject" else caller.address_key,
            granted_seconds=max_session_duration_seconds,
            expires_in_seconds=expires_in_seconds,
        )
        try:
            verdict = await self._store.take(grant)
        except asyncio.CancelledError:
            # It may have been counted all the same.
            self._undo(grant)
            raise
        except StoreDownError as error:
            self._failures.note(MINTS_NOTHING)
            raise StoppedError(
                "the ledger cannot be asked",
                detail=DOWN_DETAIL,
                retry_after_seconds=DOWN_RETRY_SECONDS,
            ) from error
        if verdict.refused:
            self._metrics.limited(verdict.refused)
            raise self._refusal(verdict, max_session_duration_seconds)
        self._metrics.granted(max_session_duration_seconds)
        return grant, self._states("caller-day", verdict)

    async def cancel(self, grant: Grant) -> None:
        """Undo a grant of which no token came, even if whoever waits for it is cancelled."""
        await asyncio.shield(self._undo(grant))

    async def finish(self) -> None:
        """Wait for what is still being undone; the store's own limit bounds that."""
        while self._undoing:
            await asyncio.wait(self._undoing)

    def _undo(self, grant: Grant) -> asyncio.Task[None]:
        task = asyncio.create_task(self._cancel(grant))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)
        return task

    async def _cancel(self, grant: Grant) -> None:
        try:
            seconds = await self._store.cancel(grant.grant_id)
        except StoreDownError:
            self._failures.note(MINTS_NOTHING)
        else:
            self._metrics.returned(seconds)

    async def claim(self, grant_id: str) -> bool:
        """Tell whether this is the first report of this grant's end; False if that is unknown."""
        try:
            return await self._store.claim(grant_id)
        except StoreDownError:
            self._failures.note(MINTS_NOTHING)
            return False

    async def settle(
        self, grant_id: str, session_id: str, *, began_at_seconds: float, used_seconds: int
    ) -> None:
        """Give back what a session proves to be unused, if it is this grant's."""
        try:
            seconds = await self._store.settle(grant_id, session_id, began_at_seconds, used_seconds)
        except StoreDownError:
            self._failures.note(MINTS_NOTHING)
        else:
            self._metrics.returned(seconds)

    def _refusal(self, verdict: Verdict, cost_seconds: int) -> QuotaRefusedError:
        name = verdict.refused
        if name.endswith("-open"):
            wait_seconds = whole_seconds(verdict.frees_in_seconds)
            return QuotaRefusedError(name, wait_seconds, self._states("caller-day", verdict))
        wait_seconds = verdict.day.seconds_until_fits(self._rules.of(name), cost_seconds)
        return QuotaRefusedError(name, wait_seconds, self._states(name, verdict))

    def _states(self, name: str, verdict: Verdict) -> tuple[LimitState, ...]:
        quota = self._rules.of(name)
        if not quota:
            return ()
        day = verdict.day
        reset_seconds = whole_seconds(day.left_seconds)
        return (LimitState(name, quota, DAY, day.remaining(quota), reset_seconds, "seconds"),)
