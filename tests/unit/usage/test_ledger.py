"""The ledger of grants: one suite for the one in memory and the one in Redis."""

import math
from itertools import count

import pytest

from app.usage.ledger import (
    HISTORY_DAYS,
    LIFETIME_SECONDS,
    MAX_LISTED,
    Grant,
    Reading,
)
from app.usage.ledger_memory import MemoryLedger
from app.usage.matching import Findings, Minted
from app.usage.rate_limits import RateLimit, Verdict
from tests.limit_kit import Clock, ledger_of, over, rules
from tests.redis_server import STORES, RedisServer, memory_and_redis, redis_server

DAY = 86400
ALL_MINUTE = RateLimit("all-minute", 3, 60, "all")
numbers = count(1)


# Each test runs twice: without Redis and with a real one.
server = pytest.fixture(scope="module", params=STORES)(memory_and_redis)


def grant(
    caller: str = "ann", address: str = "home", *, granted: int = 900, expires: int = 60
) -> Grant:
    """Return a grant with a name of its own."""
    return Grant(f"grant-{next(numbers):010d}", caller, address, granted, expires)


async def test_day_is_counted_by_caller_address_and_all(server: RedisServer | None) -> None:
    """Each limit refuses by its name at its own count, and not before."""
    clock = Clock()
    limits = rules(caller_day_seconds=1800, address_day_seconds=2700, all_day_seconds=3600)
    async with ledger_of(server, limits, clock) as ledger:
        asked = ["ann", "ann", "ann", "bob", "bob"]
        by_name = [(await ledger.take(grant(name))).refused for name in asked]
        elsewhere = [(await ledger.take(grant("cyd", "work"))).refused for _ in range(2)]

    assert by_name == ["", "", "caller-day", "", "address-day"]
    assert elsewhere == ["", "all-day"]


async def test_subject_does_not_count_against_its_address(server: RedisServer | None) -> None:
    """Whom a login vouches for takes nothing from those who share its network."""
    async with ledger_of(server, rules(address_day_seconds=900), Clock()) as ledger:
        subject = [(await ledger.take(grant("sue", ""))).refused for _ in range(3)]
        other = (await ledger.take(grant("bob"))).refused

    assert subject == ["", "", ""]
    assert other == ""


async def test_refused_take_changes_nothing(server: RedisServer | None) -> None:
    """What the last limit refuses is not counted by those that were asked before it."""
    limits = rules(caller_day_seconds=3600, caller_open=5, all_day_seconds=900, all_open=5)
    async with ledger_of(server, limits, Clock()) as ledger:
        first = await ledger.take(grant())
        for _ in range(20):
            assert (await ledger.take(grant())).refused == "all-day"
        after = await ledger.take(grant(granted=60))

    assert first.states[-1].current == 900
    assert (after.refused, after.states[-1].current) == ("all-day", 900)


@pytest.mark.parametrize(
    ("quota", "refused"),
    [
        pytest.param({"caller_day_seconds": 900}, "caller-day", id="minutes"),
        pytest.param({"caller_open": 1}, "caller-open", id="sessions"),
    ],
)
async def test_refusal_counts_for_no_rate_limit(
    server: RedisServer | None, quota: dict[str, int], refused: str
) -> None:
    """Whichever limit refuses: whoever waits for a place is not sent away for asking."""
    caller = RateLimit("caller-minute", 2, 60, "caller")
    async with ledger_of(server, rules(**quota), Clock()) as ledger:

        async def ask(name: str) -> Verdict:
            return await ledger.take(grant(name), [(caller, name), (ALL_MINUTE, "all")])

        asked = [await ask("ann") for _ in range(5)]
        neighbours = [(await ask(name)).refused for name in ("bob", "cyd", "dan", "eve")]
        alone = [(caller, "eve")]
        never_asked = [(await ledger.take(grant(f"e{n}"), alone)).refused for n in range(3)]

    assert [each.refused for each in asked] == ["", *[refused] * 4]
    assert [each.states[0].current for each in asked] == [1] * 5
    assert neighbours == ["", "", "all-minute", "all-minute"]
    assert never_asked == ["", "", "caller-minute"]


