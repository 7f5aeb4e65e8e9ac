"""Writes lines to a file descriptor without making anyone wait for whoever reads them."""

import os
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Final

MAX_LINES: Final = 8192
# One write for all lines of that time: under load a write a line cost a tenth of a token's CPU.
REST_SECONDS: Final = 0.05
CLOSE_SECONDS: Final = 1.0


class LineWriter:
    """A bounded queue of lines and the thread that writes them.

    A line that does not fit, or whose write failed (full disk, closed pipe), is dropped and
    counted; as soon as writing works again, one line says how many are missing.

    Args:
        descriptor: Where to write.
        notice: Makes the line that tells of a number of dropped ones.
        max_lines: How many may wait.
    """

    def __init__(
        self, descriptor: int, notice: Callable[[int], bytes], max_lines: int = MAX_LINES
    ) -> None:
        self._descriptor = descriptor
        self._notice = notice
        self._max_lines = max_lines
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = Lock()
        self._ending = Event()
        self._told = 0
        self._is_torn = False
        self.dropped = 0
        # Neither a stuck reader nor a full disk may keep the process from ending.
        self._thread = Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take a line, its line break included; never waits, from whichever thread."""
        if self._lines.qsize() < self._max_lines:
            self._lines.put(line)
        else:
            self._drop(1)

    def close(self) -> None:
        """Write what waits, for at most `CLOSE_SECONDS`."""
        self._ending.set()
        self._lines.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        is_open = True
        while is_open:
            count = max(1, self._lines.qsize())
            lines = [line for _ in range(count) if (line := self._lines.get()) is not None]
            is_open = len(lines) == count
            self._write_all(lines)
            self._ending.wait(REST_SECONDS)

    def _write_all(self, lines: list[bytes]) -> None:
        missing = self.dropped - self._told
        notice = [self._notice(missing)] if missing else []
        rest = memoryview(b"".join([b"\n" * self._is_torn, *notice, *lines]))
        total = len(rest)
        try:
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:  # a terminal that another program made non-blocking
                    time.sleep(REST_SECONDS)
        except OSError:
            self._is_torn = self._is_torn or len(rest) < total
            self._drop(len(lines))
        else:
            self._is_torn = False
            self._told += missing

    def _drop(self, count: int) -> None:
        with self._lock:
            self.dropped += count
