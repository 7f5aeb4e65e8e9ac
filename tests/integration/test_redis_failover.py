"""Redis behind sentinels: the ledger finds the primary, and follows it to its replica."""

import asyncio
import contextlib
import socket
from itertools import count

import pytest

from app.usage.ledger import Grant, StoreDownError
from app.usage.ledger_redis import PREFIX, RedisLedger, UsageScript, open_redis
from tests.limit_kit import rules
from tests.redis_failover import SERVICE, guarded_redis

SECONDS, LIMIT = 900, 30


async def test_sentinels_name_the_primary() -> None:
    """The first that answers is enough; where none does, the store is down."""
    with guarded_redis() as guarded, socket.create_server(("127.0.0.1", 0)) as silent:
        mute = f"127.0.0.1:{silent.getsockname()[1]}"
        async with open_redis(guarded.url.replace("//", f"//{mute},")) as redis:
            ledger = RedisLedger(UsageScript(redis), rules(all_day_seconds=LIMIT * SECONDS))
            async with asyncio.timeout(60):
                while True:  # a busy machine may need more than one try
                    with contextlib.suppress(StoreDownError):
                        await ledger.take(Grant("grant-0000000001", "caller", "", SECONDS, 60))
                        break
                    await asyncio.sleep(0.05)
        assert guarded.primary.ask(f"ZCARD {PREFIX}minted") == b":1\r\n"

        async with open_redis(f"redis+sentinel://{mute}/{SERVICE}") as redis:
            ledger = RedisLedger(UsageScript(redis), rules(all_day_seconds=LIMIT * SECONDS))
            with pytest.raises(StoreDownError):
                await ledger.take(Grant("grant-0000000002", "caller", "", SECONDS, 60))


@pytest.mark.failover
async def test_killed_primary_is_followed_to_its_replica() -> None:
    """What was counted before counts after it: one limit, though one sentinel says nothing."""
    names, granted, is_refused = count(1), 0, False
    with guarded_redis() as guarded, socket.create_server(("127.0.0.1", 0)) as silent:
        mute = f"127.0.0.1:{silent.getsockname()[1]}"
        async with open_redis(guarded.url.replace("//", f"//{mute},")) as redis:
            ledger = RedisLedger(UsageScript(redis), rules(all_day_seconds=LIMIT * SECONDS))
            async with asyncio.timeout(120):
                while not is_refused:
                    try:
                        grant = Grant(f"grant-{next(names):010d}", "caller", "", SECONDS, 60)
                        is_refused = (await ledger.take(grant)).refused == "all-day"
                    except StoreDownError:
                        await asyncio.sleep(0.05)
                        continue
                    granted += not is_refused
                    if granted == LIMIT // 2 and guarded.primary.is_running:
                        await redis.set("last", 1)
                        assert await redis.wait(1, 30_000) == 1
                        guarded.primary.kill()

    assert granted == LIMIT


@pytest.mark.failover
async def test_primary_that_was_replaced_is_left_before_it_knows() -> None:
    """Until it is told, which takes 8 s and more, it takes counts that it will forget then."""
    names = count(1)
    with guarded_redis() as guarded:
        async with open_redis(guarded.url) as redis:
            ledger = RedisLedger(UsageScript(redis), rules(all_day_seconds=10_000 * SECONDS))

            async def take() -> bytes:
                with contextlib.suppress(StoreDownError):
                    await ledger.take(Grant(f"grant-{next(names):010d}", "caller", "", SECONDS, 60))
                await asyncio.sleep(0.05)
                return guarded.replica.ask(f"ZCARD {PREFIX}minted")

            async with asyncio.timeout(60):
                while await take() == b":0\r\n":
                    pass
                guarded.primary.ask("ACL SETUSER default -slaveof")  # it is never told
                # Again, as a sentinel that was kept waiting takes the replica for dead.
                while b"role:master" not in guarded.replica.ask("INFO replication"):
                    guarded.sentinels[0].ask(f"SENTINEL FAILOVER {SERVICE}")
                    await asyncio.sleep(0.05)
                before = guarded.replica.ask(f"ZCARD {PREFIX}minted")
                while await take() == before:
                    pass
