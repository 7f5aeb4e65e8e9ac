"""What of a day is used and what is still reserved: pure, over listed sessions and known grants.

The agent service does not tell which token opened a session, and a token opens as many as its
holder likes until its window closes. So two questions are asked apart. What all together may still
use is reckoned by the dearest grants that could stand behind the open sessions, whatever was
reported. What one caller used is reckoned by the reports of its own pages, else by time; of what
neither explains, only what a single caller can have done is charged to it.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from operator import attrgetter
from typing import Final, NamedTuple

from app.upstream.responses import Session
from app.usage.rate_limits import DAY

# Clocks are compared to about half a second; a session may be listed as begun a moment before.
EARLY_SECONDS: Final = 5
# A socket that was opened at the last moment has its first update to come.
LATE_SECONDS: Final = 20
MAX_EXPIRES_SECONDS: Final = 600
# So long a report may be on its way, before a session is taken for that of a grant without one.
REPORT_SECONDS: Final = 60
# Whatever the list says: the longest session there is, and an hour for the service to notice.
MAX_SESSION_SECONDS: Final = 10800 + 3600

_began_at = attrgetter("began_at")
_minted_at = attrgetter("minted_at")


@dataclass(slots=True)
class Minted:
    """A grant whose token was minted, as the ledger knows it.

    Args:
        grant_id: Its name.
        caller_key: Whose it is.
        minted_at: When, by the ledger's clock.
        expires_in_seconds: Within which its token opens sessions.
        granted_seconds: The longest that one may last.
        session_id: The session whose end was reported with its receipt.
        is_unused: Whether its token was handed back.
        is_settled: Whether its caller was refunded what it did not use.
    """

    grant_id: str
    caller_key: str
    minted_at: float
    expires_in_seconds: int
    granted_seconds: int
    session_id: str = ""
    is_unused: bool = False
    is_settled: bool = False

    @property
    def opens_until(self) -> float:
        """When the last session of its token may have begun."""
        return self.minted_at + self.expires_in_seconds + LATE_SECONDS

    def may_have_opened(self, session: Session) -> bool:
        """Tell whether a session began while its token opened any."""
        return self.minted_at - EARLY_SECONDS <= session.began_at <= self.opens_until


class Findings(NamedTuple):
    """What one reading of the list says.

    Args:
        used_today_seconds: Talked on this day of UTC.
        used_yesterday_seconds: On the day before.
        reserved_seconds: What the open sessions and the tokens that may still open one can use.
        open_sessions: How many go on.
        unexplained: The sessions that no grant explains.
        settled: Grants that are over, each with the seconds that it used.
    """

    used_today_seconds: int
    used_yesterday_seconds: int
    reserved_seconds: int
    open_sessions: int
    unexplained: list[str]
    settled: list[tuple[str, int]]

    @property
    def held_seconds(self) -> int:
        """What counts against the limit of today."""
        return self.used_today_seconds + self.reserved_seconds


def examine(
    sessions: Sequence[Session],
    grants: Sequence[Minted],
    *,
    read_at: float,
    grants_known_from: float,
    unknown_seconds: int,
) -> Findings:
    """Find what a list of sessions says of a day and of its grants.

    Ten thousand sessions take a while, in which callers are not to wait: call it in a thread.

    Args:
        sessions: All that were listed; times are by the ledger's clock.
        grants: All that are remembered.
        read_at: When the list was asked for.
        grants_known_from: No grant from before this is remembered.
        unknown_seconds: The longest that a session of which no grant is known is taken to be.
    """
    sessions = sorted(sessions, key=_began_at)
    grants = sorted(grants, key=_minted_at)
    known = sessions[bisect_left(sessions, grants_known_from, key=_began_at) :]
    owners = _owners(known, grants)
    candidates = _Candidates(grants)
    can_tell_from = grants_known_from + MAX_EXPIRES_SECONDS + LATE_SECONDS
    reported = {grant.session_id for grant in grants}
    own: defaultdict[str, list[Session]] = defaultdict(list)
    unexplained: list[str] = []
    undecided: list[float] = []
    for session in known:
        if owner := owners.get(session.session_id):
            own[owner.grant_id].append(session)
        elif session.began_at >= can_tell_from:
            unexplained.append(session.session_id)
            possible = candidates.of(session)
            if len({grant.caller_key for grant in possible}) == 1:
                own[possible[-1].grant_id].append(session)
        is_fresh = session.ended_at is None or session.ended_at > read_at - REPORT_SECONDS
        if is_fresh and session.session_id not in reported:
            undecided.append(session.began_at)
    used_today, used_yesterday = _talked(sessions, read_at)
    open_sessions = [session for session in sessions if session.ended_at is None]
    reserved = _reserved(open_sessions, grants, candidates, read_at, unknown_seconds)
    settled = [
        (grant.grant_id, sum(map(_seconds, own[grant.grant_id])))
        for grant in grants
        if not grant.is_settled and _is_over(grant, own[grant.grant_id], undecided, read_at)
    ]
    return Findings(
        used_today_seconds=math.ceil(used_today),
        used_yesterday_seconds=math.ceil(used_yesterday),
        reserved_seconds=math.ceil(reserved),
        open_sessions=len(open_sessions),
        unexplained=unexplained,
        settled=settled,
    )


def _owners(sessions: Sequence[Session], grants: Sequence[Minted]) -> dict[str, Minted]:
    """Find the grant of each session that one explains: by report, else by time.

    By time, the grant that opens no more soonest takes the earliest session, which explains as
    many as can be. A grant with a good report or whose token was handed back takes no other.
    """
    owners, silent = _reported(sessions, grants)
    waiting = iter(silent)
    coming = next(waiting, None)
    may_open: list[tuple[float, str, Minted]] = []
    for session in sessions:
        if session.session_id in owners:
            continue
        while coming and coming.minted_at - EARLY_SECONDS <= session.began_at:
            heappush(may_open, (coming.opens_until, coming.grant_id, coming))
            coming = next(waiting, None)
        while may_open and may_open[0][0] < session.began_at:
            heappop(may_open)
        if may_open:
            owners[session.session_id] = heappop(may_open)[2]
    return owners


def _reported(
    sessions: Sequence[Session], grants: Sequence[Minted]
) -> tuple[dict[str, Minted], list[Minted]]:
    """Find the grants that a good report gives a session; and those that may have another one."""
    by_id = {session.session_id: session for session in sessions}
    owners: dict[str, Minted] = {}
    silent: list[Minted] = []
    for grant in grants:
        session = by_id.get(grant.session_id)
        if session and grant.session_id not in owners and grant.may_have_opened(session):
            owners[grant.session_id] = grant
        elif not grant.is_unused:
            silent.append(grant)
    return owners, silent


class _Candidates:
    """Finds the grants that may stand behind a session."""

    def __init__(self, grants: Sequence[Minted]) -> None:
        self._grants = grants
        self._minted = [grant.minted_at for grant in grants]

    def of(self, session: Session) -> list[Minted]:
        """Return them, the last one minted at the end."""
        longest = MAX_EXPIRES_SECONDS + LATE_SECONDS
        first = bisect_left(self._minted, session.began_at - longest)
        last = bisect_right(self._minted, session.began_at + EARLY_SECONDS)
        return [grant for grant in self._grants[first:last] if grant.may_have_opened(session)]


def _reserved(
    open_sessions: Sequence[Session],
    grants: Sequence[Minted],
    candidates: _Candidates,
    read_at: float,
    unknown_seconds: int,
) -> float:
    """Find what open sessions, and tokens that may still open one, can use at the most."""
    dearest = _dearest(open_sessions, grants)
    reserved = 0.0
    for session, grant in zip(open_sessions, dearest, strict=True):
        if grant is None:
            possible = candidates.of(session)
            cap = max((each.granted_seconds for each in possible), default=unknown_seconds)
        else:
            cap = grant.granted_seconds
        reserved += max(0.0, cap - max(0.0, read_at - session.began_at))
    at_work = {grant.grant_id for grant in dearest if grant}
    return reserved + sum(
        grant.granted_seconds
        for grant in grants
        if grant.opens_until > read_at and grant.grant_id not in at_work
    )


def _dearest(sessions: Sequence[Session], grants: Sequence[Minted]) -> list[Minted | None]:
    """Find for each session a grant of its own so that their sum is as large as it can be.

    The greatest first, each takes a place if all that have one keep theirs. That is as
    good as it gets, since sets that can be placed are those of a matroid. To find a place, each
    takes the first that is free, or held by a grant whose window closes later, which then looks
    for another place further on.
    """
    began = [session.began_at for session in sessions]
    placed: list[Minted | None] = [None] * len(sessions)
    ends: dict[str, int] = {}
    for grant in sorted(grants, key=lambda grant: -grant.granted_seconds):
        at = bisect_left(began, grant.minted_at - EARLY_SECONDS)
        ends[grant.grant_id] = bisect_right(began, grant.opens_until)
        moves: list[tuple[int, Minted]] = []
        moving = grant
        while at < ends[moving.grant_id]:
            there = placed[at]
            if there is None or ends[there.grant_id] > ends[moving.grant_id]:
                moves.append((at, moving))
                if there is None:
                    for place, moved in moves:
                        placed[place] = moved
                    break
                moving = there
            at += 1
    return placed


def _is_over(
    grant: Minted, own: Sequence[Session], undecided: Sequence[float], read_at: float
) -> bool:
    """Tell whether nothing can change any more in what a grant used.

    Args:
        grant: The grant.
        own: The sessions taken to be its own.
        undecided: When the sessions began that may yet be reported as this one's or another's.
        read_at: When the list was asked for.
    """
    if grant.opens_until > read_at or any(session.ended_at is None for session in own):
        return False
    if grant.is_unused or any(session.session_id == grant.session_id for session in own):
        return True
    first = bisect_left(undecided, grant.minted_at - EARLY_SECONDS)
    return first == bisect_right(undecided, grant.opens_until)


def _talked(sessions: Sequence[Session], read_at: float) -> tuple[float, float]:
    """Return the seconds of sessions on this day, and on the one before."""
    midnight = read_at // DAY * DAY
    today = yesterday = 0.0
    for _, began_at, ended_at in sessions:
        until = read_at if ended_at is None else min(ended_at, read_at)
        if began_at < midnight:
            talked = min(until, midnight) - max(began_at, midnight - DAY)
            yesterday += max(0.0, talked)
        today += max(0.0, until - max(began_at, midnight))
    return today, yesterday


def _seconds(session: Session) -> int:
    """Return how long a session was that is over: each second that was begun."""
    return math.ceil(round((session.ended_at or session.began_at) - session.began_at, 3))
