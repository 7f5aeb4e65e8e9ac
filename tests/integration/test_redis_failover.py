"""Redis whose primary dies: with sentinels the ledger goes on with the replica, by itself."""

import asyncio
import socket
from itertools import count

from app.usage.ledger import Grant, StoreDownError
from app.usage.ledger_redis import RedisLedger, UsageScript, open_redis
from tests.limit_kit import rules
from tests.redis_failover import guarded_redis

SECONDS, LIMIT = 900, 30


async def test_killed_primary_is_followed_to_its_replica() -> None:
    """What was counted before counts after it: one limit, though one sentinel says nothing."""
    names, granted, is_refused = count(1), 0, False
    with guarded_redis() as guarded, socket.create_server(("127.0.0.1", 0)) as silent:
        mute = f"127.0.0.1:{silent.getsockname()[1]}"
        redis = open_redis(guarded.url.replace("//", f"//{mute},"))
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
        await redis.aclose()

    assert granted == LIMIT
