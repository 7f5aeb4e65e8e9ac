"""What the tests of the limits share: a clock, callers, a record of what was counted, stores."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from prometheus_client.parser import text_string_to_metric_families

from app.access.credentials import Caller
from app.observability.metrics import Metrics
from app.usage.ledger import LedgerStore, QuotaLimits
from app.usage.ledger_memory import MemoryLedger
from app.usage.ledger_redis import RedisLedger, UsageScript, open_redis
from app.usage.matching import Findings
from app.usage.rate_limits import DAY
from tests.redis_server import RedisServer

# Ten o'clock of some day in UTC: ten hours into a window of the day, none into one of the hour.
START = 20_000 * 86400 + 10 * 3600


class Clock:
    """A time that only a test moves, in seconds since 1970."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Tally(Metrics):
    """What the limits tell their metrics, to be read."""

    NAMES: ClassVar = {
        "voicegate_limited_total": "{limit}",
        "voicegate_store_failures_total": "failed-{kind}",
        "voicegate_granted_seconds_total": "granted",
        "voicegate_returned_seconds_total": "returned",
    }

    @property
    def counts(self) -> dict[str, float]:
        """What was counted until now, by a short name."""
        families = text_string_to_metric_families(self.exposition().decode())
        samples = [sample for family in families for sample in family.samples]
        return {
            self.NAMES[sample.name].format(**sample.labels): sample.value
            for sample in samples
            if sample.name in self.NAMES and sample.value
        }


def visitor(name: str, address: str = "home") -> Caller:
    """Return a caller known by a cookie."""
    return Caller("visitor", name, address)


def rules(**limits: int) -> QuotaLimits:
    """Return quotas with these limits and no other."""
    names = (f"{who}_{what}" for who in ("caller", "address", "all") for what in ("day", "open"))
    chosen = {name.removesuffix("_seconds"): limit for name, limit in limits.items()}
    return {name.replace("_", "-"): chosen.pop(name, 0) for name in names}


async def over(
    ledger: LedgerStore,
    *settled: tuple[str, int],
    held: int | None = None,
    yesterday: int | None = None,
    unexplained: Sequence[str] = (),
) -> int:
    """Record a reading by which grants are over; returns what came back.

    Args:
        ledger: Where.
        settled: The grants, each with the seconds that it used.
        held: What counts for all today; what counted before unless told.
        yesterday: What was talked on the day before.
        unexplained: Sessions without a grant.
    """
    snapshot = await ledger.snapshot()
    held = snapshot.held_seconds if held is None else held
    findings = Findings(held, yesterday or 0, 0, 0, [*unexplained], [*settled])
    recorded = await ledger.record(
        snapshot, findings, day=int(snapshot.now // DAY), knows_yesterday=yesterday is not None
    )
    assert recorded is not None
    return recorded.returned_seconds


@asynccontextmanager
async def ledger_of(
    server: RedisServer | None, limits: QuotaLimits, clock: Any
) -> AsyncIterator[LedgerStore]:
    """Yield an empty ledger: in Redis, or in memory where no server is given."""
    if server is None:
        yield MemoryLedger(limits, clock=clock, monotonic=clock)
        return
    server.ask("FLUSHALL")
    redis = open_redis(server.url)
    try:
        yield RedisLedger(UsageScript(redis, clock=clock), limits)
    finally:
        await redis.aclose()
