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

START_SECONDS = 20


class RedisServer:
    """One server; `start` after `kill` gives an empty one on the same port."""

    def __init__(self, path: str, folder: str, port: int) -> None:
        self._path = path
        self._folder = folder
        self._port = port
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
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", self._folder]
        options += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [self._path, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        give_up_at = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < give_up_at, "redis-server does not answer"
            time.sleep(0.01)

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

    def _answers(self) -> bool:
        try:
            return self.ask("PING").startswith(b"+PONG")
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
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
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
