"""Reading the list: how far back, by whose clock, and what becomes of odd lists."""

import asyncio
import logging
import sys
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.config.settings import Settings
from app.errors import UpstreamUnreadableError
from app.observability.metrics import Metrics
from app.upstream.client import PAGE_SESSIONS, AgentsClient
from app.upstream.responses import Session, SessionPage
from app.usage.audit import MAX_PAGES, Audit
from app.usage.ledger import LedgerStore
from app.usage.ledger_memory import MemoryLedger
from app.usage.matching import MAX_SESSION_SECONDS, Findings, examine
from app.usage.rate_limits import DAY
from tests.limit_kit import START, Clock, ledger_of, rules
from tests.redis_server import redis_server

PAGE = 10
run = asyncio.Runner().run


class Listing:
    """A list of sessions that counts the pages which were asked for.

    Args:
        sessions: The newest first.
        told_at: What its clock says; None if nothing.
    """

    def __init__(self, *sessions: Session, told_at: float | None = None) -> None:
        self.sessions = [*sessions]
        self.told_at = told_at
        self.asked: list[tuple[str, str]] = []
        self.zone_urls: tuple[str, ...] = ()

    async def __call__(self, zone_url: str = "", cursor: str = "") -> SessionPage:
        """Return a page."""
        self.asked.append((zone_url, cursor))
        first = int(cursor or 0)
        shown = self.sessions[first : first + PAGE]
        more = str(first + PAGE) if first + PAGE < len(self.sessions) else None
        return SessionPage(shown, more, self.told_at)


def audit_of(listing: Any, clock: Clock, store: LedgerStore | None = None) -> Audit:
    """Return an audit of a ledger without grants."""
    client = SimpleNamespace(zone_urls=getattr(listing, "zone_urls", ()), sessions=listing)
    return Audit(
        cast("AgentsClient", client),
        *(store or MemoryLedger(rules(), clock=clock, monotonic=clock), Metrics()),
        unknown_seconds=900,
        wall=clock,
        monotonic=clock,
    )


def over(number: int, began: float, seconds: float = 30) -> Session:
    """Return a session that is over."""
    return Session(f"sess-{number}", began, began + seconds)


def test_first_reading_goes_back_to_midnight_and_later_ones_to_what_is_open() -> None:
    """The day is whole after a restart; after it only what may have changed is asked for."""
    clock = Clock()
    listing = Listing(*(over(number, START - 100 - 1000 * number) for number in range(60)))
    audit = audit_of(listing, clock)
    first = run(audit.read())
    pages, listing.asked = len(listing.asked), []
    clock.now += 30
    listing.sessions.insert(0, Session("sess-new", clock.now - 5, None))
    second = run(audit.read())
    again = len(listing.asked)
    clock.now += 3000
    listing.sessions[:0] = [over(100 + n, clock.now - n * 40) for n in range(25)]
    listing.asked = []
    third = run(audit.read())

    # Ten hours of it are today's: 36 sessions.
    assert (pages, first.used_today_seconds) == (4, 36 * 30)
    assert (again, second.used_today_seconds, second.open_sessions) == (1, 36 * 30 + 5, 1)
    assert (len(listing.asked), third.open_sessions) == (3, 1)


def test_session_that_is_listed_as_over_late_counts_what_it_was() -> None:
    """Until then it goes on, as far as anybody knows."""
    clock = Clock()
    listing = Listing(Session("sess", START - 100, None))
    audit = audit_of(listing, clock)
    going = run(audit.read())
    clock.now += 75
    late = run(audit.read())
    listing.sessions[0] = over(0, START - 100, 101)._replace(session_id="sess")
    known = run(audit.read())

    assert (going.used_today_seconds, late.used_today_seconds) == (100, 175)
    assert (known.used_today_seconds, known.open_sessions) == (101, 0)


def test_zones_are_read_together_and_each_session_counts_once() -> None:
    """The default host is one of the zones; a zone that knows the end is believed."""
    listing = Listing(over(1, START - 50), Session("sess-2", START - 40, None))
    listing.zone_urls = ("https://eu.test", "https://us.test")
    audit = audit_of(listing, Clock())
    findings = run(audit.read())

    assert [zone for zone, _ in listing.asked] == ["", *listing.zone_urls]
    assert (findings.used_today_seconds, findings.open_sessions) == (70, 1)


