"""The ledger and the rate limits in Redis, where several processes share them.

It is asked so that nobody waits long for it when it is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from app.access.credentials import ADDRESS_DIGITS
from app.config.types import SENTINEL_URL
from app.usage.ledger import (
    HISTORY_DAYS,
    LEAST_SECONDS,
    LIFETIME_SECONDS,
    MAX_LISTED,
    MAX_LOOKED_AT,
    MAX_RECOVERIES,
    RECOVERIES_AT_ONCE,
    RECOVERY_SHARES,
    Grant,
    Lease,
    QuotaLimits,
    Reading,
    Recorded,
    Snapshot,
    StoreDownError,
    Usage,
    day_limits,
    reading_of,
)
from app.usage.matching import LATE_SECONDS, Findings, Minted
from app.usage.rate_limits import DAY, Counted, LimitState, Verdict

if TYPE_CHECKING:
    from redis.asyncio import Redis

Q = TypeVar("Q")
A = TypeVar("A")

SCRIPT: Final = Path(__file__).with_name("ledger.lua")
# What the script takes from here.
CONSTANTS: Final = {
    "ADDRESS_DIGITS": ADDRESS_DIGITS,
    "DAY": DAY,
    "LIFETIME_SECONDS": LIFETIME_SECONDS,
    "MAX_RECOVERIES": MAX_RECOVERIES,
    "RECOVERIES_AT_ONCE": RECOVERIES_AT_ONCE,
    "LEAST_SECONDS": LEAST_SECONDS,
    "RECOVERY_SHARES": RECOVERY_SHARES,
    "HISTORY_DAYS": HISTORY_DAYS,
    "MAX_LISTED": MAX_LISTED,
    "MAX_LOOKED_AT": MAX_LOOKED_AT,
    "LATE_SECONDS": LATE_SECONDS,
}
PREFIX: Final = "{voicegate}:"
PATIENCE_SECONDS: Final = 1.5
"""For one exchange and, where there is none yet, its connection: with TLS and a password these are
five round trips, so that a Redis 250 ms away can be used."""
SENTINEL_SECONDS: Final = 0.5
"""For one sentinel, so that the next is asked within the same exchange."""
DOWN_SECONDS: Final = 1.0
MAX_EXCHANGES: Final = 8
"""Of one breaker at a time, each on a connection of its own; whoever comes then goes together."""
MAX_WAITING: Final = 4096
SETTLED_PART: Final = 250
"""Of grants in one step, in which Redis answers nobody else."""


def open_redis(url: str) -> Redis:
    """Return a client of Redis that neither retries nor waits by itself; close with `aclose()`."""
    # A tenth of the start, for whoever uses none.
    from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    options = {
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        # Each of these would be one more exchange before the first question.
        "protocol": 2,
        "driver_info": None,
    }
    # What two breakers let through, and two for what is asked beside them.
    own = {**options, "max_connections": 2 * MAX_EXCHANGES + 2, **_timeouts(PATIENCE_SECONDS)}
    sentinels = SENTINEL_URL.fullmatch(url)
    if sentinels is None:
        return Redis.from_pool(ConnectionPool.from_url(url, **own))
    from app.usage.redis_sentinel import primary_of  # noqa: PLC0415

    return primary_of(sentinels, {**options, **_timeouts(SENTINEL_SECONDS)}, own)


def _timeouts(seconds: float) -> dict[str, float]:
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds}


async def store_risks(redis: Redis) -> list[str]:
    """Return a sentence for each way in which Redis, as it is set, may forget what was counted.

    INFO tells it, and not CONFIG, which managed services keep to themselves. Where it does not
    tell, nothing is said.

    Raises:
        RedisError: It cannot be asked.
    """
    from redis.exceptions import ResponseError  # noqa: PLC0415 - only for whoever uses Redis

    facts = {}
    with contextlib.suppress(ResponseError):  # this user may not ask
        facts = await redis.info()
    policy = facts.get("maxmemory_policy", "noeviction")
    sentences = []
    if policy != "noeviction":
        sentences.append(
            f"Redis throws counts away when its memory is full (maxmemory-policy {policy}): limits "
            "then allow more than they say; set noeviction."
        )
    if facts.get("aof_enabled", 1) == 0:
        sentences.append(
            "Redis has no append-only file: what was granted since it last wrote a snapshot is "
            "forgotten when it restarts; set appendonly yes."
        )
    return sentences


class Breaker(Generic[Q, A]):
    """Asks a store while it works; one exchange carries what all ask in one turn of the loop.

    After a failure the store counts as down for a second, in which nobody waits for it; then one
    exchange finds out whether it is back.

    Args:
        exchange: Asks all of some questions, and gives an answer to each, or the exception.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        exchange: Callable[[list[Q]], Coroutine[None, None, Sequence[A | Exception]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._down_until: float | None = None
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._exchanges: set[asyncio.Task[Any]] = set()

    async def ask(self, question: Q) -> A:
        """Return the answer to a question; it may be asked even if whoever waits is cancelled.

        Raises:
            StoreDownError: The store is down, failed, did not answer in 1.5 s, or too many wait.
        """
        is_trying = bool(self._exchanges)
        if self._down_until is not None and (is_trying or self._clock() < self._down_until):
            raise StoreDownError("it failed just now")
        if len(self._waiting) >= MAX_WAITING:
            raise StoreDownError("too many wait for it")
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._exchanges) < MAX_EXCHANGES:
            self._exchanges.add(asyncio.create_task(self._ask_all()))
        return await answer

    async def _ask_all(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            answers: Sequence[A | Exception]
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answers = await self._exchange([question for question, _ in asked])
            except Exception as error:  # noqa: BLE001 - a broken connection has many
                # Whoever came meanwhile waits no longer.
                asked, self._waiting = asked + self._waiting, []
                answers = [error] * len(asked)
            has_failed = any(isinstance(answer, Exception) for answer in answers)
            self._down_until = self._clock() + DOWN_SECONDS if has_failed else None
            for (_, waiting), answer in zip(asked, answers, strict=True):
                if waiting.done():
                    continue
                if isinstance(answer, Exception):
                    # Its text may hold the address, and a password with it.
                    failure = StoreDownError(type(answer).__name__)
                    failure.__cause__ = answer
                    waiting.set_exception(failure)
                else:
                    waiting.set_result(answer)
        # Not by a callback: whoever was answered may ask again before that.
        self._exchanges.remove(cast("asyncio.Task[Any]", asyncio.current_task()))


class UsageScript:
    """Calls `ledger.lua`: a call is an exchange with Redis, shared with those of the same moment.

    Args:
        redis: Where everything is kept.
        clock: The time in seconds; None, as in production, is the server's own.
    """

    def __init__(self, redis: Redis, *, clock: Callable[[], float] | None = None) -> None:
        self._redis = redis
        constants = "".join(f"local {name} = {value}\n" for name, value in CONSTANTS.items())
        self._script = redis.register_script(constants + SCRIPT.read_text(encoding="utf-8"))
        self._breaker = Breaker[str, Any](self._call_all)
        self._clock = clock

    async def run(self, operation: str, *arguments: Any) -> Any:
        """Return the answer of an operation.

        Raises:
            StoreDownError: Redis cannot be asked.
        """
        now = self._clock is not None and self._clock()
        asked = json.dumps([operation, now, *arguments])
        return await self._breaker.ask(asked)

    async def _call_all(self, calls: list[str]) -> list[Any]:
        from redis.exceptions import NoScriptError  # noqa: PLC0415 - only for whoever uses Redis

        answers = await self._send(calls)
        missed = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if missed:
            await self._redis.script_load(self._script.script)
            again = await self._send([calls[n] for n in missed])
            for n, answer in zip(missed, again, strict=True):
                answers[n] = answer
        return answers

    async def _send(self, calls: list[str]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for call in calls:
            pipeline.evalsha(self._script.sha, 1, PREFIX, call)
        return await pipeline.execute(raise_on_error=False)

    async def hit(self, asked: Sequence[Counted], *, count: bool = True) -> Verdict:
        """Count a request as `SlidingWindows.hit` does.

        Raises:
            StoreDownError: Redis cannot be asked.
        """
        refused, now, *counts = await self.run("hit" if count else "peek", *_as_arguments(asked))
        return _verdict(refused, asked, float(now), counts)


class RedisLedger:
    """A `LedgerStore` in Redis; a mint costs one exchange."""

    def __init__(self, script: UsageScript, limits: QuotaLimits) -> None:
        self._run = script.run
        self._days = {day.name: day for day in day_limits(limits)}
        self._limits = limits

    async def take(
        self, grant: Grant, asked: Sequence[Counted] = (), *, continues: str = ""
    ) -> Verdict:
        """Count a request against its rate limits, then a grant if all of its quotas allow it.

        Raises:
            StoreDownError: Redis cannot be asked.
        """
        answer = await self._run(
            "take",
            *(grant.grant_id, grant.caller_key, grant.address_key),
            *(grant.granted_seconds, grant.expires_in_seconds, continues),
            self._limits,
            *_as_arguments(asked),
        )
        told, counts = answer[:8], answer[8:]
        refused, now_text, frees_in, refund_in, previous, current, recovered, day_seconds = told
        if recovered:
            grant.granted_seconds = recovered
        now = float(now_text)
        verdict = _verdict(refused, asked, now, counts)
        day = self._days.get(verdict.refused, self._days["caller-day"])
        states = verdict.states
        if day.quota and not (states and states[-1].limit.name == verdict.refused):
            states += (LimitState(day, previous, current, DAY - now % DAY),)
        return Verdict(
            verdict.refused,
            states,
            frees_in_seconds=float(frees_in),
            refund_in_seconds=float(refund_in),
            goes_on=bool(recovered),
            day_seconds=float(day_seconds),
        )

    async def cancel(self, grant_id: str, counted: Sequence[Counted] = ()) -> int:
        """Undo a grant of which no token came."""
        return int(await self._run("cancel", grant_id, *_as_arguments(counted)))

    async def hand_back(self, grant_id: str) -> bool:
        """Note that the token is said to stay unused."""
        return bool(await self._run("hand_back", grant_id))

    async def claim(self, grant_id: str, session_id: str) -> bool:
        """Note the session whose end was reported."""
        return bool(await self._run("claim", grant_id, session_id))

    async def lease(self, name: str, seconds: int, *, is_asking: bool = False) -> Lease:
        """Ask to be the one process that reads the list of sessions, for so long."""
        answer = await self._run("lease", name, seconds, is_asking)
        is_ours, last_minted_at, now, reading, is_asked = answer
        at, *numbers = reading.split() or [None]
        return Lease(
            bool(is_ours),
            float(last_minted_at),
            float(now),
            Reading(float(at), *map(int, numbers)) if at else None,
            bool(is_asked),
        )

    async def snapshot(self) -> Snapshot:
        """Return all grants that are remembered, and how the day of all stands.

        In parts, between which others are answered. The day is that of the last part, by when all
        that counts there was listed: a grant that was cancelled since it was counts too much until
        the next reading, none too little. Whoever records meanwhile makes the first version old.
        """
        grants: list[Minted] = []
        first_version: int | None = None
        from_, skipped = "-inf", 0
        while from_:
            answer = await self._run("snapshot", from_, skipped)
            now, known_from, version, held_seconds, next_, skipped, *rows = answer
            from_ = next_.decode()
            first_version = version if first_version is None else first_version
            grants += map(_minted, rows)
        return Snapshot(float(now), float(known_from), first_version or 0, held_seconds, grants)

    async def record(
        self, snapshot: Snapshot, findings: Findings, *, day: int, knows_yesterday: bool
    ) -> Recorded | None:
        """Put what the list says in the place of what was reserved."""
        if day != snapshot.now // DAY:
            return None
        reading = reading_of(snapshot, findings)
        held_more = findings.held_seconds - snapshot.held_seconds
        yesterday = findings.used_yesterday_seconds if knows_yesterday else -1
        told = " ".join(map(str, reading[:-1]))  # the script adds the last number
        part, rest = findings.settled[:SETTLED_PART], findings.settled[SETTLED_PART:]
        answer = await self._run(
            *("record", snapshot.version, day, held_more, yesterday, told),
            *(findings.unexplained, part),
        )
        if not answer:
            return None
        unexplained_today, returned_seconds, new = answer
        version = snapshot.version
        while rest and answer:  # else the next reading finds them
            version += 1
            part, rest = rest[:SETTLED_PART], rest[SETTLED_PART:]
            answer = await self._run("record", version, day, 0, -1, told, [], part)
            returned_seconds += answer[1] if answer else 0
        reading = reading._replace(unexplained_today=unexplained_today)
        return Recorded(reading, [each.decode() for each in new], returned_seconds)

    async def usage(self) -> Usage:
        """Tell how all stands."""
        now, reserved_seconds, open_count, days, grants = await self._run("usage")
        return Usage(float(now), days, reserved_seconds, open_count, [*map(_minted, grants)])


def _minted(row: list[Any]) -> Minted:
    grant_id, caller, minted_at, expires, granted, session_id, state, is_over = row
    return Minted(
        grant_id=grant_id.decode(),
        caller_key=caller.decode(),
        minted_at=float(minted_at),
        expires_in_seconds=expires,
        granted_seconds=granted,
        session_id=session_id.decode(),
        is_unused=state == b"unused",
        is_settled=bool(is_over),
    )


def _as_arguments(asked: Sequence[Counted]) -> list[str | float]:
    arguments: list[str | float] = []
    for limit, key in asked:
        arguments += (f"{limit.name}:{key}", limit.quota, limit.window_seconds)
    return arguments


def _verdict(refused: bytes, asked: Sequence[Counted], now: float, counts: list[int]) -> Verdict:
    """Return the outcome that the script's counts tell: two for each limit that was asked."""
    name = refused.decode()
    states = []
    for (limit, _), previous, current in zip(asked, counts[::2], counts[1::2], strict=False):
        if limit.counts == "caller" or limit.name == name:
            left_seconds = limit.window_seconds - now % limit.window_seconds
            states.append(LimitState(limit, previous, current, left_seconds))
    return Verdict(name, tuple(states))
