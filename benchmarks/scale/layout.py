"""The layout of the compose file's profile `scale`, as plain processes on the loopback.

Three times `python -m app`, Redis as the store, Caddy with `deploy/Caddyfile` and TLS in front,
and the simulator as the agent service.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.scale.programs import (
    REPOSITORY,
    Program,
    answers,
    free_ports,
    python,
    wait_until,
)

REPLICAS = 3
SECRET, PASSWORD = "s" * 32, "only-on-this-loopback"
# Of the log, of which each request is a line.
ASKED = '"route":"/api/voice-token","status":'
MINTED = f"{ASKED}200"
# As the compose file has it: longer than the proxy's interval and timeout together.
DELAY_SECONDS = 5
NO_LIMITS = {
    f"VOICEGATE_{name}": "0"
    for name in (
        *("MINTS_PER_MINUTE", "CALLER_MINTS_PER_MINUTE"),
        *("MINUTES_PER_DAY", "CALLER_MINUTES_PER_DAY"),
        *("SESSIONS_AT_ONCE", "CALLER_SESSIONS_AT_ONCE"),
    )
}
# Ports of our own, no other machine, no certificate in the system's store, nothing to control it.
# What speaks TLS answers this with 400.
PLAIN = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
CADDYFILE = REPOSITORY / "deploy" / "Caddyfile"
CADDY = """{{
	admin off
	auto_https disable_redirects
	default_bind 127.0.0.1
	http_port {http}
	https_port {https}
	skip_install_trust
}}
import {file}
"""


def missing() -> list[str]:
    """Return what has to be installed first."""
    return [name for name in ("caddy", "redis-server") if _find(name) is None]


def _find(name: str) -> str | None:
    return shutil.which(os.environ.get(name.replace("-", "_").upper()) or name)


class Replica:
    """One of the replicas."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str]) -> None:
        self.port = port
        self._program = Program(python("app"), folder, {**environment, "PORT": str(port)})
        self._seen = 0

    def start(self) -> None:
        """Start it, and return once it is ready."""
        self._seen = len(self._program.said()) if self._program.log.exists() else 0
        probe = b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        self._program.start(partial(answers, self.port, probe, b"HTTP/1.1 200"))

    def wait_for_callers(self) -> None:
        """Return once the proxy sends it callers again."""
        wait_until(lambda: MINTED in self._program.said()[self._seen :])

    @property
    def asked(self) -> int:
        """How many answers it gave to requests for a token."""
        return self._program.said().count(ASKED)

    @property
    def minted(self) -> int:
        """How many tokens it handed out, in all of its lives."""
        return self._program.said().count(MINTED)

    def end(self) -> int:
        """Send SIGTERM, and return the exit code."""
        return self._program.end()

    def kill(self) -> tuple[float, float]:
        """Send SIGKILL; returns when, and when it was gone."""
        killed_at = time.monotonic()
        self._program.kill()
        return killed_at, time.monotonic()


class Store:
    """Redis with an append-only file, as the compose file has it."""

    def __init__(self, folder: Path, port: int) -> None:
        path = _find("redis-server")
        assert path is not None
        options = f"--port {port} --bind 127.0.0.1 --appendonly yes --requirepass {PASSWORD}"
        self._program = Program(
            (path, *options.split(), "--maxmemory-policy", "noeviction"), folder
        )
        self._port = port

    def start(self) -> float:
        """Start it, and return when it answered."""
        sent = f"AUTH {PASSWORD}\r\n".encode()
        self._program.start(partial(answers, self._port, sent, b"+OK"))
        return time.monotonic()

    def end(self) -> None:
        """End it; what it knew is on its disk."""
        self._program.end()


class Layout:
    """All of it, running."""

    def __init__(self, replicas: list[Replica], store: Store, origin: str, authority: Path) -> None:
        self.replicas = replicas
        self.store = store
        self.origin = origin
        self.authority = authority
        """The certificate of the proxy's own authority."""


@contextmanager
def running(settings: dict[str, str], *simulator_options: str) -> Iterator[Layout]:
    """Run the layout until the end of the block; settings are those of the replicas."""
    http, https, redis, upstream, *ports = free_ports(4 + REPLICAS)
    with tempfile.TemporaryDirectory(prefix="voicegate-scale-") as name, ExitStack() as all_:
        folder = Path(name)
        options = ("--port", str(upstream), *simulator_options)
        simulator = Program(python("app.simulator", *options), folder / "simulator")
        all_.callback(simulator.end)
        probe = b"GET /v1/token HTTP/1.1\r\nhost: a\r\n\r\n"
        simulator.start(partial(answers, upstream, probe, b"HTTP/1.1 "))
        store = Store(folder / "redis", redis)
        all_.callback(store.end)
        store.start()
        environment = {
            **NO_LIMITS,
            "ASSEMBLYAI_API_KEY": "key-of-the-scale-benchmark",
            "VOICEGATE_UPSTREAM_URL": f"http://127.0.0.1:{upstream}",
            "VOICEGATE_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{redis}/0",
            "VOICEGATE_SECRET": SECRET,
            "VOICEGATE_TRUSTED_PROXIES": "127.0.0.1",
            "VOICEGATE_SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
            **settings,
        }
        replicas = [Replica(folder / f"replica-{port}", port, environment) for port in ports]
        for replica in replicas:
            all_.callback(replica.kill)
            replica.start()
        proxy = _proxy(folder / "proxy", http, https, ports)
        all_.callback(proxy.end)
        authority = folder / "proxy" / "data/caddy/pki/authorities/local/root.crt"
        proxy.start(lambda: authority.exists() and answers(https, PLAIN, b"HTTP/1.0 400"))
        yield Layout(replicas, store, f"https://localhost:{https}", authority)


def _proxy(folder: Path, http: int, https: int, ports: list[int]) -> Program:
    path = _find("caddy")
    assert path is not None
    environment = {
        "SITE": "localhost",
        "REPLICAS": " ".join(f"127.0.0.1:{port}" for port in ports),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    program = Program((path, "run", "--config", "Caddyfile"), folder, environment)
    (folder / "Caddyfile").write_text(CADDY.format(http=http, https=https, file=CADDYFILE))
    return program
