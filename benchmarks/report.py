"""Tables in Markdown: each figure is a median, with the lowest and the highest repetition."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.tally import Sample

    Cell = Mapping[str, Sequence[Sample]]

PACKAGES = ("aiohttp", "fastapi", "httptools", "httpx", "httpx-aiohttp", "uvicorn", "uvloop")


def print_report(cells: Mapping[int, Cell], *, crowd: int) -> None:
    """Print what was measured, by number of clients; `crowd` names the cell on a slow upstream."""
    few = {clients: cell for clients, cell in cells.items() if clients != crowd}
    print(f"{_machine()}\n")
    print("Upstream answers at once:\n")
    _print_table(["", *(f"{clients} connections" for clients in few)], _at_once_rows(few))
    print(f"\n{crowd} clients, upstream answers after 200 ms (at most {crowd * 5:,} tokens/s):\n")
    _print_table(["", *cells[crowd]], _crowd_rows(cells[crowd]))
    print(f"\n{_noise(cells)}")


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return `median [lowest..highest]`."""
    middle, low, high = (f"{v:,.{digits}f}" for v in (median(values), min(values), max(values)))
    return f"{middle} [{low}..{high}]"


def _at_once_rows(cells: Mapping[int, Cell]) -> list[list[str]]:
    peers = list(next(iter(cells.values())))
    ours, theirs = peers
    rows = [
        [f"{peer}: CPU µs a token"]
        + [spread([s.cpu_us_per_token for s in cell[peer]]) for cell in cells.values()]
        for peer in peers
    ]
    ratios = [
        [
            a.cpu_us_per_token / b.cpu_us_per_token
            for a, b in zip(cell[ours], cell[theirs], strict=True)
        ]
        for cell in cells.values()
    ]
    rows.append([f"{ours} / {theirs}", *(spread(values, 2) for values in ratios)])
    rows += [
        [f"{peer}: tokens/s"]
        + [spread([s.tokens_per_second for s in cell[peer]]) for cell in cells.values()]
        for peer in peers
    ]
    rows.append(["errors, duplicate tokens", *(_faults(cell) for cell in cells.values())])
    return rows


def _faults(cell: Cell) -> str:
    samples = [sample for peer in cell.values() for sample in peer]
    errors = sum(sum(s.errors.values()) + s.unanswered for s in samples)
    return f"{errors}, {sum(s.duplicates for s in samples)}"


def _crowd_rows(cell: Cell) -> list[list[str]]:
    figures: dict[str, Callable[[Sample], float]] = {
        "tokens/s": lambda s: s.tokens_per_second,
        "p50 ms": lambda s: s.p50_ms,
        "p99 ms": lambda s: s.p99_ms,
        "CPU µs a token": lambda s: s.cpu_us_per_token,
        "errors": lambda s: sum(s.errors.values()),
        "never answered": lambda s: s.unanswered,
        "duplicate tokens": lambda s: s.duplicates,
    }
    rows = [
        [name, *(spread([read(s) for s in samples]) for samples in cell.values())]
        for name, read in figures.items()
    ]
    rows.append(["which errors", *(_error_names(samples) for samples in cell.values())])
    return rows


def _error_names(samples: Sequence[Sample]) -> str:
    totals: dict[str, int] = {}
    for sample in samples:
        for name, number in sample.errors.items():
            totals[name] = totals.get(name, 0) + number
    return ", ".join(f"{name}: {number}" for name, number in sorted(totals.items())) or "none"


def _print_table(head: Sequence[object], rows: Sequence[Sequence[str]]) -> None:
    lines = [[str(cell) for cell in head], ["---"] * len(head), *map(list, rows)]
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
    return f"{sys.platform}, {os.cpu_count()} cores, {python}; {packages}."


def _noise(cells: Mapping[int, Cell]) -> str:
    values = [s.foreign_cores for cell in cells.values() for peer in cell.values() for s in peer]
    return f"Everything else on this machine took {spread(values, 2)} cores meanwhile."
