"""The process: how it starts, refuses to, is bounded, and ends."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.web.connections import MAX_BYTES
from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import KEY, PAGE, TOKEN, assert_problem

ROOT = Path(__file__).resolve().parents[2]
CODES = {"VOICEGATE_ACCESS_CODES": "code-0123456789"}
GOOD = answer(json.dumps({"token": TOKEN, "expires_in_seconds": 60}).encode())


async def start(
    folder: Path,
    *arguments: str,
    before: Sequence[str] = (),
    program: Sequence[str] = ("-m", "app"),
    **environment: str,
) -> Process:
    """Start `python -m app` in a folder without `.env`, with these settings and no other."""
    return await asyncio.create_subprocess_exec(
        *(*before, sys.executable, *program, *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PORT": "0", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def finish(process: Process) -> tuple[int | None, str, str]:
    """Wait for the end; returns exit code, standard output and standard error."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def running(
    folder: Path,
    *arguments: str,
    before: Sequence[str] = (),
    program: Sequence[str] = ("-m", "app"),
    **environment: str,
) -> AsyncIterator["Running"]:
    """Run `python -m app` until it says where it is; ends it in the end."""
    process = await start(folder, *arguments, before=before, program=program, **environment)
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        assert "http://" in line, line + (await finish(process))[2]
        yield Running(process, line)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Running:
    """A process that serves, and the one line that it printed."""

    def __init__(self, process: Process, line: str) -> None:
        self.process = process
        self.line = line
        self.url = line.split(" ")[3]
        self.port = int(self.url.rpartition(":")[2])


async def test_no_key_exits_2_and_says_what_to_set(tmp_path: Path) -> None:
    """Without a key production does not start."""
    code, out, err = await finish(await start(tmp_path))

    assert (code, out) == (2, "")
    assert err.startswith("Set ASSEMBLYAI_API_KEY ")
    assert "--demo" in err
    assert err.count("\n") == 1


async def test_wrong_settings_exit_2_one_sentence_a_line(tmp_path: Path) -> None:
    """No traceback; the variables are named, secrets are not shown."""
    wrong = {"VOICEGATE_LOG_LEVEL": "perhaps", "ASSEMBLYAI_API_KEY": "two words"}
    code, _, err = await finish(await start(tmp_path, PORT="x", **wrong))

    assert code == 2
    assert len(err.splitlines()) == 3
    assert "Traceback" not in err
    assert "two words" not in err


async def test_wrong_agents_file_exits_2(tmp_path: Path) -> None:
    """An agent that cannot be is found at start, not by the first visitor."""
    (tmp_path / "agents.toml").write_text("[agents.a]\ncolour = 1\n")
    environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_AGENTS_FILE": "agents.toml"}
    code, _, err = await finish(await start(tmp_path, **environment))

    assert (code, err) == (2, "agents.toml: agents.a.colour: there is no such field.\n")


@pytest.mark.parametrize("name", ["PORT", "VOICEGATE_PORT"])
async def test_port_in_use_is_one_sentence(tmp_path: Path, name: str) -> None:
    """Whoever starts a second one is told so, without a traceback, by the name that was set."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = await finish(await start(tmp_path, ASSEMBLYAI_API_KEY=KEY, **{name: port}))

    assert (code, out) == (1, "")
    assert (
        err
        == f"Something else uses port {port} of 127.0.0.1: end it, or set {name} to another port.\n"
    )


async def test_mistyped_option_is_told_before_the_missing_key(tmp_path: Path) -> None:
    """Whoever wants a demo and mistypes it needs no key."""
    code, out, err = await finish(await start(tmp_path, "--demmo"))

    assert (code, out) == (2, "")
    assert err.endswith("error: unrecognized arguments: --demmo\n")


async def test_production_takes_no_options_of_the_simulator(tmp_path: Path) -> None:
    """A switch of the simulator has no meaning without it, and is refused."""
    code, _, err = await finish(await start(tmp_path, "--control", ASSEMBLYAI_API_KEY=KEY))

    assert code == 2
    assert "unrecognized arguments: --control" in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of shells there")
async def test_crowd_is_served_whatever_the_shell_allows(tmp_path: Path) -> None:
    """More callers than the shell's soft limit of descriptors are taken in, all at once."""
    callers = 300
    shell = ["sh", "-c", 'ulimit -Sn 128; exec "$@"', "sh"]
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY, before=shell) as service:
        lines = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", service.port) for _ in range(callers))
        )
        try:
            for _, writer in lines:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            heads = await asyncio.wait_for(
                asyncio.gather(*(reader.readline() for reader, _ in lines)), 60
            )
        finally:
            for _, writer in lines:
                writer.close()

    assert heads == [b"HTTP/1.1 200 OK\r\n"] * callers


