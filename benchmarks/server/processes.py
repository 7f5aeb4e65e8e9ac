"""The processes of a benchmark: each started, pinned, and ended by the one that started it."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from benchmarks.server.cpu import pin

REPOSITORY = Path(__file__).resolve().parents[2]
NODE = REPOSITORY / ".venv" / "bin" / "node"
URL = re.compile(r"https?://127\.0\.0\.1:\d+")
START_SECONDS, END_SECONDS = 20, 3
LOOK_SECONDS = 0.001


class Server(NamedTuple):
    """A server that runs."""

    pid: int
    url: str
    """What it announced: where it listens."""
    started_at: float
    """When its process was made, by `time.perf_counter`."""


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours."""
    return (sys.executable, "-m", module, *arguments)


@contextmanager
def server(
    command: Sequence[str],
    *,
    core: int | None,
    environment: Mapping[str, str] | None = None,
    announcement: re.Pattern[str] = URL,
) -> Iterator[Server]:
    """Run a server until the end of the block.

    What it prints goes into a file, as a pipe that nobody reads would stop it; the block is entered
    once `announcement` is found there.

    Raises:
        RuntimeError: It ended or took too long before it announced itself.
    """
    with tempfile.TemporaryFile("w+") as log:
        started_at = time.perf_counter()
        with process(command, core=core, environment=environment, output=log) as child:
            url = _announced(child, log, announcement)
            yield Server(child.pid, url, started_at)


def run(command: Sequence[str], *, core: int, timeout_seconds: float) -> str:
    """Run a program to its end, and return what it printed.

    Raises:
        RuntimeError: It took too long, or failed; why stands on our standard error.
    """
    with process(command, core=core, output=subprocess.PIPE) as child:
        try:
            answer, _ = child.communicate(timeout=timeout_seconds)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{command} took more than {timeout_seconds} s") from None
        if child.returncode:
            raise RuntimeError(f"{command} failed with exit code {child.returncode}")
        return answer


def _announced(child: subprocess.Popen[str], log: IO[str], announcement: re.Pattern[str]) -> str:
    """Return the first words of the log that match, once they are there."""
    deadline = time.perf_counter() + START_SECONDS
    while time.perf_counter() < deadline:
        text = os.pread(log.fileno(), 100_000, 0).decode(errors="replace")
        found = announcement.search(text)
        if found is not None:
            return found.group()
        if child.poll() is not None:
            break
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"{child.args!r} did not start: {text}")


@contextmanager
def process(
    command: Sequence[str],
    *,
    core: int | None,
    environment: Mapping[str, str] | None = None,
    output: IO[str] | int,
    source: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command on one core, or on all, and end it on the way out, whatever the way.

    It gets nothing of our environment but the path, and an empty folder to stand in, so that
    neither the shell's settings nor a `.env` colour the measurement. A session of its own keeps
    Ctrl-C from it: to end it is the business of this function alone.
    """
    clean = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(  # noqa: S603 - our own programs, Node and Redis
            command,
            cwd=folder,
            env=clean | dict(environment or {}),
            stdin=source,
            stdout=output,
            stderr=None if output == subprocess.PIPE else output,
            text=True,
            start_new_session=True,
        )
        try:
            if core is not None:
                pin(child.pid, core)
            yield child
        finally:
            _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