async def test_sessions_at_once_are_free_again_when_they_must_be_over(
    server: RedisServer | None,
) -> None:
    """A grant takes a place until its token and the longest session with it have run out."""
    clock = Clock()
    async with ledger_of(server, rules(caller_open=1, all_open=2), clock) as ledger:
        assert (await ledger.take(grant("ann"))).refused == ""
        assert (await ledger.take(grant("bob"))).refused == ""
        assert (await ledger.take(grant("cyd"))).refused == "all-open"
        clock.now += 959
        refused = await ledger.take(grant("ann"))
        clock.now += 1
        again = await ledger.take(grant("ann"))

    assert (refused.refused, refused.frees_in_seconds) == ("caller-open", 1)
    assert again.refused == ""


async def test_refusal_tells_how_soon_there_may_be_a_place(server: RedisServer | None) -> None:
    """No token that is unused comes back before its window; one that may be talked on, any time."""
    clock = Clock()
    async with ledger_of(server, rules(caller_open=2), clock) as ledger:
        await ledger.take(grant(expires=600))
        clock.now += 100
        await ledger.take(grant(expires=60))
        unused = await ledger.take(grant())
        clock.now += 80
        talking = await ledger.take(grant())

    assert (unused.refused, unused.refund_in_seconds) == ("caller-open", 80)
    assert (talking.refused, talking.refund_in_seconds) == ("caller-open", 0)


async def test_refusal_tells_how_soon_there_may_be_minutes(server: RedisServer | None) -> None:
    """As many as are asked for, if all that is open were to come back; else never in this way."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=3000), clock) as ledger:
        await ledger.take(grant(granted=2000, expires=600))
        clock.now += 100
        await ledger.take(grant(granted=900, expires=60))
        asked = [await ledger.take(grant(granted=seconds)) for seconds in (1000, 1001, 3000, 3001)]

    assert {verdict.refused for verdict in asked} == {"caller-day"}
    assert [verdict.refund_in_seconds for verdict in asked] == [80, 520, 520, math.inf]


async def test_day_slides(server: RedisServer | None) -> None:
    """Six hours into the next day, three quarters of the last one still count; then none."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=3600), clock) as ledger:
        for _ in range(4):
            assert (await ledger.take(grant())).refused == ""
        clock.now += 14 * 3600 + 6 * 3600
        first, second = await ledger.take(grant()), await ledger.take(grant())
        clock.now += 42 * 3600
        later = await ledger.take(grant())

    assert (first.refused, second.refused) == ("", "caller-day")
    assert second.states[-1].used == 3600
    assert second.states[-1].seconds_until_fits(900) == 6 * 3600
    assert (later.refused, later.states[-1].used) == ("", 900)


async def test_zero_is_no_limit(server: RedisServer | None) -> None:
    """Where the operator took the limits away, nothing refuses."""
    async with ledger_of(server, rules(), Clock()) as ledger:
        refused = {(await ledger.take(grant(granted=10800))).refused for _ in range(300)}

    assert refused == {""}


async def test_cancel_gives_everything_back_once(server: RedisServer | None) -> None:
    """Seconds and place come back by the first call, nothing by the second."""
    async with ledger_of(server, rules(caller_day_seconds=900, caller_open=1), Clock()) as ledger:
        taken = grant()
        await ledger.take(taken)
        returned = [await ledger.cancel(taken.grant_id) for _ in range(2)]
        again = await ledger.take(grant())

    assert returned == [900, 0]
    assert (again.refused, again.states[-1].current) == ("", 900)


