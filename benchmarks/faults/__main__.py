"""What callers see of each fault: `python -m benchmarks.faults [--tree FOLDER] [ROW ...]`.

See ../README.md.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from benchmarks.faults.rows import ROWS
from benchmarks.server.processes import REPOSITORY


async def measure(tree: Path, names: list[str]) -> None:
    """Make one fault after the other, and print what was seen."""
    print("| | fault | what callers saw | worst wait | recovered after |", flush=True)
    print("|---|---|---|---|---|", flush=True)
    for name in names:
        row = ROWS[name]
        fault = (row.__doc__ or "").partition(" ")[2].removesuffix(".")
        try:
            seen = await row(tree)
        except Exception as error:  # noqa: BLE001 - the next row is measured all the same
            print(f"| {name} | {fault} | not measured: {error!r} | | |", flush=True)
            continue
        wait = "" if seen.worst_seconds is None else f"{seen.worst_seconds:.2f} s"
        print(f"| {name} | {fault} | {seen.what} | {wait} | {seen.recovered} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", nargs="*", help=f"of {', '.join(ROWS)}; all, unless named")
    parser.add_argument(
        "--tree",
        type=Path,
        default=REPOSITORY,
        help="another checkout, whose service is measured; with its own .venv, if it has one",
    )
    told = parser.parse_args()
    names = told.row or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}")
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        asyncio.run(measure(told.tree.resolve(), names))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
