"""The ledger against a plain model of it: a list of all grants, counted anew at each question."""

import asyncio
import math
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.usage.ledger import LIFETIME_SECONDS, MAX_RECOVERIES, RECOVERIES_AT_ONCE, Grant
from app.usage.matching import LATE_SECONDS
from app.usage.rate_limits import RateLimit
from tests.limit_kit import Clock, ledger_of, over, rules
from tests.redis_server import RedisServer, redis_server

DAY = 86400
LIMITS = rules(
    caller_day_seconds=3000,
    address_day_seconds=4000,
    all_day_seconds=12_000,
    caller_open=3,
    address_open=4,
    all_open=5,
)
RATE_LIMITS = (
    RateLimit("caller-minute", 4, 60, "caller"),
    RateLimit("address-hour", 8, 3600, "address"),
    RateLimit("all-minute", 6, 60, "all"),
)
FEW = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Entry:
    """What the model knows of one grant."""

    grant: Grant
    minted_at: int
    # The first of its call, which knows how often that was recovered, and who has its place.
    first: "Entry | None" = None
    before: "Entry | None" = None
    recoveries: int = 0
    paced_until: int = 0
    latest: "Entry | None" = None
    # Whether a later one of its call stands for it in the days of caller and address.
    is_moved: bool = False
    returned: int = 0
    is_cancelled: bool = False
    is_settled: bool = False


