"""A Redis whose primary is named by sentinels, so that a failover is followed."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

SENTINEL_PORT = 26379


class _PrimaryPool(SentinelConnectionPool):
    """Closes the connections to the sentinels with those to the primary."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()


def primary_of(
    url: re.Match[str], sentinel_options: dict[str, Any], options: dict[str, Any]
) -> Redis:
    """Return a client of the primary; a new connection asks the sentinels which one that is.

    Args:
        url: What `SENTINEL_URL` found.
        sentinel_options: How connections to the sentinels are made.
        options: How those to the primary are made.
    """
    told = {name: unquote(value) for name, value in url.groupdict().items() if value}
    parts = [urlsplit(f"//{place}") for place in told["hosts"].split(",")]
    is_tls = told["scheme"] == "rediss"
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(part.hostname, part.port or SENTINEL_PORT) for part in parts],
        sentinel_kwargs={
            "password": told.get("sentinel_password"),
            "ssl": is_tls,
            **sentinel_options,
        },
    )
    redis: Redis = sentinel.master_for(
        told["service"],
        connection_pool_class=_PrimaryPool,
        username=told.get("username"),
        password=told.get("password"),
        db=int(told.get("database", 0)),
        ssl=is_tls,
        **options,
    )
    return redis
