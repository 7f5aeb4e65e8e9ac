"""Who is measured: the service, its route without the layers around it, and what others write."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from benchmarks.server import processes

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1
EXPRESS = processes.REPOSITORY / "benchmarks" / "server" / "express"
# More than any load here asks for, so that the limiter counts and never refuses.
PLENTY = "10000000"
LIMITS = (
    *("MINTS_PER_MINUTE", "CALLER_MINTS_PER_MINUTE", "CALLER_MINTS_PER_HOUR"),
    *("MINUTES_PER_DAY", "CALLER_MINUTES_PER_DAY"),
    *("SESSIONS_AT_ONCE", "CALLER_SESSIONS_AT_ONCE"),
)


class Peer(StrEnum):
    """One server, by the name it has in the tables."""

    VOICEGATE = "Voicegate"
    ROUTE = "Voicegate's route, no middleware"
    EXPRESS = "Express, vendor's route"
    SHARED = "FastAPI, shared httpx"
    EACH = "FastAPI, httpx per request"
    CONSTANT = "FastAPI, constant answer"


def serve(
    peer: Peer, upstream_url: str, certificate: Path | None = None
) -> AbstractContextManager[processes.Server]:
    """Run a peer on its core; `certificate` is one more authority that it trusts."""
    environment = {
        "ASSEMBLYAI_API_KEY": "benchmark",
        "VOICEGATE_UPSTREAM_URL": upstream_url,
        "PORT": "0",
        **{f"VOICEGATE_{name}": PLENTY for name in LIMITS},
    }
    if certificate is not None:
        environment |= dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(certificate))
    commands = {
        Peer.VOICEGATE: processes.python("app"),
        Peer.ROUTE: processes.python("benchmarks.server.bare_service"),
        Peer.EXPRESS: (str(processes.NODE), str(EXPRESS / "server.js"), upstream_url),
        Peer.SHARED: processes.python("benchmarks.server.routes", "shared", upstream_url),
        Peer.EACH: processes.python("benchmarks.server.routes", "each", upstream_url),
        Peer.CONSTANT: processes.python("benchmarks.server.routes", "constant", upstream_url),
    }
    return processes.server(commands[peer], core=SERVER_CORE, environment=environment)
