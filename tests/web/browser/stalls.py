"""Tell when a core of this machine stood still, for tests that measure how long something took.

`python stalls.py CORE` writes a line `[begin, end]` for each time, in microseconds of the monotonic
clock, which is a browser trace's, too. It ends with the program that started it.

The host of a virtual machine may run something else on a core of ours, for tens of milliseconds at
a time, and the thread that happens to be on it is charged for that as if it had worked. Only the
host goes before a thread of real-time priority: where that wakes late, the core stood still. Needs
Linux, and a user who may set such a priority; for others it ends at once, with a sentence.
"""

import json
import os
import sys
import time
from typing import Final

_PERIOD_SECONDS: Final = 0.002
_LATE_SECONDS: Final = 0.001
"""A wake-up in good time is later by a tenth of this."""
_PRIORITY: Final = 50


def watch(core: int) -> None:
    """Write when `core` stood still, until the program that started this one is gone."""
    os.sched_setaffinity(0, {core})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    parent = os.getppid()
    before = time.monotonic()
    while os.getppid() == parent:
        time.sleep(_PERIOD_SECONDS)
        now = time.monotonic()
        due = before + _PERIOD_SECONDS
        if now - due > _LATE_SECONDS:
            stall = [round(due * 1e6), round(now * 1e6)]
            sys.stdout.write(f"{json.dumps(stall)}\n")
            sys.stdout.flush()
        before = now


if __name__ == "__main__":
    try:
        watch(int(sys.argv[1]))
    except (AttributeError, PermissionError) as error:
        sys.exit(f"cannot tell when core {sys.argv[1]} stands still: {error}")
