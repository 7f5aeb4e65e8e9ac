"""What is measured: a load on a peer, and the first token of a process."""

import http.client
import json
import math
import subprocess
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from benchmarks.server import processes
from benchmarks.server.cpu import (
    machine_cpu_seconds,
    process_cpu_seconds,
    process_memory_bytes,
)
from benchmarks.server.peers import LOAD_CORE, SERVER_CORE, Peer, serve

SOURCES = Path(__file__).parent
ANSWER_SECONDS = 10
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of load, and who is loaded.

    Attributes:
        title: What stands over its table.
        connections: How many clients.
        delay_seconds: How long the upstream takes.
        warm_up_seconds: Before anything is counted.
        seconds: How long is counted.
        peers: Who is loaded, in turn.
        sessions: How many the upstream lists.
    """

    title: str
    connections: int
    delay_seconds: float
    peers: tuple[Peer, ...]
    warm_up_seconds: float = 6
    seconds: float = 4
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One load on one server, counted from the end of the warm-up.

    Attributes:
        seconds: How long was measured.
        tokens: Distinct, complete tokens handed out in that time.
        errors: What was not a token, by name and from the first request on.
        duplicates: Tokens that had been handed out before; from the first request on.
        p50_ms: Latency that half of the requests stayed below. A request that was never answered
            counts with its age at the end, which is less than it would have taken.
        p99_ms: Likewise for 99 of 100.
        slowest_ms: Likewise for all.
        server_cpu_seconds: User and system time of the server.
        load_cpu_seconds: Likewise of the load generator.
        upstream_cpu_seconds: Likewise of the upstream.
        foreign_cpu_seconds: CPU time that went to anything else, other machines on the same host
            included; to within a few ticks of 10 ms, so it may come out below 0.
        memory_bytes: What the server holds after the load, its clients still connected.
    """

    seconds: float
    tokens: int
    errors: dict[str, int]
    duplicates: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    server_cpu_seconds: float
    load_cpu_seconds: float
    upstream_cpu_seconds: float
    foreign_cpu_seconds: float
    memory_bytes: float

    @property
    def tokens_per_second(self) -> float:
        """Throughput."""
        return self.tokens / self.seconds

    @property
    def cpu_us_per_token(self) -> float:
        """The server's CPU time for one token, in microseconds."""
        return self.server_cpu_seconds / self.tokens * 1e6 if self.tokens else math.nan

    @property
    def load_cpu_us_per_token(self) -> float:
        """The load generator's CPU time for one token, in microseconds."""
        return self.load_cpu_seconds / self.tokens * 1e6 if self.tokens else math.nan

    @property
    def load_cores(self) -> float:
        """How much of their core load and upstream took; near 1 they would hold a server back."""
        return (self.load_cpu_seconds + self.upstream_cpu_seconds) / self.seconds

    @property
    def foreign_cores(self) -> float:
        """How many cores were taken by anything else meanwhile, on average."""
        return self.foreign_cpu_seconds / self.seconds


class Bench:
    """The load generator and the upstream, compiled into a folder.

    Raises:
        subprocess.CalledProcessError: The compiler found a fault; it is on standard error.
    """

    def __init__(self, folder: Path) -> None:
        self._load = folder / "load"
        self._upstream = folder / "upstream"
        for program in (self._load, self._upstream):
            source = SOURCES / f"{program.name}.c"
            subprocess.run(["cc", "-O2", "-o", program, source], check=True)  # noqa: S603, S607 - our own files

    def load(self, peer: Peer, cell: Cell, core: int | None = SERVER_CORE) -> Sample:
        """Load one peer once, on its core or on all, with an upstream and processes of its own."""
        with (
            self._run_upstream(cell.delay_seconds, cell.sessions) as upstream,
            serve(peer, upstream.url, core) as server,
        ):
            port = str(urlsplit(server.url).port)
            told = (cell.connections, cell.warm_up_seconds, cell.seconds)
            command = (str(self._load), port, peer.path, *map(str, told))
            pipe = subprocess.PIPE
            with processes.process(command, core=LOAD_CORE, output=pipe, source=pipe) as load:
                assert load.stdout is not None
                pids = (server.pid, load.pid, upstream.pid)
                before = _cpu_seconds_at("begin", load.stdout, pids)
                after = _cpu_seconds_at("end", load.stdout, pids)
                counted = json.loads(load.stdout.readline())
                memory_bytes = process_memory_bytes(server.pid)
        *used, machine = (late - early for early, late in zip(before, after, strict=True))
        return Sample(
            **counted,
            server_cpu_seconds=used[0],
            load_cpu_seconds=used[1],
            upstream_cpu_seconds=used[2],
            foreign_cpu_seconds=machine - sum(used),
            memory_bytes=memory_bytes,
        )

    def seconds_to_first_token(self, peer: Peer) -> float:
        """Return the time from starting a process to the first token from it."""
        with self._run_upstream() as upstream, serve(peer, upstream.url) as server:
            _ask(server.url)
            return time.perf_counter() - server.started_at

    def _run_upstream(
        self, delay_seconds: float = 0, sessions: int = 0
    ) -> AbstractContextManager[processes.Server]:
        command = (str(self._upstream), str(delay_seconds), str(sessions))
        return processes.server(command, core=LOAD_CORE)


@dataclass(slots=True)
class Results:
    """All that was measured.

    Attributes:
        loads: By the names of cell and peer, one sample for each repetition.
        starts: Seconds to the first token.
    """

    loads: dict[str, dict[Peer, list[Sample]]]
    starts: dict[Peer, list[float]] = field(default_factory=dict)

    def samples(self) -> list[Sample]:
        """Return every sample of every load."""
        return [
            sample
            for cell in self.loads.values()
            for samples in cell.values()
            for sample in samples
        ]


def _cpu_seconds_at(mark: str, lines: IO[str], pids: Iterable[int]) -> list[float]:
    """Wait for a line of the load generator; return the CPU time of each process, and of all cores.

    Raises:
        RuntimeError: The load generator ended first; why is on standard error.
    """
    if lines.readline() != f"{mark}\n":
        raise RuntimeError(f"the load generator ended before {mark!r}")
    return [*map(process_cpu_seconds, pids), machine_cpu_seconds()]


def _ask(url: str) -> None:
    """Ask for one token.

    Raises:
        RuntimeError: There was none.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS)
    try:
        path = Peer.VOICEGATE.path
        connection.request("GET", path, headers={"Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != HTTP_OK or not json.loads(body).get("token"):
            raise RuntimeError(f"{url} answered {answer.status}: {body[:300]!r}")
    finally:
        connection.close()
