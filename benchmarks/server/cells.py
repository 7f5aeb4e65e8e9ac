"""What is measured: a load on a peer, one token after a pause, and the first token of a process."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.simulator.server.tls import certificate_in
from benchmarks.server import processes
from benchmarks.server.peers import LOAD_CORE, Peer, serve
from benchmarks.server.tally import HTTP_OK, Sample

# Over the load's own limits: what a cell may take before it is given up.
SLACK_SECONDS = 10
ANSWER_SECONDS = 10
ROUND_TRIP_SECONDS = 0.04
STUB = "benchmarks.server.stub_upstream"


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of load, and who is loaded.

    Attributes:
        connections: How many clients.
        delay_seconds: How long the upstream takes.
        warm_up_seconds: Before anything is counted.
        seconds: How long is counted.
        peers: Who is loaded, in turn.
    """

    connections: int
    delay_seconds: float
    warm_up_seconds: float
    seconds: float
    peers: tuple[Peer, ...]


def load(peer: Peer, cell: Cell) -> Sample:
    """Load one peer once, with a stub upstream and processes of its own."""
    stub_command = processes.python(STUB, str(cell.delay_seconds))
    with (
        processes.server(stub_command, core=LOAD_CORE) as stub,
        serve(peer, stub.url) as server,
    ):
        options = {
            "--connections": cell.connections,
            "--warm-up-seconds": cell.warm_up_seconds,
            "--seconds": cell.seconds,
            "--server-pid": server.pid,
            "--stub-pid": stub.pid,
        }
        words = (str(word) for pair in options.items() for word in pair)
        answer = processes.run(
            processes.python("benchmarks.server.load", server.url, *words),
            core=LOAD_CORE,
            timeout_seconds=cell.warm_up_seconds + cell.seconds + SLACK_SECONDS,
        )
    return Sample(**json.loads(answer))


def seconds_to_first_token(peer: Peer) -> float:
    """Return the time from starting a process to the first token from it."""
    stub_command = processes.python(STUB, "0")
    with (
        processes.server(stub_command, core=LOAD_CORE) as stub,
        serve(peer, stub.url) as server,
    ):
        ask(server.url)
        return time.perf_counter() - server.started_at


def seconds_after_pause(peers: tuple[Peer, ...], pause_seconds: float) -> dict[Peer, float]:
    """Return how long one token takes after a pause, over TLS to an upstream that is far away.

    All peers pause at the same time, and are asked one after the other.
    """
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        certificate = certificate_in(folder).certificate
        stub_command = processes.python(STUB, "0", "--tls", str(folder))
        stub = running.enter_context(processes.server(stub_command, core=LOAD_CORE))
        line_command = processes.python(
            "benchmarks.server.far_line",
            str(urlsplit(stub.url).port),
            str(ROUND_TRIP_SECONDS),
        )
        line = running.enter_context(processes.server(line_command, core=LOAD_CORE))
        servers = {
            peer: running.enter_context(serve(peer, line.url, certificate)) for peer in peers
        }
        for _ in range(3):  # compiled, imported, connected
            for server in servers.values():
                ask(server.url)
        time.sleep(pause_seconds)
        return {peer: ask(server.url) for peer, server in servers.items()}


def ask(url: str) -> float:
    """Ask for one token over a new connection; returns the seconds it took.

    Raises:
        RuntimeError: There was none.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS)
    try:
        connection.connect()
        asked_at = time.perf_counter()
        connection.request("GET", "/api/voice-token", headers={"Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - asked_at
        if answer.status != HTTP_OK or not json.loads(body).get("token"):
            raise RuntimeError(f"{url} answered {answer.status}: {body[:300]!r}")
        return took
    finally:
        connection.close()
