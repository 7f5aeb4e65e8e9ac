"""What a second process on the same port is worth: `python -m benchmarks.server.workers`.

All share all cores: on two, load, upstream and Redis take theirs from the processes measured.
"""

import statistics
import tempfile
from pathlib import Path

from benchmarks.server.cells import Bench, Cell, Sample
from benchmarks.server.peers import Peer

PEERS = (Peer.REDIS, Peer.TWO)
CELL = Cell("256 clients", 256, 0, PEERS, warm_up_seconds=4)
REPETITIONS = 5


def main() -> None:
    """Measure in turn, and print medians."""
    samples: dict[Peer, list[Sample]] = {peer: [] for peer in PEERS}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for _ in range(REPETITIONS):
            for peer in PEERS:
                samples[peer].append(bench.load(peer, CELL, core=None))
    for peer, taken in samples.items():
        tokens = statistics.median(sample.tokens_per_second for sample in taken)
        cpu = statistics.median(sample.cpu_us_per_token for sample in taken)
        foreign = statistics.median(sample.foreign_cores for sample in taken)
        errors = sum(sum(sample.errors.values()) for sample in taken)
        print(
            f"{peer}: {tokens:.0f} tokens/s, {cpu:.0f} µs CPU a token, {errors} errors, "
            f"{foreign:.2f} cores for Redis and all else on this machine"
        )
    ratios = [
        two.tokens_per_second / one.tokens_per_second
        for one, two in zip(*samples.values(), strict=True)
    ]
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"tokens/s of two / one: {middle:.2f} [{low:.2f}..{high:.2f}]")


if __name__ == "__main__":
    main()
