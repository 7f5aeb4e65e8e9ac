"""What a token costs, and what others would pay for it: `python -m benchmarks.server`.

The whole service, with and without a query and with Redis, against the vendor's Express route and
others in one run; see ../README.md.
"""

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from benchmarks.server import processes
from benchmarks.server.cells import Bench, Cell, Results
from benchmarks.server.cpu import pin
from benchmarks.server.peers import LOAD_CORE, NODE_PEERS, Peer
from benchmarks.server.report import print_report

US, EXPRESS = Peer.VOICEGATE, Peer.EXPRESS
# On one core; workers.py measures two processes, audit.py the reading of the list of sessions.
ELSEWHERE = {Peer.TWO, Peer.AUDITED, Peer.UNAUDITED}
ALONE = tuple(peer for peer in Peer if peer not in ELSEWHERE)
AT_ONCE = "{} clients, upstream answers at once"
SLOWLY = "{} clients, upstream answers after 200 ms (at most {} tokens/s)"
CELLS = {
    "16": Cell(AT_ONCE.format(16), 16, 0, ALONE),
    "256": Cell(AT_ONCE.format(256), 256, 0, tuple(p for p in ALONE if p is not Peer.SHARED)),
    "500": Cell(SLOWLY.format(500, "2,500"), 500, 0.2, (US, EXPRESS, Peer.FASTIFY)),
    "2000": Cell(SLOWLY.format("2,000", "10,000"), 2000, 0.2, (US, EXPRESS, Peer.FASTIFY)),
}
QUICK = {
    name: replace(CELLS[name], warm_up_seconds=5, seconds=3, peers=(US, Peer.QUERY, EXPRESS))
    for name in ("16", "256")
}
START = "start"
STARTED = (US, EXPRESS, Peer.SHARED)
REPETITIONS, STARTS = 3, 6


@dataclass(slots=True)
class Progress:
    """Says on standard error what is under way."""

    total: int
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def step(self, words: str) -> None:
        """Say what begins."""
        print(f"\r\033[K{next(self._numbers)}/{self.total}  {words}", end="", file=sys.stderr)


def measure(bench: Bench, cells: dict[str, Cell], *, repetitions: int, starts: int) -> Results:
    """Measure, the order of the peers reversed in every second repetition."""
    loads = repetitions * sum(len(cell.peers) for cell in cells.values())
    progress = Progress(loads + starts * len(STARTED))
    results = Results(loads={name: {p: [] for p in cell.peers} for name, cell in cells.items()})
    for repetition in range(repetitions):
        for name, cell in cells.items():
            for peer in _in_turn(cell.peers, repetition):
                progress.step(f"{peer}, {cell.connections} clients")
                results.loads[name][peer].append(bench.load(peer, cell))
    for repetition in range(starts):
        for peer in _in_turn(STARTED, repetition):
            progress.step(f"start: {peer}")
            results.starts.setdefault(peer, []).append(bench.seconds_to_first_token(peer))
    print("\r\033[K", end="", file=sys.stderr)
    return results


def _in_turn(peers: tuple[Peer, ...], repetition: int) -> tuple[Peer, ...]:
    return peers[:: -1 if repetition % 2 else 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one minute: the service and Express, once; every ratio is good to a tenth",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=(*CELLS, START),
        help="measure only this many clients, or the start; may be repeated",
    )
    told = parser.parse_args()
    if not (NODE_PEERS / "node_modules").is_dir() or not processes.NODE.exists():
        sys.exit("Express is not installed: run `make bench-server`.")
    cells = QUICK if told.quick else CELLS
    chosen = {name: cell for name, cell in cells.items() if not told.only or name in told.only}
    starts = STARTS if START in (told.only or ([] if told.quick else [START])) else 0
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pin(os.getpid(), LOAD_CORE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            repetitions = 1 if told.quick else REPETITIONS
            bench = Bench(Path(folder))
            results = measure(bench, chosen, repetitions=repetitions, starts=starts)
        print_report(results, cells)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