async def test_production_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    """It mints over real sockets, serves no WebSocket, logs no secret, and ends with success."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(GOOD)

    async with raw_upstream(behave) as upstream:
        environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_UPSTREAM_URL": upstream.url}
        async with running(tmp_path, **environment) as service:
            async with httpx.AsyncClient(base_url=service.url, headers=PAGE) as client:
                token = await client.get("/api/voice-token?expires_in_seconds=61")
                upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
                upgrade |= {"Sec-WebSocket-Key": "eA==", "Sec-WebSocket-Version": "13"}
                refused = await client.get("/v1/ws?token=query-secret", headers=upgrade)
            service.process.send_signal(signal.SIGTERM)
            code, out, err = await finish(service.process)

    assert token.json()["token"] == TOKEN
    assert "server" not in token.headers
    assert refused.status_code == 404
    assert (code, out) == (0, "")
    for secret in (KEY, TOKEN, "query-secret", "expires_in_seconds"):
        assert secret not in err
    assert '"route":"/api/voice-token","status":200' in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
async def test_signal_drains(tmp_path: Path, name: str) -> None:
    """A mint in flight gets its token, while probes fail and new mints are refused."""
    asked, release = asyncio.Event(), asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        asked.set()
        await release.wait()
        writer.write(GOOD)

    async with raw_upstream(behave) as upstream:
        environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_UPSTREAM_URL": upstream.url}
        async with (
            running(tmp_path, **environment) as service,
            httpx.AsyncClient(base_url=service.url, headers=PAGE) as client,
        ):
            minting = asyncio.create_task(client.get("/api/voice-token"))
            await asked.wait()
            assert (await client.get("/readyz")).status_code == 200
            service.process.send_signal(signal.Signals[name])
            while (ready := await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0)
            refused = await client.get("/api/voice-token")
            release.set()
            minted = await minting
            code, _, err = await finish(service.process)

    assert ready.json()["code"] == refused.json()["code"] == "draining"
    assert refused.headers["retry-after"] == "2"
    assert minted.json()["token"] == TOKEN
    assert code == 0, err


async def test_sigterm_leaves_time_to_be_noticed(tmp_path: Path) -> None:
    """During the delay probes fail while tokens are minted, and no connection is kept."""
    async with raw_upstream(_mint) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_SHUTDOWN_DELAY_SECONDS": "600",
        }
        async with (
            running(tmp_path, **environment) as service,
            httpx.AsyncClient(base_url=service.url, headers=PAGE) as client,
        ):
            kept = await client.get("/api/voice-token")
            service.process.send_signal(signal.SIGTERM)
            while (ready := await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0)
            minted = await client.get("/api/voice-token")
            alive = await client.get("/healthz")
            service.process.send_signal(signal.SIGINT)
            code, _, err = await finish(service.process)

    assert "connection" not in kept.headers
    assert_problem(ready, 503, "draining")
    assert minted.json()["token"] == TOKEN
    assert alive.status_code == 200
    for last in (ready, minted, alive):
        assert last.headers["connection"] == "close"
    assert code == 0, err


async def _mint(_: StreamReader, writer: StreamWriter, number: int) -> None:
    writer.write(GOOD)


WITHOUT_GRACE = """
from app.__main__ import main
from app.web import server

