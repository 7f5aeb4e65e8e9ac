"""A real Redis on a free loopback port, that a test can kill and bring back."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import free_port

START_SECONDS = 20


class RedisServer:
    """One server; `start` after `kill` gives an empty one on the same port.

    Args:
        path: The program.
        folder: Where it may write.
        port: Where it is to listen.
        options: More of its options, or all of them where the first names its file.
    """

    def __init__(self, path: str, folder: str, port: int, *options: str) -> None:
        self._path = path
        self._folder = folder
        self._port = port
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """Where it is, in the form of the setting."""
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = [*self._options]
        if not options or options[0].startswith("--"):
            options += ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", self._folder]
            options += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [self._path, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.until("PING", b"+PONG")

    def until(self, command: str, said: bytes) -> None:
        """Ask again and again until the answer holds something."""
        give_up_at = time.monotonic() + START_SECONDS
        while not self._says(command, said):
            assert self._process is None or self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < give_up_at, f"redis-server does not say {said!r}"
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not killed since."""
        return self._process is not None

    def kill(self) -> None:
        """End it at once, and everything it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def ask(self, command: str) -> bytes:
        """Return the first bytes of the answer to a command without arguments' quoting."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=START_SECONDS) as end:
            end.sendall(command.encode() + b"\r\n")
            return end.recv(65536)

    def _says(self, command: str, said: bytes) -> bool:
        try:
            return said in self.ask(command)
        except OSError:
            return False


def find_redis_server() -> str:
    """Return the path of Redis; skips the test where there is none, which a CI must not do."""
    path = shutil.which(os.environ.get("REDIS_SERVER") or "redis-server")
    if path is None:
        reason = "there is no redis-server: .ci/redis says how to get one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Run a server; it ends with the block, by its process id."""
    path = find_redis_server()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(path, folder, port)
        try:
            server.start()
            yield server
        finally:
            server.kill()


def memory_and_redis(request: pytest.FixtureRequest) -> Iterator[RedisServer | None]:
    """Be a fixture of `STORES`: None for a test without Redis, then a real one."""
    if request.param == "memory":
        yield None
        return
    with redis_server() as started:
        yield started


STORES = ("memory", "redis")
