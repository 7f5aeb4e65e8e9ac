"""Whether three replicas behind a proxy keep what one promises: `python -m benchmarks.scale`.

See ../README.md. Exits with 1 if something that has to hold did not.
"""

import argparse
import signal
import sys

from benchmarks.scale.layout import missing
from benchmarks.scale.scenes import SCENES
from benchmarks.scale.table import print_table


def main() -> None:
    """Run the scenes that were asked for, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="*", help=f"of {', '.join(SCENES)}; all, unless named")
    scenes = parser.parse_args().scene or list(SCENES)
    if unknown := [name for name in scenes if name not in SCENES]:
        parser.error(f"no such scene: {', '.join(unknown)}")
    if programs := missing():
        sys.exit(f"Not installed: {', '.join(programs)} (make bench-scale brings both).")
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(print_table(row for name in scenes for row in SCENES[name]()))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
