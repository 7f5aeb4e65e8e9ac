"""The ledger in this process's memory, of bounded size; it forgets all when the process ends."""

import heapq
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from app.usage.ledger import (
    HISTORY_DAYS,
    LEAST_SECONDS,
    LIFETIME_SECONDS,
    MAX_LISTED,
    MAX_LOOKED_AT,
    MAX_RECOVERIES,
    RECOVERIES_AT_ONCE,
    RECOVERY_SHARES,
    Grant,
    Lease,
    QuotaLimits,
    Reading,
    Recorded,
    Snapshot,
    Usage,
    day_limits,
    is_same_caller,
    reading_of,
)
from app.usage.matching import Findings, Minted
from app.usage.rate_limits import (
    DAY,
    MAX_KEYS,
    Counted,
    Counter,
    LimitState,
    RateLimit,
    SlidingWindows,
    SteadyClock,
    Verdict,
    states_of,
)

# Reached only where the operator took the limits of all together away.
MAX_RECORDS: Final = 100_000
# Ends of grants that were undone are swept out together, once they are most of many.
FEW: Final = 200


@dataclass(slots=True)
class _Call:
    """What the grants of one call share; `latest` is the one that holds its place."""

    ends_at: float
    latest: str
    recoveries: int = 0
    paced_until: float = 0.0


@dataclass(slots=True)
class _Record:
    """One grant, and what became of it.

    `before` is the one with which it goes on; `moved`, that the place of its call and its seconds
    in the days of caller and address are a later one's.
    """

    grant: Grant
    minted_at: float
    counters: list[Counter]
    call: _Call
    before: "_Record | None" = None
    moved: bool = False
    claimed: bool = False
    session_id: str = ""
    unused: bool = False
    settled: bool = False

    @property
    def ends_at(self) -> float:
        """When token and session have run out."""
        return self.minted_at + self.grant.expires_in_seconds + self.grant.granted_seconds

    def as_minted(self) -> Minted:
        """Return what the audit looks at."""
        grant = self.grant
        return Minted(
            grant_id=grant.grant_id,
            caller_key=grant.caller_key,
            minted_at=self.minted_at,
            expires_in_seconds=grant.expires_in_seconds,
            granted_seconds=grant.granted_seconds,
            session_id=self.session_id,
            is_unused=self.unused,
            is_settled=self.settled,
        )