async def test_cancel_after_midnight_takes_from_the_day_of_the_mint(
    server: RedisServer | None,
) -> None:
    """What was granted yesterday does not come off what was granted today."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=90000), clock) as ledger:
        clock.now += 14 * 3600 - 1
        late, today = grant(), grant()
        await ledger.take(late)
        clock.now += 2
        await ledger.take(today)
        await ledger.cancel(late.grant_id)
        day = (await ledger.take(grant())).states[-1]

    assert (day.previous, day.current) == (0, 1800)


async def test_what_a_reading_proves_unused_comes_back_once(server: RedisServer | None) -> None:
    """Granted less used, and the place; nothing by the next reading, nor by a cancellation."""
    clock = Clock()
    async with ledger_of(server, rules(caller_open=2, caller_day_seconds=1800), clock) as ledger:
        first, second = grant(), grant()
        await ledger.take(first)
        await ledger.take(second)
        assert (await ledger.take(grant())).refused == "caller-open"
        returned = [await over(ledger, (first.grant_id, 200)) for _ in range(2)]
        returned.append(await ledger.cancel(first.grant_id))
        verdict = await ledger.take(grant(granted=700))

    assert returned == [700, 0, 0]
    assert (verdict.refused, verdict.states[-1].current) == ("", 1800)


async def test_session_beyond_its_grant_is_charged(server: RedisServer | None) -> None:
    """The cap was not enforced, or a token opened two sessions: their caller pays."""
    async with ledger_of(server, rules(caller_day_seconds=1800), Clock()) as ledger:
        taken = grant()
        await ledger.take(taken)
        returned = await over(ledger, (taken.grant_id, 1000), ("grant-of-nobody", 5))
        verdict = await ledger.take(grant(granted=800))

    assert returned == 0
    assert (verdict.refused, verdict.states[-1].current) == ("", 1800)


async def test_day_of_all_is_what_the_list_says(server: RedisServer | None) -> None:
    """With what was granted after the snapshot; the caller's own day is its grants'."""
    clock = Clock()
    limits = rules(caller_day_seconds=9000, all_day_seconds=3600)
    async with ledger_of(server, limits, clock) as ledger:
        for name in ("ann", "bob"):
            await ledger.take(grant(name))
        snapshot = await ledger.snapshot()
        await ledger.take(grant("cyd"))
        findings = Findings(900, 0, 100, 1, [], [])
        today = int(clock.now // DAY)
        await ledger.record(snapshot, findings, day=today, knows_yesterday=False)
        fits = (await ledger.take(grant("ann", granted=1700))).refused
        full = await ledger.take(grant("ann", granted=1))
        lease = await ledger.lease("one", 40)

    assert snapshot.held_seconds == 1800
    assert (fits, full.refused, full.states[-1].current) == ("", "all-day", 3600)
    assert lease.reading == Reading(snapshot.now, 900, 0, 100, 1, 0)
    assert lease.last_minted_at == clock.now


async def test_reading_of_an_older_snapshot_changes_nothing(server: RedisServer | None) -> None:
    """Two read at once, or midnight comes between: the second is dropped."""
    clock = Clock()
    async with ledger_of(server, rules(all_day_seconds=900), clock) as ledger:
        taken = grant()
        await ledger.take(taken)
        older = await ledger.snapshot()
        await over(ledger, held=800)
        today = int(clock.now // DAY)
        findings = Findings(0, 0, 0, 0, ["sess-1"], [(taken.grant_id, 0)])
        late = await ledger.record(older, findings, day=today, knows_yesterday=True)
        newer = await ledger.snapshot()
        clock.now += DAY
        past = await ledger.record(newer, findings, day=today, knows_yesterday=True)
        future = await ledger.record(newer, findings, day=today + 1, knows_yesterday=True)
        after = await ledger.snapshot()

    assert (late, past, future) == (None, None, None)
    assert (newer.held_seconds, after.held_seconds) == (800, 0)
    assert [each.is_settled for each in newer.grants] == [False]


async def test_yesterday_is_what_the_list_says_where_it_was_read(
    server: RedisServer | None,
) -> None:
    """Else what was counted for that day stands."""
    clock = Clock()
    async with ledger_of(server, rules(all_day_seconds=2400), clock) as ledger:
        await ledger.take(grant())
        clock.now = START_OF_DAY + DAY
        await over(ledger, held=0)
        unread = await ledger.take(grant(granted=1501))
        await over(ledger, held=0, yesterday=300)
        read = await ledger.take(grant(granted=2100))

    assert (unread.refused, unread.states[-1].previous) == ("all-day", 900)
    assert read.refused == ""


async def test_sessions_without_a_grant_are_told_of_once_a_day(server: RedisServer | None) -> None:
    """By whichever process reads; how many there were is known to all."""
    clock = Clock()
    async with ledger_of(server, rules(), clock) as ledger:
        told = []
        for hours, unexplained in (
            *((0, ["sess-1"]), (0, ["sess-1", "sess-2"]), (0, ["sess-2"])),
            *((14, ["sess-2", "sess-3"]), (24, ["sess-3"])),
        ):
            clock.now += hours * 3600
            snapshot = await ledger.snapshot()
            findings = Findings(0, 0, 0, 0, unexplained, [])
            today = int(clock.now // DAY)
            recorded = await ledger.record(snapshot, findings, day=today, knows_yesterday=False)
            assert recorded is not None
            told.append((recorded.new_unexplained, recorded.reading.unexplained_today))

    assert told == [(["sess-1"], 1), (["sess-2"], 2), ([], 2), (["sess-3"], 1), ([], 0)]


async def test_snapshot_tells_what_became_of_grants(server: RedisServer | None) -> None:
    """What was reported, handed back, settled and cancelled, and since when grants are known."""
    clock = Clock()
    async with ledger_of(server, rules(), clock) as ledger:
        await ledger.lease("one", 40)
        began = clock.now
        taken = [grant(f"caller-{number}", expires=number + 1) for number in range(5)]
        for each in taken:
            clock.now += 1
            await ledger.take(each)
        ids = [each.grant_id for each in taken]
        assert await ledger.claim(ids[1], "sess-1")
        assert not await ledger.claim(ids[1], "sess-2")
        assert not await ledger.claim("grant-of-nobody", "sess-2")
        await ledger.hand_back(ids[2])
        await over(ledger, (ids[2], 0), (ids[3], 0))
        await ledger.cancel(ids[4])
        snapshot = await ledger.snapshot()

    told = [Minted(ids[n], f"caller-{n}", began + n + 1, n + 1, 900) for n in range(4)]
    told[1].session_id = "sess-1"
    told[2].is_unused = told[2].is_settled = told[3].is_settled = True
    assert snapshot.grants == told
    assert (snapshot.known_from, snapshot.version) == (began, 1)


async def test_lost_call_goes_on_in_its_place_with_the_time_it_has_left(
    server: RedisServer | None,
) -> None:
    """Neither rate limit nor the caller's day nor the full house keep it from its own time."""
    clock = Clock()
    limits = rules(caller_day_seconds=900, address_day_seconds=900, all_open=1)
    asked = [(RateLimit("caller-minute", 1, 60, "caller"), "ann")]
    async with ledger_of(server, limits, clock) as ledger:
        first, second, third = grant(), grant(), grant()
        await ledger.take(first, asked)
        clock.now += 300
        recovered = await ledger.take(second, asked, continues=first.grant_id)
        clock.now += 650
        last = await ledger.take(third, asked, continues=second.grant_id)
        clock.now += 11
        over = await ledger.take(grant(), asked, continues=third.grant_id)
        house = await ledger.take(grant("bob"))

    assert (recovered.refused, recovered.goes_on) == ("", True)
    assert (second.granted_seconds, third.granted_seconds) == (660, 60)
    assert (last.refused, last.goes_on, last.states[-1].current) == ("", True, 60)
    assert (over.refused, over.goes_on) == ("all-open", False)
    assert (house.refused, house.frees_in_seconds) == ("all-open", 60 + 60 - 11)


