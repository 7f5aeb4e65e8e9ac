"""Courtesy limits: how often one caller, one address and all together may ask.

They keep the service pleasant and cap nothing that costs; where their store is away they let pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from app.usage.counters import Counters, CourtesyRefusedError, PerHour, PerMinute
from app.usage.rules import LimitMetrics, LimitState
from app.usage.windows import Window, whole_seconds

if TYPE_CHECKING:
    from limits import RateLimitItem
    from redis.asyncio import Redis

    from app.access.caller import Caller
    from app.config.settings import Settings
    from app.usage.bounded_memory import BoundedMemory
    from app.usage.redis_store import Breaker

ALL: Final = "all"

Counts = Literal["caller", "address", "all"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit: its name, how many in which time, and by what it counts."""

    name: str
    item: RateLimitItem
    counts: Counts

    def key(self, caller: Caller) -> str:
        """Return what this limit knows a caller by."""
        if self.counts == "all":
            return ALL
        return caller.key if self.counts == "caller" else caller.address_key


def courtesy_rules(settings: Settings) -> list[Rule]:
    """Return the limits that the operator wants, in the order in which they are asked.

    What refuses a caller for itself comes first, so that it takes nothing from its neighbours.
    """
    minute, hour = settings.caller_mints_per_minute, settings.caller_mints_per_hour
    callers = settings.callers_per_address
    wanted: list[tuple[str, int, type[PerMinute | PerHour], Counts]] = [
        ("caller-minute", minute, PerMinute, "caller"),
        ("caller-hour", hour, PerHour, "caller"),
        ("address-minute", minute * callers, PerMinute, "address"),
        ("address-hour", hour * callers, PerHour, "address"),
        ("all-minute", settings.mints_per_minute, PerMinute, "all"),
    ]
    return [
        Rule(name, kind(amount, namespace=name), counts)
        for name, amount, kind, counts in wanted
        if amount
    ]


class _Outcome(NamedTuple):
    """How the caller's limits stand, and which one refused for how long, if one did."""

    states: tuple[LimitState, ...]
    refused: str = ""
    wait_seconds: int = 0


class CourtesyLimits:
    """Counts requests for tokens.

    Args:
        settings: What the operator allows.
        metrics: Told of refusals, and of a store that is away.
        redis: Where several processes count together; None counts in this process's memory.
        breaker: Of that store.
        memory: This process's own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        metrics: LimitMetrics,
        redis: Redis | None = None,
        breaker: Breaker | None = None,
        memory: BoundedMemory | None = None,
    ) -> None:
        rules = courtesy_rules(settings)
        self._of_subjects = [rule for rule in rules if rule.counts != "address"]
        self._of_others = rules
        self._metrics = metrics
        self._counters = Counters(metrics=metrics, redis=redis, breaker=breaker, memory=memory)

    async def hit(self, caller: Caller) -> tuple[LimitState, ...]:
        """Count a request; returns how the caller's own limits stand, if that is known.

        Raises:
            RateLimitedError: One of the limits is reached; its `states` tell how they stand.
        """
        rules = self._of_subjects if caller.kind == "subject" else self._of_others
        outcome = await self._counters.ask(lambda: self._hit(rules, caller), _Outcome(()))
        if outcome.refused:
            self._metrics.limited(outcome.refused)
            raise CourtesyRefusedError(outcome.refused, outcome.wait_seconds, outcome.states)
        return outcome.states

    async def _hit(self, rules: list[Rule], caller: Caller) -> _Outcome:
        states = []
        for rule in rules:
            item, key = rule.item, rule.key(caller)
            allowed = await self._counters.hit(item, key)
            if allowed and rule.counts != "caller":
                continue
            window = await self._counters.window(item, key)
            states.append(_state(rule, window))
            if not allowed:
                wait_seconds = window.seconds_until_fits(item.amount, 1)
                return _Outcome(tuple(states), rule.name, wait_seconds)
        return _Outcome(tuple(states))


def _state(rule: Rule, window: Window) -> LimitState:
    return LimitState(
        name=rule.name,
        quota=rule.item.amount,
        window_seconds=window.seconds,
        remaining=window.remaining(rule.item.amount),
        reset_seconds=whole_seconds(window.left_seconds),
    )
