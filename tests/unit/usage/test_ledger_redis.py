"""The breaker before the store, and what happens while the store is away."""

import asyncio
import logging
from typing import Any

import pytest
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedSSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from app.errors import StoppedError
from app.usage.accounting import Accounting
from app.usage.ledger import Grant, StoreDownError
from app.usage.ledger_redis import (
    DOWN_SECONDS,
    MAX_EXCHANGES,
    SETTLED_PART,
    Breaker,
    open_redis,
    store_risks,
)
from tests.limit_kit import Clock, Tally, ledger_of, over, rules, visitor
from tests.redis_server import redis_server
from tests.relay import relay
from tests.service import NO_LIMITS, make_settings

SECRET = "0123456789abcdef0123456789abcdef"
TERMS: dict[str, Any] = {"max_session_duration_seconds": 900, "expires_in_seconds": 60}


@pytest.fixture(autouse=True)
def _patient_with_stores() -> None:
    """Wait as long as production does: that is what is tested here."""


class Store:
    """Answers, fails or says nothing, as told; counts how often it was asked."""

    def __init__(self) -> None:
        self.behaviour = "answer"
        self.asked = 0

    async def ask(self, questions: list[str]) -> list[str]:
        """Be asked."""
        self.asked += 1
        if self.behaviour == "fail":
            raise RedisConnectionError
        if self.behaviour == "break":
            raise AttributeError("of the client's own")
        if self.behaviour == "hang":
            await asyncio.Event().wait()
        return [f"answer to {question}" for question in questions]


@pytest.mark.parametrize("behaviour", ["fail", "break"])
async def test_failure_keeps_everyone_off_for_a_second_then_one_probe(behaviour: str) -> None:
    """Nobody asks a store that just failed; after a second one does, and if it works, all do."""
    clock, store = Clock(), Store()
    breaker = Breaker(store.ask, clock)
    store.behaviour = behaviour
    for _ in range(5):
        with pytest.raises(StoreDownError):
            await breaker.ask("one")
    assert store.asked == 1

    clock.now += DOWN_SECONDS
    for _ in range(5):
        with pytest.raises(StoreDownError):
            await breaker.ask("one")
    assert store.asked == 2

    store.behaviour = "answer"
    clock.now += DOWN_SECONDS
    assert [await breaker.ask("one") for _ in range(3)] == ["answer to one"] * 3


async def test_only_one_probe_at_a_time() -> None:
    """While the one finds out, the others are told at once that the store is down."""
    clock, store = Clock(), Store()
    breaker = Breaker(store.ask, clock)
    store.behaviour = "fail"
    with pytest.raises(StoreDownError):
        await breaker.ask("one")
    clock.now += DOWN_SECONDS
    store.behaviour = "hang"
    results = await asyncio.gather(*(breaker.ask("one") for _ in range(20)), return_exceptions=True)

    assert all(isinstance(result, StoreDownError) for result in results)
    assert store.asked == 2


