"""Tables in Markdown: each figure is a median, with the lowest and the highest repetition."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.server.peers import EXPRESS, Peer
from benchmarks.server.processes import NODE
from benchmarks.server.targets import Target, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.server.tally import Sample

PACKAGES = ("fastapi", "starlette", "httptools", "httpx", "uvicorn", "uvloop", "limits")
FIGURES: dict[str, Callable[[Sample], float]] = {
    "CPU µs a token": lambda s: s.cpu_us_per_token,
    "tokens/s": lambda s: s.tokens_per_second,
    "p50 ms": lambda s: s.p50_ms,
    "p99 ms": lambda s: s.p99_ms,
    "memory after, MiB": lambda s: s.memory_bytes / 2**20,
}
HEADINGS = {
    "steady": "16 clients, upstream answers at once",
    "many": "256 clients, upstream answers at once",
    "crowd": "500 clients, upstream answers after 200 ms (at most 2,500 tokens/s)",
}


@dataclass(slots=True)
class Results:
    """All that was measured.

    Attributes:
        loads: By cell and peer, one sample for each repetition.
        starts: Seconds to the first token.
        pauses: Seconds for a token after a pause.
    """

    loads: dict[str, dict[Peer, list[Sample]]]
    starts: dict[Peer, list[float]] = field(default_factory=dict)
    pauses: dict[Peer, list[float]] = field(default_factory=dict)

    def samples(self) -> Iterator[Sample]:
        """Yield every sample of every load."""
        for cell in self.loads.values():
            for samples in cell.values():
                yield from samples


def print_report(results: Results) -> None:
    """Print what was aimed at and what came, then what it came from."""
    print(f"{_machine()}\n")
    rows = [_target_row(target) for target in judge(results)]
    _print_table(["what", "target", "measured", ""], rows)
    for name, cell in results.loads.items():
        print(f"\n{HEADINGS[name]}:\n")
        _print_table(["", *FIGURES, "errors"], [_load_row(p, s) for p, s in cell.items()])
    print("\nOne process, one token, ms:\n")
    rows = [
        [peer, spread(_ms(results.starts[peer])), spread(_ms(results.pauses[peer]))]
        for peer in results.starts
    ]
    _print_table(["", "start to the first token", "token after a pause"], rows)
    foreign = [s.foreign_cores for s in results.samples()]
    load = max(s.load_cores for s in results.samples())
    print(f"\nEverything else on this machine took {spread(foreign, 2)} cores meanwhile;")
    print(f"load and stub took at most {load:.2f} of the core that they share.")


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return `median [lowest..highest]`."""
    middle, low, high = (f"{v:,.{digits}f}" for v in (median(values), min(values), max(values)))
    return f"{middle} [{low}..{high}]"


def _target_row(target: Target) -> list[str]:
    bound = f"{'≤' if target.is_most else '≥'} {target.bound:.3g}"
    digits = 0 if target.bound == 0 else 3 if target.bound < 0.1 else 2  # noqa: PLR2004 - for the eye
    verdict = "met" if target.is_met else "missed"
    return [target.what, bound, spread(target.values, digits), verdict]


def _load_row(peer: Peer, samples: Sequence[Sample]) -> list[str]:
    figures = [spread([read(sample) for sample in samples]) for read in FIGURES.values()]
    return [peer, *figures, _errors(samples)]


def _errors(samples: Sequence[Sample]) -> str:
    totals = {"never answered": sum(s.unanswered for s in samples)}
    for sample in samples:
        for name, number in sample.errors.items():
            totals[name] = totals.get(name, 0) + number
    return ", ".join(f"{name}: {number}" for name, number in totals.items() if number) or "none"


def _ms(seconds: Sequence[float]) -> list[float]:
    return [value * 1000 for value in seconds]


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.ljust(width, "-" if cell == "---" else " ")
            for cell, width in zip(line, widths, strict=True)
        )
        print(f"| {' | '.join(cells)} |")


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    asked = "console.log(process.version, require('express/package.json').version)"
    node, express = subprocess.run(  # noqa: S603 - our own Node, fixed words
        [str(NODE), "-e", asked], cwd=EXPRESS, capture_output=True, text=True, check=True
    ).stdout.split()
    return (
        f"{sys.platform}, {os.cpu_count()} cores, {python}; {packages}; "
        f"Node {node}, express {express}."
    )
