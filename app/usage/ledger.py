"""The ledger of what was granted: its entries, its verdicts, and what a store of it must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from app.usage.windows import Window

# The longest that a grant may matter: 600 s to redeem, 10800 s to talk, an hour to report the end.
LIFETIME_SECONDS: Final = 600 + 10800 + 3600
# Clocks differ: the session's beginning is told by the upstream's, the mint by ours.
EARLY_SECONDS: Final = 5
LATE_SECONDS: Final = 60
MAX_EXPIRES_SECONDS: Final = 600
# How many grants are compared with one session at most; among more, nothing is given back.
MAX_CANDIDATES: Final = 2000


@dataclass(frozen=True, slots=True)
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


class Verdict(NamedTuple):
    """What became of a request for a grant.

    Args:
        refused: The limit that refused, or nothing; then nothing at all was counted.
        day: The day's count of the caller, or of the limit that refused.
        frees_in_seconds: When the next place becomes free, if too many are open.
    """

    refused: str
    day: Window
    frees_in_seconds: float = 0.0


class LedgerStore(Protocol):
    """Keeps the ledger; each of these happens wholly or not at all, whoever else is asking."""

    async def take(self, grant: Grant) -> Verdict:
        """Count a grant, if all limits allow it."""

    async def cancel(self, grant_id: str) -> int:
        """Undo a grant of which no token came; returns the seconds given back, 0 the next time."""

    async def claim(self, grant_id: str) -> bool:
        """Tell whether this is the first report of this grant's end."""

    async def settle(
        self, grant_id: str, session_id: str, began_at_seconds: float, used_seconds: int
    ) -> int:
        """Give back what a session proves to be unused; returns the seconds given back.

        Nothing comes back for a session or a grant that was settled before, and nothing for a
        session that did not begin while the grant could open it. No session tells which token
        opened it, so what comes back is measured by the smallest grant that could have: else a
        long grant could be settled by the short session of another, and be used as well.
        """
