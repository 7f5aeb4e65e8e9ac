"""Ten thousand calls through two replicas, audited: `python -m benchmarks.scale.calls`.

See ../README.md. Exits with 1 if a call failed, or if the ledger and the agent service's own list
of sessions do not agree to the second.
"""

import argparse
import json
import math
import os
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import redis
from websockets.sync.client import connect

from benchmarks.scale.layout import Layout, Store, missing, running
from benchmarks.scale.programs import talking
from benchmarks.scale.table import Row, print_table
from benchmarks.server.cpu import process_cpu_seconds, process_memory_bytes

REPLICAS, OPERATOR = 2, "o" * 32
# The limits of each caller stay as they are: each of ten thousand calls once, from one address.
SETTINGS = {
    "VOICEGATE_MINUTES_PER_DAY": "1000000",
    "VOICEGATE_CALLER_MINUTES_PER_DAY": "100",
    # A token can open sessions for a minute: so long even the shortest call keeps its place.
    "VOICEGATE_SESSIONS_AT_ONCE": "10000",
    "VOICEGATE_CALLER_SESSIONS_AT_ONCE": "6",
    "VOICEGATE_CALLER_MINTS_PER_MINUTE": "10",
    "VOICEGATE_CALLERS_PER_ADDRESS": "1000",
    "VOICEGATE_OPERATOR_TOKEN": OPERATOR,
}
# As if the ledger had been there before the first call: else nobody could tell of the sessions of
# the first ten minutes whether a grant from before the start explains them.
KNOWN_SECONDS = 3600
GRANTED_SECONDS = 900
AUDIT = "{voicegate}:audit"
SETTLED_SECONDS = 400
LOOK_SECONDS = 2
MIB = 2**20


class Size(NamedTuple):
    """How large all is at a time."""

    when: str
    replicas_mib: list[float]
    descriptors: list[int]
    keys: int
    redis_mib: float
    cpu_seconds: list[float]

    @classmethod
    def of(cls, layout: Layout, store: "redis.Redis", when: str) -> "Size":
        """Look at all processes."""
        ids = [replica.process_id for replica in layout.replicas]
        return cls(
            when,
            [process_memory_bytes(each) / MIB for each in ids],
            [len(os.listdir(f"/proc/{each}/fd")) for each in ids],  # noqa: PTH208
            store.dbsize(),
            store.info("memory")["used_memory"] / MIB,
            [process_cpu_seconds(each) for each in ids],
        )

    def words(self) -> str:
        """Say it in a cell of the table."""
        memory = " + ".join(f"{each:.1f}" for each in self.replicas_mib)
        open_files = " + ".join(map(str, self.descriptors))
        cpu = " + ".join(f"{each:.0f}" for each in self.cpu_seconds)
        return (
            f"replicas {memory} MiB, {open_files} descriptors, {cpu} s of CPU; "
            f"Redis {self.redis_mib:.1f} MiB, {self.keys:,} keys"
        )


def usage(layout: Layout) -> dict[str, Any]:
    """Return what the operator is told by one of the replicas."""
    url = f"http://127.0.0.1:{layout.replicas[0].port}/operator/usage"
    headers = {"authorization": f"Bearer {OPERATOR}"}
    told: dict[str, Any] = httpx.get(url, headers=headers, trust_env=False, timeout=30).json()
    return told