@pytest.mark.parametrize("of", ["another-caller", "nobody", "reported", "unused", "settled"])
async def test_receipt_that_is_no_call_of_this_caller_counts_for_nothing(
    server: RedisServer | None, of: str
) -> None:
    """It is asked for like any other: the caller's own limits refuse."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=900), clock) as ledger:
        own, other = grant("ann"), grant("bob")
        await ledger.take(own)
        await ledger.take(other)
        if of == "reported":
            assert await ledger.claim(own.grant_id, "session")
        if of == "unused":
            assert await ledger.hand_back(own.grant_id)
            assert not await ledger.hand_back(own.grant_id)
            assert not await ledger.claim(own.grant_id, "session")
        if of == "settled":
            await over(ledger, (own.grant_id, 900))
        names = {"another-caller": other.grant_id, "nobody": "grant-of-nobody"}
        verdict = await ledger.take(grant("ann"), continues=names.get(of, own.grant_id))

    assert (verdict.refused, verdict.goes_on) == ("caller-day", False)


async def test_call_is_recovered_so_often_and_no_faster(server: RedisServer | None) -> None:
    """Ten at once, one a second, sixty in all, whichever of its receipts is shown."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=900), clock) as ledger:
        first = grant()
        await ledger.take(first)

        async def recover() -> bool:
            return (await ledger.take(grant(), continues=first.grant_id)).goes_on

        at_once = [await recover() for _ in range(12)]
        later = []
        for _ in range(60):
            clock.now += 1
            later.append(await recover())

    assert at_once == [True] * 10 + [False] * 2
    assert later == [True] * 50 + [False] * 10


