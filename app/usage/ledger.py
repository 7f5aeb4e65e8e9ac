"""The ledger of granted seconds and open sessions: its entries, quotas and interface."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from app.access.credentials import ADDRESS_DIGITS
from app.config.settings import Settings
from app.observability.metrics import Metrics
from app.usage.matching import Findings, Minted
from app.usage.rate_limits import DAY, MINUTE, Counted, Counts, RateLimit, Verdict

# The longest that a grant may matter: 600 s to redeem, 10800 s to talk, an hour to report the end.
LIFETIME_SECONDS: Final = 600 + 10800 + 3600
# A call that is lost goes on with a token of its own bounds: so many, one a second, a few at once.
MAX_RECOVERIES: Final = 60
RECOVERIES_AT_ONCE: Final = 10
# The shortest session that the upstream mints a token for.
LEAST_SECONDS: Final = 60
# What an address may hold of its day with recovered calls, while sessions are not proven over.
RECOVERY_SHARES: Final = 2
LOG_SECONDS: Final = 1.0
# What an operator looks at: so many days, today included, and so many open grants by name.
HISTORY_DAYS: Final = 14
MAX_LISTED: Final = 100
# When something may come back is looked up for the first to end only, so that to refuse is cheap.
MAX_LOOKED_AT: Final = 20

logger = logging.getLogger("voicegate.limits")


@dataclass(slots=True)  # not frozen: made for each token, which would take three times as long
class Grant:
    """What one mint may use: seconds of a session, and a place among those open at once.

    Args:
        grant_id: Not to be guessed, as whoever knows it may report an end.
        caller_key: The hash of who asked; of pages without a cookie, one of their address.
        address_key: The hash of where from; empty for a subject, which counts by itself only.
        granted_seconds: The longest that the session may last.
        expires_in_seconds: Within which the session must begin.
    """

    grant_id: str
    caller_key: str
    address_key: str
    granted_seconds: int
    expires_in_seconds: int


def is_same_caller(one: Grant, other: Grant) -> bool:
    """Tell whether two were asked for by one caller, or by pages known by the same address only."""
    return one.caller_key[:ADDRESS_DIGITS] == other.caller_key[:ADDRESS_DIGITS]


# By name: seconds a day (`caller-day`), sessions at once (`caller-open`); 0 takes a limit away.
QuotaLimits = dict[str, int]


def quota_limits(settings: Settings) -> QuotaLimits:
    """Return what the operator allows to be granted."""
    callers = settings.callers_per_address
    caller_day_seconds = settings.caller_minutes_per_day * MINUTE
    return {
        "caller-day": caller_day_seconds,
        "address-day": caller_day_seconds * callers,
        "all-day": settings.minutes_per_day * MINUTE,
        "caller-open": settings.caller_sessions_at_once,
        "address-open": settings.caller_sessions_at_once * callers,
        "all-open": settings.sessions_at_once,
    }


def day_limits(limits: QuotaLimits) -> list[RateLimit]:
    """Return the quotas of a day as limits: the caller's, the address's, that of all."""
    parties: tuple[Counts, ...] = ("caller", "address", "all")
    return [RateLimit(f"{who}-day", limits[f"{who}-day"], DAY, who, "seconds") for who in parties]


class Usage(NamedTuple):
    """How the ledger stands for all together.

    Args:
        now: When, in seconds since 1970, by the ledger's clock.
        days_seconds: What counts on each of the last days of UTC; the last is today.
        reserved_seconds: Of today's, what grants that are open may still use.
        open_count: How many are open.
        grants: Of these the first to end, at most `MAX_LISTED`.
    """

    now: float
    days_seconds: list[int]
    reserved_seconds: int
    open_count: int
    grants: list[Minted]


class Reading(NamedTuple):
    """What the list of sessions said last.

    Args:
        at: When, by the ledger's clock.
        used_today_seconds: Talked on this day of UTC.
        used_yesterday_seconds: On the day before, as far as that is known.
        reserved_seconds: What open sessions, and tokens that may still open one, can use.
        open_sessions: How many go on.
        unexplained_today: How many of today's sessions no grant explains.
    """

    at: float
    used_today_seconds: int
    used_yesterday_seconds: int
    reserved_seconds: int
    open_sessions: int
    unexplained_today: int


class Lease(NamedTuple):
    """Whether a process is the one that reads the list, and what all want to know.

    Args:
        is_ours: Whether it is.
        last_minted_at: When the last grant was taken, by the ledger's clock.
        now: The time by that clock.
        reading: What the list said last, whoever read it.
        is_asked: Whether it should read soon, as another process asked.
    """

    is_ours: bool
    last_minted_at: float
    now: float
    reading: Reading | None
    is_asked: bool


class Snapshot(NamedTuple):
    """The ledger as the audit needs it.

    Args:
        now: The time by the ledger's clock.
        known_from: No grant from before this is remembered.
        version: How many readings were recorded.
        held_seconds: What counts for all together today.
        grants: All that are remembered.
    """

    now: float
    known_from: float
    version: int
    held_seconds: int
    grants: list[Minted]


class Recorded(NamedTuple):
    """A reading that is recorded.

    Args:
        reading: What all processes will be told.
        new_unexplained: The sessions without a grant that were not known yet.
        returned_seconds: What callers got back.
    """

    reading: Reading
    new_unexplained: list[str]
    returned_seconds: int


def reading_of(snapshot: Snapshot, findings: Findings, unexplained_today: int = 0) -> Reading:
    """Return what the list said, when the snapshot was taken."""
    return Reading(
        at=snapshot.now,
        used_today_seconds=findings.used_today_seconds,
        used_yesterday_seconds=findings.used_yesterday_seconds,
        reserved_seconds=findings.reserved_seconds,
        open_sessions=findings.open_sessions,
        unexplained_today=unexplained_today,
    )


class LedgerStore(Protocol):
    """Keeps the ledger; each of these happens wholly or not at all, whoever else is asking."""

    async def take(
        self, grant: Grant, asked: Sequence[Counted] = (), *, continues: str = ""
    ) -> Verdict:
        """Count a request against its rate limits, then a grant if all of its quotas allow it.

        What any of them refuses counts for none of them: to refuse it costs about the same,
        whichever does, so that counting it would spare nobody anything.

        A grant that goes on with another one of the same caller, of which no end was reported,
        takes over the caller and the place of its call and at most the seconds that this has left
        (`grant` is shortened). Neither rate limits nor the caller's quotas are asked, only the
        bounds above; where these refuse, it is asked for like any other.
        Nobody here can tell whether the session before is lost or still talks, and both would be
        billed. So its seconds stay counted beside for all together, and for the bounds above, until
        they are proven unused; in the days of caller and address the new grant stands for both, or
        a line that broke often would leave its caller no other call.
        """

    async def cancel(self, grant_id: str, counted: Sequence[Counted] = ()) -> int:
        """Undo a grant of which no token came; return the seconds refunded, 0 the next time.

        A grant that was not taken yet cannot be taken any more: the question may still be on its
        way. The request is not counted any more against the rate limits named.
        """

    async def hand_back(self, grant_id: str) -> bool:
        """Note that the token is said to stay unused; tell whether that is the first report."""

    async def claim(self, grant_id: str, session_id: str) -> bool:
        """Note the session whose end was reported; tell whether that is the first report."""

    async def lease(self, name: str, seconds: int, *, is_asking: bool = False) -> Lease:
        """Ask to be the one process that reads the list of sessions, for so long.

        With `is_asking`, whichever that is is told once that it should read soon.
        """

    async def snapshot(self) -> Snapshot:
        """Return all grants that are remembered, and how the day of all stands."""

    async def record(
        self, snapshot: Snapshot, findings: Findings, *, day: int, knows_yesterday: bool
    ) -> Recorded | None:
        """Put what the list says in the place of what was reserved.

        The day of all holds what was used and what still can be, and what was granted since the
        snapshot. Callers and addresses get back what their grants that are over did not use, or
        pay what they used beyond. None, and nothing is done, if another reading was recorded since
        the snapshot or another day has begun.

        Args:
            snapshot: What the findings were found with.
            findings: What the list says.
            day: Of UTC, in days since 1970.
            knows_yesterday: Whether the list was read as far back as the day before.
        """

    async def usage(self) -> Usage:
        """Tell how all stands."""


class StoreDownError(Exception):
    """The store failed, or is known to have failed within the last second."""


class StoreFailures:
    """Counts the failures of a store by their kind, and logs at most one of them a second.

    Args:
        metrics: Counts them.
        kind: Under which.
        effect: What the log says becomes of requests.
    """

    def __init__(self, metrics: Metrics, kind: str, effect: str) -> None:
        self._metrics = metrics
        self._kind = kind
        self._effect = effect
        self._logged_at = -LOG_SECONDS

    def note(self, error: StoreDownError) -> None:
        """Take one more."""
        self._metrics.store_failures.count(self._kind)
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            logger.error("Redis is away (%s): %s", error, self._effect)
