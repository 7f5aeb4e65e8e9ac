"""The audit: what was used is read from the agent service's own list of sessions."""

import asyncio
import contextlib
import logging
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final, Literal

from app.errors import AppError, UpstreamUnreadableError
from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient
from app.upstream.responses import Session
from app.usage.ledger import LedgerStore, Reading, Snapshot, StoreDownError
from app.usage.matching import MAX_SESSION_SECONDS, Findings, examine
from app.usage.rate_limits import DAY

logger = logging.getLogger("voicegate.audit")

# How often the list is read while calls may be open, and otherwise.
BUSY_SECONDS: Final = 30.0
QUIET_SECONDS: Final = 300.0
# The least between two readings, whoever reports the end of a session.
PAUSE_SECONDS: Final = 5.0
TICK_SECONDS: Final = 10.0
# Of the process that reads; another follows within this and a tick.
LEASE_SECONDS: Final = 40
# 200,000 sessions: more than a day of the default `VOICEGATE_MINTS_PER_MINUTE` opens, all of which
# have to be read after a restart.
MAX_PAGES: Final = 1000
MAX_FAILURES: Final = 3
# The list may show a session a little late.
OVERLAP_SECONDS: Final = 60
# The header says whole seconds, and is half of one behind on average.
HALF_SECOND: Final = 0.5
CLOCK_SECONDS: Final = 5
SWITCH_SECONDS: Final = 0.0005

Basis = Literal["list", "reservations"]