async def test_recovery_of_a_call_that_still_talks_is_no_second_one_for_free(
    server: RedisServer | None,
) -> None:
    """Each session that may run counts whole, and the day of all and two shares bound them."""
    for limits, most in (
        (rules(caller_day_seconds=900, all_day_seconds=4500), 5),
        (rules(caller_day_seconds=900, address_day_seconds=1800, all_day_seconds=90000), 4),
    ):
        async with ledger_of(server, limits, Clock()) as ledger:
            first = grant()
            await ledger.take(first)
            recovered = [
                (await ledger.take(grant(), continues=first.grant_id)).goes_on for _ in range(8)
            ]
            day = (await ledger.take(grant("bob", "work", granted=0))).refused

        assert recovered == [True] * (most - 1) + [False] * (9 - most)
        assert day == ""


async def test_dropped_session_gives_its_seconds_back_and_keeps_its_call_a_place(
    server: RedisServer | None,
) -> None:
    """Thirty drops, each session proven over after it: the day holds what was talked."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=1800, caller_open=1), clock) as ledger:
        began, before = clock.now, grant()
        await ledger.take(before)
        for _ in range(30):
            clock.now += 10
            after = grant()
            assert (await ledger.take(after, continues=before.grant_id)).goes_on
            await over(ledger, (before.grant_id, 10))
            before = after
        full = await ledger.take(grant())
        await over(ledger, (before.grant_id, 10))
        free = await ledger.take(grant())

    assert full.refused == "caller-open"
    assert (free.refused, free.states[-1].current) == ("", 31 * 10 + 900)
    assert clock.now - began == 300


async def test_resumed_call_keeps_its_place_when_its_new_token_is_seen_unused(
    server: RedisServer | None,
) -> None:
    """Thirty resumes of one session: the grant that opened it holds the place to the end."""
    clock = Clock()
    async with ledger_of(server, rules(caller_day_seconds=1800, caller_open=1), clock) as ledger:
        first = grant()
        await ledger.take(first)
        for _ in range(30):
            clock.now += 10
            resuming = grant()
            assert (await ledger.take(resuming, continues=first.grant_id)).goes_on
            await over(ledger, (resuming.grant_id, 0))
        full = await ledger.take(grant())
        await over(ledger, (first.grant_id, 300))
        free = await ledger.take(grant())

    assert full.refused == "caller-open"
    assert (free.refused, free.states[-1].current) == ("", 300 + 900)


async def test_recovery_without_a_token_leaves_the_call_as_it_was(
    server: RedisServer | None,
) -> None:
    """A mint that fails takes neither its place nor one of its recoveries."""
    clock = Clock()
    async with ledger_of(server, rules(caller_open=1, caller_day_seconds=1800), clock) as ledger:
        first = grant()
        await ledger.take(first)
        for _ in range(100):
            clock.now += 1
            failed = grant()
            assert (await ledger.take(failed, continues=first.grant_id)).goes_on
            assert await ledger.cancel(failed.grant_id) == failed.granted_seconds
        full = await ledger.take(grant())
        await over(ledger, (first.grant_id, 100))
        free = await ledger.take(grant())

    assert (full.refused, free.refused) == ("caller-open", "")
    assert free.states[-1].current == 1000


async def test_recovery_from_another_network_takes_its_place_along(
    server: RedisServer | None,
) -> None:
    """From Wi-Fi to mobile: the old address has its place again."""
    async with ledger_of(server, rules(address_open=1), Clock()) as ledger:
        first = grant("ann", "home")
        await ledger.take(first)
        recovered = await ledger.take(grant("ann", "mobile"), continues=first.grant_id)
        home = await ledger.take(grant("bob", "home"))
        mobile = await ledger.take(grant("cyd", "mobile"))

    assert recovered.goes_on
    assert (home.refused, mobile.refused) == ("", "address-open")


async def test_cancel_takes_the_request_back_where_it_is_told_to(
    server: RedisServer | None,
) -> None:
    """What failed upstream is not the caller's doing; in the window of its mint, or the next."""
    clock = Clock()
    caller = RateLimit("caller-minute", 1, 60, "caller")
    asked = [(caller, "ann")]
    async with ledger_of(server, rules(), clock) as ledger:
        refused = []
        for wait_seconds in (0, 0, 60, 60):
            failed = grant()
            refused.append((await ledger.take(failed, asked)).refused)
            clock.now += wait_seconds
            await ledger.cancel(failed.grant_id, asked)
        again = [(await ledger.take(grant(), asked)).refused for _ in range(2)]

    assert refused == ["", "", "", ""]
    assert again == ["", "caller-minute"]


