"""Thousands of days with an adversary: the bill is what the list says, and the limit holds."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count, product
from math import ceil, inf
from random import Random
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient
from app.upstream.responses import Session, SessionPage
from app.usage.audit import Audit
from app.usage.ledger import Grant
from app.usage.ledger_memory import MemoryLedger
from tests.limit_kit import START, Clock, rules

T = TypeVar("T")
DAY = 86400
LIMIT_SECONDS = 20_000
PAGE = 5
METRICS = Metrics()  # one for all, as making one takes longer than a history


async def at_once(work: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """Do without a thread what a thread would do."""
    return work(*arguments, **more)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that waits for nothing."""
    try:
        while work.send(None) is None:
            pass
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("it waits")


@dataclass
class Token:
    """A token that somebody holds."""

    grant: Grant
    minted_at: float
    sessions: list["Talk"] = field(default_factory=list)
    is_done: bool = False

    @property
    def ends_at(self) -> float:
        """When its session is over, or it opens none any more."""
        opens_until = self.minted_at + self.grant.expires_in_seconds
        return self.sessions[0].ends_at if self.sessions else opens_until


@dataclass
class Talk:
    """A session as the agent service bills it: over at its cap at the latest."""

    session_id: str
    began_at: float
    cap_seconds: int
    told_end: float = inf

    @property
    def ends_at(self) -> float:
        """When it is over."""
        return min(self.told_end, self.began_at + self.cap_seconds)

    def billed(self, start: float, end: float) -> float:
        """Return the seconds between two moments."""
        return max(0.0, min(self.ends_at, end) - max(self.began_at, start))


