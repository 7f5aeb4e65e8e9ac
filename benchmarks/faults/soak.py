"""50 callers, and a fault a minute: `python -m benchmarks.faults.soak [--minutes N] [--seed N]`.

See ../README.md. Exits with 1 if a request got stuck, was answered in a way that is not documented,
or was counted wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.faults.gate import (
    MINT,
    Answer,
    Gate,
    agents,
    ask,
    gate,
    raw,
    redis,
    shared,
)
from benchmarks.server.cpu import process_memory_bytes
from benchmarks.server.processes import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.relay import Relay

CALLERS = 50
PAUSE_SECONDS = 2.0
FAULT_SECONDS = 5
SESSION_SECONDS = 60
METRICS_TOKEN = "m" * 32
# What docs/operating.md says of a request for a token; anything else is a mistake of the service.
DOCUMENTED = {
    *("200", "429 upstream_busy", "502 upstream_unavailable", "502 upstream_rejected"),
    *("502 upstream_unreadable", "503 overloaded", "503 service_unavailable"),
    "504 upstream_timeout",
}


@dataclass
class Rig:
    """All that faults act on.

    Attributes:
        service: The service.
        upstream: The way to the simulator.
        store: The way to Redis.
        log: Whether the log is read.
    """

    service: Gate
    upstream: Relay
    store: Relay
    log: asyncio.Event = field(default_factory=asyncio.Event)


async def upstream_deaf(rig: Rig) -> None:
    """Kept connections to the agent service go deaf."""
    rig.upstream.deafen()


async def upstream_gone(rig: Rig) -> None:
    """Nobody listens where the agent service was."""
    await rig.upstream.vanish()
    await asyncio.sleep(FAULT_SECONDS)
    await rig.upstream.open()


async def upstream_silent(rig: Rig) -> None:
    """The agent service takes connections and says nothing."""
    rig.upstream.is_deaf = True
    rig.upstream.deafen()
    await asyncio.sleep(FAULT_SECONDS)
    rig.upstream.is_deaf = False
    rig.upstream.deafen()


async def upstream_slow(rig: Rig) -> None:
    """The agent service is a second away."""
    rig.upstream.round_trip_seconds = 1
    await asyncio.sleep(FAULT_SECONDS)
    rig.upstream.round_trip_seconds = 0


async def store_gone(rig: Rig) -> None:
    """Nobody listens where Redis was."""
    await rig.store.vanish()
    await asyncio.sleep(FAULT_SECONDS)
    await rig.store.open()


async def store_far(rig: Rig) -> None:
    """Redis is 250 ms away."""
    rig.store.round_trip_seconds = 0.25
    await asyncio.sleep(FAULT_SECONDS)
    rig.store.round_trip_seconds = 0


async def log_stops(rig: Rig) -> None:
    """Nobody reads the log."""
    rig.log.clear()
    await asyncio.sleep(FAULT_SECONDS)
    rig.log.set()


async def idle_crowd(rig: Rig) -> None:
    """300 connections ask once and stay."""
    line = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    await asyncio.gather(*(raw(rig.service.port, line, FAULT_SECONDS) for _ in range(300)))


async def nonsense(rig: Rig) -> None:
    """Requests that are no HTTP, too long, or half."""
    sent = (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"x" * 99999, b"GET / HTTP/1.1\r\n")
    await asyncio.gather(
        *(raw(rig.service.port, part, FAULT_SECONDS) for part in sent for _ in range(50))
    )


FAULTS = (
    *(upstream_deaf, upstream_gone, upstream_silent, upstream_slow),
    *(store_gone, store_far, log_stops, idle_crowd, nonsense),
)


@asynccontextmanager
async def running(tree: Path) -> AsyncIterator[Rig]:
    """Run the service with all that faults act on, and read its log."""
    reading, writing = os.pipe()
    settings = {"VOICEGATE_OPERATOR_TOKEN": METRICS_TOKEN}
    async with agents() as upstream, redis() as store:
        settings |= shared(store)
        async with gate(tree, upstream.port, settings, output=writing) as service:
            rig = Rig(service, upstream, store)
            rig.log.set()
            loop = asyncio.get_running_loop()
            os.set_blocking(reading, False)

            async def read_log() -> None:
                while True:
                    await rig.log.wait()
                    try:
                        os.read(reading, 1 << 20)
                    except BlockingIOError:
                        await asyncio.sleep(0.05)

            log_reader = loop.create_task(read_log())
            try:
                yield rig
            finally:
                log_reader.cancel()
    os.close(reading)
    os.close(writing)


async def call(rig: Rig, until: float, answers: list[Answer]) -> None:
    """Be one caller, who asks for tokens."""
    path = f"{MINT}?max_session_duration_seconds={SESSION_SECONDS}"
    async with rig.service.client(kept=True, patience=15) as client:
        while time.monotonic() < until:
            answers.append(await ask(client, path))
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter


async def soak(tree: Path, minutes: int, seed: int) -> bool:
    """Run it, and print the table; returns whether all is as it should be."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    answers: list[Answer] = []
    descriptors, memory, made = [], [], []
    async with running(tree) as rig:
        until = time.monotonic() + minutes * 60
        callers = [asyncio.create_task(call(rig, until, answers)) for _ in range(CALLERS)]
        order: list[Callable[[Rig], Awaitable[None]]] = []
        for minute in range(minutes):
            order = order or chance.sample(FAULTS, len(FAULTS))
            fault = order.pop()
            made.append(fault.__name__)
            began = time.monotonic()
            await asyncio.sleep(10)
            await fault(rig)
            await asyncio.sleep(max(0, 60 - (time.monotonic() - began) - 1))
            descriptors.append(len(os.listdir(f"/proc/{rig.service.process.pid}/fd")))  # noqa: PTH208
            memory.append(process_memory_bytes(rig.service.process.pid) / 2**20)
            print(f"minute {minute + 1}: {fault.__name__}", file=sys.stderr, flush=True)
        await asyncio.gather(*callers)
        metrics = await rig.service.ask(
            "/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}
        )
    outcomes = Counter(answer.outcome for answer in answers)
    granted = _metric(metrics.text, "granted_seconds_total")
    returned = _metric(metrics.text, "returned_seconds_total")
    due = outcomes["200"] * SESSION_SECONDS
    # A grant is kept where it cannot be told whether its answer arrived: never too few.
    too_few = granted - returned < due
    unknown = {o: n for o, n in outcomes.items() if o not in DOCUMENTED}
    words = ", ".join(f"{number} x {outcome}" for outcome, number in outcomes.most_common())
    print("| what | measured |\n|---|---|")
    print(f"| seed, minutes, callers | {seed}, {minutes}, {CALLERS} |")
    print(f"| faults | {', '.join(made)} |")
    print(f"| answers | {words} |")
    print(f"| longest wait | {max(a.seconds for a in answers):.1f} s |")
    print(f"| stuck requests | {outcomes['nothing']} |")
    print(f"| answers that are not documented | {sum(unknown.values())} {unknown or ''} |")
    print(f"| descriptors after each minute | {', '.join(map(str, descriptors))} |")
    print(f"| memory after each minute, MiB | {', '.join(f'{m:.0f}' for m in memory)} |")
    print(f"| granted less returned, tokens handed out | {granted - returned:.0f} s, {due} s |")
    return not (unknown or too_few)


def _metric(text: str, name: str) -> float:
    match = re.search(rf"^voicegate_{name} (\S+)$", text, re.MULTILINE)
    return float(match[1]) if match else 0.0


def main() -> None:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))  # noqa: S311
    parser.add_argument("--tree", type=Path, default=REPOSITORY)
    told = parser.parse_args()
    print(f"seed {told.seed}", file=sys.stderr)
    try:
        sys.exit(int(not asyncio.run(soak(told.tree.resolve(), told.minutes, told.seed))))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
