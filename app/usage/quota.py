"""The quota: a token is counted before it is minted, and refused where that cannot be done."""

import asyncio
import contextlib
import logging
import os
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from app.access.credentials import Caller
from app.errors import (
    AppError,
    QuotaExhaustedError,
    RateLimitedError,
    SessionsExhaustedError,
    StoppedError,
)
from app.observability.metrics import Metrics
from app.usage.ledger import Grant, LedgerStore, QuotaLimits, StoreDownError, StoreFailures
from app.usage.rate_limits import (
    LONGEST_WAIT_SECONDS,
    MINUTE,
    Counted,
    LimitState,
    RateLimit,
    Verdict,
    limit_reached,
    whole_seconds,
)

logger = logging.getLogger("voicegate.limits")

# How a failure of the store is counted, and what the log says of it.
MINTS_NOTHING: Final = ("quota", "what calls cost cannot be counted, nothing is minted")
WITHOUT_LIMITS: Final = ("rate-limits", "rate limits let every request pass")
ID_BYTES: Final = 12
IDS_AT_ONCE: Final = 256
# Of the day of all together; told again only once it was well below.
WARNING_SHARE: Final = 0.8
CALM_SHARE: Final = 0.7
# A call ends before it must, nobody knows when: whoever waits for one may look again so soon.
LOOK_AGAIN_SECONDS: Final = 10
# Grants that are to be cancelled once the store is back, and how often that is tried.
MAX_UNCANCELLED: Final = 4096
CANCEL_AGAIN_SECONDS: Final = 2.0
OPENING_SECONDS: Final = 3.0


