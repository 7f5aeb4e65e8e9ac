"""The table that is printed, and whether all that has to hold does."""

from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table; `holds` is None where a figure is only told."""

    what: str
    measured: str
    holds: bool | None = None


def print_table(rows: Iterable[Row]) -> int:
    """Print a line for each row as it comes; returns 1 if one does not hold."""
    failed = False
    print("| what | measured | |\n|---|---|---|", flush=True)
    for row in rows:
        word = {None: "", True: "holds", False: "FAILS"}[row.holds]
        failed = failed or row.holds is False
        print(f"| {row.what} | {row.measured} | {word} |", flush=True)
    return int(failed)
