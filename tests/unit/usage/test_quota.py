"""Rate limits, the quota, the limit on access codes, and what is said of them."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.access.credentials import Caller
from app.access.signing import Signer
from app.errors import LIMITS, QuotaExhaustedError, RateLimitedError, SessionsExhaustedError
from app.tokens.service import Receipts
from app.usage import code_attempts
from app.usage.code_attempts import BY_NETWORK, MOST_SECONDS, CodeAttempts
from app.usage.ledger import quota_limits
from app.usage.ledger_memory import MemoryLedger
from app.usage.pricing import cost_sentence
from app.usage.quota import Admitted, Quota
from app.usage.rate_limits import (
    LONGEST_WAIT_SECONDS,
    LimitState,
    RateLimit,
    SlidingWindows,
    rate_limit_fields,
    rate_limits,
)
from app.web import feedback
from tests.limit_kit import START, Clock, Tally, rules, visitor
from tests.service import NO_LIMITS, make_settings

DAY = 86400


async def hits(hit: Callable[[], Awaitable[object]], times: int) -> list[str]:
    """Return the name of the limit that refused each time, or nothing."""
    refused = []
    for _ in range(times):
        try:
            await hit()
        except RateLimitedError as error:
            refused.append(str(error).removeprefix("limit "))
        else:
            refused.append("")
    return refused


class Asking:
    """Asks for tokens, of a quota in memory of which only the limits named are set."""

    def __init__(self, clock: Clock, tally: Tally | None = None, **changes: int) -> None:
        chosen = make_settings(**(NO_LIMITS | changes))
        quotas = quota_limits(chosen)
        ledger = MemoryLedger(quotas, clock=clock, monotonic=clock)
        self._quota = Quota(ledger, quotas, tally or Tally(), rate_limits=rate_limits(chosen))

    async def hit(self, caller: Caller) -> Admitted:
        """Ask once."""
        return await self._quota.take(
            caller, max_session_duration_seconds=900, expires_in_seconds=60
        )


async def test_caller_is_limited_and_let_in_again_after_the_time_said() -> None:
    """Ten a minute: the eleventh waits, and after `Retry-After` it is let in, and not before."""
    clock = Clock()
    limits = Asking(clock, caller_mints_per_minute=10)
    clock.now += 45
    first = await hits(lambda: limits.hit(visitor("ann")), 11)
    with pytest.raises(RateLimitedError) as refusal:
        await limits.hit(visitor("ann"))
    wait_seconds = refusal.value.retry_after_seconds
    assert wait_seconds is not None

    clock.now += wait_seconds - 1
    early = await hits(lambda: limits.hit(visitor("ann")), 1)
    clock.now += 1
    late = await hits(lambda: limits.hit(visitor("ann")), 1)

    assert first == [""] * 10 + ["caller-minute"]
    assert (wait_seconds, early, late) == (15 + 6, ["caller-minute"], [""])


async def test_each_limit_refuses_by_its_name() -> None:
    """By the hour, by the address whose callers change, and by all together."""
    clock = Clock()
    by_hour = Asking(clock, caller_mints_per_minute=2)
    by_address = Asking(clock, caller_mints_per_minute=2, callers_per_address=2)
    by_all = Asking(clock, mints_per_minute=3)

    refused = []
    for _ in range(13):  # six times what a minute allows, and one
        refused += await hits(lambda: by_hour.hit(visitor("ann")), 1)
        clock.now += 60
    assert refused == [""] * 12 + ["caller-hour"]
    names = [
        (await hits(lambda n=n: by_address.hit(visitor(f"v{n}")), 1))[0]  # type: ignore[misc]
        for n in range(5)
    ]
    assert names == ["", "", "", "", "address-minute"]
    names = [
        (await hits(lambda n=n: by_all.hit(Caller("subject", f"s{n}", f"a{n}")), 1))[0]  # type: ignore[misc]
        for n in range(4)
    ]
    assert names == ["", "", "", "all-minute"]


async def test_refused_caller_takes_nothing_from_its_neighbours() -> None:
    """One who hammers cannot use up what its address, or everyone, may have."""
    limits = Asking(Clock(), caller_mints_per_minute=2, callers_per_address=2, mints_per_minute=4)
    await hits(lambda: limits.hit(visitor("loud")), 100)

    assert await hits(lambda: limits.hit(visitor("quiet")), 2) == ["", ""]


async def test_subject_does_not_count_by_address() -> None:
    """Whom a login vouches for is limited by itself."""
    limits = Asking(Clock(), caller_mints_per_minute=5, callers_per_address=1)
    office = [Caller("subject", f"person-{number}", "office") for number in range(10)]

    assert [await hits(lambda who=who: limits.hit(who), 1) for who in office] == [[""]] * 10  # type: ignore[misc]


async def test_zero_takes_a_limit_away() -> None:
    """Nothing refuses, and there is nothing to tell."""
    limits = Asking(Clock())

    assert await hits(lambda: limits.hit(visitor("ann")), 500) == [""] * 500
    assert (await limits.hit(visitor("ann"))).states == ()


async def test_refusals_are_counted_by_limit() -> None:
    """The metrics hear the name of the limit, each time."""
    tally = Tally()
    limits = Asking(Clock(), tally, caller_mints_per_minute=1)
    await hits(lambda: limits.hit(visitor("ann")), 4)

    assert tally.counts == {"caller-minute": 3, "granted": 900}


def test_memory_of_rate_limits_is_bounded() -> None:
    """A hundred thousand callers leave no more than the bound behind; the recent ones stay."""
    windows = SlidingWindows(max_keys=1000)
    limit = RateLimit("caller-minute", 1, 60, "caller")
    for number in range(100_000):
        assert windows.hit([(limit, f"caller-{number}")], START).refused == ""

    assert len(windows) == 1000
    assert windows.hit([(limit, "caller-99999")], START).refused == "caller-minute"


def test_refusals_neither_grow_the_memory_nor_make_it_forget() -> None:
    """Whoever hammers under ever new names has no address forgotten, its own least of all."""
    windows = SlidingWindows(max_keys=1000)
    by_caller = RateLimit("caller-minute", 1, 60, "caller")
    by_address = RateLimit("address-minute", 1, 60, "address")

    def hit(caller: str, address: str) -> str:
        return windows.hit([(by_caller, caller), (by_address, address)], START).refused

    quiet = [hit("quiet", "school") for _ in range(2)]
    loud = [hit(f"caller-{number}", "home") for number in range(20_000)]

    assert quiet == ["", "caller-minute"]
    assert loud == ["", *["address-minute"] * 19_999]
    assert hit("another", "school") == "address-minute"
    assert len(windows) <= 1000 + 2


async def test_wrong_codes_lock_the_address_and_only_it() -> None:
    """Ten wrong ones in a minute: even a right one is refused there, and nowhere else."""
    tally = Tally()
    attempts = CodeAttempts(metrics=tally)
    wrong = await hits(lambda: attempts.wrong_attempt("here", "net"), 12)

    assert wrong == [""] * 10 + ["code-attempts"] * 2
    assert await hits(lambda: attempts.allow_attempt("here", "net"), 1) == ["code-attempts"]
    assert await hits(lambda: attempts.allow_attempt("there", "net"), 50) == [""] * 50
    assert tally.counts["code-attempts"] == 3


async def test_wrong_codes_anywhere_lock_out_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Guessing from a thousand addresses is slowed down and told in a line; right codes pass."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("app.usage.code_attempts.asyncio.sleep", sleep)
    attempts = CodeAttempts(metrics=Tally())
    for number in range(1000):
        await attempts.wrong_attempt(f"address-{number}", f"network-{number}")

    assert await hits(lambda: attempts.allow_attempt("fresh", "there"), 1) == [""]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0, MOST_SECONDS)
    assert len(caplog.records) == 1


async def test_wrong_codes_of_one_network_lock_it() -> None:
    """Whoever has a /48 has thousands of addresses to guess from."""
    attempts = CodeAttempts(metrics=Tally())
    attempts._of_all.current = -1000  # nothing of this test waits
    for number in range(BY_NETWORK.quota):
        await attempts.wrong_attempt(f"address-{number}", "net")

    assert await hits(lambda: attempts.allow_attempt("fresh", "net"), 1) == ["code-attempts"]


@given(
    st.integers(0, 5000), st.integers(0, 5000), st.integers(1, DAY), st.integers(1, 5000),
    st.integers(1, 5000),
)  # fmt: skip
@settings(max_examples=300, derandomize=True, deadline=None)
def test_wait_is_right_to_the_second(
    previous: int, current: int, left: int, quota: int, cost: int
) -> None:
    """After the seconds said the cost fits, and a second earlier it does not."""
    limit = RateLimit("all-day", quota, DAY, "all", "seconds")
    wait = LimitState(limit, previous, current, float(left)).seconds_until_fits(cost)

    assert 1 <= wait <= LONGEST_WAIT_SECONDS
    if wait < LONGEST_WAIT_SECONDS:
        assert _later(previous, current, left, wait) + cost <= quota + 1e-6
        if wait > 1:
            assert _later(previous, current, left, wait - 1) + cost > quota - 1e-6


def _later(previous: int, current: int, left: int, seconds: int) -> float:
    if seconds < left:
        return current + previous * (left - seconds) / DAY
    return max(0.0, current * (DAY - (seconds - left)) / DAY)


def test_fields_are_structured_fields() -> None:
    """Names, quota, window, unit where it is no request; what is left, and until when."""
    states = [
        LimitState(RateLimit("caller-minute", 10, 60, "caller"), 0, 1, 42),
        LimitState(RateLimit("caller-day", 14400, DAY, "caller", "seconds"), 0, 900, 3599.5),
    ]

    assert dict(rate_limit_fields(states)) == {
        b"ratelimit-policy": (
            b'"caller-minute";q=10;w=60, "caller-day";q=14400;w=86400;qu="seconds"'
        ),
        b"ratelimit": b'"caller-minute";r=9;t=42, "caller-day";r=13500;t=3600',
    }
    assert rate_limit_fields(()) == []


async def test_quota_says_why_and_when() -> None:
    """A sentence for each kind of refusal, the time to wait, and how the day stands."""
    clock, tally = Clock(), Tally()
    limits = rules(caller_day_seconds=1800, all_open=3)
    quota = Quota(MemoryLedger(limits, clock=clock, monotonic=clock), limits, tally)

    async def take(name: str) -> tuple[LimitState, ...]:
        return (await quota.take(
            visitor(name), max_session_duration_seconds=900, expires_in_seconds=60
        )).states  # fmt: skip

    await take("ann")
    (state,) = await take("ann")
    with pytest.raises(QuotaExhaustedError) as day:
        await take("ann")
    await take("bob")
    with pytest.raises(SessionsExhaustedError) as places:
        await take("bob")

    assert (state.limit.name, state.remaining, state.left_seconds) == ("caller-day", 0, 14 * 3600)
    assert day.value.detail == "The minutes for today are used up; try again later."
    assert day.value.retry_after_seconds == DAY  # 14 h, and half of the next day: bounded
    assert places.value.detail.startswith("Too many calls are open at once in this service")
    assert places.value.retry_after_seconds == 960  # nothing comes back without the list
    assert tally.counts == {"caller-day": 1, "all-open": 1, "granted": 2700}


@pytest.mark.parametrize(
    ("limits", "waits"),
    [
        pytest.param({"caller_open": 1}, (80, 10, 5, 960), id="sessions"),
        pytest.param({"caller_day_seconds": 900}, (80, 10, 10, DAY), id="minutes"),
    ],
)
async def test_wait_is_until_there_may_be_room(
    limits: dict[str, int], waits: tuple[int, int, int, int]
) -> None:
    """A token that is not used holds its place for 80 s, a call until it ends, or must be over."""
    clock = Clock()
    chosen = rules(**limits)
    quota = Quota(MemoryLedger(chosen, clock=clock, monotonic=clock), chosen, Tally())

    async def wait() -> int | None:
        with pytest.raises((QuotaExhaustedError, SessionsExhaustedError)) as refusal:
            await quota.take(
                visitor("ann"), max_session_duration_seconds=900, expires_in_seconds=60
            )
        return refusal.value.retry_after_seconds

    await quota.take(visitor("ann"), max_session_duration_seconds=900, expires_in_seconds=60)
    without_the_list = await wait()
    quota.is_refunding = True
    unused = await wait()
    clock.now += 80
    talking = await wait()
    clock.now += 875
    at_last = await wait()

    assert (unused, talking, at_last, without_the_list) == waits


async def test_four_fifths_of_the_day_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """In the log as it comes to that, and anew only after it was well below; always in a metric."""
    caplog.set_level(logging.WARNING)
    clock, tally = Clock(), Tally()
    limits = rules(all_day_seconds=9000)
    quota = Quota(MemoryLedger(limits, clock=clock, monotonic=clock), limits, tally)
    told, shares = [], []
    for number in range(10):
        admitted = await quota.take(
            visitor(f"v{number}"), max_session_duration_seconds=900, expires_in_seconds=60
        )
        told.append(len(caplog.records))
        shares.append(tally.day_share._value.get())
    for wait_seconds, times in ((0, 1), (2 * DAY, 8)):
        await quota.cancel(admitted.grant)
        clock.now += wait_seconds
        for _ in range(times):
            admitted = await quota.take(
                visitor("w"), max_session_duration_seconds=900, expires_in_seconds=60
            )
        told.append(len(caplog.records))

    assert told == [0] * 7 + [1] * 3 + [1, 2]
    assert shares[7] == pytest.approx(0.8)
    assert "80 % of VOICEGATE_MINUTES_PER_DAY (150) are used" in caplog.text


def test_every_limit_has_a_sentence_and_a_label() -> None:
    """What can refuse is known to people and to metrics."""
    settings = make_settings()
    names = {limit.name for limit in rate_limits(settings)} | quota_limits(settings).keys()

    assert set(LIMITS) == names | {code_attempts.NAME, feedback.NAME}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {"audit": True},
            "At most 1,200 minutes a day are used: 90.00 USD at 4.50 USD an hour. That is counted "
            "by the agent service's list of sessions. Beyond it go only sessions on tokens that "
            "were used more than once, before the list shows them: up to 100 minutes each; and "
            "sessions that the agent service lets last longer than their token says, for as long "
            "as they last.",
            id="defaults",
        ),
        pytest.param(
            {"max_session_duration_seconds": 900},
            "At most 1,200 minutes a day are granted: 90.00 USD at 4.50 USD an hour. Nothing that "
            "was granted comes back (VOICEGATE_AUDIT is false). Beyond it go, unseen, only "
            "sessions on tokens that were used more than once: up to 15 minutes each; and sessions "
            "that the agent service lets last longer than their token says, for as long as they "
            "last.",
            id="without-the-list",
        ),
        pytest.param(
            {
                "audit": True,
                "minutes_per_day": 0,
                "caller_minutes_per_day": 0,
                "sessions_at_once": 10,
            },
            "At most 14,400 minutes a day are used: 1,080.00 USD at 4.50 USD an hour. "
            "No limit of its own bounds this: set VOICEGATE_MINUTES_PER_DAY. That is counted by "
            "the agent service's list of sessions. Beyond it go only sessions on tokens that "
            "were used more than once, before the list shows them: up to 180 minutes each; and "
            "sessions that the agent service lets last longer than their token says, for as long "
            "as they last.",
            id="bound-by-places",
        ),
        pytest.param(
            {"minutes_per_day": 0, "sessions_at_once": 0, "mints_per_minute": 0},
            "Nothing limits the minutes of a day, at 4.50 USD an hour: "
            "set VOICEGATE_MINUTES_PER_DAY.",
            id="unlimited",
        ),
    ],
)
def test_worst_cost_is_said(changes: dict[str, Any], sentence: str) -> None:
    """The sum of a day that the settings allow, or in words that there is none."""
    assert cost_sentence(make_settings(**changes)) == sentence


def test_receipt_is_ours_or_nothing() -> None:
    """Read back as written; changed in any character, or by another secret, it names nothing."""
    receipts, others = Receipts(Signer("a" * 32)), Receipts(Signer("b" * 32))
    receipt = receipts.write("abcdefghij-_ABCD")

    assert receipts.read(receipt) == "abcdefghij-_ABCD"
    assert others.read(receipt) is None
    for place in range(len(receipt)):
        changed = receipt[:place] + ("0" if receipt[place] != "0" else "1") + receipt[place + 1 :]
        assert receipts.read(changed) is None
    assert receipts.read("") is None
