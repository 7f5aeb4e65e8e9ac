"""The programs of the layout: each started, killed, brought back, and ended by its own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS, END_SECONDS, LOOK_SECONDS = 60, 40, 0.01


class Program:
    """One program; what it says goes into `log`, over all of its lives.

    Args:
        command: What to run.
        folder: Where it stands and where its log is written; nobody else's.
        environment: All it gets, but for the path.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir()
        self.log = folder / "log"
        self._command = command
        self._folder = folder
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(REPOSITORY),
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, is_up: Callable[[], bool]) -> None:
        """Start it, and return once it is up.

        Raises:
            RuntimeError: It ended, or took too long; what it said is in the message.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules, Redis and Caddy
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches it by way of us alone
            )
        try:
            wait_until(is_up, or_if=lambda: self._process is None or self._process.poll() is None)
        except RuntimeError:
            raise RuntimeError(f"{self._command} did not start: {self.said()[-2000:]}") from None

    @property
    def process_id(self) -> int:
        """The number of the process that runs."""
        assert self._process is not None
        return self._process.pid

    def end(self) -> int:
        """Ask it to end, and return its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()
        self._process = None
        return code

    def kill(self) -> int:
        """End it at once."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGKILL)
        code = self._process.wait(END_SECONDS)
        self._process = None
        return code

    def said(self) -> str:
        """Return all that it said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def wait_until(condition: Callable[[], bool], or_if: Callable[[], bool] = lambda: True) -> None:
    """Return once something is so.

    Raises:
        RuntimeError: It took too long, or what has to go on did not.
    """
    give_up_at = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > give_up_at or not or_if():
            raise RuntimeError("did not happen")
        time.sleep(LOOK_SECONDS)


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours."""
    return (sys.executable, "-m", module, *arguments)


@contextmanager
def talking(module: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a module of ours that is told and tells lines, until the end of the block."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        python(module, *arguments),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(port: int, sent: bytes, expected: bytes) -> bool:
    """Tell whether what listens there answers as it should."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as end:
            end.sendall(sent)
            return end.recv(4096).startswith(expected)
    except OSError:
        return False
