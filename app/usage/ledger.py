"""The ledger of granted seconds and open sessions: entries, quotas, and the store's interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.config.settings import Settings
from app.usage.rate_limits import DAY, MINUTE, Counted, Counts, RateLimit, Verdict

# The longest that a grant may matter: 600 s to redeem, 10800 s to talk, an hour to report the end.
LIFETIME_SECONDS: Final = 600 + 10800 + 3600
# Clocks differ: the session's beginning is told by the upstream's, the mint by ours.
EARLY_SECONDS: Final = 5
LATE_SECONDS: Final = 60
MAX_EXPIRES_SECONDS: Final = 600
# How many grants are compared with one session at most; among more, nothing is refunded.
MAX_CANDIDATES: Final = 2000


@dataclass(slots=True)  # not frozen: made for each token, which would take three times as long
class Grant:
    """What one mint may use: seconds of a session, and a place among those open at once.

    Args:
        grant_id: Not to be guessed, as whoever knows it may report an end.
        caller_key: The hash of who asked.
        address_key: The hash of where from; empty for a subject, which counts by itself only.
        granted_seconds: The longest that the session may last.
        expires_in_seconds: Within which the session must begin.
    """

    grant_id: str
    caller_key: str
    address_key: str
    granted_seconds: int
    expires_in_seconds: int


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


class LedgerStore(Protocol):
    """Keeps the ledger; each of these happens wholly or not at all, whoever else is asking."""

    async def take(self, grant: Grant, asked: Sequence[Counted] = ()) -> Verdict:
        """Count a request against its rate limits, then a grant if all of its quotas allow it.

        A request counts for the rate limits that it met before one refused, or if a quota did.
        """

    async def cancel(self, grant_id: str) -> int:
        """Undo a grant of which no token came; return the seconds refunded, 0 the next time."""

    async def claim(self, grant_id: str) -> bool:
        """Tell whether this is the first report of this grant's end."""

    async def settle(
        self, grant_id: str, session_id: str, began_at_seconds: float, used_seconds: int
    ) -> int:
        """Refund what a session proves to be unused; return the seconds refunded.

        Nothing comes back for a session or a grant that was settled before, and nothing for a
        session that did not begin while the grant could open it. No session tells which token
        opened it, so what comes back is measured by the smallest grant that could have: else a
        long grant could be settled by the short session of another, and be used as well.
        """
