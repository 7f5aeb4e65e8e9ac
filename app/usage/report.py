"""The usage report, as JSON: docs/operating.md says what each member tells."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from app.config.settings import Settings
from app.observability.metrics import Metrics
from app.usage.accounting import Accounting
from app.usage.ledger import Reading, StoreDownError, Usage
from app.usage.rate_limits import DAY, MINUTE

Report = dict[str, Any]

# What the ledger tells, while it cannot be asked.
UNKNOWN: Final[Report] = {
    "today": None,
    "days": [],
    "open_sessions": None,
    "sessions": [],
    "listed": None,
}


async def usage_report(
    settings: Settings,
    accounting: Accounting,
    metrics: Metrics,
    stopped_by: list[str],
    reading: Reading | None,
) -> Report:
    """Return how all stands now; `reading` is None where a day does not rest on the list."""
    known = UNKNOWN
    risks: list[str] = []
    with suppress(StoreDownError):  # which the report says
        known = _known(settings, await accounting.store.usage(), reading)
        risks = await accounting.store_risks()
    latest, latest_at = metrics.upstream_latest or (None, None)
    return {
        "told_at": datetime.now(UTC),
        "stopped_by": stopped_by,
        **known,
        "refusals": metrics.limited.counts | metrics.access_refusals.counts,
        "store": {
            "kind": "redis" if settings.redis_url else "memory",
            "is_up": known is not UNKNOWN,
            "risks": risks,
        },
        "upstream": {
            "latest": latest,
            "latest_age_seconds": max(0, int(time.time() - latest_at)) if latest_at else None,
            "outcomes": metrics.upstream_requests.counts,
        },
    }


def _known(settings: Settings, usage: Usage, reading: Reading | None) -> Report:
    listed = reading and {
        "age_seconds": max(0, int(usage.now - reading.at)),
        "open_sessions": reading.open_sessions,
        "unexplained_sessions": reading.unexplained_today,
    }
    today = _today(settings, usage, reading)
    return {
        "today": today,
        "days": _days(usage, today["used_seconds"]),
        "open_sessions": usage.open_count,
        "sessions": [
            {
                "caller": each.caller_key,
                "age_seconds": max(0, int(usage.now - each.minted_at)),
                "granted_seconds": each.granted_seconds,
            }
            for each in usage.grants
        ],
        "listed": listed,
    }


def _today(settings: Settings, usage: Usage, reading: Reading | None) -> Report:
    *_, before, today = usage.days_seconds
    reserved = min(today, usage.reserved_seconds)
    if reading and reading.at // DAY == usage.now // DAY:
        reserved = max(0, today - reading.used_today_seconds)
    yesterday = round(before * (1 - usage.now % DAY / DAY))
    limit = settings.minutes_per_day * MINUTE or None
    return {
        "used_seconds": today - reserved,
        "reserved_seconds": reserved,
        "yesterday_seconds": yesterday,
        "left_seconds": max(0, limit - today - yesterday) if limit else None,
        "limit_seconds": limit,
        "cost_usd": round((today - reserved) / 3600 * settings.price_per_hour_usd, 2),
    }


def _days(usage: Usage, used_today_seconds: int) -> list[Report]:
    days_seconds = [*usage.days_seconds[:-1], used_today_seconds]
    today = int(usage.now // DAY)
    numbered = enumerate(days_seconds, start=today - len(days_seconds) + 1)
    return [
        {
            "day": datetime.fromtimestamp(number * DAY, UTC).date().isoformat(),
            "used_seconds": seconds,
        }
        for number, seconds in numbered
    ]
