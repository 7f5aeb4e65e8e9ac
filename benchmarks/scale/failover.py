"""The primary of Redis dies in the middle of mints: what callers get, and what of it is counted.

Two replicas of the service and no proxy that matters; Redis with three sentinels, or as a cluster.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from redis import Redis

from benchmarks.scale.asked import Asked, load
from benchmarks.scale.layout import running
from benchmarks.scale.programs import wait_until
from benchmarks.scale.table import Row
from tests.redis_failover import SERVICE, Guarded, clustered_redis, guarded_redis
from tests.redis_server import RedisServer

CLIENTS, PAUSE_SECONDS = 12, 0.02
BEFORE_SECONDS, DEAD_SECONDS = 2, 5
TIMES = 3
# Sentinels have 30 s unless told otherwise, which would only be a longer wait.
DOWN_AFTER_MS = 1000


def sentinel() -> Iterator[Row]:
    """Kill the primary, or have the sentinels replace it; three times each."""
    for what, change in (
        ("kill -9 of the primary", _kill),
        ("`SENTINEL FAILOVER`", _replace),
        ("the same, `min-replicas-to-write 1`", _replace_bounded),
    ):
        for _ in range(TIMES):
            with guarded_redis(DOWN_AFTER_MS) as guarded:
                asked, changed_at = _ask_while(guarded.url, partial(change, guarded))
                known = _grants(guarded.replica)
            yield _row(f"Sentinel: {what}", asked, changed_at, known)


def _kill(guarded: Guarded) -> None:
    guarded.primary.kill()
    guarded.replica.until("INFO replication", b"role:master")


def _replace(guarded: Guarded) -> None:
    guarded.sentinels[0].ask(f"SENTINEL FAILOVER {SERVICE}")
    guarded.primary.until("INFO replication", b"role:slave")


def _replace_bounded(guarded: Guarded) -> None:
    # Of the primary that is to go alone: the other has no replica until it is back.
    guarded.primary.ask("CONFIG SET min-replicas-to-write 1")
    _replace(guarded)


def cluster() -> Iterator[Row]:
    """Kill the node that holds the counts; its replica takes over, the URL still names it."""
    with clustered_redis() as nodes:
        told: dict[str, float] = {}

        def die_and_return() -> None:
            nodes.holder.kill()
            nodes.replica.until("INFO replication", b"role:master")
            time.sleep(DEAD_SECONDS)
            nodes.holder.start()
            nodes.holder.until("INFO replication", b"master_link_status:up")
            time.sleep(DEAD_SECONDS)
            told["again"] = time.monotonic()
            nodes.holder.ask("CLUSTER FAILOVER")
            nodes.holder.until("INFO replication", b"role:master")

        asked, changed_at = _ask_while(nodes.holder.url, die_and_return)
        known = _grants(nodes.holder)
    between = [
        r for r in asked.requests if changed_at < r.asked_at and r.answered_at < told["again"]
    ]
    yield _row("cluster: kill -9 of the node in the URL", asked, changed_at, known)
    yield Row(
        "… from its death until it held the slot again: tokens, refusals",
        f"{sum(r.is_token for r in between)}, {len(between)}",
    )


def _ask_while(url: str, change: Callable[[], object]) -> tuple[Asked, float]:
    """Ask for tokens until some come again after a change; returns also when that began."""
    # With a limit: without any, a store that is away refuses nothing.
    settings = {"VOICEGATE_REDIS_URL": url, "VOICEGATE_SESSIONS_AT_ONCE": "1000000"}
    with (
        running(settings, replica_count=2) as layout,
        load(layout, clients=CLIENTS, pause_seconds=PAUSE_SECONDS) as asked,
    ):
        for replica in layout.replicas:
            replica.wait_for_callers()
        time.sleep(BEFORE_SECONDS)
        changed_at = time.monotonic()
        change()
        # More than may have been in hand.
        enough = [replica.minted + 2 * CLIENTS for replica in layout.replicas]
        wait_until(lambda: all(r.minted >= n for r, n in zip(layout.replicas, enough, strict=True)))
    return asked, changed_at


def _row(what: str, asked: Asked, changed_at: float, known: set[str]) -> Row:
    """Say what callers got, and how it compares with what the ledger knows."""
    granted = {request.grant_id for request in asked.tokens}
    refused = [r for r in asked.failed if r.answered_at > changed_at]
    last_at = max((r.answered_at for r in refused), default=changed_at)
    longest = max(r.answered_at - r.asked_at for r in asked.requests)
    return Row(
        what,
        f"{len(asked.tokens)} tokens; {asked.outcomes()} for {last_at - changed_at:.1f} s; longest "
        f"wait {longest:.1f} s; tokens that the ledger forgot: {len(granted - known)}, counted for "
        f"nobody: {len(known - granted)}, twice: {asked.duplicates}",
        not asked.duplicates and {r.told for r in asked.failed} <= {"service_unavailable"},
    )


def _grants(server: RedisServer) -> set[str]:
    """Return the names of all grants of tokens that a Redis knows."""
    with Redis(port=server.port, decode_responses=True) as store:
        return set(store.zrange("{voicegate}:minted", 0, -1))
