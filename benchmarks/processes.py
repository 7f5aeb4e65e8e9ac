"""The processes of a benchmark: each started, pinned, and ended by the one that started it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.cpu import pin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).resolve().parents[1]
URL = re.compile(r"http://127\.0\.0\.1:\d+")
END_SECONDS = 3


@contextmanager
def server(
    module: str,
    *arguments: str,
    core: int,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, str]]:
    """Run a server; yields its process id and the base URL that its first line names.

    Raises:
        RuntimeError: It ended, or said something else.
    """
    with tempfile.TemporaryFile("w+") as log:
        running = _process(module, *arguments, core=core, environment=environment, stderr=log)
        with running as child:
            assert child.stdout is not None
            line = child.stdout.readline()
            found = URL.search(line)
            if found is None:
                child.wait(END_SECONDS)
                log.seek(0)
                raise RuntimeError(f"{module} did not start: {line}{log.read()}")
            yield child.pid, found.group()


def run(module: str, *arguments: str, core: int, timeout_seconds: float) -> str:
    """Run a program to its end, and return what it printed.

    Raises:
        RuntimeError: It took too long, or failed; why stands on our standard error.
    """
    with _process(module, *arguments, core=core) as child:
        try:
            answer, _ = child.communicate(timeout=timeout_seconds)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{module} took more than {timeout_seconds} s") from None
        if child.returncode:
            raise RuntimeError(f"{module} failed with exit code {child.returncode}")
        return answer


@contextmanager
def _process(
    module: str,
    *arguments: str,
    core: int,
    environment: Mapping[str, str] | None = None,
    stderr: IO[str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m module` on one core, and end it on the way out, whatever the way.

    It gets nothing of our environment but the path, and an empty folder to stand in, so that
    neither the shell's settings nor a `.env` colour the measurement. A session of its own keeps
    Ctrl-C from it: to end it is the business of this function alone.
    """
    clean = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(  # noqa: S603 - our own modules
            (sys.executable, "-m", module, *arguments),
            cwd=folder,
            env=clean | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        try:
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
