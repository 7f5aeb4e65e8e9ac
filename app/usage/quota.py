"""The quota: a token is counted before it is minted, and refused where that cannot be done."""

import asyncio
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, NamedTuple

from app.access.credentials import Caller
from app.errors import AppError, QuotaExhaustedError, RateLimitedError, StoppedError
from app.observability.metrics import Metrics
from app.usage.ledger import Grant, LedgerStore, QuotaLimits, StoreDownError, StoreFailures
from app.usage.rate_limits import LimitState, RateLimit, Verdict, limit_reached, whole_seconds

# How a failure of the store is counted, and what the log says of it.
MINTS_NOTHING: Final = ("quota", "what calls cost cannot be counted, nothing is minted")
WITHOUT_LIMITS: Final = ("rate-limits", "rate limits let every request pass")
ID_BYTES: Final = 12
IDS_AT_ONCE: Final = 256


class Admitted(NamedTuple):
    """A request that may have a token.

    Args:
        grant: What the token may use; cancel it if no token comes.
        states: How the caller's rate limits and its day stand, for `rate_limit_fields`.
    """

    grant: Grant
    states: tuple[LimitState, ...]


class Quota:
    """Admits requests for tokens: counts them against the rate limits, and grants seconds.

    Args:
        store: Keeps the ledger and counts.
        limits: What may be granted.
        metrics: Told of grants, refusals, refunds, and of a store that is away.
        rate_limits: How often a caller may ask, in the order in which they are asked.
    """

    def __init__(
        self,
        store: LedgerStore,
        limits: QuotaLimits,
        metrics: Metrics,
        *,
        rate_limits: Sequence[RateLimit] = (),
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._rate_limits = tuple(rate_limits)
        self._rate_limits_of_subjects = tuple(
            limit for limit in rate_limits if limit.counts != "address"
        )
        self._ids = _random_ids()
        self._is_closed_without_store = any(limits.values())
        down = MINTS_NOTHING if self._is_closed_without_store else WITHOUT_LIMITS
        self._failures = StoreFailures(metrics, *down)
        self._undoing: set[asyncio.Task[None]] = set()

    async def take(
        self, caller: Caller, *, max_session_duration_seconds: int, expires_in_seconds: int
    ) -> Admitted:
        """Count a request against the caller's rate limits, and grant what its token may use.

        Both happen in one step, in Redis by one exchange. Where Redis is away, quotas refuse; rate
        limits alone let pass.

        Raises:
            RateLimitedError: The caller asks too often; nothing is granted.
            QuotaExhaustedError: The day's minutes are used up, or too many sessions are open.
            StoppedError: What is granted cannot be counted now.
        """
        is_subject = caller.kind == "subject"
        grant = Grant(
            grant_id=next(self._ids),
            caller_key=caller.key,
            address_key="" if is_subject else caller.address_key,
            granted_seconds=max_session_duration_seconds,
            expires_in_seconds=expires_in_seconds,
        )
        limits = self._rate_limits_of_subjects if is_subject else self._rate_limits
        keys = {"caller": caller.key, "address": caller.address_key, "all": "all"}
        asked = [(limit, keys[limit.counts]) for limit in limits]
        try:
            verdict = await self._store.take(grant, asked)
        except asyncio.CancelledError:
            # It may have been counted all the same.
            self._undo(grant)
            raise
        except StoreDownError as error:
            self._failures.note(error)
            if not self._is_closed_without_store:
                return Admitted(grant, ())
            raise StoppedError(
                "the ledger cannot be asked",
                detail="The service cannot count calls at this moment; try again shortly.",
                retry_after_seconds=5,
            ) from error
        if verdict.refused:
            self._metrics.limited.count(verdict.refused)
            raise _refusal(verdict, max_session_duration_seconds)
        self._metrics.granted_seconds.inc(max_session_duration_seconds)
        return Admitted(grant, verdict.states)

    async def cancel(self, grant: Grant) -> None:
        """Undo a grant of which no token came, even if whoever waits for it is cancelled."""
        await asyncio.shield(self._undo(grant))

    async def finish(self) -> None:
        """Wait for what is still being undone; the store's own limit bounds that."""
        while self._undoing:
            await asyncio.wait(self._undoing)

    async def probe(self) -> tuple[float, float]:
        """Take a grant and cancel it; return the seconds that each of the two needed.

        Raises:
            StoreDownError: The store cannot be asked; its `__cause__` says why.
        """
        grant = Grant(next(self._ids), "probe", "", granted_seconds=1, expires_in_seconds=1)
        await self._store.cancel(grant.grant_id)  # opens the connection, which a mint finds open
        began = time.perf_counter()
        await self._store.take(grant)
        taken = time.perf_counter()
        await self._store.cancel(grant.grant_id)
        return taken - began, time.perf_counter() - taken

    def _undo(self, grant: Grant) -> asyncio.Task[None]:
        task = asyncio.create_task(self._refund(self._store.cancel(grant.grant_id)))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)
        return task

    async def claim(self, grant_id: str) -> bool:
        """Tell whether this is the first report of this grant's end; False if that is unknown."""
        return bool(await self._told(self._store.claim(grant_id)))

    async def settle(
        self, grant_id: str, session_id: str, *, began_at_seconds: float, used_seconds: int
    ) -> None:
        """Refund what a session proves to be unused, if it is this grant's."""
        await self._refund(self._store.settle(grant_id, session_id, began_at_seconds, used_seconds))

    async def _refund(self, asking: Awaitable[int]) -> None:
        self._metrics.returned_seconds.inc(await self._told(asking))

    async def _told(self, asking: Awaitable[int]) -> int:
        """Return what the store answers; 0, and tell, while it is away."""
        try:
            return await asking
        except StoreDownError as error:
            self._failures.note(error)
            return 0


def _refusal(verdict: Verdict, cost_seconds: int) -> AppError:
    name, states = verdict.refused, verdict.states
    if name.endswith("-open"):
        wait_seconds = whole_seconds(verdict.frees_in_seconds)
    elif states[-1].limit.unit == "requests":
        return limit_reached(RateLimitedError, name, states[-1].seconds_until_fits(), states)
    else:
        wait_seconds = states[-1].seconds_until_fits(cost_seconds)
    return limit_reached(QuotaExhaustedError, name, wait_seconds, states)


def _random_ids() -> Iterator[str]:
    """Yield names of 16 characters that nobody can guess; asking the system for each is slower."""
    characters = ID_BYTES * 4 // 3
    while True:
        text = urlsafe_b64encode(os.urandom(ID_BYTES * IDS_AT_ONCE)).decode()
        for start in range(0, len(text), characters):
            yield text[start : start + characters]
