"""Who is measured: the service in three forms, and what others write."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum

from benchmarks.server import processes

SERVER_CORE, LOAD_CORE = 0, 1
NODE_PEERS = processes.REPOSITORY / "benchmarks" / "server" / "node"
# More than any load here asks for, so that every limit is counted and none refuses.
PLENTY = "10000000"
LIMITS = (
    *("MINTS_PER_MINUTE", "CALLER_MINTS_PER_MINUTE"),
    *("MINUTES_PER_DAY", "CALLER_MINUTES_PER_DAY"),
    *("SESSIONS_AT_ONCE", "CALLER_SESSIONS_AT_ONCE"),
)
REDIS_IS_READY = re.compile("Ready to accept connections")


class Peer(StrEnum):
    """One server, by the name it has in the tables."""

    VOICEGATE = "Voicegate"
    QUERY = "Voicegate, with a query"
    REDIS = "Voicegate, with Redis"
    TWO = "Voicegate, two processes with Redis"
    AUDITED = "Voicegate, which reads 10,000 sessions every 30 s"
    UNAUDITED = "Voicegate, which reads none"
    EXPRESS = "Express, vendor's route"
    FASTIFY = "Fastify, undici's pool"
    CONSTANT = "FastAPI, constant answer"
    SHARED = "FastAPI, shared httpx"

    @property
    def path(self) -> str:
        """What is asked of it."""
        query = "?expires_in_seconds=60&max_session_duration_seconds=900"
        return "/api/voice-token" + (query if self is Peer.QUERY else "")


@contextmanager
def serve(
    peer: Peer, upstream_url: str, core: int | None = SERVER_CORE
) -> Iterator[processes.Server]:
    """Run a peer on its core or on all, and a Redis of its own on the load's, if it needs one."""
    service = processes.python("app")
    commands = {
        Peer.VOICEGATE: service,
        Peer.QUERY: service,
        Peer.REDIS: service,
        Peer.TWO: service,
        Peer.AUDITED: service,
        Peer.UNAUDITED: service,
        Peer.EXPRESS: (str(processes.NODE), str(NODE_PEERS / "express.js"), upstream_url),
        Peer.FASTIFY: (str(processes.NODE), str(NODE_PEERS / "fastify.js"), upstream_url),
        Peer.SHARED: processes.python("benchmarks.server.routes", "shared", upstream_url),
        Peer.CONSTANT: processes.python("benchmarks.server.routes", "constant", upstream_url),
    }
    environment = {
        "ASSEMBLYAI_API_KEY": "benchmark",
        "VOICEGATE_UPSTREAM_URL": upstream_url,
        "PORT": "0",
        **{f"VOICEGATE_{name}": PLENTY for name in LIMITS},
    }
    with ExitStack() as running:
        if peer in {Peer.AUDITED, Peer.UNAUDITED}:
            environment["VOICEGATE_AUDIT"] = str(peer is Peer.AUDITED).lower()
        if peer is Peer.TWO:
            environment["WEB_CONCURRENCY"] = "2"
        if peer in {Peer.REDIS, Peer.TWO}:
            environment["VOICEGATE_SECRET"] = "benchmark" * 4
            environment["VOICEGATE_REDIS_URL"] = running.enter_context(_redis())
        yield running.enter_context(
            processes.server(commands[peer], core=core, environment=environment)
        )


@contextmanager
def _redis() -> Iterator[str]:
    """Run an empty Redis on the load's core; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = str(placeholder.getsockname()[1])
    program = os.environ.get("REDIS_SERVER", "redis-server")
    command = (program, "--bind", "127.0.0.1", "--port", port, "--save", "")
    with processes.server(command, core=LOAD_CORE, announcement=REDIS_IS_READY):
        yield f"redis://127.0.0.1:{port}"