async def test_silent_store_is_waited_for_once() -> None:
    """Those who wait for their turn are sent away as soon as the first find out."""
    store = Store()
    store.behaviour = "hang"
    breaker = Breaker(store.ask)
    waiting = []
    for number in range(10 * MAX_EXCHANGES):
        waiting.append(asyncio.create_task(breaker.ask(str(number))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert all(isinstance(result, StoreDownError) for result in results)
    assert store.asked == MAX_EXCHANGES


async def test_one_exchange_carries_what_is_asked_in_one_turn() -> None:
    """Each gets the answer to its own question."""
    store = Store()
    breaker = Breaker(store.ask)
    names = [str(number) for number in range(100)]

    assert await asyncio.gather(*map(breaker.ask, names)) == [f"answer to {n}" for n in names]
    assert store.asked == 1


async def test_our_own_busy_loop_is_not_taken_for_a_dead_store() -> None:
    """An answer that waits because this process was busy for longer than the limit still counts."""
    loop = asyncio.get_running_loop()

    async def ask(_: list[str]) -> list[str]:
        answer: asyncio.Future[list[str]] = loop.create_future()
        loop.call_later(0.005, answer.set_result, ["answered"])
        return await answer

    def block() -> None:
        stop_at = loop.time() + 0.2
        while loop.time() < stop_at:
            pass

    loop.call_soon(block)
    assert await Breaker(ask).ask("one") == "answered"


async def test_cancelled_waiter_keeps_nobody_else_from_an_answer() -> None:
    """A request that goes away takes nothing from those who asked with it."""
    store = Store()
    breaker = Breaker(store.ask)
    gone, stays = (asyncio.create_task(breaker.ask(name)) for name in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == "answer to stays"


@pytest.fixture
def away() -> dict[str, str]:
    """Return settings of a Redis where nobody listens."""
    return {"redis_url": "redis://127.0.0.1:1", "secret": SECRET}


async def test_store_away_quota_refuses(
    away: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody gets a token that cannot be counted; told each time, logged once a second."""
    caplog.set_level(logging.ERROR)
    tally = Tally()
    limits = Accounting(make_settings(**away), tally)
    async with limits.serving():
        for _ in range(20):
            with pytest.raises(StoppedError) as refusal:
                await limits.quota.take(visitor("ann"), **TERMS)
            assert refusal.value.retry_after_seconds == 5

    assert tally.counts == {"failed-quota": 20}
    assert 1 <= len(caplog.records) <= 4
    assert "127.0.0.1" not in caplog.text


async def test_store_away_rate_limits_alone_let_pass(
    away: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Where the operator bounds no cost, a store that is away stops nobody, and is told."""
    caplog.set_level(logging.ERROR)
    tally = Tally()
    limits = Accounting(make_settings(**(NO_LIMITS | away | {"caller_mints_per_minute": 3})), tally)
    async with limits.serving():
        admitted = [await limits.quota.take(visitor("ann"), **TERMS) for _ in range(20)]

    assert len({each.grant.grant_id for each in admitted}) == 20
    assert tally.counts == {"failed-rate-limits": 20}
    assert "let every request pass" in caplog.text


@pytest.mark.parametrize("round_trip_ms", [0, 20, 100, 250])
async def test_far_redis_costs_one_exchange_a_token(round_trip_ms: int) -> None:
    """As far as another continent: nobody is refused, and each is counted by one call."""
    tally = Tally()
    with redis_server() as server:
        async with relay(server.port, round_trip_seconds=round_trip_ms / 1000) as far:
            chosen = make_settings(redis_url=f"redis://127.0.0.1:{far.port}", secret=SECRET)
            limits = Accounting(chosen, tally)
            async with limits.serving():
                await limits.quota.probe()
                server.ask("CONFIG RESETSTAT")
                admitted = await asyncio.gather(
                    *(limits.quota.take(visitor(f"v{n}", f"a{n}"), **TERMS) for n in range(50))
                )
                counts = server.ask("INFO commandstats").decode()

    assert len({each.grant.grant_id for each in admitted}) == 50
    assert [state.limit.name for state in admitted[0].states] == [
        *("caller-minute", "caller-hour", "caller-day"),
    ]
    assert "cmdstat_evalsha:calls=50," in counts
    assert tally.counts == {"granted": 50 * 900}


async def test_broken_count_of_wrong_codes_closes_no_quota() -> None:
    """Each has a breaker of its own: one that failed says nothing about the other."""
    tally = Tally()
    with redis_server() as server:
        server.ask("SET {voicegate}:rate:code-minute:here not-a-count")
        chosen = make_settings(redis_url=server.url, secret=SECRET)
        limits = Accounting(chosen, tally)
        async with limits.serving():
            await limits.code_attempts.wrong_attempt("here", "net")
            await limits.quota.take(visitor("ann"), **TERMS)

    assert tally.counts == {"failed-code-attempts": 1, "granted": 900}


async def test_wrong_codes_stay_limited_while_the_store_is_away() -> None:
    """Guessing is not free because Redis is not there."""
    chosen = make_settings(redis_url="redis://127.0.0.1:1", secret=SECRET)
    limits = Accounting(chosen, Tally())
    refused = 0
    async with limits.serving():
        for _ in range(15):
            try:
                await limits.code_attempts.wrong_attempt("here", "net")
            except Exception as error:  # noqa: BLE001 - its kind is what is asserted
                refused += type(error).__name__ == "RateLimitedError"

    assert refused == 5


async def test_store_that_may_forget_is_looked_for_while_serving(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What somebody sets wrong is told once, however often it is seen, and again if set again."""
    monkeypatch.setattr("app.usage.accounting.LOOK_EVERY_SECONDS", 0)
    sentence = "maxmemory-policy allkeys-lru"
    looks: asyncio.Queue[None] = asyncio.Queue()

    async def look(redis: Any) -> list[str]:
        looks.put_nowait(None)
        return await store_risks(redis)

    monkeypatch.setattr("app.usage.accounting.store_risks", look)
    told = []
    with redis_server() as server:
        limits = Accounting(make_settings(redis_url=server.url, secret=SECRET), Tally())
        async with limits.serving(), asyncio.timeout(20):
            for policy in ("allkeys-lru", "noeviction", "allkeys-lru"):
                server.ask(f"CONFIG SET maxmemory-policy {policy}")
                for _ in range(looks.qsize() + 3):
                    await looks.get()
                told.append(caplog.text.count(sentence))

    assert told == [1, 1, 2]
    assert caplog.text.count("no append-only file") == 1


async def test_url_of_sentinels_says_all_that_the_client_needs() -> None:
    """Redis has a user, a password and a database of its own, the sentinels a password or none."""
    redis = open_redis(
        "rediss+sentinel://ann:p%40w@one:1,[::1]:2,three/counts/3?sentinel_password=x%2Fy"
    )
    pool = redis.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    sentinels = [each.connection_pool.connection_kwargs for each in pool.sentinel_manager.sentinels]

    assert pool.service_name == "counts"
    assert pool.connection_class is SentinelManagedSSLConnection
    expected = {"username": "ann", "password": "p@w", "db": 3}
    assert {name: pool.connection_kwargs[name] for name in expected} == expected
    places = [(each["host"], each["port"], each["password"]) for each in sentinels]
    assert places == [("one", 1, "x/y"), ("::1", 2, "x/y"), ("three", 26379, "x/y")]
    assert not any(each["retry"].get_retries() for each in [*sentinels, pool.connection_kwargs])


@pytest.mark.parametrize("apart_seconds", [0, 1])
async def test_grants_of_hours_are_read_and_settled_in_parts(apart_seconds: int) -> None:
    """Redis answers nobody while a script runs: ten thousand grants in one took a second."""
    clock, numbers = Clock(), range(600)
    with redis_server() as server:
        redis = open_redis(server.url)
        async with ledger_of(server, rules(all_day_seconds=10**9), clock) as ledger:
            for number in numbers:
                await ledger.take(Grant(f"grant-{number:010d}", "ann", "", 900, 60))
                clock.now += apart_seconds
            await redis.config_resetstat()
            snapshot = await ledger.snapshot()
            ids = [grant.grant_id for grant in snapshot.grants]
            reads = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
            returned_seconds = await over(ledger, *((each, 100) for each in ids))
            again = await ledger.snapshot()
        await redis.aclose()

    assert sorted(ids) == [f"grant-{number:010d}" for number in numbers]
    assert reads >= len(numbers) / SETTLED_PART
    assert returned_seconds == len(numbers) * 800
    assert all(grant.is_settled for grant in again.grants)
    assert snapshot.held_seconds == len(numbers) * 900