server.GRACE_SECONDS = 0
raise SystemExit(main())
"""


async def test_grace_ends_even_if_the_upstream_never_answers(tmp_path: Path) -> None:
    """A mint that hangs cannot keep the process from ending."""
    asked = asyncio.Event()

    async def behave(reader: StreamReader, _: StreamWriter, number: int) -> None:
        asked.set()
        await reader.read()

    async with raw_upstream(behave) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
        }
        async with (
            running(tmp_path, program=("-c", WITHOUT_GRACE), **environment) as service,
            httpx.AsyncClient(base_url=service.url, headers=PAGE) as client,
        ):
            minting = asyncio.create_task(client.get("/api/voice-token"))
            await asked.wait()
            service.process.send_signal(signal.SIGTERM)
            code, _, err = await finish(service.process)
            cut_off = await minting

    assert code == 0, err
    assert_problem(cut_off, 503, "draining")
    assert "Traceback" not in err
    assert KEY not in err


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, False),
        ({"VOICEGATE_HOST": "0.0.0.0"}, True),
        ({"VOICEGATE_TRUSTED_PROXIES": "10.0.0.0/8"}, True),
        ({"VOICEGATE_HOST": "0.0.0.0", "VOICEGATE_ACCESS": "code", **CODES}, False),
    ],
    ids=["loopback", "all", "behind a proxy", "code"],
)
async def test_service_that_is_open_to_all_says_so(
    tmp_path: Path, changes: dict[str, str], *, warned: bool
) -> None:
    """Whoever opens the service to others than this machine is told in one line what that means."""
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY, **changes) as service:
        service.process.send_signal(signal.SIGINT)
        code, _, err = await finish(service.process)

    lines = [line for line in err.splitlines() if "Open to all who can reach " in line]
    assert code == 0
    assert service.line.startswith("Voicegate is on http://127.0.0.1:")
    assert len(lines) == int(warned)
    assert "code-0123456789" not in err


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
async def test_service_for_others_says_that_browsers_load_the_sources(
    tmp_path: Path, host: str, *, warned: bool
) -> None:
    """Whoever serves others learns in one line why pages load slowly; who works alone need not."""
    environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_HOST": host}
    async with running(tmp_path, "--plain-scripts", **environment) as service:
        service.process.send_signal(signal.SIGINT)
        code, _, err = await finish(service.process)

    lines = [line for line in err.splitlines() if "--plain-scripts asks for it" in line]
    assert code == 0
    assert len(lines) == int(warned)


@pytest.mark.parametrize("flag", ["--demo", "--demo-without-key"])
async def test_demo_needs_no_key(tmp_path: Path, flag: str) -> None:
    """Service and simulator are on one port, and the one line says that it is no real agent."""
    async with running(tmp_path, flag, "--control", "--seed", "7") as service:
        async with httpx.AsyncClient(base_url=service.url, headers=PAGE) as client:
            token = (await client.get("/api/voice-token")).json()
            stats = (await client.get("/_stats")).json()
        service.process.send_signal(signal.SIGTERM)
        code, _, _ = await finish(service.process)

    assert service.line == (
        f"Voicegate is on {service.url} (no ASSEMBLYAI_API_KEY: talking to the built-in simulator)"
    )
    assert token["ws_url"] == f"ws://127.0.0.1:{service.port}/v1/ws"
    assert stats["tokens_minted"] == 1
    assert code == 0


async def test_demo_without_key_is_production_with_one(tmp_path: Path) -> None:
    """`make run` uses the real service as soon as there is a key."""
    async with (
        running(tmp_path, "--demo-without-key", ASSEMBLYAI_API_KEY=KEY) as service,
        httpx.AsyncClient(base_url=service.url, headers=PAGE) as client,
    ):
        simulated = await client.get("/v1/token?expires_in_seconds=60")

    assert service.line == f"Voicegate is on {service.url} (agents at agents.assemblyai.com)"
    assert simulated.status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_BYTES * 2, b"431"),
        (b"GET /" + b"x" * MAX_BYTES * 2, b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * MAX_BYTES, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_BYTES + b"\r\n\r\n", b"431"),
    ],
    ids=["long field", "long path", "many fields", "whole but long"],
)
@pytest.mark.parametrize("options", [[], ["--demo"]], ids=["production", "demo"])
async def test_heads_are_bounded(
    tmp_path: Path, options: list[str], sent: bytes, status: bytes
) -> None:
    """What never becomes a request is refused with problem details and closed."""
    async with running(tmp_path, *options, ASSEMBLYAI_API_KEY=KEY) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(sent)
        got = await asyncio.wait_for(reader.read(), 30)
        writer.close()

    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == int(status)
    assert problem["detail"] == "The request's head has more than 32,768 bytes."


async def test_kept_connections_make_room_for_new_ones(tmp_path: Path) -> None:
    """Whoever holds more of them than there are descriptors locks nobody out."""
    few = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")
    async with running(tmp_path, before=few, ASSEMBLYAI_API_KEY=KEY) as service:
        kept = []
        for _ in range(200):
            kept.append(await asyncio.open_connection("127.0.0.1", service.port))
            assert await is_answered(*kept[-1])
        async with asyncio.timeout(60):
            ends = [await reader.read() for reader, _ in kept[:50]]
            assert service.process.stderr is not None
            while line := await service.process.stderr.readline():
                if b"idle connections to make room" in line:
                    break
            assert line
        for _, writer in kept:
            writer.close()

    assert set(ends) == {b""}


async def test_one_address_takes_no_others_place(tmp_path: Path) -> None:
    """However many connections it opens: whoever was there before, and idle longer, stays."""
    few = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")
    async with running(tmp_path, before=few, ASSEMBLYAI_API_KEY=KEY) as service:
        first = await asyncio.open_connection("127.0.0.1", service.port)
        assert await is_answered(*first)
        others = []
        for _ in range(150):
            other = await asyncio.open_connection(
                "127.0.0.1", service.port, local_addr=("127.0.0.2", 0)
            )
            assert await is_answered(*other)
            others.append(other)
        assert await is_answered(*first)
        for _, writer in (first, *others):
            writer.close()


async def is_answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Ask for the health on a kept connection; returns whether it is well."""
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 30)
    return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        (b"this is not HTTP\r\n\r\n", 400, "The request is not HTTP."),
        (b"GET / HTTP/1.1\r\nno field\r\n\r\n", 400, "The request is not HTTP."),
        (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "The service does not know this method."),
    ],
    ids=["no-http", "no-field", "no-method"],
)
@pytest.mark.parametrize("options", [[], ["--demo"]], ids=["production", "demo"])
async def test_what_no_route_can_read_is_a_problem(
    tmp_path: Path, options: list[str], sent: bytes, status: int, detail: str
) -> None:
    """It is closed, what the parser said of it is not repeated, and the log has its name."""
    async with running(tmp_path, *options, ASSEMBLYAI_API_KEY=KEY) as service:
        head, _, body = (await sent_to(service.port, sent)).partition(b"\r\n\r\n")
        problem = json.loads(body)
        assert service.process.stderr is not None
        async with asyncio.timeout(60):
            while line := await service.process.stderr.readline():
                if problem["request_id"].encode() in line:
                    break
            assert line

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert (problem["code"], problem["detail"]) == ("invalid_request", detail)
    assert re.fullmatch("[0-9a-f]{16}", problem["request_id"])
    assert f"x-request-id: {problem['request_id']}".encode() in head.lower()


