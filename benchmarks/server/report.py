"""Tables in Markdown: each figure is a median, with the lowest and the highest repetition."""

import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from statistics import median

from benchmarks.server.cells import Cell, Results, Sample
from benchmarks.server.peers import NODE_PEERS, Peer
from benchmarks.server.processes import NODE
from benchmarks.server.targets import Target, judge

PACKAGES = ("fastapi", "starlette", "uvicorn", "httptools", "uvloop", "pycurl", "httpx")
NODE_PACKAGES = ("express", "fastify", "undici")
VERSIONS = """
const versions = process.argv.slice(1).map((name) => require(`${name}/package.json`).version);
console.log(process.version, ...versions);
"""
FIGURES: dict[str, Callable[[Sample], float]] = {
    "CPU µs a token": lambda s: s.cpu_us_per_token,
    "tokens/s": lambda s: s.tokens_per_second,
    "p50 ms": lambda s: s.p50_ms,
    "p99 ms": lambda s: s.p99_ms,
    "slowest ms": lambda s: s.slowest_ms,
    "memory after, MiB": lambda s: s.memory_bytes / 2**20,
}


def print_report(results: Results, cells: Mapping[str, Cell]) -> None:
    """Print what was aimed at and what came, then what it came from."""
    print(f"{_machine()}\n")
    rows = [_target_row(target) for target in judge(results)]
    _print_table(["what", "target", "measured", ""], rows)
    for name, cell in results.loads.items():
        print(f"\n{cells[name].title}:\n")
        _print_table(["", *FIGURES, "errors"], [_load_row(p, s) for p, s in cell.items()])
    if results.starts:
        print("\nFrom starting a process to its first token:\n")
        rows = [[peer, spread(_ms(seconds))] for peer, seconds in results.starts.items()]
        _print_table(["", "ms"], rows)
    samples = results.samples()
    if samples:
        foreign = spread([sample.foreign_cores for sample in samples], 2)
        load_us = spread([sample.load_cpu_us_per_token for sample in samples], 1)
        print(f"\nEverything else on this machine took {foreign} cores meanwhile.")
        print(f"The load generator took {load_us} µs a token; with the upstream and Redis, at most")
        print(f"{max(sample.load_cores for sample in samples):.2f} of the core that they share.")


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
    totals: Counter[str] = Counter()
    for sample in samples:
        totals.update(sample.errors)
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
    node, *versions = subprocess.run(  # noqa: S603 - our own Node, fixed words
        [str(NODE), "-e", VERSIONS, *NODE_PACKAGES],
        cwd=NODE_PEERS,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    peers = ", ".join(
        f"{name} {number}" for name, number in zip(NODE_PACKAGES, versions, strict=True)
    )
    return f"{sys.platform}, {os.cpu_count()} cores, {python}; {packages}; Node {node}, {peers}."
