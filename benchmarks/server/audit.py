"""What the audit costs those who ask for tokens meanwhile: `python -m benchmarks.server.audit`.

The same service with and without it, in turn; the list has 10,000 sessions of the last hours, and
one of them goes on, so that each reading reads all 50 pages.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.server.cells import Bench, Cell, Sample
from benchmarks.server.peers import Peer

PEERS = (Peer.AUDITED, Peer.UNAUDITED)
# Two readings in each; slow enough that a core is not what callers wait for.
CELL = Cell("4 clients", 4, 0.02, PEERS, warm_up_seconds=6, seconds=60, sessions=10_000)
REPETITIONS = 3


def main() -> None:
    """Measure in turn, and print medians."""
    samples: dict[Peer, list[Sample]] = {peer: [] for peer in PEERS}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for repetition in range(REPETITIONS):
            for peer in PEERS[:: -1 if repetition % 2 else 1]:
                samples[peer].append(bench.load(peer, CELL))
                print(f"{repetition + 1}/{REPETITIONS}  {peer}", file=sys.stderr)
    for peer, taken in samples.items():
        p50, p99, slowest, cpu, foreign = (
            statistics.median(values)
            for values in zip(
                *(
                    (s.p50_ms, s.p99_ms, s.slowest_ms, s.server_cpu_seconds, s.foreign_cores)
                    for s in taken
                ),
                strict=True,
            )
        )
        errors = sum(sum(sample.errors.values()) for sample in taken)
        print(
            f"{peer}: p50 {p50:.1f}, p99 {p99:.1f}, slowest {slowest:.1f} ms, {cpu:.2f} s of CPU, "
            f"{errors} errors, {foreign:.2f} cores for all else on this machine"
        )
    ratios = [a.p99_ms / b.p99_ms for a, b in zip(*samples.values(), strict=True)]
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"p99 with / without: {middle:.2f} [{low:.2f}..{high:.2f}], target at most 1.1")


if __name__ == "__main__":
    main()
