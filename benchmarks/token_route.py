"""What a token costs, and what 500 clients get: `python -m benchmarks.token_route`.

The whole service against a bare route over a stock client, in one run; see README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from benchmarks import processes
from benchmarks.report import print_report
from benchmarks.tally import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

SERVER_CORE, LOAD_CORE = 0, 1
# Over the load's own limits: what a cell may take before it is given up.
SLACK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of load: how many clients, on how slow an upstream."""

    connections: int
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each cell is loaded, in seconds, and how often."""

    warm_up: float
    measure: float
    drain: float
    repetitions: int


FULL = Timing(warm_up=1.5, measure=3, drain=2, repetitions=3)
QUICK = Timing(warm_up=0.5, measure=1, drain=1, repetitions=1)
# With 500 clients a stalled peer takes all of it: 1.5 + 4.5 + 2 = 8 s.
CROWD_MEASURE_SECONDS = 4.5

FEW, MANY, CROWD = Cell(16, 0), Cell(64, 0), Cell(500, 0.2)


def serve_voicegate(upstream_url: str) -> AbstractContextManager[tuple[int, str]]:
    """Run the service as in production: its own command, all of its defaults."""
    environment = {
        "ASSEMBLYAI_API_KEY": "benchmark",
        "VOICEGATE_UPSTREAM_URL": upstream_url,
        "PORT": "0",
    }
    return processes.server("app", core=SERVER_CORE, environment=environment)


def serve_stock(upstream_url: str) -> AbstractContextManager[tuple[int, str]]:
    """Run the bare route."""
    return processes.server("benchmarks.stock_route", upstream_url, core=SERVER_CORE)


PEERS: dict[str, Callable[[str], AbstractContextManager[tuple[int, str]]]] = {
    "Voicegate": serve_voicegate,
    "stock httpx": serve_stock,
}


def measure(peer: str, cell: Cell, timing: Timing) -> Sample:
    """Load one peer once, with a stub upstream and processes of its own."""
    seconds = CROWD_MEASURE_SECONDS if cell == CROWD and timing == FULL else timing.measure
    stub = processes.server("benchmarks.stub_upstream", str(cell.delay_seconds), core=LOAD_CORE)
    with stub as (stub_pid, upstream_url), PEERS[peer](upstream_url) as (server_pid, url):
        options = {
            "--connections": cell.connections,
            "--warm-up-seconds": timing.warm_up,
            "--seconds": seconds,
            "--drain-seconds": timing.drain,
            "--server-pid": server_pid,
            "--stub-pid": stub_pid,
        }
        answer = processes.run(
            "benchmarks.load",
            url,
            *(str(word) for pair in options.items() for word in pair),
            core=LOAD_CORE,
            timeout_seconds=timing.warm_up + seconds + timing.drain + SLACK_SECONDS,
        )
    return Sample(**json.loads(answer))


def run(cells: Iterable[Cell], timing: Timing) -> dict[tuple[str, Cell], list[Sample]]:
    """Measure every peer in every cell, in turn, the order reversed in each repetition."""
    cells = list(cells)
    samples: dict[tuple[str, Cell], list[Sample]] = {
        (peer, cell): [] for cell in cells for peer in PEERS
    }
    total, done = len(samples) * timing.repetitions, count(1)
    for repetition in range(timing.repetitions):
        for cell in cells:
            for peer in list(PEERS)[:: -1 if repetition % 2 else 1]:
                progress = f"{next(done)}/{total}  {peer}, {cell.connections} clients"
                print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)
                samples[peer, cell].append(measure(peer, cell, timing))
    print("\r\033[K", end="", file=sys.stderr)
    return samples


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: too short to compare")
    timing = QUICK if parser.parse_args().quick else FULL
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        samples = run((FEW, MANY, CROWD), timing)
    except KeyboardInterrupt:
        sys.exit(130)
    named = {
        cell.connections: {peer: samples[peer, cell] for peer in PEERS}
        for cell in (FEW, MANY, CROWD)
    }
    print_report(named, crowd=CROWD.connections)


if __name__ == "__main__":
    main()
