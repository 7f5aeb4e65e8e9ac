"""The usage report: what the operator's page and `/operator/usage` tell."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.config.settings import Settings
from app.observability.metrics import Metrics
from app.usage.accounting import Accounting
from app.usage.ledger import Reading, StoreDownError, Usage
from app.usage.rate_limits import DAY, MINUTE


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What counted on one day of UTC, which is written as 2026-11-30."""

    day: str
    used_seconds: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that may be open; `caller` is the hash that the log has too."""

    caller: str
    age_seconds: int
    granted_seconds: int


@dataclass(frozen=True, slots=True)
class ListedSessions:
    """What the agent service's own list of sessions says.

    Args:
        age_seconds: How long ago it was read.
        open_sessions: How many went on then.
        unexplained_sessions: How many of today's no grant explains.
    """

    age_seconds: int
    open_sessions: int
    unexplained_sessions: int


@dataclass(frozen=True, slots=True)
class TodayUsage:
    """How the minutes of all together stand.

    Args:
        used_seconds: Of today, those that nobody can give back any more.
        reserved_seconds: Of today, those that open sessions may still use.
        yesterday_seconds: Of the day before, those that still count.
        left_seconds: That may be granted now; None without a limit.
        limit_seconds: A day's; None without a limit.
        cost_usd: Of what was used today.
    """

    used_seconds: int
    reserved_seconds: int
    yesterday_seconds: int
    left_seconds: int | None
    limit_seconds: int | None
    cost_usd: float


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Where the counts are kept: `memory` or `redis`; in which ways it may forget them."""

    kind: str
    is_up: bool
    risks: list[str]


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """How exchanges with the agent service went since this process started.

    Args:
        latest: The last one's outcome, `ok` or a problem's code; None before there was one.
        latest_age_seconds: How long ago that was.
        outcomes: How many ended how.
    """

    latest: str | None
    latest_age_seconds: int | None
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What an operator wants to know; what the ledger tells is None while it cannot be asked.

    Args:
        told_at: When, in UTC.
        stopped_by: What stops minting now; nothing while it goes on.
        today: How the minutes stand.
        days: The last days of UTC, today last.
        open_sessions: How many there may be, of which `sessions` are the first to end.
        listed: What the agent service's own list says; None where it is not read.
        refusals: How many callers were refused by which limit, and turned away for which reason,
            since this process started.
    """

    told_at: datetime
    stopped_by: list[str]
    today: TodayUsage | None
    days: list[DayUsage]
    open_sessions: int | None
    sessions: list[OpenSession]
    listed: ListedSessions | None
    refusals: dict[str, int]
    store: StoreHealth
    upstream: UpstreamHealth


async def usage_report(
    settings: Settings,
    accounting: Accounting,
    metrics: Metrics,
    stopped_by: list[str],
    reading: Reading | None,
) -> UsageReport:
    """Return how all stands now; `reading` is None where a day does not rest on the list."""
    usage: Usage | None = None
    risks: list[str] = []
    try:
        usage = await accounting.store.usage()
        risks = await accounting.store_risks()
    except StoreDownError:
        pass  # which the report says
    told_at = datetime.now(UTC)
    latest = metrics.upstream_latest
    return UsageReport(
        told_at=told_at,
        stopped_by=stopped_by,
        today=_today(settings, usage, reading) if usage else None,
        days=_days(usage) if usage else [],
        open_sessions=usage.open_count if usage else None,
        sessions=[
            OpenSession(
                each.caller_key, max(0, int(usage.now - each.minted_at)), each.granted_seconds
            )
            for each in usage.grants
        ]
        if usage
        else [],
        listed=ListedSessions(
            max(0, int(usage.now - reading.at)), reading.open_sessions, reading.strangers_today
        )
        if usage and reading
        else None,
        refusals=metrics.limited.counts | metrics.access_refusals.counts,
        store=StoreHealth("redis" if settings.redis_url else "memory", usage is not None, risks),
        upstream=UpstreamHealth(
            latest[0] if latest else None,
            max(0, int(told_at.timestamp() - latest[1])) if latest else None,
            metrics.upstream_requests.counts,
        ),
    )


def _today(settings: Settings, usage: Usage, reading: Reading | None) -> TodayUsage:
    *_, before, today = usage.days_seconds
    reserved = min(today, usage.reserved_seconds)
    if reading and reading.at // DAY == usage.now // DAY:
        reserved = max(0, today - reading.used_today_seconds)
    yesterday = round(before * (1 - usage.now % DAY / DAY))
    limit = settings.minutes_per_day * MINUTE or None
    return TodayUsage(
        used_seconds=today - reserved,
        reserved_seconds=reserved,
        yesterday_seconds=yesterday,
        left_seconds=max(0, limit - today - yesterday) if limit else None,
        limit_seconds=limit,
        cost_usd=round((today - reserved) / 3600 * settings.price_per_hour_usd, 2),
    )


def _days(usage: Usage) -> list[DayUsage]:
    today = int(usage.now // DAY)
    numbered = enumerate(usage.days_seconds, start=today - len(usage.days_seconds) + 1)
    return [
        DayUsage(datetime.fromtimestamp(number * DAY, UTC).date().isoformat(), seconds)
        for number, seconds in numbered
    ]