class Admitted(NamedTuple):
    """A request that may have a token.

    Args:
        grant: What the token may use; cancel it if no token comes.
        states: How the caller's rate limits and its day stand, for `rate_limit_fields`.
        counted: Where the request counts by who asks, which a mint that fails takes back.
    """

    grant: Grant
    states: tuple[LimitState, ...]
    counted: tuple[Counted, ...] = ()


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
        self._day_seconds = limits["all-day"]
        self._has_warned = False
        self._undoing: set[asyncio.Task[None]] = set()
        # Set once it is known what the day has used already, which the first caller waits for.
        self.opening: asyncio.Event | None = None
        # Whether what is granted and not used comes back, as the list of sessions is read.
        self.is_refunding = False
        # What the store may have counted though its answer did not come, and whether the metrics
        # count it as granted; the oldest is dropped.
        self._uncancelled: deque[tuple[str, bool]] = deque(maxlen=MAX_UNCANCELLED)
        self._clearing: asyncio.Task[None] | None = None
        self.cancel_again_seconds = CANCEL_AGAIN_SECONDS

    async def take(
        self,
        caller: Caller,
        *,
        max_session_duration_seconds: int,
        expires_in_seconds: int,
        continues: str = "",
    ) -> Admitted:
        """Count a request against the caller's rate limits, and grant what its token may use.

        Both happen in one step, in Redis by one exchange. Where Redis is away, quotas refuse; rate
        limits alone let pass.

        Args:
            caller: Who asks.
            max_session_duration_seconds: The longest session.
            expires_in_seconds: The time to begin it.
            continues: The grant of the call that is to go on; see `LedgerStore.take`.

        Raises:
            RateLimitedError: The caller asks too often; nothing is granted.
            QuotaExhaustedError: The day's minutes are used up.
            SessionsExhaustedError: Too many sessions are open.
            StoppedError: What is granted cannot be counted now.
        """
        if self.opening is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OPENING_SECONDS):
                    await self.opening.wait()
            self.opening = None
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
            verdict = await self._store.take(grant, asked, continues=continues)
        except asyncio.CancelledError:
            # It may have been counted all the same.
            self._undo(grant)
            raise
        except StoreDownError as error:
            self._failures.note(error)
            if error.__cause__ is not None:  # else it was not even asked
                self._cancel_later(grant.grant_id, is_granted=False)
            if not self._is_closed_without_store:
                return Admitted(grant, ())
            raise StoppedError(
                "the ledger cannot be asked",
                detail="The service cannot count calls at this moment; try again shortly.",
                retry_after_seconds=5,
            ) from error
        self._note_day(verdict.day_seconds)
        if verdict.refused:
            self._metrics.limited.count(verdict.refused)
            raise _refusal(
                verdict,
                max_session_duration_seconds,
                is_refunding=self.is_refunding,
                is_recovery=continues != "",
            )
        self._metrics.granted_seconds.inc(grant.granted_seconds)
        counted = () if verdict.goes_on else asked
        return Admitted(
            grant,
            verdict.states,
            tuple((limit, key) for limit, key in counted if limit.counts != "all"),
        )

    def _note_day(self, used_seconds: float) -> None:
        """Tell how much of the day is used or reserved, and say so when it comes to its end."""
        if not self._day_seconds or not used_seconds:
            return
        share = used_seconds / self._day_seconds
        self._metrics.day_share.set(share)
        if share >= WARNING_SHARE and not self._has_warned:
            logger.warning(
                "%.0f %% of VOICEGATE_MINUTES_PER_DAY (%d) are used or reserved",
                100 * share,
                self._day_seconds // MINUTE,
            )
        self._has_warned = share >= (CALM_SHARE if self._has_warned else WARNING_SHARE)

    async def cancel(self, grant: Grant, counted: Sequence[Counted] = ()) -> None:
        """Undo a grant of which no token came, even if whoever waits for it is cancelled.

        Args:
            grant: Which.
            counted: Where the request is no longer to count either.
        """
        await asyncio.shield(self._undo(grant, counted))

    async def finish(self) -> None:
        """Wait for what is still being undone; the store's own limit bounds that."""
        while self._undoing:
            await asyncio.wait(self._undoing)
        if self._clearing is not None:
            self._clearing.cancel()
            await asyncio.wait([self._clearing])

    async def probe(self) -> tuple[float, float]:
        """Take a grant and cancel it; return the seconds that each of the two needed.

        Raises:
            StoreDownError: The store cannot be asked; its `__cause__` says why.
        """
        grant = Grant(next(self._ids), "probe", "", granted_seconds=1, expires_in_seconds=1)
        await self._store.claim(grant.grant_id, "")  # opens the connection, which a mint finds open
        began = time.perf_counter()
        await self._store.take(grant)
        taken = time.perf_counter()
        await self._store.cancel(grant.grant_id)
        return taken - began, time.perf_counter() - taken

    def _undo(self, grant: Grant, counted: Sequence[Counted] = ()) -> asyncio.Task[None]:
        task = asyncio.create_task(self._cancel(grant.grant_id, counted))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)
        return task

    async def _cancel(self, grant_id: str, counted: Sequence[Counted]) -> None:
        try:
            self._metrics.returned_seconds.inc(await self._store.cancel(grant_id, counted))
        except StoreDownError as error:
            self._failures.note(error)
            self._cancel_later(grant_id, is_granted=True)

    def _cancel_later(self, grant_id: str, *, is_granted: bool) -> None:
        """Cancel a grant when the store is back."""
        self._uncancelled.append((grant_id, is_granted))
        if self._clearing is None or self._clearing.done():
            self._clearing = asyncio.create_task(self._cancel_again())

    async def _cancel_again(self) -> None:
        while self._uncancelled:
            await asyncio.sleep(self.cancel_again_seconds)
            with contextlib.suppress(StoreDownError):  # each was told when it began
                while self._uncancelled:
                    grant_id, is_granted = self._uncancelled[0]
                    returned_seconds = await self._store.cancel(grant_id)
                    self._uncancelled.popleft()
                    self._metrics.returned_seconds.inc(returned_seconds if is_granted else 0)

    async def note_end(self, grant_id: str, session_id: str | None) -> bool:
        """Note what is said to have become of a token; tell whether that is the first report.

        What comes back is what the upstream's list of sessions proves.

        Args:
            grant_id: Whose token.
            session_id: The session that it opened; None if it is said to stay unused.
        """
        try:
            if session_id is None:
                return await self._store.hand_back(grant_id)
            return await self._store.claim(grant_id, session_id)
        except StoreDownError as error:
            self._failures.note(error)
            return False


def _refusal(
    verdict: Verdict, cost_seconds: int, *, is_refunding: bool, is_recovery: bool
) -> AppError:
    name, states = verdict.refused, verdict.states
    refund_in_seconds = verdict.refund_in_seconds if is_refunding else LONGEST_WAIT_SECONDS
    soonest = whole_seconds(max(refund_in_seconds, LOOK_AGAIN_SECONDS))
    if name.endswith("-open"):
        if is_recovery:  # of a call that holds a place itself, and may go on a moment later
            soonest = LOOK_AGAIN_SECONDS
        wait_seconds = min(whole_seconds(verdict.frees_in_seconds), soonest)
        return limit_reached(SessionsExhaustedError, name, wait_seconds, states)
    if states[-1].limit.unit == "requests":
        return limit_reached(RateLimitedError, name, states[-1].seconds_until_fits(), states)
    wait_seconds = min(states[-1].seconds_until_fits(cost_seconds), soonest)
    return limit_reached(QuotaExhaustedError, name, wait_seconds, states)


def _random_ids() -> Iterator[str]:
    """Yield names of 16 characters that nobody can guess; asking the system for each is slower."""
    characters = ID_BYTES * 4 // 3
    while True:
        text = urlsafe_b64encode(os.urandom(ID_BYTES * IDS_AT_ONCE)).decode()
        for start in range(0, len(text), characters):
            yield text[start : start + characters]
