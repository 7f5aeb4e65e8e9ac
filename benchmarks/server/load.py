"""The load: a fixed number of clients, each asking for its next token once it has the last.

`python -m benchmarks.server.load URL --connections 16 ...` prints one JSON object, a `Sample`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import asdict
from urllib.parse import urlsplit

import uvloop

from benchmarks.server.client import Client
from benchmarks.server.cpu import (
    machine_cpu_seconds,
    process_cpu_seconds,
    process_memory_bytes,
)
from benchmarks.server.tally import Tally

CONNECT_SECONDS = 3


async def run(options: argparse.Namespace) -> None:
    """Warm up, measure, let what is under way end, and print what happened."""
    tally = Tally(max_requests=options.max_requests)
    host, _, port = urlsplit(options.url).netloc.partition(":")
    clients = [Client(host, int(port), tally) for _ in range(options.connections)]
    async with asyncio.timeout(CONNECT_SECONDS):
        await asyncio.gather(*(client.open() for client in clients))
    for client in clients:
        client.ask()

    await asyncio.sleep(options.warm_up_seconds)
    tally.begin(time.perf_counter())
    before = _cpu_seconds(options)
    await asyncio.sleep(options.seconds)
    after = _cpu_seconds(options)
    tally.end(time.perf_counter())

    deadline = time.perf_counter() + options.drain_seconds
    while any(client.is_waiting for client in clients) and time.perf_counter() < deadline:  # noqa: ASYNC110 - nothing is measured any more
        await asyncio.sleep(0.01)
    memory_bytes = process_memory_bytes(options.server_pid)
    for client in clients:
        client.close()
    server, load, foreign = (late - early for early, late in zip(before, after, strict=True))
    sample = tally.sample(
        server_cpu_seconds=server,
        load_cpu_seconds=load,
        foreign_cpu_seconds=foreign,
        memory_bytes=memory_bytes,
    )
    print(json.dumps(asdict(sample)))


def _cpu_seconds(options: argparse.Namespace) -> tuple[float, float, float]:
    """Return the CPU time of the server, of load and stub, and of everything else."""
    server = process_cpu_seconds(options.server_pid)
    load = process_cpu_seconds(options.stub_pid) + time.process_time()
    return server, load, machine_cpu_seconds() - server - load


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--warm-up-seconds", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="how long to measure")
    parser.add_argument("--drain-seconds", type=float, default=2)
    parser.add_argument("--max-requests", type=int, default=200_000)
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--stub-pid", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(run(read_options()))