def listed(layout: Layout) -> list[dict[str, Any]]:
    """Return all sessions that the agent service lists."""
    sessions: list[dict[str, Any]] = []
    cursor = ""
    with httpx.Client(base_url=layout.upstream_url, trust_env=False, timeout=60) as client:
        client.headers["authorization"] = "key-of-the-scale-benchmark"
        while True:
            page = client.get("/v1/sessions", params={"limit": 200, "cursor": cursor}).json()
            sessions += page["sessions"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return sessions


def settle(layout: Layout) -> dict[str, Any]:
    """Return what the operator is told once nothing is open or reserved any more."""
    give_up_at = time.monotonic() + SETTLED_SECONDS
    while True:
        told = usage(layout)
        today, seen = told["today"], told["listed"]
        if today and not today["reserved_seconds"] and seen and not seen["open_sessions"]:
            return told
        if time.monotonic() > give_up_at:
            print("not settled:", json.dumps(told)[:2000], file=sys.stderr)
            return told
        time.sleep(LOOK_SECONDS)


def reused(layout: Layout) -> int:
    """Open two sessions with one token, and return how many of today's nothing explains then."""
    url = f"http://127.0.0.1:{layout.replicas[0].port}/api/voice-token"
    mint = httpx.get(url, trust_env=False, timeout=30).json()
    for _ in range(2):
        with connect(f"{mint['ws_url']}?token={mint['token']}") as socket:
            socket.send(json.dumps({"type": "session.update", "session": {}}))
            while json.loads(socket.recv())["type"] != "session.ready":
                pass
            socket.send(json.dumps({"type": "session.end"}))
            for _ in socket:
                pass
    return int(settle(layout)["listed"]["unexplained_sessions"])


def metric(layout: Layout, name: str) -> int:
    """Return the sum of a metric over all replicas."""
    headers = {"authorization": f"Bearer {OPERATOR}"}
    total = 0.0
    for replica in layout.replicas:
        url = f"http://127.0.0.1:{replica.port}/metrics"
        said = httpx.get(url, headers=headers, trust_env=False, timeout=30).text.splitlines()
        total += sum(float(line.split()[-1]) for line in said if line.startswith(name))
    return round(total)


def known_from(store: Store) -> None:
    """Let the ledger know all grants since an hour ago: there was none."""
    with redis.Redis.from_url(store.url) as client:
        client.hset(AUDIT, "known_from", time.time() - KNOWN_SECONDS)


def run(calls: int) -> Iterator[Row]:
    """Make the calls; yields what was seen."""
    counts = sorted({max(1, calls // 10), max(1, calls // 2), calls})
    told: list[dict[str, Any]] = []
    with running(SETTINGS, replica_count=REPLICAS, before=known_from) as layout:
        store = redis.Redis.from_url(layout.store.url)  # closed with the process
        sizes = [Size.of(layout, store, "before the first")]
        began = time.monotonic()
        told_callers = ["--authority", str(layout.authority), *map(str, counts)]
        with talking("benchmarks.scale.callers", layout.origin, *told_callers) as process:
            assert process.stdin
            assert process.stdout
            for count in counts:
                told += json.loads(process.stdout.readline())
                took_seconds = time.monotonic() - began
                sizes.append(Size.of(layout, store, f"{count:,} calls"))
                print(f"{count} of {calls} calls, {took_seconds:.0f} s", file=sys.stderr)
                process.stdin.write("\n")
                process.stdin.flush()
        report = settle(layout)
        sizes.append(Size.of(layout, store, "once all is settled"))
        seconds = [each["duration_seconds"] or 0 for each in listed(layout)]
        kept = metric(layout, "voicegate_granted_seconds_total")
        kept -= metric(layout, "voicegate_returned_seconds_total")
        failures = metric(layout, "voicegate_store_failures_total")
        twice = reused(layout)
    yield from (Row(f"size: {size.when}", size.words()) for size in sizes)
    outcomes = Counter(each["outcome"] for each in told)
    yield Row(
        f"{calls:,} calls in {took_seconds:.0f} s: complete, anything else",
        f"{outcomes.pop('ok', 0):,}, {dict(outcomes) or 'nothing'}",
        not outcomes,
    )
    used, begun = report["today"]["used_seconds"], sum(map(math.ceil, seconds))
    yield Row(
        "seconds of the day: by the list, in the ledger",
        f"{sum(seconds):,.2f} of {len(seconds):,} sessions, {used:,}",
        # The list tells times and lengths to a millisecond each.
        abs(used - sum(seconds)) < 1 + calls / 1000 and len(seconds) == calls,
    )
    yield Row(
        "granted less what came back, and each session's seconds rounded up",
        f"{kept:,} and {begun:,} (of {calls * GRANTED_SECONDS:,} granted)",
        kept == begun,
    )
    yield Row(
        "sessions that nothing explains; after a token was used twice",
        f"{report['listed']['unexplained_sessions']}; {twice}",
        not report["listed"]["unexplained_sessions"] and twice == 1,
    )
    again = sum(each.get("refused", 0) for each in told)
    yield Row(
        "refused with 503 and asked again; exchanges with Redis that failed",
        f"{again}; {failures}",
    )
    for name, what in (("token_ms", "a token"), ("ready_ms", "from it to session.ready")):
        values = sorted(each[name] for each in told if name in each)
        p99 = values[len(values) * 99 // 100]
        yield Row(
            f"{what}: median, p99, longest",
            f"{statistics.median(values):.0f}, {p99:.0f}, {values[-1]:.0f} ms",
        )


def main() -> None:
    """Call, and print what grew and what did not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    calls = parser.parse_args().calls
    if programs := missing():
        sys.exit(f"Not installed: {', '.join(programs)} (make bench-scale brings both).")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(print_table(run(calls)))


if __name__ == "__main__":
    main()