async def test_question_that_comes_after_its_own_cancellation_counts_nothing() -> None:
    """A Redis that was silent reads what it was sent, in whatever order."""
    with redis_server() as server:
        async with ledger_of(server, rules(caller_day_seconds=900), Clock()) as ledger:
            late = grant()
            assert await ledger.cancel(late.grant_id) == 0
            await ledger.take(late)
            verdict = await ledger.take(grant())

    assert (verdict.refused, verdict.states[-1].current) == ("", 900)


async def test_usage_tells_each_day_and_what_is_open(server: RedisServer | None) -> None:
    """What is given back of yesterday changes yesterday; a quiet day is one without minutes."""
    clock = Clock(START_OF_DAY + DAY - 600)
    async with ledger_of(server, rules(), clock) as ledger:
        await ledger.take(grant())
        late = grant("bob", granted=600)
        await ledger.take(late)
        before = await ledger.usage()
        clock.now += 1200
        assert await over(ledger, (late.grant_id, 60), yesterday=960) == 540
        await ledger.take(grant("cyd", granted=300))
        after = await ledger.usage()
        clock.now += 2 * DAY
        await ledger.take(grant(granted=120))
        later = await ledger.usage()
        clock.now += HISTORY_DAYS * DAY
        at_last = await ledger.usage()

    assert before.days_seconds == [0] * (HISTORY_DAYS - 1) + [1500]
    assert (before.now, before.reserved_seconds, before.open_count) == (clock_at(0), 1500, 2)
    assert [(each.caller_key, each.granted_seconds) for each in before.grants] == [
        *(("bob", 600), ("ann", 900)),
    ]
    assert after.days_seconds[-2:] == [960, 300]
    assert (after.reserved_seconds, after.open_count) == (300, 1)
    assert after.grants[0].minted_at == clock_at(1200)
    assert later.days_seconds[-4:] == [960, 300, 0, 120]
    assert at_last.days_seconds == [0] * HISTORY_DAYS
    assert (at_last.open_count, at_last.grants) == (0, [])


def clock_at(seconds: int) -> float:
    """Return a time by the clock of the test above."""
    return START_OF_DAY + DAY - 600 + seconds


async def test_usage_lists_no_more_than_a_page_can_show(server: RedisServer | None) -> None:
    """All that is open is counted, and the first to end are named."""
    async with ledger_of(server, rules(), Clock()) as ledger:
        for number in range(MAX_LISTED + 5):
            await ledger.take(grant(f"caller-{number}", granted=60 + number))
        usage = await ledger.usage()

    assert (usage.open_count, len(usage.grants)) == (MAX_LISTED + 5, MAX_LISTED)
    assert usage.grants[-1].granted_seconds == 60 + MAX_LISTED - 1


async def test_one_of_several_processes_reads() -> None:
    """The first that asks, as long as it goes on asking; then whoever asks first."""
    clock = Clock()
    with redis_server() as server:
        async with ledger_of(server, rules(), clock) as ledger:
            asked = []
            for name, seconds in (("a", 0), ("b", 10), ("a", 29), ("b", 39), ("b", 1), ("a", 39)):
                clock.now += seconds
                asked.append((await ledger.lease(name, 40)).is_ours)

    assert asked == [True, False, True, False, True, False]


async def test_process_that_does_not_read_may_ask_the_one_that_does() -> None:
    """It is told once, and nobody else is."""
    with redis_server() as server:
        async with ledger_of(server, rules(), Clock()) as ledger:
            told = []
            for name, is_asking in (("a", False), ("b", True), ("b", True), ("a", False)):
                told.append((await ledger.lease(name, 40, is_asking=is_asking)).is_asked)
            told.append((await ledger.lease("a", 40)).is_asked)

    assert told == [False, False, False, True, False]


async def test_old_grant_is_forgotten(server: RedisServer | None) -> None:
    """An hour after the longest session there is nothing left to report."""
    clock = Clock()
    async with ledger_of(server, rules(), clock) as ledger:
        taken = grant()
        await ledger.take(taken)
        clock.now += LIFETIME_SECONDS

        assert not await ledger.claim(taken.grant_id, "session")
        assert await ledger.cancel(taken.grant_id) == 0
        assert await over(ledger, (taken.grant_id, 10)) == 0
        assert (await ledger.snapshot()).grants == []


