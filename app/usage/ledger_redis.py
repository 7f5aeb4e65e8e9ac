"""The ledger in Redis, where all processes keep one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.usage.ledger import LIFETIME_SECONDS, Grant, Verdict
from app.usage.rules import DAY
from app.usage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from redis.asyncio import Redis

    from app.usage.redis_store import Breaker
    from app.usage.rules import CostRules

SCRIPT: Final = Path(__file__).with_name("ledger.lua")
PREFIX: Final = "{voicegate}:"


class RedisLedger:
    """A `LedgerStore` of one Lua script.

    Args:
        redis: Where the ledger is.
        rules: What may be granted.
        breaker: Ends what takes too long.
        clock: The time in seconds; None, as in production, is the server's own.
    """

    def __init__(
        self,
        redis: Redis,
        rules: CostRules,
        *,
        breaker: Breaker,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._script = redis.register_script(SCRIPT.read_text(encoding="utf-8"))
        self._breaker = breaker
        self._clock = clock
        self._rules = rules

    async def take(self, grant: Grant) -> Verdict:
        """Count a grant, if all limits allow it.

        Raises:
            StoreDownError: Redis cannot be asked.
        """
        rules = self._rules
        answer = await self._run(
            "take",
            *(grant.grant_id, grant.caller_key, grant.address_key),
            *(grant.granted_seconds, grant.expires_in_seconds),
            *(rules.caller_day_seconds, rules.address_day_seconds, rules.all_day_seconds),
            *(rules.caller_open, rules.address_open, rules.all_open),
        )
        refused, previous, current, left_seconds, frees_in_seconds = answer
        day = Window(int(previous), int(current), float(left_seconds), DAY)
        return Verdict(refused.decode(), day, float(frees_in_seconds))

    async def cancel(self, grant_id: str) -> int:
        """Undo a grant of which no token came."""
        return int(await self._run("cancel", grant_id))

    async def claim(self, grant_id: str) -> bool:
        """Tell whether this is the first report of this grant's end."""
        return bool(await self._run("claim", grant_id))

    async def settle(
        self, grant_id: str, session_id: str, began_at_seconds: float, used_seconds: int
    ) -> int:
        """Give back what a session proves to be unused."""
        answer = await self._run("settle", grant_id, session_id, began_at_seconds, used_seconds)
        return int(answer)

    async def _run(self, operation: str, *arguments: str | float) -> Any:
        now = "" if self._clock is None else repr(self._clock())

        # EVALSHA; the script's text is sent again only to a server that does not have it.
        def ask() -> Coroutine[None, None, Any]:
            return self._call([operation, now, LIFETIME_SECONDS, *arguments])

        return await self._breaker.run(ask)

    async def _call(self, arguments: list[str | float]) -> Any:
        return await self._script(keys=[PREFIX], args=arguments)
