"""The running process: its log, its metrics, its switch, and what it does to slow callers."""

import asyncio
import fcntl
import json
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.web.connections import MAX_BYTES
from tests.integration.raw_upstream import raw_upstream
from tests.integration.test_server import GOOD, ROOT, finish, running, start
from tests.service import KEY, PAGE
from tests.support import free_port

METRICS_TOKEN = "metrics-token-0123456789abcdef-0123"
SPARE = "spare-0123456789abcdef-never-to-be-seen"


async def mints(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Answer every request with a token."""
    writer.write(GOOD)


async def line_of(process: asyncio.subprocess.Process, begin: str) -> dict[str, Any]:
    """Return the next line of a process's log whose event begins like this."""
    assert process.stderr is not None
    async with asyncio.timeout(60):
        line: dict[str, Any] = {"event": ""}
        while not line["event"].startswith(begin):
            line = json.loads(await process.stderr.readline())
    return line


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, within a bound."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - whoever it is about has no event
            await asyncio.sleep(0.01)


async def test_each_request_is_one_line_of_json(tmp_path: Path) -> None:
    """From the first to the last a log that is no terminal can be read by a program."""
    async with raw_upstream(mints) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
        }
        async with running(tmp_path, **environment) as service:
            async with httpx.AsyncClient(base_url=service.url) as client:
                minted = await client.get("/api/voice-token?expires_in_seconds=61")
                await client.get("/healthz")
                await client.get("/api/voice-token?expires_in_seconds=0")
            service.process.send_signal(signal.SIGTERM)
            code, _, err = await finish(service.process)

    lines = [json.loads(line) for line in err.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert code == 0
    assert [(line["route"], line["status"]) for line in requests] == [
        ("/api/voice-token", 200),
        ("/api/voice-token", 422),
    ]
    assert requests[0]["request_id"] == minted.headers["x-request-id"]
    assert requests[0]["upstream_ms"] > 0
    assert "expires_in_seconds" not in err


async def test_file_stops_the_minting(tmp_path: Path) -> None:
    """An operator without a shell in the container can still write a file."""
    file = tmp_path / "stop"
    async with raw_upstream(mints) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_STOP_FILE": str(file),
            "VOICEGATE_CALLER_MINTS_PER_MINUTE": "0",
            "VOICEGATE_MINTS_PER_MINUTE": "0",
            "VOICEGATE_CALLER_SESSIONS_AT_ONCE": "0",
            "VOICEGATE_SESSIONS_AT_ONCE": "0",
            "VOICEGATE_CALLER_MINUTES_PER_DAY": "0",
            "VOICEGATE_MINUTES_PER_DAY": "0",
        }
        async with (
            running(tmp_path, **environment) as service,
            httpx.AsyncClient(base_url=service.url) as client,
        ):

            async def has_status(status: int) -> bool:
                return (await client.get("/api/voice-token")).status_code == status

            assert await has_status(200)
            file.touch()
            await until(lambda: has_status(503))
            file.unlink()
            await until(lambda: has_status(200))


async def test_metrics_have_a_port_of_their_own(tmp_path: Path) -> None:
    """The log says where; it is not on the service's port, and it is there while draining."""
    async with raw_upstream(mints) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_METRICS_PORT": "0",
        }
        async with (
            running(tmp_path, **environment) as service,
            httpx.AsyncClient(base_url=service.url) as client,
        ):
            line = await line_of(service.process, "metrics are on ")
            await client.get("/api/voice-token")
            shown = await client.get(line["event"].rpartition(" ")[2])
            elsewhere = await client.get("/metrics")
            service.process.send_signal(signal.SIGTERM)
            code, _, err = await finish(service.process)

    assert shown.status_code == 200
    assert 'voicegate_mints_total{outcome="ok"} 1.0' in shown.text
    assert elsewhere.status_code == 404
    assert code == 0, err


async def test_variables_of_a_cluster_are_one_line(tmp_path: Path) -> None:
    """A pod beside a service called voicegate starts, and says what it ignores."""
    environment = {"VOICEGATE_PORT": "tcp://10.0.0.7:8000", "VOICEGATE_SERVICE_HOST": "10.0.0.7"}
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY, **environment) as service:
        line = await line_of(service.process, "ignored, ")

    assert sorted(line["event"].rpartition(": ")[2].split(", ")) == sorted(environment)


async def test_metrics_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """Nothing is served if what the operator wants to see cannot be shown."""
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    environment = {"ASSEMBLYAI_API_KEY": KEY, "VOICEGATE_METRICS_PORT": str(port)}
    code, out, err = await finish(await start(tmp_path, **environment))
    server.close()

    assert (code, out) == (1, "")
    assert err == (
        f"Something else uses port {port} of 127.0.0.1: end it, "
        "or set VOICEGATE_METRICS_PORT to another port.\n"
    )


