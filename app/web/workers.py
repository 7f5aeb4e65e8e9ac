"""Several processes on one port, and a parent that starts, watches and ends them."""

import atexit
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from threading import Thread
from types import FrameType
from typing import Final

from app.errors import ConfigurationError

# A closed terminal or a restarted supervisor sends SIGHUP; Windows has none.
ENDS: Final = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
# Whoever lived shorter is followed after a pause, or would keep the machine busy with starts.
SHORT_LIFE_SECONDS: Final = 1


class Workers:
    """Processes that serve alike. Must be made before prometheus_client is imported.

    Each is told of SIGTERM, SIGHUP and SIGINT, and ends as a single process does; so it does when
    the parent is gone. One that ends without being told, however it ends, is replaced.

    Args:
        count: How many.
        counts: Whether anybody may ask for metrics, which cost more where they are shared.

    Raises:
        ConfigurationError: The system cannot, or has no folder for the counts.

    Attributes:
        why: In a worker that stands for another one, how that ended.
    """

    def __init__(self, count: int, *, counts: bool) -> None:
        if sys.platform != "linux":
            raise ConfigurationError("More than one process takes Linux, which shares a port out.")
        self.why = ""
        self._waiting = list(range(count))[::-1]
        self._running: dict[int, tuple[int, float]] = {}  # number and start, by process id
        self._told: int | None = None
        self._read_end, self._held_end = os.pipe()
        self._folder = ""
        if counts:  # in files there, which whoever is asked for them adds up
            try:
                self._folder = tempfile.mkdtemp(prefix="voicegate-")
            except OSError:
                raise ConfigurationError(
                    "Metrics of several processes take a folder that can be written: have one at "
                    "/tmp, or name one in TMPDIR."
                ) from None
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self._folder  # noqa: TID251 - the library's way
            atexit.register(_remove, self._folder, os.getpid())

    def fork(self) -> int | None:
        """Return in each worker its number; in the parent None, once all have ended."""
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - after the above

        for number in ENDS:
            signal.signal(number, self._pass_on)
        while self._running or (self._waiting and self._told is None):
            if self._waiting and self._told is None:
                number = self._waiting.pop()
                if self._fork(number):
                    return number
                continue
            pid, status = os.wait()
            number, started = self._running.pop(pid, (-1, 0.0))
            if number < 0:  # an orphan, where the parent is the container's first process
                continue
            if self._folder:
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
            self._replace(number, started, os.waitstatus_to_exitcode(status))
        return None

    def _fork(self, number: int) -> bool:
        """Return True in the new process, which has none of the parent's handlers."""
        # Held back meanwhile, so that no signal comes while nobody knows the new process.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        pid = os.fork()
        if pid:
            self._running[pid] = (number, time.monotonic())
        else:
            # Of a group of its own: what a terminal sends comes from the parent, and once.
            os.setpgid(0, 0)
            for each in ENDS:
                signal.signal(each, signal.SIG_DFL)
            os.close(self._held_end)
            Thread(target=self._end_with_parent, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        return pid == 0

    def _end_with_parent(self) -> None:
        os.read(self._read_end, 1)  # until nobody holds the other end
        os.kill(os.getpid(), signal.SIGTERM)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._told = number
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, number)

    def _replace(self, number: int, started: float, code: int) -> None:
        if self._told is not None:
            return
        self.why = f"signal {-code}" if code < 0 else f"exit code {code}"
        if time.monotonic() - started < SHORT_LIFE_SECONDS:
            time.sleep(SHORT_LIFE_SECONDS)
        self._waiting.append(number)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # at its workers' ends it is still needed
        shutil.rmtree(folder, ignore_errors=True)
