"""What is done to the layout, and what has to hold meanwhile; each returns the rows of a table."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

from benchmarks.scale.asked import Asked, Request, ask, load
from benchmarks.scale.failover import cluster, sentinel
from benchmarks.scale.layout import DELAY_SECONDS, REPLICAS, Front, Layout, caddy, find, running
from benchmarks.scale.load import MINT
from benchmarks.scale.proxies import FRONTS, version
from benchmarks.scale.table import Row

CLIENTS, PAUSE_SECONDS = 12, 0.05
# Three tokens, one of them by POST with a body, the page and a file of it, so that all kinds of
# requests meet what happens.
PATHS = f"{MINT},/,POST {MINT},/static/voice-agent/index.js,{MINT}"
POSTS = f"POST {MINT},/,POST {MINT},/static/voice-agent/index.js"
MINUTES_A_TOKEN = 15


def limits() -> list[Row]:
    """Ask for far more than a limit, through all replicas at once."""
    rows = []
    for name, value, tokens in (
        ("SESSIONS_AT_ONCE", 100, 100),
        ("MINUTES_PER_DAY", 1200, 1200 // MINUTES_A_TOKEN),
        # A rate limit slides: where the asking crosses a minute, a few more are right.
        ("MINTS_PER_MINUTE", 120, None),
    ):
        settings = {f"VOICEGATE_{name}": str(value)}
        with running(settings) as layout:
            asked = ask(layout, clients=30, requests=400)
            shares = sorted(replica.minted for replica in layout.replicas)
        got = len(asked.tokens)
        minted = " + ".join(map(str, shares))
        rows.append(
            Row(
                f"`VOICEGATE_{name}={value}`: {len(asked.requests)} asked, tokens granted",
                f"{got} ({minted} by the replicas); refused: {asked.outcomes()}",
                None if tokens is None else got == sum(shares) == tokens and not asked.duplicates,
            )
        )
    return rows


def rolling_restart() -> list[Row]:
    """End and start one replica after the other while callers come; then again without a delay."""
    asked, took, seconds, codes = _restart_all({})
    hasty, *_ = _restart_all({"VOICEGATE_SHUTDOWN_DELAY_SECONDS": "0"})
    return [
        Row(
            f"rolling restart of all in {took:.0f} s: requests, failed",
            f"{len(asked.requests)}, {len(asked.failed)} ({asked.outcomes()})",
            not asked.failed and not asked.duplicates and len(asked.tokens) > 0,
        ),
        Row(
            f"from SIGTERM to the end of a replica (delay {DELAY_SECONDS} s), exit codes",
            f"{min(seconds):.1f} to {max(seconds):.1f} s, {codes}",
            not any(codes),
        ),
        Row("longest wait of a request meanwhile", f"{_longest_ms(asked.requests)} ms"),
        Row(
            "the same with `VOICEGATE_SHUTDOWN_DELAY_SECONDS=0`: requests, failed",
            f"{len(hasty.requests)}, {len(hasty.failed)} ({hasty.outcomes()})",
        ),
    ]


def _restart_all(
    settings: dict[str, str],
    *,
    front: Front = caddy,
    replica_count: int = REPLICAS,
    paths: str = PATHS,
) -> tuple[Asked, float, list[float], list[int]]:
    seconds: list[float] = []
    codes: list[int] = []
    with (
        running(settings, front=front, replica_count=replica_count) as layout,
        _steady(layout, paths) as asked,
    ):
        began = time.monotonic()
        for replica in layout.replicas:
            replica.wait_for_callers()
            told_at = time.monotonic()
            codes.append(replica.end())
            seconds.append(time.monotonic() - told_at)
            replica.start()
            replica.wait_for_callers()
        took = time.monotonic() - began
        time.sleep(1)
    return asked, took, seconds, codes


def killed() -> list[Row]:
    """Kill one replica without a warning, and bring it back."""
    with running({}, "--fault", "token_delay=0.2") as layout, _steady(layout) as asked:
        replica = layout.replicas[1]
        for each in layout.replicas:
            each.wait_for_callers()
        killed_at, gone_at = replica.kill()
        time.sleep(3)
        started_at = time.monotonic()
        replica.start()
        ready_at = time.monotonic()
        replica.wait_for_callers()
        back_at = time.monotonic()
        time.sleep(1)
    open_then = [r for r in asked.requests if r.asked_at <= gone_at and r.answered_at >= killed_at]
    in_hand = [request for request in open_then if request in asked.failed]
    last_ms = max((r.answered_at - killed_at for r in in_hand), default=0) * 1000
    return [
        Row(
            f"kill -9 of one: of {len(asked.requests)} requests, {len(open_then)} open then, lost",
            f"{len(in_hand)} ({asked.outcomes()})",
            len(in_hand) == len(asked.failed) <= CLIENTS
            and all(request.path == MINT for request in in_hand)
            and not asked.duplicates,
        ),
        Row("the last loss was known after", f"{last_ms:.0f} ms"),
        Row("longest wait of a request meanwhile", f"{_longest_ms(asked.requests)} ms"),
        Row(
            "started again: ready, and with callers",
            f"{ready_at - started_at:.1f} s, {back_at - started_at:.1f} s",
        ),
    ]


def store_restarted() -> list[Row]:
    """End Redis, leave it away, and bring it back, with a limit that must survive that."""
    limit = 400
    settings = {"VOICEGATE_SESSIONS_AT_ONCE": str(limit)}
    with running(settings) as layout:
        with _steady(layout, MINT) as asked:
            for replica in layout.replicas:
                replica.wait_for_callers()
            time.sleep(1)
            layout.store.end()
            ended_at = time.monotonic()
            time.sleep(2)
            started_at = time.monotonic()
            back_at = layout.store.start()
            time.sleep(2.5)
        rest = ask_rest(layout, limit)
    unpaid = [r for r in asked.tokens if r.asked_at > ended_at and r.answered_at < started_at]
    refused = [r for r in asked.failed if r.told == "service_unavailable"]
    other = [r for r in asked.failed if r not in refused and r.told != "quota_exhausted"]
    first_at = min((r.answered_at for r in asked.tokens if r.answered_at > back_at), default=0)
    slowest_ms = max((r.answered_at - r.asked_at for r in refused), default=0) * 1000
    got = len(asked.tokens) + rest
    return [
        Row(
            "Redis away for 2 s: tokens without a count, refusals, anything else",
            f"{len(unpaid)}, {len(refused)} of 503, {len(other)}",
            not unpaid and not other and bool(refused),
        ),
        Row("slowest refusal", f"{slowest_ms:.0f} ms"),
        Row("first token once Redis answered again", f"{(first_at - back_at) * 1000:.0f} ms"),
        Row(
            f"limit of {limit} over the restart: tokens in all",
            # A grant whose answer was lost with Redis is counted, and given to nobody.
            f"{got}",
            limit - CLIENTS <= got <= limit,
        ),
    ]


def ask_rest(layout: Layout, limit: int) -> int:
    """Return how many more tokens there are."""
    with load(layout, clients=CLIENTS, max_requests=limit + CLIENTS) as asked:
        before = sum(replica.asked for replica in layout.replicas)
        while sum(replica.asked for replica in layout.replicas) < before + limit:
            time.sleep(0.05)
    return len(asked.tokens)


def _steady(layout: Layout, paths: str = PATHS) -> AbstractContextManager[Asked]:
    return load(layout, clients=CLIENTS, paths=paths, pause_seconds=PAUSE_SECONDS)


def _longest_ms(requests: Iterable[Request]) -> int:
    return round(max(r.answered_at - r.asked_at for r in requests) * 1000)


def proxies() -> Iterator[Row]:
    """Restart two replicas behind each proxy that is installed, and kill one."""
    for name, front in FRONTS.items():
        if find(name) is None:
            yield Row(f"{name}: not installed", "")
            continue
        named = f"{name} {version(name)}"
        for delay_seconds in (DELAY_SECONDS, 0):
            settings = {"VOICEGATE_SHUTDOWN_DELAY_SECONDS": str(delay_seconds)}
            asked, *_ = _restart_all(settings, front=front, replica_count=2, paths=POSTS)
            yield Row(
                f"{named}, delay {delay_seconds} s: tokens by POST, requests, failed",
                f"{len(asked.tokens)}, {len(asked.requests)}, {asked.outcomes()}",
                # Without a delay, and without looks at /readyz, some are refused or lost.
                (not asked.failed or not delay_seconds or name == "nginx") and not asked.duplicates,
            )


SCENES: dict[str, Callable[[], Iterable[Row]]] = {
    "limits": limits,
    "rolling-restart": rolling_restart,
    "killed": killed,
    "store-restarted": store_restarted,
    "proxies": proxies,
    "sentinel": sentinel,
    "cluster": cluster,
}