class LedgerMachine(RuleBasedStateMachine):
    """Does the same to a store and to the model, and compares what they say."""

    server: RedisServer | None = None

    def __init__(self) -> None:
        super().__init__()
        self._clock = Clock()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        context = ledger_of(self.server, LIMITS, self._clock)
        self._ledger = self._run(self._open.enter_async_context(context))
        self._entries: list[Entry] = []
        # When requests were counted, by the name and the key of a rate limit.
        self._hits: dict[tuple[str, str], list[int]] = {}

    def teardown(self) -> None:
        """Close the store."""
        self._run(self._open.aclose())
        self._runner.close()

    @rule(
        caller=st.sampled_from("abc"),
        address=st.sampled_from(["", "home", "work"]),
        granted=st.sampled_from([60, 900, 2500]),
        expires=st.sampled_from([10, 600]),
    )
    def take(self, caller: str, address: str, granted: int, expires: int) -> None:
        """Take a grant."""
        name = f"grant-{len(self._entries):010d}"
        key = f"{caller}-{'subject' if not address else 'visitor'}"
        grant = Grant(name, key, address, granted, expires)

        keys = {"caller": key, "address": address, "all": "all"}
        asked = [
            (limit, keys[limit.counts])
            for limit in RATE_LIMITS
            if address or limit.counts != "address"
        ]

        verdict = self._run(self._ledger.take(grant, asked))

        refused = self._rate_limit_of(asked)
        assert verdict.refused == (refused or self._expected(grant))
        if verdict.refused and not refused:
            assert verdict.refund_in_seconds in self._refund_in(grant, verdict.refused)
        if not verdict.refused:
            for limit, counted in asked:
                self._hits.setdefault((limit.name, counted), []).append(int(self._clock.now))
        assert [
            (state.limit.name, state.previous, state.current)
            for state in verdict.states
            if state.limit.unit == "requests"
        ] == [
            (limit.name, *self._counts(limit, key))
            for limit, key in asked
            if limit.counts == "caller" or limit.name == refused
        ]
        if not verdict.refused:
            self._entries.append(Entry(grant, int(self._clock.now)))
            assert verdict.states[-1].used == pytest.approx(self._used("caller", grant))

    @rule(
        data=st.data(),
        is_foreign=st.booleans(),
        address=st.sampled_from(["home", "work"]),
        granted=st.sampled_from([60, 900, 2500]),
    )
    def recover(self, data: st.DataObject, *, is_foreign: bool, address: str, granted: int) -> None:
        """Go on with the call of any grant there was; otherwise nothing is granted here."""
        if not self._entries:
            return
        before = data.draw(st.sampled_from(self._entries))
        key = "a-foreigner" if is_foreign else before.grant.caller_key
        address = before.grant.address_key and address
        grant = Grant(f"grant-{len(self._entries):010d}", key, address, granted, 10)
        first = before.first or before
        now = int(self._clock.now)
        left = _ends_at(first) - now
        seconds = min(granted, max(60, left))
        paced_until = max(first.paced_until, now) + 1
        share = "address" if address else "caller"
        expected = (
            self._is_known(before)
            and not before.is_settled
            and not is_foreign
            and left >= 1
            and first.recoveries < MAX_RECOVERIES
            and paced_until - now <= RECOVERIES_AT_ONCE
            and self._used(share, grant, is_whole=True) + seconds <= 2 * LIMITS["address-day"]
            and self._used("all", grant) + seconds <= LIMITS["all-day"]
        )
        never = [(RateLimit("caller-hour", 0, 3600, "caller"), "nobody")]

        verdict = self._run(self._ledger.take(grant, never, continues=before.grant.grant_id))

        assert (verdict.goes_on, verdict.refused) == (expected, "" if expected else "caller-hour")
        if expected:
            assert grant.granted_seconds == seconds
            first.recoveries += 1
            first.paced_until = paced_until
            holder = first.latest or first
            holder.is_moved = self._is_known(holder) and not holder.is_settled
            first.latest = Entry(grant, now, first=first, before=before)
            self._entries.append(first.latest)
            assert verdict.states[-1].used == pytest.approx(self._used("caller", grant))

    @rule(seconds=st.sampled_from([1, 30, 700, 5000, 40_000, DAY, 3 * DAY]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self._clock.now += seconds

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel any grant there was."""
        if not self._entries:
            return
        entry = data.draw(st.sampled_from(self._entries))
        known = self._is_known(entry) and not entry.is_settled
        expected = entry.grant.granted_seconds if known else 0

        assert self._run(self._ledger.cancel(entry.grant.grant_id)) == expected
        if known:
            entry.is_cancelled, entry.returned = True, expected
            self._vacate(entry)
            if entry.first:
                entry.first.recoveries -= 1

    @rule(data=st.data(), used=st.sampled_from([0, 1, 59, 899]))
    def end(self, data: st.DataObject, used: int) -> None:
        """Read that any grant there was is over; the list says of the day what the model says."""
        if not self._entries:
            return
        entry = data.draw(st.sampled_from(self._entries))
        used = min(used, entry.grant.granted_seconds)
        expected = 0
        if self._is_known(entry) and not entry.is_settled:
            expected = entry.grant.granted_seconds - used
            entry.is_settled, entry.returned = True, expected
            self._vacate(entry)
        today = int(self._clock.now) // DAY
        counted = [
            sum(_counted(each) for each in self._entries if each.minted_at // DAY == day)
            for day in (today, today - 1)
        ]

        reading = over(
            self._ledger, (entry.grant.grant_id, used), held=counted[0], yesterday=counted[1]
        )
        assert self._run(reading) == expected

    @invariant()
    def is_never_over_a_limit(self) -> None:
        """Of what counts today, by anyone: no day over its limit, no more places than there are."""
        today = int(self._clock.now) // DAY
        by_caller: dict[str, int] = {}
        for entry in self._entries:
            if entry.minted_at // DAY == today:
                key = entry.grant.caller_key
                by_caller[key] = by_caller.get(key, 0) + _counted(entry)
        most = 2 * LIMITS["address-day"]  # with what recoveries may add
        assert all(seconds <= most for seconds in by_caller.values())
        assert sum(by_caller.values()) <= LIMITS["all-day"]
        assert sum(map(self._is_open, self._entries)) <= LIMITS["all-open"]

    def _rate_limit_of(self, asked: list[tuple[RateLimit, str]]) -> str:
        """Return the first rate limit that refuses a request, or nothing."""
        now = int(self._clock.now)
        for limit, key in asked:
            previous, current = self._counts(limit, key)
            left_seconds = limit.window_seconds - now % limit.window_seconds
            if current + previous * left_seconds / limit.window_seconds + 1 > limit.quota:
                return limit.name
        return ""

    def _counts(self, limit: RateLimit, key: str) -> tuple[int, int]:
        """Return the counts in the window before and in this one."""
        windows = [at // limit.window_seconds for at in self._hits.get((limit.name, key), [])]
        this = int(self._clock.now) // limit.window_seconds
        return windows.count(this - 1), windows.count(this)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(coroutine)

    def _is_known(self, entry: Entry) -> bool:
        return not entry.is_cancelled and self._clock.now < entry.minted_at + LIFETIME_SECONDS

    def _is_open(self, entry: Entry) -> bool:
        is_over = entry.is_cancelled or entry.is_settled
        has_place = ((entry.first or entry).latest or entry.first or entry) is entry
        return not is_over and has_place and self._clock.now < _ends_at(entry)

    def _vacate(self, entry: Entry) -> None:
        """Give the place of a call and its seconds back to the entry before."""
        entry.is_moved = False
        first, before = entry.first, entry.before
        if first is None or before is None or first.latest is not entry:
            return
        if self._is_known(before) and not before.is_settled:
            first.latest, before.is_moved = before, False

    def _of(self, party: str, grant: Grant) -> list[Entry]:
        """Return the entries that count for the same party as a grant."""
        if party == "all":
            return self._entries
        field = f"{party}_key"
        mine = getattr(grant, field)
        return [entry for entry in self._entries if getattr(entry.grant, field) == mine]

    def _used(self, party: str, grant: Grant, *, is_whole: bool = False) -> float:
        """Return what counts for a party now; if whole, with what was moved."""
        today, into = divmod(int(self._clock.now), DAY)
        days = {today: 1.0, today - 1: (DAY - into) / DAY}
        is_whole = is_whole or party == "all"
        return sum(
            _counted(entry) * days.get(entry.minted_at // DAY, 0)
            for entry in self._of(party, grant)
            if is_whole or not entry.is_moved
        )

    def _refund_in(self, grant: Grant, refused: str) -> set[float]:
        """Return how soon what is open may come back, if it is enough; two where it is just so."""
        party, _, what = refused.partition("-")
        needed = 0.0
        if what == "day":
            needed = self._used(party, grant) + grant.granted_seconds - LIMITS[refused]
        opened = [entry for entry in self._of(party, grant) if self._is_open(entry)]
        opened.sort(key=_opens_until)
        waits = set()
        for about in (needed - 1e-6, needed + 1e-6):
            seconds = 0
            wait = math.inf
            for entry in opened:
                seconds += entry.grant.granted_seconds
                if seconds >= about:
                    wait = max(0, _opens_until(entry) - self._clock.now)
                    break
            waits.add(wait)
        return waits

    def _expected(self, grant: Grant) -> str:
        parties = ["caller", "address", "all"] if grant.address_key else ["caller", "all"]
        for party in parties:
            if sum(map(self._is_open, self._of(party, grant))) >= LIMITS[f"{party}-open"]:
                return f"{party}-open"
        for party in parties:
            if self._used(party, grant) + grant.granted_seconds > LIMITS[f"{party}-day"]:
                return f"{party}-day"
        share = parties[-2]
        whole = self._used(share, grant, is_whole=True) + grant.granted_seconds
        return f"{share}-day" if whole > 2 * LIMITS["address-day"] else ""


def _ends_at(entry: Entry) -> int:
    grant = entry.grant
    return entry.minted_at + grant.expires_in_seconds + grant.granted_seconds


def _opens_until(entry: Entry) -> int:
    return entry.minted_at + entry.grant.expires_in_seconds + LATE_SECONDS


def _counted(entry: Entry) -> int:
    return entry.grant.granted_seconds - entry.returned


def test_memory_agrees_with_the_model() -> None:
    """Whatever is taken, cancelled and settled, in whatever order."""
    run_state_machine_as_test(LedgerMachine, settings=FEW)


def test_redis_agrees_with_the_model() -> None:
    """The same in the script of Redis."""
    with ExitStack() as stack:
        server = stack.enter_context(redis_server())
        machine = type("RedisMachine", (LedgerMachine,), {"server": server})
        run_state_machine_as_test(machine, settings=FEW)
