"""A Redis whose primary is named by sentinels, so that a failover is followed."""

import asyncio
import contextlib
import re
import time
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.exceptions import RedisError

SENTINEL_PORT: Final = 26379
# Sentinels replace a primary that is up within a second, and tell it so after eight or more. What
# it takes meanwhile, it forgets then.
LOOK_SECONDS: Final = 1.0


class _PrimaryPool(SentinelConnectionPool):
    """Asks for the primary again while its connections work; closes those to the sentinels too."""

    _looking: asyncio.Task[None] | None = None
    _looked_at = 0.0

    async def get_connection(self, *arguments: Any, **more: Any) -> Any:
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS and (not self._looking or self._looking.done()):
            self._looked_at = now
            self._looking = asyncio.create_task(self._look())
        return await super().get_connection(*arguments, **more)  # type: ignore[no-untyped-call]

    async def _look(self) -> None:
        # Closes kept connections to another; while no sentinel answers, they serve on.
        with contextlib.suppress(RedisError, OSError):
            await self.get_master_address()  # type: ignore[no-untyped-call]

    async def release(self, connection: Any) -> None:
        # Those in use, which it does not close.
        if (connection.host, connection.port) != self.master_address:
            connection.mark_for_reconnect()
        await super().release(connection)

    async def aclose(self) -> None:
        if self._looking:
            await self._looking
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
