"""Which session may be whose, and what is still to come of it."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from app.upstream.responses import Session
from app.usage.matching import (
    LATE_SECONDS,
    MAX_EXPIRES_SECONDS,
    REPORT_SECONDS,
    Findings,
    Minted,
    _dearest,
    _owners,
    examine,
)

NOON = 20_000 * 86400 + 43200.0
LONG_AGO = NOON - 10_000


def minted(at: float, granted: int = 900, *, name: str = "", **more: object) -> Minted:
    """Return a grant of the usual window, whose caller has its name."""
    name = name or f"grant-{at}-{granted}"
    return Minted(name, f"caller of {name}", NOON + at, 60, granted, **more)  # type: ignore[arg-type]


def found(
    sessions: list[Session], grants: list[Minted], at: float, known_from: float = LONG_AGO
) -> Findings:
    """Examine a list that was read at a time."""
    return examine(
        sessions, grants, read_at=NOON + at, grants_known_from=known_from, unknown_seconds=300
    )


def session(name: str, began: float, ended: float | None = None) -> Session:
    """Return a session that began so long after noon."""
    return Session(name, NOON + began, None if ended is None else NOON + ended)


def dearest_sum(sessions: Sequence[Session], grants: Sequence[Minted]) -> int:
    """Return the largest sum of grants of which each has a session of its own, by trying all."""
    if not sessions:
        return 0
    first, *others = sessions
    ways = [dearest_sum(others, grants)]
    for number, grant in enumerate(grants):
        if grant.may_have_opened(first):
            rest = [*grants[:number], *grants[number + 1 :]]
            ways.append(grant.granted_seconds + dearest_sum(others, rest))
    return max(ways)


@settings(max_examples=500, derandomize=True, database=None, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=4),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(1, 9)), max_size=5),
)
def test_matches_are_as_dear_and_as_many_as_can_be(
    began: list[int], grants: list[tuple[int, int, int]]
) -> None:
    """Against all ways there are: the dearest by their sum, the owners by their number."""
    sessions = [session(f"s{n}", at * LATE_SECONDS) for n, at in enumerate(sorted(began))]
    known = [
        Minted(f"g{n}", "any", NOON + at * LATE_SECONDS, window * LATE_SECONDS, granted)
        for n, (at, window, granted) in enumerate(sorted(grants))
    ]

    placed = zip(_dearest(sessions, known), sessions, strict=True)
    dearest = [(grant, of) for grant, of in placed if grant]
    owners = _owners(sessions, known)

    assert all(grant.may_have_opened(of) for grant, of in dearest)
    assert all(owners[of.session_id].may_have_opened(of) for of in sessions if of[0] in owners)
    for grants_of in ([grant for grant, _ in dearest], owners.values()):
        assert len({grant.grant_id for grant in grants_of}) == len(grants_of) == len(dearest)
    assert sum(grant.granted_seconds for grant, _ in dearest) == dearest_sum(sessions, known)


def test_reported_session_is_its_reporters_and_no_other_grants() -> None:
    """The first good report holds; made-up ones, and those of another time, say nothing."""
    first, second = minted(0), minted(1, session_id="talk")
    third, past = minted(2, session_id="talk"), minted(-500, session_id="talk")
    liar = minted(3, session_id="made-up")
    sessions = [session("talk", 5), session("other", 6)]
    owners = _owners(sessions, [past, first, second, third, liar])

    assert owners == {"talk": second, "other": first}


def test_what_a_day_holds_is_used_or_still_to_come() -> None:
    """Each day has its part of a session; open ones and open tokens count to their end."""
    midnight = -43_200.0
    sessions = [
        session("across", midnight - 100, midnight + 50),
        session("over", 0, 30.2),
        session("open", 10),
        session("outlives", -2000),
    ]
    grants = [minted(-1), minted(9, 600), minted(100, 900, name="unused"), minted(-2001, 100)]
    findings = found(sessions, grants, at=110)

    assert findings.used_yesterday_seconds == 100
    assert findings.used_today_seconds == 50 + 31 + 100 + 2110
    assert findings.reserved_seconds == (900 - 100) + 900
    assert findings.open_sessions == 2


def test_open_session_without_a_grant_is_taken_to_be_of_usual_length() -> None:
    """Or as long as the longest grant that may have opened one too many."""
    twice = [session("first", 0), session("second", 0), session("stranger", -700)]
    findings = found(twice, [minted(0)], at=100)

    assert findings.reserved_seconds == 800 + 800
    assert findings.unexplained == ["stranger", "second"]


def test_sessions_of_the_time_before_the_ledger_are_not_unexplained() -> None:
    """A token that is forgotten may have opened them; later ones cannot be one's."""
    known_from = NOON
    last = MAX_EXPIRES_SECONDS + LATE_SECONDS
    sessions = [session("before", -50, -20), session("early", last - 1), session("late", last)]

    assert found(sessions, [], 5000, known_from).unexplained == ["late"]


def test_grant_is_over_once_nothing_can_change() -> None:
    """Its token opens nothing more, its sessions are over, and nobody may yet report another."""
    window = 60 + LATE_SECONDS
    unused, back = minted(0), minted(0, name="back", is_unused=True)
    own = minted(0, name="own", session_id="talk")

    def over(sessions: list[Session], at: float, *grants: Minted) -> list[tuple[str, int]]:
        return found(sessions, [*grants], at).settled

    assert over([], window - 1, unused) == []
    assert over([], window, unused) == [(unused.grant_id, 0)]
    talk, open_talk = session("talk", 3, 33.5), session("talk", 3)
    assert over([open_talk], 500, unused, back, own) == [(unused.grant_id, 0), ("back", 0)]
    assert over([open_talk], 500, unused) == []
    assert over([talk], 33 + REPORT_SECONDS, unused) == []
    assert over([talk], 34 + REPORT_SECONDS, unused) == [(unused.grant_id, 31)]
    assert over([talk], window, unused, own) == [(unused.grant_id, 0), ("own", 31)]


def test_second_session_of_a_token_is_charged_where_only_one_caller_can_have_opened_it() -> None:
    """Where another caller had a token at the time, it is charged to nobody."""
    eve = minted(0, name="eve", session_id="one")
    bob = minted(40, name="bob", session_id="his")
    sessions = [session("one", 1, 11), session("two", 20, 50), session("his", 45, 50)]

    alone = found(sessions[:2], [eve], 500)
    both = found([*sessions, session("three", 50, 90)], [eve, bob], 500)

    assert alone.settled == [("eve", 40)]
    assert both.settled == [("eve", 40), ("bob", 5)]
    assert both.unexplained == ["two", "three"]