class MemoryLedger:
    """A `LedgerStore` that never waits: nothing comes between the parts of one call.

    Args:
        limits: What may be granted.
        clock: Tells the time in seconds since 1970.
        monotonic: Seconds since any moment.
        max_keys: Of how many callers, and of how many addresses, each limit keeps the counts.
        max_records: Of how many grants, and of how many sessions that were settled.
    """

    def __init__(
        self,
        limits: QuotaLimits,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        max_keys: int = MAX_KEYS,
        max_records: int = MAX_RECORDS,
    ) -> None:
        self._days = day_limits(limits)
        self._moved = {
            day.counts: RateLimit(f"{day.counts}-moved", 0, DAY, day.counts, "seconds")
            for day in self._days
        }
        self._limits = limits
        self._now = SteadyClock(clock, monotonic)
        self._max_records = max_records
        self._windows = SlidingWindows(max_keys=max_keys)
        self._ends: list[tuple[float, str]] = []
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._known_from = self._now()
        self._version = 0
        self._reading: Reading | None = None
        # By the number of the day, of this one and the one before.
        self._unexplained: dict[int, set[str]] = {}
        # What counts for all together, by the number of the day.
        self._history: dict[int, int] = {}

    def __len__(self) -> int:
        """All that is remembered; each record takes up to three places besides."""
        return len(self._windows) + len(self._records) + len(self._ends)

    async def take(
        self, grant: Grant, asked: Sequence[Counted] = (), *, continues: str = ""
    ) -> Verdict:
        """Count a request against its rate limits, then a grant if all of its quotas allow it."""
        now = self._now()
        self._prune(now)
        seconds = grant.granted_seconds
        if (before := self._records.get(continues)) and is_same_caller(before.grant, grant):
            grant.caller_key = before.grant.caller_key
        keys = (grant.caller_key, grant.address_key, "all")
        days = zip(self._days, keys, strict=True)
        counters = [self._windows.find(day, key, now) for day, key in days if key]
        *_, share, everyone = counters
        if before := self._recovered(grant, continues, counters, now):
            self._go_on(grant, before, counters, now)
            states = self._with_day((), counters[0], now)
            return Verdict("", states, goes_on=True, day_seconds=everyone.at(now).used)
        refused, rates = self._windows.look(asked, now)
        if refused:
            return Verdict(refused, states_of(rates, now, refused))
        for counter in counters:
            name = f"{counter.limit.counts}-open"
            if 0 < self._limits[name] <= len(counter.open_grants):
                states = self._with_day(states_of(rates, now), counters[0], now)
                frees_in_seconds = min(counter.open_grants.values()) - now
                return Verdict(name, states, frees_in_seconds, self._refund_in(counter, 0, now))
        full = [each for each in counters if each.limit.quota and not each.fits(seconds, now)]
        if not full and share.limit.quota and not self._share_fits(share, seconds, now):
            full = [share]
        if full:
            day = full[0].at(now)
            missing = day.used + seconds - day.limit.quota
            return Verdict(
                day.limit.name,
                (*states_of(rates, now), day),
                refund_in_seconds=self._refund_in(full[0], missing, now),
                day_seconds=everyone.at(now).used,
            )
        call = _Call(now + grant.expires_in_seconds + seconds, grant.grant_id)
        self._count(_Record(grant, now, counters, call))
        for rate in rates:
            self._windows.add(rate, 1)
        states = self._with_day(states_of(rates, now), counters[0], now)
        return Verdict("", states, day_seconds=everyone.at(now).used)

    async def cancel(self, grant_id: str, counted: Sequence[Counted] = ()) -> int:
        """Undo a grant of which no token came."""
        now = self._now()
        record = self._records.get(grant_id)
        if record is None or record.settled or self._is_old(record, now):
            return 0
        del self._records[grant_id]
        self._vacate(record, now)
        self._windows.undo(counted, record.minted_at, now)
        if record.before is not None:
            record.call.recoveries -= 1
        return self._give_back(record, record.grant.granted_seconds, now, record.counters)

    async def hand_back(self, grant_id: str) -> bool:
        """Note that the token is said to stay unused."""
        is_first = await self.claim(grant_id, "")
        if is_first:
            self._records[grant_id].unused = True
        return is_first

    async def claim(self, grant_id: str, session_id: str) -> bool:
        """Note the session whose end was reported."""
        record = self._records.get(grant_id)
        if record is None or record.claimed or self._is_old(record, self._now()):
            return False
        record.claimed, record.session_id = True, session_id
        return True

    async def lease(self, name: str, seconds: int, *, is_asking: bool = False) -> Lease:
        """Nobody else reads for this process."""
        del name, seconds
        last = next(reversed(self._records.values()), None)
        last_minted_at = last.minted_at if last else 0.0
        return Lease(
            is_ours=True,
            last_minted_at=last_minted_at,
            now=self._now(),
            reading=self._reading,
            is_asked=is_asking,
        )

    async def snapshot(self) -> Snapshot:
        """Return all grants that are remembered, and how the day of all stands."""
        now = self._now()
        self._prune(now)
        return Snapshot(
            now,
            max(self._known_from, now - LIFETIME_SECONDS),
            self._version,
            self._windows.find(self._days[-1], "all", now).current,
            [record.as_minted() for record in self._records.values()],
        )

    async def record(
        self, snapshot: Snapshot, findings: Findings, *, day: int, knows_yesterday: bool
    ) -> Recorded | None:
        """Put what the list says in the place of what was reserved."""
        now = self._now()
        if snapshot.version != self._version or not day == now // DAY == snapshot.now // DAY:
            return None
        self._version += 1
        everyone = self._windows.find(self._days[-1], "all", now)
        self._windows.add(everyone, findings.held_seconds - snapshot.held_seconds)
        everyone.current = max(0, everyone.current)
        if knows_yesterday:
            everyone.previous = findings.used_yesterday_seconds
        self._remember(everyone, now)
        returned_seconds = 0
        for grant_id, used_seconds in findings.settled:
            record = self._records.get(grant_id)
            if record is not None and not record.settled:
                self._vacate(record, now)
                record.settled = True
                seconds = record.grant.granted_seconds - used_seconds
                self._give_back(record, seconds, now, record.counters[:-1])
                returned_seconds += max(0, seconds)
        before, todays = (self._unexplained.get(number, set()) for number in (day - 1, day))
        known = before | todays
        new = [each for each in findings.unexplained if each not in known]
        self._unexplained = {day - 1: before, day: todays.union(new)}
        self._reading = reading_of(snapshot, findings, len(todays) + len(new))
        return Recorded(self._reading, new, returned_seconds)

    async def usage(self) -> Usage:
        """Tell how all stands."""
        now = self._now()
        self._prune(now)
        today = int(now // DAY)
        everyone = self._windows.find(self._days[-1], "all", now)
        self._remember(everyone, now)
        records = [self._records[grant_id] for grant_id in everyone.open_grants]
        records.sort(key=lambda record: record.ends_at)
        todays = (record for record in records if record.minted_at // DAY == today)
        return Usage(
            now,
            [self._history.get(today - ago, 0) for ago in reversed(range(HISTORY_DAYS))],
            sum(record.grant.granted_seconds for record in todays),
            len(records),
            [record.as_minted() for record in records[:MAX_LISTED]],
        )

    def _remember(self, everyone: Counter, now: float) -> None:
        """Write down what counts for all, today and on the day before."""
        today = int(now // DAY)
        if today not in self._history:
            kept = self._history.items()
            self._history = {day: used for day, used in kept if day > today - HISTORY_DAYS}
        self._history[today - 1] = everyone.previous
        self._history[today] = everyone.current

    def _recovered(
        self, grant: Grant, continues: str, counters: Sequence[Counter], now: float
    ) -> _Record | None:
        """Return the grant that this one goes on with, if all that bounds it allows that."""
        before = self._records.get(continues)
        if before is None or before.claimed or before.settled:
            return None
        call = before.call
        left_seconds = int(call.ends_at - now)
        is_paced = max(call.paced_until, now) + 1 - now <= RECOVERIES_AT_ONCE
        if (
            before.grant.caller_key != grant.caller_key
            or left_seconds < 1
            or call.recoveries >= MAX_RECOVERIES
            or not is_paced
        ):
            return None
        seconds = min(grant.granted_seconds, max(LEAST_SECONDS, left_seconds))
        *_, share, everyone = counters
        is_full = everyone.limit.quota and not everyone.fits(seconds, now)
        if is_full or not self._share_fits(share, seconds, now):
            return None
        grant.granted_seconds = seconds
        return before

    def _refund_in(self, counter: Counter, missing: float, now: float) -> float:
        """Tell how soon so many seconds of what is open may come back; 0 is at any time.

        Nothing of a token does while it may open a session.
        """
        places = counter.open_grants
        first = heapq.nsmallest(MAX_LOOKED_AT, places, key=places.__getitem__)
        opened = [self._records[grant_id].as_minted() for grant_id in first]
        for each in sorted(opened, key=attrgetter("opens_until")):
            missing -= each.granted_seconds
            if missing <= 0:
                return max(0.0, each.opens_until - now)
        return math.inf

    def _share_fits(self, share: Counter, seconds: int, now: float) -> bool:
        """Tell whether an address, or a caller without one, holds no more than it ever may."""
        most = RECOVERY_SHARES * self._limits["address-day"]
        used = share.at(now).used + self._moved_of(share, now).at(now).used
        return not most or used + seconds <= most

    def _go_on(self, grant: Grant, before: _Record, counters: list[Counter], now: float) -> None:
        call = before.call
        if holder := self._records.get(call.latest):
            self._close(holder)
            self._move(holder, now)
        call.latest = grant.grant_id
        call.recoveries += 1
        call.paced_until = max(call.paced_until, now) + 1
        self._count(_Record(grant, now, counters, call, before))

    def _count(self, record: _Record) -> None:
        for counter in record.counters:
            self._windows.add(counter, record.grant.granted_seconds)
        self._remember(record.counters[-1], record.minted_at)
        self._open(record)
        self._records[record.grant.grant_id] = record

    def _open(self, record: _Record) -> None:
        for counter in record.counters:
            counter.open_grants[record.grant.grant_id] = record.ends_at
        heapq.heappush(self._ends, (record.ends_at, record.grant.grant_id))

    def _vacate(self, record: _Record, now: float) -> None:
        """Give the place of a call back to the grant before, which may still have a session."""
        self._close(record)
        self._move(record, now, is_back=True)
        call, before = record.call, record.before
        if (
            before is not None
            and call.latest == record.grant.grant_id
            and before.grant.grant_id in self._records
            and not before.settled
        ):
            call.latest = before.grant.grant_id
            self._open(before)
            self._move(before, now, is_back=True)

    def _move(self, record: _Record, now: float, *, is_back: bool = False) -> None:
        """Take a grant's seconds out of the days of caller and address, or count them again."""
        if record.settled or record.moved != is_back:
            return
        record.moved = not is_back
        seconds = -record.grant.granted_seconds if is_back else record.grant.granted_seconds
        own = record.counters[:-1]
        beside = [self._moved_of(counter, now) for counter in own]
        for counter in beside:
            self._windows.add(counter, 0)
        self._give_back(record, seconds, now, own)
        self._give_back(record, -seconds, now, beside)

    def _moved_of(self, counter: Counter, now: float) -> Counter:
        """Return the count of what was taken out of a day and is not proven over."""
        return self._windows.find(self._moved[counter.limit.counts], counter.key, now)

    def _with_day(
        self, states: tuple[LimitState, ...], day: Counter, now: float
    ) -> tuple[LimitState, ...]:
        """Return how the caller's limits stand, that of its day as well if there is one."""
        return (*states, day.at(now)) if day.limit.quota else states

    def _give_back(
        self, record: _Record, seconds: int, now: float, counters: Sequence[Counter]
    ) -> int:
        days_ago = now // DAY - record.minted_at // DAY
        for counter in counters:
            counter.advance(now)
            if days_ago == 0:
                counter.current = max(0, counter.current - seconds)
            elif days_ago == 1:
                counter.previous = max(0, counter.previous - seconds)
        self._remember(record.counters[-1], now)
        return seconds

    def _close(self, record: _Record) -> None:
        for counter in record.counters:
            counter.open_grants.pop(record.grant.grant_id, None)

    def _is_old(self, record: _Record, now: float) -> bool:
        return record.minted_at + LIFETIME_SECONDS <= now

    def _prune(self, now: float) -> None:
        """Forget what no longer counts; each entry is looked at once, in the order of its end."""
        self._windows.prune(now)
        while self._ends and self._ends[0][0] <= now:
            record = self._records.get(heapq.heappop(self._ends)[1])
            if record is not None:
                self._close(record)
        records = self._records
        while records:
            oldest = next(iter(records.values()))
            if len(records) < self._max_records and not self._is_old(oldest, now):
                break
            records.popitem(last=False)
            self._close(oldest)
        if len(self._ends) > 2 * len(records) + FEW:
            self._ends = [end for end in self._ends if end[1] in records]
            heapq.heapify(self._ends)
