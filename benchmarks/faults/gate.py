"""The service as a process of its own, the agent service behind it, and its callers."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from benchmarks.server import processes
from benchmarks.server.peers import LIMITS, PLENTY
from tests.redis_server import RedisServer
from tests.relay import Relay, relay
from tests.support import free_port

MINT = "/api/voice-token"
# What a browser says of our own page's requests.
PAGE = {"sec-fetch-site": "same-origin"}
START_SECONDS, END_SECONDS = 30, 20
# Longer than the service may take for a mint: who still has nothing was left waiting.
PATIENCE_SECONDS = 12
GATE_CORE, OTHERS_CORE = 0, 1
# Every limit is counted, and none refuses.
NO_LIMITS = {f"VOICEGATE_{name}": PLENTY for name in LIMITS}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request came to.

    Attributes:
        outcome: The status and the problem's code; or `lost`, or `nothing` after all patience.
        seconds: How long it took.
        headers: Of the answer.
        text: Its body.
    """

    outcome: str
    seconds: float
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    text: str = ""


class Gate:
    """A service that runs.

    Attributes:
        process: Its process.
        port: Where it listens.
    """

    def __init__(self, process: subprocess.Popen[str], port: int, log: IO[bytes] | None) -> None:
        self.process = process
        self.port = port
        self._log = log

    def client(
        self, *, kept: bool = False, patience: float = PATIENCE_SECONDS
    ) -> httpx.AsyncClient:
        """Return a client; unless `kept`, each request has a connection of its own."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            headers=PAGE,
            timeout=patience,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=None if kept else 0),
        )

    async def ask(
        self, path: str = MINT, patience: float = PATIENCE_SECONDS, **more: Any
    ) -> Answer:
        """Send one request over a connection of its own."""
        async with self.client(patience=patience) as client:
            return await ask(client, path, **more)

    async def mints(self, number: int, *, at_once: int = 1, **more: Any) -> list[Answer]:
        """Ask for tokens, so many at once; stops once three in a row had no answer."""
        answers: list[Answer] = []
        while len(answers) < number and [a.outcome for a in answers[-3:]] != ["nothing"] * 3:
            answers += await asyncio.gather(*(self.ask(**more) for _ in range(at_once)))
        return answers

    async def recovery(self, path: str = MINT, give_up_seconds: float = 20) -> str:
        """Return after how many seconds, from now, a request succeeds."""
        began = time.perf_counter()
        while time.perf_counter() - began < give_up_seconds:
            if (await self.ask(path, patience=2)).outcome == "200":
                return _seconds(time.perf_counter() - began)
            await asyncio.sleep(0.1)
        return f"not within {give_up_seconds} s"

    async def end(self, signal_number: int) -> tuple[int | None, float]:
        """Send a signal; returns the exit code, None if there was none in time, and the seconds."""
        began = time.perf_counter()
        self.process.send_signal(signal_number)
        give_up_at = began + END_SECONDS
        while self.process.poll() is None and time.perf_counter() < give_up_at:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return self.process.returncode, time.perf_counter() - began

    def log(self) -> list[str]:
        """Return the lines that it has written so far."""
        assert self._log is not None
        return os.pread(self._log.fileno(), 10_000_000, 0).decode(errors="replace").splitlines()


@asynccontextmanager
async def gate(
    tree: Path,
    upstream: int | str,
    settings: Mapping[str, str] | None = None,
    *,
    before: tuple[str, ...] = (),
    output: IO[bytes] | int | None = None,
) -> AsyncIterator[Gate]:
    """Run the service until the end of the block.

    Args:
        tree: The checkout.
        upstream: The port of the agent service, or its URL.
        settings: Variables of its environment.
        before: A command that starts it.
        output: Where standard output and error go; a file by default.

    Raises:
        RuntimeError: It did not start.
    """
    environment = NO_LIMITS | {
        "PYTHONPATH": str(tree),
        "ASSEMBLYAI_API_KEY": "fault-bench",
        "VOICEGATE_UPSTREAM_URL": upstream
        if isinstance(upstream, str)
        else f"http://127.0.0.1:{upstream}",
        "PORT": str(port := free_port()),
        **(settings or {}),
    }
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        command = (*before, python(tree), "-m", "app")
        started = processes.process(
            command,
            core=GATE_CORE,
            environment=environment,
            output=log if output is None else output,  # type: ignore[arg-type]
        )
        process = stack.enter_context(started)
        one = Gate(process, port, log)
        give_up_at = time.perf_counter() + START_SECONDS
        while (await one.ask("/healthz", patience=2)).outcome != "200":
            if process.poll() is not None or time.perf_counter() > give_up_at:
                raise RuntimeError("\n".join(one.log()) or f"exit code {process.returncode}")
            await asyncio.sleep(0.05)
        yield one


@asynccontextmanager
async def agents(*options: str, delay_seconds: float = 0) -> AsyncIterator[Relay]:
    """Run the simulator behind a relay until the end of the block."""
    faults = ("--fault", f"token_delay={delay_seconds}") if delay_seconds else ()
    command = processes.python("app.simulator", "--port", "0", *faults, *options)
    with processes.server(command, core=OTHERS_CORE) as simulator:
        async with relay(int(simulator.url.rpartition(":")[2])) as one:
            yield one


@asynccontextmanager
async def redis() -> AsyncIterator[Relay]:
    """Run an empty Redis behind a relay until the end of the block."""
    program = os.environ.get("REDIS_SERVER") or "redis-server"
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(program, folder, free_port())
        try:
            server.start()
            async with relay(server.port) as one:
                yield one
        finally:
            server.kill()


def shared(store: Relay) -> dict[str, str]:
    """Return the settings of a service that counts in a Redis."""
    return {"VOICEGATE_REDIS_URL": f"redis://127.0.0.1:{store.port}", "VOICEGATE_SECRET": "s" * 32}


async def ask(client: httpx.AsyncClient, path: str = MINT, **more: Any) -> Answer:
    """Send one request."""
    began = time.perf_counter()
    try:
        response = await client.request(more.pop("method", "GET"), path, **more)
    except httpx.TimeoutException:
        return Answer("nothing", time.perf_counter() - began)
    except httpx.HTTPError:
        return Answer("lost", time.perf_counter() - began)
    code = re.search(r'"code": ?"(\w+)"', response.text) if response.is_error else None
    outcome = f"{response.status_code} {code[1]}" if code else str(response.status_code)
    return Answer(outcome, time.perf_counter() - began, response.headers, response.text)


async def raw(port: int, sent: bytes, seconds: float, *, then: bytes = b"") -> tuple[bytes, float]:
    """Send bytes, and more after the first that come; returns what came until the end, and when.

    The end is that of the connection, or of the time.
    """
    began = time.perf_counter()
    got = b""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65536):
                if not got:
                    writer.write(then)
                got += piece
        writer.close()
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass
    return got, time.perf_counter() - began


def tell(answers: Iterable[Answer]) -> str:
    """Return how often there was which outcome."""
    counts = Counter(answer.outcome for answer in answers)
    return ", ".join(f"{number} x {outcome}" for outcome, number in counts.most_common())


def worst(answers: Iterable[Answer]) -> float:
    """Return the longest wait."""
    return max((answer.seconds for answer in answers), default=0.0)


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def python(tree: Path) -> str:
    """Return the Python of a checkout."""
    own = tree / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable
