"""What a token costs, and what others would pay for it: `python -m benchmarks.server [--quick]`.

The whole service against its own route without middleware, the vendor's Express route and FastAPI
routes over stock httpx, in one run; see ../README.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import dataclass, field, replace
from itertools import count

from benchmarks.server import processes
from benchmarks.server.cells import Cell, load, seconds_after_pause, seconds_to_first_token
from benchmarks.server.peers import EXPRESS, Peer
from benchmarks.server.report import Results, print_report

US, OTHERS = Peer.VOICEGATE, (Peer.EXPRESS, Peer.SHARED)
CELLS = {
    "steady": Cell(16, 0, warm_up_seconds=6, seconds=4, peers=tuple(Peer)),
    "many": Cell(256, 0, warm_up_seconds=6, seconds=4, peers=(US, *OTHERS)),
    "crowd": Cell(500, 0.2, warm_up_seconds=4, seconds=5, peers=(US, *OTHERS)),
}
STARTED = (US, Peer.EXPRESS, Peer.SHARED)
REPETITIONS, STARTS, PAUSES = 3, 6, 4
PAUSE_SECONDS = 6.0


@dataclass(slots=True)
class Progress:
    """Says on standard error what is under way."""

    total: int
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def step(self, words: str) -> None:
        """Say what begins."""
        print(f"\r\033[K{next(self._numbers)}/{self.total}  {words}", end="", file=sys.stderr)


def measure(*, quick: bool) -> Results:
    """Measure everything, the order of the peers reversed in every second repetition."""
    cells = dict(CELLS)
    repetitions, starts, pauses = REPETITIONS, STARTS, PAUSES
    if quick:
        repetitions = starts = pauses = 1
        cells = {name: replace(c, warm_up_seconds=1, seconds=1) for name, c in cells.items()}
    loads = repetitions * sum(len(cell.peers) for cell in cells.values())
    progress = Progress(loads + starts * len(STARTED) + pauses)
    results = Results(loads={name: {p: [] for p in cell.peers} for name, cell in cells.items()})
    for repetition in range(repetitions):
        for name, cell in cells.items():
            for peer in _in_turn(cell.peers, repetition):
                progress.step(f"{name}: {peer}, {cell.connections} clients")
                results.loads[name][peer].append(load(peer, cell))
    for repetition in range(starts):
        for peer in _in_turn(STARTED, repetition):
            progress.step(f"start: {peer}")
            results.starts.setdefault(peer, []).append(seconds_to_first_token(peer))
    for repetition in range(pauses):
        progress.step(f"pause of {PAUSE_SECONDS:.0f} s")
        peers = _in_turn((US, *OTHERS), repetition)
        for peer, seconds in seconds_after_pause(peers, PAUSE_SECONDS).items():
            results.pauses.setdefault(peer, []).append(seconds)
    print("\r\033[K", end="", file=sys.stderr)
    return results


def _in_turn(peers: tuple[Peer, ...], repetition: int) -> tuple[Peer, ...]:
    return peers[:: -1 if repetition % 2 else 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: too short to compare")
    quick = parser.parse_args().quick
    if not (EXPRESS / "node_modules").is_dir() or not processes.NODE.exists():
        sys.exit("Express is not installed: run `make bench-server`.")
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        print_report(measure(quick=quick))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