async def sent_to(port: int, sent: bytes) -> bytes:
    """Send bytes; returns all that comes back before the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    got = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return got


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHos"], ids=["silence", "half a head"])
async def test_slow_heads_are_cut_off(tmp_path: Path, sent: bytes) -> None:
    """Nobody holds a connection by sending nothing, or half of something."""
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY) as service:
        got = await sent_to(service.port, sent)

    assert got.startswith(b"HTTP/1.1 408")
    assert json.loads(got.partition(b"\r\n\r\n")[2])["code"] == "invalid_request"


async def test_empty_line_after_an_answer_holds_no_connection(tmp_path: Path) -> None:
    """It ends uvicorn's own wait for the next request, and begins ours."""
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(b"\r\n")
        got = await asyncio.wait_for(reader.read(), 60)
        writer.close()

    assert got.startswith(b"HTTP/1.1 408")


async def test_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    """Bounds are those of a request, not of a connection: many in a row are served on one."""
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (MAX_BYTES // 2) + b"\r\n"
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for _ in range(10):
            writer.write(head + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readexactly(len(b'{"status":"ok"}'))
        writer.write(head + b"Connection: close\r\n\r\n")
        got = await asyncio.wait_for(reader.read(), 30)
        writer.close()

    assert got.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_BYTES, 431), (b"this is not HTTP\r\n\r\n", 400)],
    ids=["long", "no HTTP"],
)
async def test_refused_heads_are_in_the_metrics_and_one_line(
    tmp_path: Path, sent: bytes, status: int
) -> None:
    """A flood of what never becomes a request can be seen, and does not flood the log."""
    token = "metrics-token-0123456789abcdef-0123"
    environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_OPERATOR_TOKEN": token}
    async with running(tmp_path, **environment) as service:
        await asyncio.gather(*(sent_to(service.port, sent) for _ in range(20)))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
            metrics = (await client.get("/metrics")).text
        assert service.process.stderr is not None
        told: list[int] = []
        async with asyncio.timeout(60):
            while sum(told) < 20:
                line = json.loads(await service.process.stderr.readline())
                told += map(int, re.findall(r"refused (\d+) requests", line["event"]))

    assert f'requests_total{{method="other",route="other",status="{status}"}} 20.0' in metrics
    assert sum(told) == 20
    assert len(told) < 10