class Audit:
    """Reads the list of sessions again and again, and puts what it says into the ledger.

    One process does so for all that share a ledger. The list's times are its own clock's, which
    comes along in a header: the ledger's are moved to it.

    Args:
        client: Lists sessions.
        store: Knows the grants, and takes what the list says.
        metrics: Told of readings, and of sessions that nothing explains.
        unknown_seconds: The longest that a session of which no grant is known is taken to be.
        on_unexplained: Called while there are such sessions today.
        wall: The time in seconds since 1970.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        client: AgentsClient,
        store: LedgerStore,
        metrics: Metrics,
        *,
        unknown_seconds: int,
        on_unexplained: Callable[[bool], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._store = store
        self._metrics = metrics
        self._unknown_seconds = unknown_seconds
        self._on_unexplained = on_unexplained
        self._wall = wall
        self._monotonic = monotonic
        self._name = secrets.token_hex(8)
        self._woken = asyncio.Event()
        self.first_try = asyncio.Event()
        self._seen_at = 0.0
        self._is_asked = True
        self._is_busy = False
        self._tried_at = -QUIET_SECONDS
        self._failures = 0
        self._has_told_of_clock = False
        self._sessions: dict[str, Session] = {}
        self._complete_from: float | None = None
        self._read_until = 0.0
        self.latest: Reading | None = None

    @property
    def basis(self) -> Basis:
        """What the day's count rests on: the list, or reservations of which nothing comes back."""
        age_seconds = self._monotonic() - self._seen_at
        is_read = (
            self.latest is not None and age_seconds < QUIET_SECONDS + MAX_FAILURES * BUSY_SECONDS
        )
        return "list" if is_read and self._failures < MAX_FAILURES else "reservations"

    def wake(self) -> None:
        """Read again soon: something has ended."""
        self._is_asked = True
        self._woken.set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Read at once, and from then on."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self.tick()
            except StoreDownError:  # told by whoever needs it
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, it is read again
                self._note_failure(type(error).__name__)
            self.first_try.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._woken.wait()

    async def tick(self) -> None:
        """Read if it is time and no other process's turn; learn what the others found.

        Raises:
            StoreDownError: The ledger cannot be asked.
        """
        # Whoever does not read passes it on, once.
        is_asking, self._is_asked = self._is_asked, False
        try:
            lease = await self._store.lease(self._name, LEASE_SECONDS, is_asking=is_asking)
        except StoreDownError:
            self._is_asked |= is_asking
            raise
        self._is_asked |= lease.is_asked
        now = self._monotonic()
        if lease.reading is not None:
            self.latest, self._seen_at = lease.reading, now - (lease.now - lease.reading.at)
        is_busy = self._is_busy or self._failures > 0
        if self.latest is None or lease.last_minted_at >= self.latest.at:
            is_busy = True
        every_seconds = BUSY_SECONDS if is_busy else QUIET_SECONDS
        due_seconds = PAUSE_SECONDS if self._is_asked else every_seconds
        if lease.is_ours and now - self._tried_at >= due_seconds:
            self._tried_at, self._is_asked = now, False
            try:
                await self.read()
                self._note_success()
            except AppError as error:
                self._note_failure(error.code)
        self._on_unexplained(bool(self.latest and self.latest.unexplained_today))

    async def read(self) -> Findings:
        """Read the list, and put what it says into the ledger.

        Raises:
            AppError: As `AgentsClient.sessions` raises it.
            StoreDownError: The ledger cannot be asked.
        """
        asked_at = self._monotonic()
        told_at, told_when = await self._read_list()
        snapshot = await self._store.snapshot()
        now = self._monotonic()
        list_now = snapshot.now if told_at is None else told_at + HALF_SECOND + now - told_when
        # Where it tells no time, or one from before what it lists, the clocks are taken to agree.
        newest = max(
            (each.ended_at or each.began_at for each in self._sessions.values()), default=0
        )
        if newest > list_now + CLOCK_SECONDS:
            list_now = snapshot.now
        read_at = list_now - (now - asked_at)
        self._forget(read_at)
        ahead_seconds = snapshot.now - list_now
        if abs(ahead_seconds) >= CLOCK_SECONDS and not self._has_told_of_clock:
            self._has_told_of_clock = True
            logger.warning(
                "our clock is %+.0f s off the agent service's, which is allowed for: set it right",
                ahead_seconds,
            )
        for grant in snapshot.grants:
            grant.minted_at -= ahead_seconds
        with _quick_switches():
            findings = await asyncio.to_thread(
                examine,
                list(self._sessions.values()),
                snapshot.grants,
                read_at=read_at,
                grants_known_from=snapshot.known_from - ahead_seconds,
                unknown_seconds=self._unknown_seconds,
            )
        self._read_until = read_at
        await self._record(snapshot, findings, read_at)
        return findings

    async def _read_list(self) -> tuple[float | None, float]:
        """Take over what the list says that may be new; return its time, and when it told that."""
        now = self._wall()
        if self._complete_from is None:
            known_until = min(now // DAY * DAY, now - MAX_SESSION_SECONDS)
        else:
            open_since = [each.began_at for each in self._sessions.values() if not each.ended_at]
            known_until = min([self._read_until, *open_since])
        known_until -= OVERLAP_SECONDS
        listed: dict[str, Session] = {}
        told_at, told_when = None, 0.0
        for zone_url in ("", *self._client.zone_urls):
            cursor = ""
            for _ in range(MAX_PAGES):
                page = await self._client.sessions(zone_url, cursor)
                if not zone_url and page.told_at is not None:
                    told_at, told_when = page.told_at, self._monotonic()
                for session in page.sessions:
                    known = listed.get(session.session_id)
                    if known is None or known.ended_at is None:
                        listed[session.session_id] = session
                cursor = page.next_cursor or ""
                if not cursor or any(each.began_at < known_until for each in page.sessions):
                    break
            else:
                raise UpstreamUnreadableError("the list of sessions has no end")
        self._sessions |= listed
        if self._complete_from is None:
            self._complete_from = known_until
        return told_at, told_when

    def _forget(self, read_at: float) -> None:
        """Let go what is of no day that counts; end what cannot go on any more."""
        yesterday = read_at // DAY * DAY - DAY
        for session in list(self._sessions.values()):
            if session.ended_at is None:
                last = session.began_at + MAX_SESSION_SECONDS
                if last < read_at:
                    self._sessions[session.session_id] = session._replace(ended_at=last)
            elif session.ended_at < yesterday:
                del self._sessions[session.session_id]

    async def _record(self, snapshot: Snapshot, findings: Findings, read_at: float) -> None:
        yesterday = read_at // DAY * DAY - DAY
        is_whole = self._complete_from is not None and self._complete_from <= yesterday
        told = await self._store.record(
            snapshot, findings, day=int(read_at // DAY), knows_yesterday=is_whole
        )
        if told is None:  # another process was before us, or midnight came between
            self._is_asked = True
            return
        self.latest, self._seen_at = told.reading, self._monotonic()
        self._metrics.returned_seconds.inc(told.returned_seconds)
        settled = {grant_id for grant_id, _ in findings.settled}
        self._is_busy = findings.open_sessions > 0 or any(
            not grant.is_settled and grant.grant_id not in settled for grant in snapshot.grants
        )
        for session_id in told.new_unexplained:
            self._metrics.unexplained_sessions.inc()
            logger.warning(
                "no grant explains session %s: a token was used twice, or the key elsewhere",
                session_id,
                extra={"session_id": session_id},
            )

    def _note_success(self) -> None:
        self._metrics.audit_readings.count("ok")
        if self._failures >= MAX_FAILURES:
            logger.warning("the list of sessions is read again: minutes are what sessions used")
        self._failures = 0

    def _note_failure(self, what: str) -> None:
        self._metrics.audit_readings.count("failed")
        self._failures += 1
        if self._failures == MAX_FAILURES:
            logger.warning(
                "the list of sessions cannot be read (%s): minutes are what was granted, and "
                "nothing comes back",
                what,
            )


@contextlib.contextmanager
def _quick_switches() -> Iterator[None]:
    """Have threads meanwhile take turns more often than every 5 ms.

    The event loop waits for its turn whenever it has waited for anything else. With 10,000 sessions
    that were examined half of the time, nine tokens in ten took up to 21 ms, and so 4 (measured).
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
