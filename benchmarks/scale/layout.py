"""The layout of the compose file's profile `scale`, as plain processes on the loopback.

Three times `python -m app`, Redis as the store, Caddy with `deploy/Caddyfile` and TLS in front (or
another proxy), and the simulator as the agent service.
"""

import os
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.scale.programs import (
    REPOSITORY,
    Program,
    answers,
    python,
    wait_until,
)
from tests.support import free_ports

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
    return [name for name in ("caddy", "redis-server") if find(name) is None]


def find(name: str) -> str | None:
    """Return the path of a program, or of what the variable of its name says."""
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
    def process_id(self) -> int:
        """The number of its process."""
        return self._program.process_id

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
        path = find("redis-server")
        assert path is not None
        options = f"--port {port} --bind 127.0.0.1 --appendonly yes --requirepass {PASSWORD}"
        self._program = Program(
            (path, *options.split(), "--maxmemory-policy", "noeviction"), folder
        )
        self._port = port

    @property
    def url(self) -> str:
        """Where it is, in the form of the setting."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self._port}/0"

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

    def __init__(
        self,
        replicas: list[Replica],
        store: Store,
        origin: str,
        authority: Path,
        upstream_url: str,
    ) -> None:
        self.replicas = replicas
        self.store = store
        self.origin = origin
        self.upstream_url = upstream_url
        self.authority = authority
        """The certificate of the proxy's own authority."""


def _is_trusted(port: int, authority: Path) -> bool:
    """Tell whether what is there has that certificate; Traefik begins with one of its own."""
    try:
        context = ssl.create_default_context(cafile=authority)
        with socket.create_connection(("127.0.0.1", port), timeout=1) as end:
            context.wrap_socket(end, server_hostname="localhost").close()
    except OSError:
        return False
    return True


class Proxy(NamedTuple):
    """A proxy that can be started: it serves TLS on the port that it was made for."""

    program: Program
    authority: Path
    """The certificate of its own authority, which may come with its start."""


Front = Callable[[Path, Sequence[int], Sequence[int]], Proxy]
"""Makes a proxy of a folder that is not there yet, its ports for HTTP and HTTPS, the replicas'."""


def caddy(folder: Path, own: Sequence[int], replicas: Sequence[int]) -> Proxy:
    """Make the proxy of the compose file."""
    path = find("caddy")
    assert path is not None
    environment = {
        "SITE": "localhost",
        "REPLICAS": " ".join(f"127.0.0.1:{port}" for port in replicas),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    program = Program((path, "run", "--config", "Caddyfile"), folder, environment)
    http, https = own
    (folder / "Caddyfile").write_text(CADDY.format(http=http, https=https, file=CADDYFILE))
    return Proxy(program, folder / "data/caddy/pki/authorities/local/root.crt")


@contextmanager
def running(
    settings: dict[str, str],
    *simulator_options: str,
    front: Front = caddy,
    replica_count: int = REPLICAS,
    before: Callable[[Store], object] = lambda _: None,
) -> Iterator[Layout]:
    """Run the layout until the end of the block.

    Args:
        settings: Those of the replicas.
        simulator_options: Those of the agent service.
        front: Makes the proxy.
        replica_count: How many replicas there are.
        before: Called with the store before a replica starts.
    """
    http, https, redis, upstream, *ports = free_ports(4 + replica_count)
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
        before(store)
        upstream_url = f"http://127.0.0.1:{upstream}"
        environment = {
            **NO_LIMITS,
            "ASSEMBLYAI_API_KEY": "key-of-the-scale-benchmark",
            "VOICEGATE_UPSTREAM_URL": upstream_url,
            "VOICEGATE_REDIS_URL": store.url,
            "VOICEGATE_SECRET": SECRET,
            "VOICEGATE_TRUSTED_PROXIES": "127.0.0.1",
            "VOICEGATE_SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
            **settings,
        }
        replicas = [Replica(folder / f"replica-{port}", port, environment) for port in ports]
        for replica in replicas:
            all_.callback(replica.kill)
            replica.start()
        program, authority = front(folder / "proxy", (http, https), ports)
        all_.callback(program.end)
        program.start(partial(_is_trusted, https, authority))
        yield Layout(replicas, store, f"https://localhost:{https}", authority, upstream_url)
