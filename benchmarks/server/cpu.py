"""CPU time and memory, read from Linux's /proc; elsewhere they are unknown."""

import contextlib
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path


def process_cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its descendants; NaN if unknown.

    Threads count, and so do children that have ended and were waited for.
    Source: proc_pid_stat(5), fields 14 to 17, in clock ticks of 10 ms.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        children = [int(child) for tasks in _tasks(pid) for child in tasks.read_text().split()]
    except OSError:
        return math.nan
    # The second field, a name in parentheses, may itself hold spaces.
    fields = stat.rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(process_cpu_seconds(child) for child in children)


def _tasks(pid: int) -> Iterator[Path]:
    return Path(f"/proc/{pid}/task").glob("*/children")


def process_memory_bytes(pid: int) -> float:
    """Return what a process holds, with its share of what it has in common with others; or NaN.

    Source: proc_pid_smaps(5), "Pss".
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return math.nan
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 if found else math.nan


def machine_cpu_seconds() -> float:
    """Return the time of all cores together that was not idle; NaN if unknown.

    What the hypervisor gave to other machines counts too: it was not ours.
    Source: proc_stat(5), first line: user, nice, system, idle, iowait, irq, softirq, steal.
    """
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return math.nan
    user, nice, system, _idle, _iowait, *interrupts_and_steal = map(int, line.split()[1:9])
    return (user + nice + system + sum(interrupts_and_steal)) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, core: int) -> None:
    """Keep a process on one of the cores that are ours, counted from 0, where that is possible."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    if core < len(cores):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(pid, {cores[core]})