class World:
    """An agent service with its bill, the ledger, the audit, and those who hold tokens.

    Args:
        start: When the history begins.
        ahead_seconds: By how much the ledger's clock is ahead of the agent service's.
        reuses_tokens: Whether the adversary opens several sessions with one.
        has_redis: Whether the ledger outlives a process.
    """

    def __init__(
        self, start: float, ahead_seconds: int, *, reuses_tokens: bool, has_redis: bool
    ) -> None:
        self.reuses_tokens = reuses_tokens
        self.has_redis = has_redis
        self.clock = Clock(start)
        self.ahead_seconds = ahead_seconds
        self.numbers = count(1)
        self.held: dict[str, list[Token]] = {}
        self.talks: list[Talk] = []
        self.forgotten = 0
        self.has_crashed = False
        self.ledger = self._new_ledger()
        self.restart()

    def _new_ledger(self) -> MemoryLedger:
        limits = rules(caller_day_seconds=12_000, all_day_seconds=LIMIT_SECONDS, all_open=50)
        return MemoryLedger(limits, clock=self._our_time, monotonic=self._our_time)

    def _our_time(self) -> float:
        return self.clock.now + self.ahead_seconds

    def crash(self) -> None:
        """Lose the ledger as well, as where there is no Redis; the list is read at once."""
        now = self.clock.now
        tokens = [token for held in self.held.values() for token in held]
        for token in tokens:
            until = token.minted_at + token.grant.expires_in_seconds
            open_sessions = [talk for talk in token.sessions if talk.ends_at > now]
            self.forgotten += len(open_sessions) * token.grant.granted_seconds
            if until >= now and not token.sessions:
                self.forgotten += token.grant.granted_seconds
        self.has_crashed = True
        self.ledger = self._new_ledger()
        self.restart()
        self.read()

    def restart(self) -> None:
        """Let another process read the list; the ledger is kept, as in Redis."""
        client = SimpleNamespace(zone_urls=(), sessions=self._list)
        self.audit = Audit(
            cast("AgentsClient", client),
            *(self.ledger, METRICS),
            unknown_seconds=900,
            wall=self._our_time,
            monotonic=self.clock,
        )

    async def _list(self, _zone_url: str = "", cursor: str = "") -> SessionPage:
        first = int(cursor or 0)
        newest = sorted(self.talks, key=lambda talk: -talk.began_at)
        listed = [
            Session(
                *(talk.session_id, talk.began_at),
                talk.ends_at if talk.ends_at <= self.clock.now else None,
            )
            for talk in newest[first : first + PAGE]
        ]
        more = str(first + PAGE) if first + PAGE < len(newest) else None
        return SessionPage(listed, more, self.clock.now - 0.5)

    def mint(self, who: str, seconds: int, window: int, continues: str = "") -> Token | None:
        """Ask for a token."""
        grant = Grant(f"grant-{next(self.numbers)}", who, f"home of {who}", seconds, window)
        verdict = run(self.ledger.take(grant, continues=continues))
        if verdict.refused:
            return None
        token = Token(grant, self.clock.now)
        self.held.setdefault(who, []).append(token)
        return token

    def open(self, token: Token) -> None:
        """Open a session, if the token still does."""
        if self.clock.now <= token.minted_at + token.grant.expires_in_seconds:
            name = f"sess-{next(self.numbers)}"
            talk = Talk(name, self.clock.now, token.grant.granted_seconds)
            self.talks.append(talk)
            token.sessions.append(talk)

    def wait(self, seconds: float) -> None:
        """Let time pass; a page reports the end of its session, or a token that was of no use."""
        until = self.clock.now + seconds
        while ending := [each for each in self.of_honest() if each.ends_at <= until]:
            first = min(ending, key=lambda token: token.ends_at)
            self.clock.now = first.ends_at
            finish(self, first)
        self.clock.now = until

    def paid(self, who: str) -> int:
        """Return what counts for a caller."""
        limit = self.ledger._days[0]
        counter = self.ledger._windows.find(limit, who, self._our_time())
        return counter.current + counter.previous

    def of_honest(self) -> list[Token]:
        """Return the tokens that pages have in use."""
        held = [token for who in HONEST for token in self.held.get(who, [])]
        return [token for token in held if not token.is_done]

    def read(self) -> None:
        """Read the list; what it says is the bill."""
        findings = run(self.audit.read())
        today = self.clock.now // DAY * DAY
        bill = sum(talk.billed(today, self.clock.now) for talk in self.talks)
        assert abs(findings.used_today_seconds - bill) <= 1

    def check(self) -> None:
        """No day was billed more than the limit but for sessions on tokens that had opened one.

        Where the ledger was lost, also not for what may then still have come of its tokens.
        """
        tokens = [token for held in self.held.values() for token in held]
        beyond = sum(talk.cap_seconds for token in tokens for talk in token.sessions[1:])
        for day in (START // DAY * DAY, START // DAY * DAY + DAY):
            bill = sum(talk.billed(day, day + DAY) for talk in self.talks)
            assert bill <= LIMIT_SECONDS + beyond + self.forgotten


HONEST = ("ann", "bob")
WICKED = tuple(f"eve-{number}" for number in range(6))
STEPS = {"wait": 4, "read": 5, "restart": 1, "honest": 7, "mint": 6, "open": 7, "end": 3}
STEPS |= {"report": 2, "hand back": 1, "recover": 1, "hang up": 1}
CRASHES = 0.2
# How wrong our clock is, whether tokens are used twice, whether the ledger outlives a process.
# And when it begins: in the morning, or six minutes before midnight.
STARTS = (START, START + 13.9 * 3600)
KINDS = [*product((0, 6, -40), (False, True), (False, True, True), STARTS)]
WAITS = (1, 3, 7, 25, 29, 61, 90, 640, 1800)


def step(world: World, chance: Random) -> None:
    """Let something happen."""
    what = chance.choices([*STEPS], [*STEPS.values()])[0]
    if what == "wait":
        world.wait(chance.choice(WAITS))
    elif what == "read":
        world.read()
    elif what == "restart" and world.has_redis:
        world.restart()
    elif what == "restart":
        if chance.random() < CRASHES:
            world.crash()
    elif what == "honest":
        honest_step(world, chance.choice(HONEST), chance)
    else:
        wicked_step(world, what, chance.choice(WICKED), chance)


def wicked_step(world: World, what: str, who: str, chance: Random) -> None:
    """Let one of the adversary's callers do something."""
    mine = world.held.get(who, [])
    if what == "mint" or not mine:
        world.mint(who, chance.choice((60, 900, 3600, 10_800)), chance.choice((1, 60, 600)))
        return
    token = chance.choice(mine)
    talks = [talk for each in mine for talk in each.sessions]
    talk = chance.choice(talks) if talks else Talk("sess-made-up", 0, 0)
    if what == "open" and (world.reuses_tokens or not token.sessions):
        world.open(token)
    elif what == "end":
        talk.told_end = min(talk.told_end, world.clock.now)
    elif what == "report":  # of any session of its own, or of none
        run(world.ledger.claim(token.grant.grant_id, talk.session_id))
    elif what == "hand back":
        run(world.ledger.hand_back(token.grant.grant_id))
    elif what == "recover":  # perhaps a call that is still open
        world.mint(who, 900, 60, continues=token.grant.grant_id)
    elif what == "hang up" and not token.sessions:  # before it has the token
        run(world.ledger.cancel(token.grant.grant_id))
        mine.remove(token)


def honest_step(world: World, who: str, chance: Random) -> None:
    """Let a caller do the next thing that its page does."""
    token = next((each for each in world.held.get(who, []) if not each.is_done), None)
    if token is None:
        world.mint(who, chance.choice((60, 900, 3600)), 60)
    elif not token.sessions and chance.random() < 0.8 and world.clock.now <= token.minted_at + 60:
        world.open(token)
    else:
        finish(world, token)


def finish(world: World, token: Token) -> None:
    """End what a page began, and report it."""
    token.is_done = True
    if token.sessions:
        talk = token.sessions[0]
        talk.told_end = min(talk.told_end, world.clock.now)
        run(world.ledger.claim(token.grant.grant_id, talk.session_id))
    else:
        run(world.ledger.hand_back(token.grant.grant_id))


@patch("app.usage.audit.asyncio.to_thread", at_once)
@settings(
    max_examples=2000,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**64), st.integers(1, 150), st.sampled_from(KINDS))
def test_every_history_ends_with_a_true_bill(
    seed: int, steps: int, kind: tuple[int, bool, bool, float]
) -> None:
    """Whatever an adversary does: the count is the bill, the limit holds, the honest pay theirs."""
    ahead_seconds, reuses_tokens, has_redis, start = kind
    world = World(start, ahead_seconds, reuses_tokens=reuses_tokens, has_redis=has_redis)
    chance = Random(seed)  # noqa: S311 - a history guards nothing
    for _ in range(steps):
        step(world, chance)
    for token in world.of_honest():
        finish(world, token)
    for seconds in (800, 10_800, 100):
        world.wait(seconds)
        world.read()
    world.check()
    for who in () if world.has_crashed else HONEST:
        sessions = [talk for token in world.held.get(who, []) for talk in token.sessions]
        assert world.paid(who) == sum(ceil(talk.ends_at - talk.began_at) for talk in sessions)