def test_entry_that_never_ends_is_let_go() -> None:
    """After the longest session and an hour it neither goes on nor grows."""
    clock = Clock()
    audit = audit_of(Listing(Session("sess", START - 60, None)), clock)
    clock.now = START - 60 + MAX_SESSION_SECONDS
    at_last = run(audit.read())
    clock.now += 5000
    later = run(audit.read())

    assert (at_last.open_sessions, later.open_sessions) == (1, 0)
    assert later.used_today_seconds == MAX_SESSION_SECONDS


def test_first_reading_is_of_a_whole_day_of_as_many_sessions_as_there_are_tokens() -> None:
    """A service that starts in the evening of a busy day knows what the day used."""
    tokens_a_minute = Settings.model_fields["mints_per_minute"].default
    midnight = START // DAY * DAY
    clock = Clock(midnight + DAY - 60)
    most = tokens_a_minute * DAY // 60
    pages = range(0, most, PAGE_SESSIONS)

    async def busy(_zone_url: str = "", cursor: str = "") -> SessionPage:
        """Return a page; only its last session is of interest, which each must come to."""
        page = int(cursor or 0)
        is_last = page == len(pages) - 1
        began_at = clock.now - (page + 1) * DAY / (len(pages) + 1)
        return SessionPage([over(page, began_at, 1)], None if is_last else str(page + 1), None)

    findings = run(audit_of(busy, clock).read())

    assert findings.used_today_seconds == len(pages)


def test_list_without_an_end_is_a_failure() -> None:
    """However many pages come: no more than a day's are read."""
    asked = 0

    async def endless(_zone_url: str = "", _cursor: str = "") -> SessionPage:
        nonlocal asked
        asked += 1
        return SessionPage([over(asked, START - asked)], str(asked), None)

    audit = audit_of(endless, Clock())
    with pytest.raises(UpstreamUnreadableError):
        run(audit.read())

    assert asked == MAX_PAGES


@pytest.mark.parametrize(("ahead", "times"), [(2, 0), (6, 1), (-40, 1)])
def test_clock_that_is_wrong_is_told_of_once(
    ahead: int, times: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And allowed for: a session of the last hour is none of the future."""
    caplog.set_level(logging.WARNING)
    clock = Clock(START + ahead)
    audit = audit_of(Listing(Session("sess", START - 100, None), told_at=START - 0.5), clock)
    used = [run(audit.read()).used_today_seconds for _ in range(2)]

    assert used == [100, 100]
    assert len([record for record in caplog.records if "our clock" in record.msg]) == times


def test_time_from_before_what_is_listed_is_not_believed() -> None:
    """Something on the way kept the header: our own clock is better."""
    listing = Listing(over(1, START - 100), told_at=START - 1000)
    findings = run(audit_of(listing, Clock()).read())

    assert findings.used_today_seconds == 30


async def test_process_that_does_not_read_passes_on_that_something_ended() -> None:
    """A report or a webhook may reach any of them; the one that reads does so soon, and once."""
    clock, listing = Clock(), Listing()
    read: list[int] = []
    with redis_server() as server:
        async with ledger_of(server, rules(), clock) as ledger:
            reader, other = (audit_of(listing, clock, ledger) for _ in range(2))
            for is_woken in (False, False, True, False):
                if is_woken:
                    other.wake()
                for audit in (other, reader) if read else (reader, other):
                    await audit.tick()
                clock.now += 6
                read.append(len(listing.asked))

    assert read == [1, 2, 3, 3]  # at its own start, at the other's, at what ended


async def test_reading_is_examined_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a token meanwhile is answered; threads take turns as before afterwards."""
    loop, begun, going_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    intervals = [sys.getswitchinterval()]

    def examined(*arguments: Any, **more: Any) -> Findings:
        intervals.append(sys.getswitchinterval())
        loop.call_soon_threadsafe(begun.set)
        assert going_on.wait(20)
        return examine(*arguments, **more)

    monkeypatch.setattr("app.usage.audit.examine", examined)
    reading = asyncio.create_task(audit_of(Listing(over(1, START - 100)), Clock()).read())
    await asyncio.wait_for(begun.wait(), 20)
    going_on.set()

    assert (await reading).used_today_seconds == 30
    assert intervals[1] < intervals[0] == sys.getswitchinterval()