async def test_every_key_in_redis_expires() -> None:
    """Nothing stays for ever, whatever was done."""
    clock = Clock()
    with redis_server() as server:
        async with ledger_of(server, rules(), clock) as ledger:
            for _ in range(3):
                taken = grant()
                await ledger.take(taken)
                await ledger.claim(taken.grant_id, "session")
            await ledger.lease("one", 40)
            await over(ledger, (taken.grant_id, 1), unexplained=["sess-1"])
        keys = [line for line in server.ask("KEYS *").decode().split() if "voicegate" in line]
        lives = [int(server.ask(f"TTL {key}").decode().strip().lstrip(":")) for key in keys]

    # Grants, days, places; minted, audit, unexplained, history.
    assert len(keys) == 3 + 3 + 3 + 4
    assert all(0 < life <= HISTORY_DAYS * DAY for life in lives)
    assert all(key.startswith("{voicegate}:") for key in keys)


async def test_memory_is_bounded() -> None:
    """A hundred thousand callers without any limit leave no more behind than is allowed."""
    clock = Clock()
    ledger = MemoryLedger(rules(), clock=clock, monotonic=clock, max_keys=1000, max_records=1000)
    sizes = []
    for number in range(100_000):
        await ledger.take(grant(f"caller-{number}", f"address-{number}"))
        clock.now += 0.01
        if number % 10_000 == 0:
            sizes.append(len(ledger))

    assert max(sizes) <= 1000 * (1 + 1 + 1 + 2 + 3)


async def test_fresh_callers_do_not_make_the_memory_forget_a_day() -> None:
    """An address of ever new callers, while others ask as well, leaves each day as it was."""
    clock = Clock()
    limits = rules(caller_day_seconds=900, address_day_seconds=2700, caller_open=1)
    ledger = MemoryLedger(limits, clock=clock, monotonic=clock, max_keys=100)
    by_caller = RateLimit("caller-minute", 10, 60, "caller")
    by_address = RateLimit("address-minute", 10, 60, "address")

    async def take(caller: str, address: str) -> str:
        asked = [(by_caller, caller), (by_address, address)]
        return (await ledger.take(grant(caller, address), asked)).refused

    first = await take("ann", "home")
    granted = 0
    for number in range(20):
        for name in range(200):
            granted += await take(f"caller-{number}-{name}", "home") == ""
        assert await take("bob", f"address-{number}") == ("caller-open" if number else "")
        clock.now += 30

    assert first == ""
    assert granted == 2
    assert await take("ann", "elsewhere") == "caller-open"
    assert len(ledger) <= 1000


async def test_memory_forgets_what_is_over() -> None:
    """Two days later hardly anything is left."""
    clock = Clock()
    ledger = MemoryLedger(rules(), clock=clock, monotonic=clock)
    for number in range(1000):
        taken = grant(f"caller-{number}", f"address-{number}")
        await ledger.take(taken)
        await over(ledger, (taken.grant_id, 10))
    clock.now += 2 * DAY
    await ledger.take(grant())

    assert len(ledger) <= 10


async def test_clock_that_goes_back_forgets_nothing() -> None:
    """A clock put right across midnight gives nobody a second day."""
    clock = Clock(START_OF_DAY + 1)
    ledger = MemoryLedger(rules(caller_day_seconds=900), clock=clock, monotonic=Clock())
    await ledger.take(grant())
    clock.now -= 2

    assert (await ledger.take(grant())).refused == "caller-day"


async def test_clock_that_was_wrong_for_a_moment_does_not_stand_still() -> None:
    """Five days ahead once, then put right: two days later there are minutes and places again."""
    clock, monotonic = Clock(), Clock()
    limits = rules(caller_day_seconds=900, caller_open=1)
    ledger = MemoryLedger(limits, clock=clock, monotonic=monotonic)
    clock.now += 5 * DAY
    assert (await ledger.take(grant())).refused == ""
    clock.now -= 5 * DAY
    refused = (await ledger.take(grant())).refused
    for ticking in (clock, monotonic):
        ticking.now += 2 * DAY
    again = grant()
    verdict = await ledger.take(again)

    assert (refused, verdict.refused) == ("caller-open", "")
    assert await over(ledger, (again.grant_id, 100)) == 800


START_OF_DAY = 20_000 * DAY