async def test_check_of_a_process(tmp_path: Path) -> None:
    """`--check` ends with 0 or 1 by whether the key works, with 2 by the settings."""
    async with raw_upstream(mints) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_AUDIT": "false",  # it lists no sessions
        }
        good = await finish(await start(tmp_path, "--check", **environment))
    bad = await finish(await start(tmp_path, "--check", **environment))
    none = await finish(await start(tmp_path, "--check"))
    odd = await finish(await start(tmp_path, "--check", "--control", **environment))

    assert [good[0], bad[0], none[0], odd[0]] == [0, 1, 1, 2]
    assert good[1].splitlines()[0] == "ASSEMBLYAI_API_KEY=set"
    assert good[1].endswith("All is well.\n")
    assert bad[1].endswith("Something has to be put right.\n")
    assert none[1].splitlines()[0] == "ASSEMBLYAI_API_KEY=not set"
    assert "\nKey: not set. Set ASSEMBLYAI_API_KEY " in none[1]
    assert KEY not in "".join(text for result in (good, bad) for text in result[1:])


async def served_by(process: asyncio.subprocess.Process, port: int) -> None:
    """Check that a process answers health, page and mints, far more often than a pipe holds."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def is_up() -> bool:
            try:
                return (await client.get("/healthz")).status_code == 200
            except httpx.TransportError:
                assert process.returncode is None
                return False

        await until(is_up)
        for _ in range(40):
            assert (await client.get("/api/voice-token")).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/", headers=PAGE)).status_code == 200


@pytest.mark.parametrize("trouble", ["full pipes", "closed readers", "full disk", "closed"])
async def test_output_that_cannot_be_written_reaches_nobody(tmp_path: Path, trouble: str) -> None:
    """Start, requests and end go well, though neither log nor announcement can be written."""
    port = free_port()
    reader, writer = os.pipe()
    if trouble == "full pipes":
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
    elif trouble == "closed readers":
        os.close(reader)
    elif trouble == "full disk":
        os.dup2(os.open("/dev/full", os.O_WRONLY), writer)
    redirection = ">&- 2>&-" if trouble == "closed" else ""
    async with raw_upstream(mints) as upstream:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_LOG_LEVEL": "debug",
            "VOICEGATE_CALLER_MINTS_PER_MINUTE": "0",
            "VOICEGATE_CALLER_SESSIONS_AT_ONCE": "0",
            "VOICEGATE_CALLER_MINUTES_PER_DAY": "0",
        }
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", f'exec "$0" -m app {redirection}', sys.executable),
            cwd=tmp_path,
            env=environment,
            stdout=writer,
            stderr=writer,
        )
        try:
            await served_by(process, port)
            process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), 60)
        finally:
            if process.returncode is None:
                process.kill()

    assert code == 0


async def test_wrong_setting_on_a_full_disk_is_still_2(tmp_path: Path) -> None:
    """The exit code is what was wrong, not that nobody could be told."""
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - a device
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app"),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PORT": "x"},
            stdout=full,
            stderr=full,
        )
        code = await asyncio.wait_for(process.wait(), 60)

    assert code == 2


@pytest.mark.parametrize("path", ["/", "/api/agents", "/none"])
@pytest.mark.parametrize("form", ["length", "chunked"])
async def test_long_body_is_refused(tmp_path: Path, path: str, form: str) -> None:
    """A GET needs no body: a little one is ignored, a long one ends the connection unread."""
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY) as service:
        answers = []
        for size in (10, MAX_BYTES * 2):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            field = f"Content-Length: {size}" if form == "length" else "Transfer-Encoding: chunked"
            body = b"x" * size if form == "length" else b"%x\r\n" % size + b"x" * size
            ends = b"" if form == "length" else b"\r\n0\r\n\r\n"
            head = (
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{field}\r\n\r\n"
            )
            try:
                writer.write(head.encode() + body + ends)
                answers.append(await asyncio.wait_for(reader.read(), 30))
            except ConnectionError:
                answers.append(b"")
            writer.close()

    assert answers[0].startswith((b"HTTP/1.1 405", b"HTTP/1.1 404"))
    assert answers[1] == b"" or answers[1].startswith((b"HTTP/1.1 413", b"HTTP/1.1 40"))


async def test_slow_body_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who announces a body and never sends it does not hold the connection for ever."""
    async with running(tmp_path, ASSEMBLYAI_API_KEY=KEY) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
        got = await asyncio.wait_for(reader.read(), 60)
        writer.close()

    assert got.startswith(b"HTTP/1.1 200 OK")
