"""The faults, one after the other; each tells what callers saw."""

import asyncio
import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.faults.gate import (
    END_SECONDS,
    MINT,
    PAGE,
    agents,
    ask,
    gate,
    python,
    raw,
    redis,
    shared,
    tell,
    worst,
)
from benchmarks.server.cpu import process_cpu_seconds, process_memory_bytes
from tests.integration.raw_upstream import answer, raw_upstream
from tests.logins import AUDIENCE, ISSUER, issue, jwk, key_set, private_key
from tests.relay import Relay
from tests.support import free_port

SOURCES = Path(__file__).parent
CODE = "right-code-0123456789abcdef"
METRICS_TOKEN = "m" * 32
FOREIGN = "attacker.example"
REDIS_AWAY_SECONDS = 2
# Longer than a connection may be used.
MOVED_SECONDS = 330
FLOOD_SECONDS = 20
HELD_SECONDS = 90
KEYS_SECONDS = 40
WRONG_SETTING = 2
ROUND_TRIPS_MS = (0, 20, 100, 250)


class Seen(NamedTuple):
    """What callers saw of a fault: its outcome, their longest wait, and when all was well again."""

    what: str
    worst_seconds: float | None = None
    recovered: str = ""


async def log_reader_stops(tree: Path) -> Seen:
    """1 The log is a pipe that nobody reads."""
    reading, writing = os.pipe()
    try:
        async with agents() as upstream, gate(tree, upstream.port, output=writing) as one:
            minted = await one.mints(600, at_once=20, patience=5)
            health = await one.ask("/healthz", patience=5)
            code, seconds = await one.end(signal.SIGTERM)
    finally:
        os.close(reading)
        os.close(writing)
    ended = f"ends in {seconds:.1f} s" if code is not None else f"no end in {END_SECONDS} s"
    return Seen(
        f"{tell(minted)}; health check {health.outcome}; SIGTERM: {ended}",
        max(worst(minted), health.seconds),
    )


async def log_disk_full(tree: Path) -> Seen:
    """2 Standard output and error are a full disk."""
    with Path("/dev/full").open("wb") as full:  # noqa: ASYNC230 - a device
        async with agents() as upstream:
            try:
                async with gate(tree, upstream.port, output=full) as one:
                    async with one.client(kept=True) as client:
                        answers = [await ask(client) for _ in range(40)]
                    code, _ = await one.end(signal.SIGTERM)
            except RuntimeError as error:
                return Seen(f"does not start ({error})")
    return Seen(f"{tell(answers)}; exit code {code}", worst(answers))


async def redis_far(tree: Path) -> Seen:
    """3 Redis is 0, 20, 100, 250 ms away: p50 of 20 mints, and what was refused."""
    found, slowest = [], 0.0
    async with agents() as upstream, redis() as store:
        for milliseconds in ROUND_TRIPS_MS:
            store.round_trip_seconds = milliseconds / 1000
            far = gate(tree, upstream.port, shared(store))
            async with far as one, one.client(kept=True) as client:
                await ask(client)
                answers = [await ask(client) for _ in range(20)]
            good = [a.seconds * 1000 for a in answers if a.outcome == "200"]
            p50 = f"p50 {statistics.median(good):.0f} ms" if good else "none"
            found.append(f"{milliseconds} ms: {p50}, {20 - len(good)} refused")
            slowest = max(slowest, worst(answers))
    return Seen("; ".join(found), slowest)


async def redis_gone(tree: Path) -> Seen:
    """3b Redis is gone for 2 s."""
    return await _store_fails(tree, Relay.vanish, Relay.open)


async def redis_deaf(tree: Path) -> Seen:
    """3c Redis is silent for 2 s; what was sent then is lost."""

    async def deafen(store: Relay) -> None:
        store.is_deaf = True
        store.deafen()

    async def hear(store: Relay) -> None:
        store.is_deaf = False

    return await _store_fails(tree, deafen, hear)


async def _store_fails(
    tree: Path,
    fail: Callable[[Relay], Awaitable[None]],
    mend: Callable[[Relay], Awaitable[None]],
) -> Seen:
    async with (
        agents() as upstream,
        redis() as store,
        gate(tree, upstream.port, shared(store)) as one,
    ):
        await one.mints(3)
        await fail(store)
        until = time.perf_counter() + REDIS_AWAY_SECONDS
        answers = []
        while time.perf_counter() < until:
            answers.append(await one.ask())
            await asyncio.sleep(0.05)
        await mend(store)
        recovered = await one.recovery()
    return Seen(tell(answers), worst(answers), recovered)


async def upstream_deaf(tree: Path) -> Seen:
    """4 Six kept connections to the agent service go deaf; new ones are well."""
    async with agents(delay_seconds=0.2) as upstream, gate(tree, upstream.port) as one:
        await one.mints(6, at_once=6)
        upstream.deafen()
        answers = await one.mints(8)
        recovered = await one.recovery()
    return Seen(f"one after the other: {tell(answers)}", worst(answers), recovered)


async def upstream_moves(tree: Path) -> Seen:
    """5 The agent service moves to another address, under traffic; the old one still answers."""
    with tempfile.TemporaryDirectory() as folder:
        library, address = Path(folder) / "resolver.so", Path(folder) / "address"
        source = SOURCES / "resolver.c"
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)  # noqa: S603, ASYNC221 - our own file
        address.write_text("127.0.0.2")
        async with agents() as upstream:
            port = free_port()
            old, new = (Relay(upstream.port, f"127.0.0.{n}", port) for n in (2, 3))
            await old.open()
            await new.open()
            async with gate(
                tree,
                f"http://agents.test:{port}",
                {
                    "LD_PRELOAD": str(library),
                    "AGENTS_ADDRESS": str(address),
                    # Says on purpose that the key goes in clear.
                    "VOICEGATE_UPSTREAM_WS_URL": f"ws://agents.test:{port}/v1/ws",
                },
            ) as one:
                await one.mints(3)
                address.write_text("127.0.0.3")
                began, answers, followed = time.perf_counter(), [], "never"
                while time.perf_counter() - began < MOVED_SECONDS:
                    answers.append(await one.ask())
                    if new.connections:
                        followed = f"{time.perf_counter() - began:.0f} s"
                        break
                    await asyncio.sleep(0.4)
            await old.vanish()
            await new.vanish()
    return Seen(f"{tell(answers)}, until the new place was asked", worst(answers), followed)


async def wrong_codes(tree: Path) -> Seen:
    """6 300 wrong access codes from six addresses and one /48; then right ones from elsewhere."""
    settings = {
        "VOICEGATE_ACCESS": "code",
        "VOICEGATE_ACCESS_CODES": CODE,
        "VOICEGATE_TRUSTED_PROXIES": "127.0.0.1",
    }
    sources = [f"198.51.100.{n}" for n in range(6)]
    sources += [f"2001:db8:1:{n:x}::1" for n in range(24)]
    async with agents() as upstream, gate(tree, upstream.port, settings) as one:

        async def enter(source: str, code: str) -> str:
            fields = {"x-forwarded-for": source, "origin": f"http://127.0.0.1:{one.port}"}
            body = {"code": code}
            return (await one.ask("/api/access", method="POST", headers=fields, json=body)).outcome

        for _ in range(10):
            await asyncio.gather(*(enter(source, "wrong-0123456789") for source in sources))
        visitors = [await enter(f"203.0.113.{n}", CODE) for n in range(5)]
        fields = {"authorization": f"Bearer {CODE}", "x-forwarded-for": "203.0.113.9"}
        servers = await one.mints(5, headers=fields)
    right = sum(outcome == "204" for outcome in visitors)
    return Seen(
        f"right codes: {right} of 5 visitors let in; servers: {tell(servers)}", worst(servers)
    )


async def foreign_host(tree: Path) -> Seen:
    """7 A page whose own name was pointed at the loopback address asks."""
    own = {"host": f"{FOREIGN}:80", "origin": f"http://{FOREIGN}:80", **PAGE}
    async with agents() as upstream, gate(tree, upstream.port) as one:
        minted = await one.ask(headers=own)
        docs = await one.ask("/docs", headers={"host": FOREIGN})
    repeated = "repeats the name" if FOREIGN in docs.text else "does not repeat the name"
    return Seen(f"token: {minted.outcome}; /docs: {docs.outcome}, {repeated}", minted.seconds)


async def control_characters(tree: Path) -> Seen:
    """8 Control characters in paths."""
    paths = (f"{MINT}%0A", "/healthz%0A", "/%0A", "/docs%00", f"{MINT}%0D", "/static/%0A")
    async with agents() as upstream, gate(tree, upstream.port) as one:
        said = len("\n".join(one.log()))
        answers = [await one.ask(path) for path in paths]
        grown = len("\n".join(one.log())) - said
    return Seen(f"{tell(answers)}; {grown / len(paths):.0f} B of log each", worst(answers))


async def descriptors(tree: Path) -> Seen:
    """9 300 connections that are kept, against 256 descriptors."""
    limit = ("prlimit", "--nofile=256:256")
    async with agents() as upstream, gate(tree, upstream.port, before=limit) as one:
        cpu, said = process_cpu_seconds(one.process.pid), len(one.log())
        lines = [await asyncio.open_connection("127.0.0.1", one.port) for _ in range(300)]
        for _, writer in lines:
            writer.write(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        began, answers = time.perf_counter(), []
        while time.perf_counter() - began < FLOOD_SECONDS:
            answers.append(await one.ask("/healthz", patience=10))
            await asyncio.sleep(0.5)
        used, new = process_cpu_seconds(one.process.pid) - cpu, len(one.log()) - said
        for _, writer in lines:
            writer.transport.abort()
        recovered = await one.recovery()
    return Seen(
        f"health checks: {tell(answers)}; {used:.1f} s of CPU, {new} lines of log",
        worst(answers),
        recovered,
    )


async def readers_that_do_not_read(tree: Path) -> Seen:
    """10 50 callers read nothing of what they asked for; one sends an empty line behind."""
    head = b"host: 127.0.0.1\r\n\r\n"
    async with agents() as upstream, gate(tree, upstream.port) as one:
        before = process_memory_bytes(one.process.pid)
        began = time.perf_counter()
        empty = asyncio.create_task(
            raw(one.port, b"GET /healthz HTTP/1.1\r\n" + head, HELD_SECONDS, then=b"\r\n")
        )
        silent = []
        for _ in range(50):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.setblocking(False)  # noqa: FBT003 - its name is positional
            await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", one.port))
            line.send((b"GET /openapi.json HTTP/1.1\r\n" + head) * 200)
            silent.append(line)
        await asyncio.sleep(5)
        grown = process_memory_bytes(one.process.pid) - before
        ports = {line.getsockname()[1] for line in silent}
        held = len(ports)
        while held and time.perf_counter() - began < HELD_SECONDS:
            await asyncio.sleep(0.5)
            held = _established(one.port, ports)
        seconds = time.perf_counter() - began
        _, after_line = await empty
        for line in silent:
            line.close()
        health = await one.ask("/healthz")
    gone = (
        f"all closed after {seconds:.0f} s" if not held else f"{held} held after {HELD_SECONDS} s"
    )
    late = after_line > HELD_SECONDS - 1
    ended = f"held after {HELD_SECONDS} s" if late else f"closed after {after_line:.0f} s"
    what = f"no reading: {gone}, +{grown / 2**20:.0f} MiB; empty line: {ended}"
    return Seen(what, health.seconds)


def _established(server_port: int, ports: set[int]) -> int:
    """Count the server's ends of connections that are open. Source: proc_net_tcp(5)."""
    open_ends = 0
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if int(local.partition(":")[2], 16) == server_port and state == "01":
            open_ends += int(remote.partition(":")[2], 16) in ports
    return open_ends


async def hang_up_signal(tree: Path) -> Seen:
    """11 SIGHUP while a token is being minted."""
    async with agents(delay_seconds=1.5) as upstream, gate(tree, upstream.port) as one:
        minting = asyncio.create_task(one.ask())
        await asyncio.sleep(0.5)
        code, _ = await one.end(signal.SIGHUP)
        minted = await minting
    return Seen(f"{minted.outcome}; exit code {code}", minted.seconds)


async def public_prompts(tree: Path) -> Seen:
    """12 A stranger asks a service with access codes for its agents."""
    words, pages = "the operators own words", ("/api/agents", "/", "/diagnostics")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "agents.toml"
        file.write_text(
            f'[agents.assistant]\nsystem_prompt = "{words}"\neditable = ["system_prompt"]\n'
        )
        settings = {
            "VOICEGATE_ACCESS": "code",
            "VOICEGATE_ACCESS_CODES": CODE,
            "VOICEGATE_AGENTS_FILE": str(file),
        }
        async with agents() as upstream, gate(tree, upstream.port, settings) as one:
            told = [await one.ask(path) for path in pages]
    shown = [path for path, said in zip(pages, told, strict=True) if words in said.text]
    return Seen(f"prompt shown by {', '.join(shown) or 'none of three pages'}")


async def untrusted_certificate(tree: Path) -> Seen:
    """13a The agent service shows a certificate that nobody signed."""
    with tempfile.TemporaryDirectory() as folder:
        async with agents("--tls", folder) as upstream:
            url = f"https://127.0.0.1:{upstream.port}"
            async with gate(tree, url) as one:
                await asyncio.sleep(1)  # the connection that is made at start
                before = upstream.connections
                minted = await one.ask()
    return Seen(
        f"{minted.outcome} after {upstream.connections - before} connections", minted.seconds
    )


async def upstream_says_when(tree: Path) -> Seen:
    """13b The agent service answers 503 with Retry-After: 7, then with a day."""
    seconds = ["7"]

    async def behave(_: StreamReader, writer: StreamWriter, _number: int) -> None:
        writer.write(answer(b"", "503 Service Unavailable", f"Retry-After: {seconds[0]}"))

    async with raw_upstream(behave) as upstream, gate(tree, upstream.url) as one:
        minted = await one.ask()
        seconds[0] = "86400"
        later = await one.ask()
    told = [a.headers.get("retry-after", "none") for a in (minted, later)]
    return Seen(f"{minted.outcome}, Retry-After: {told[0]}; {told[1]}", minted.seconds)


async def new_signing_key(tree: Path) -> Seen:
    """13c The login signs with a new key, two seconds after its keys were read."""
    known = ["one"]

    async def behave(_: StreamReader, writer: StreamWriter, _number: int) -> None:
        entries = [jwk("RS256", name, private_key("RS256", i)) for i, name in enumerate(known)]
        writer.write(answer(key_set(*entries)))

    def bearer(number: int, name: str) -> dict[str, str]:
        key = private_key("RS256", number)
        return {"authorization": f"Bearer {issue('RS256', key=key, headers={'kid': name})}"}

    async with agents() as upstream, raw_upstream(behave) as login:
        settings = {
            "VOICEGATE_ACCESS": "jwt",
            "VOICEGATE_JWT_KEY": login.url,
            "VOICEGATE_JWT_ISSUER": ISSUER,
            "VOICEGATE_JWT_AUDIENCE": AUDIENCE,
        }
        async with gate(tree, upstream.port, settings) as one:
            first = await one.ask(headers=bearer(0, "one"))
            known.append("two")
            await asyncio.sleep(2)
            second = await one.ask(headers=bearer(1, "two"))
            began, recovered = time.perf_counter(), f"not within {KEYS_SECONDS} s"
            while time.perf_counter() - began < KEYS_SECONDS:
                if (await one.ask(headers=bearer(1, "two"))).outcome == "200":
                    recovered = f"{time.perf_counter() - began:.0f} s"
                    break
                await asyncio.sleep(0.5)
    wait = second.headers.get("retry-after", "none")
    what = f"old key {first.outcome}; new key {second.outcome}, Retry-After: {wait}"
    return Seen(what, second.seconds, recovered)


async def unreadable_flood(tree: Path) -> Seen:
    """14 200 requests that cannot be read: 400, 408, 413, 431."""
    fields = b"host: 127.0.0.1\r\n"
    sent = {
        "400": b"nonsense\r\n\r\n",
        "413": b"POST /healthz HTTP/1.1\r\n"
        + fields
        + b"content-length: 99999\r\n\r\n"
        + b"x" * 99999,
        "431": b"GET / HTTP/1.1\r\nx: " + b"x" * 99999,
        "408": b"GET / HTTP/1.1\r\n",
    }
    async with (
        agents() as upstream,
        gate(tree, upstream.port, {"VOICEGATE_OPERATOR_TOKEN": METRICS_TOKEN}) as one,
    ):
        said = len(one.log())
        await asyncio.gather(*(raw(one.port, sent[s], 15) for s in sent for _ in range(50)))
        await asyncio.sleep(2)
        metrics = await one.ask("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
        lines = len(one.log()) - said
    counted = {
        status: int(
            sum(
                map(
                    float, re.findall(rf'requests_total{{.*status="{status}"}} (\S+)', metrics.text)
                )
            )
        )
        for status in sent
    }
    numbers = ", ".join(f"{number} x {status}" for status, number in counted.items())
    return Seen(f"counted of 50 each: {numbers}; {lines} lines of log")


async def share_of_an_address(tree: Path) -> Seen:
    """15 Another front end's visitors share an address and bring no cookie; a page in a frame."""
    site = "https://www.example.com"
    settings = {
        "VOICEGATE_ALLOWED_ORIGINS": site,
        "VOICEGATE_CALLER_MINTS_PER_MINUTE": "10",
        "VOICEGATE_CALLERS_PER_ADDRESS": "4",
        "VOICEGATE_TRUSTED_PROXIES": "127.0.0.1",
    }
    async with agents() as upstream, gate(tree, upstream.port, settings) as one:
        fields = {"origin": site, "sec-fetch-site": "cross-site", "x-forwarded-for": "203.0.113.9"}
        answers = [await one.ask(headers=fields) for _ in range(50)]
        framed = await one.ask("/embed", headers={"x-forwarded-proto": "https"})
    cookie = framed.headers.get("set-cookie", "")
    kept = "yes" if {"Partitioned", "SameSite=None"} <= set(cookie.split("; ")) else "no"
    return Seen(f"{tell(answers)}; cookie sticks in a frame: {kept}", worst(answers))


async def key_in_clear(tree: Path) -> Seen:
    """16 The agent service is http:// on another machine; a trusted proxy is a /8."""
    wide = {"VOICEGATE_UPSTREAM_URL": "https://agents.assemblyai.com"}
    clear = await _start(tree, VOICEGATE_UPSTREAM_URL="http://192.0.2.1:8001")
    wide_said = await _start(tree, VOICEGATE_TRUSTED_PROXIES="10.0.0.0/8", **wide)
    refused = "does not start" if clear[0] == WRONG_SETTING else "starts"
    named = "named" if re.search(r"10\.0\.0\.0/8", wide_said[1]) else "not a word"
    return Seen(f"http:// elsewhere: {refused}; a /8 of trusted proxies: {named}")


async def _start(tree: Path, **settings: str) -> tuple[int | None, str]:
    """Start the service for two seconds; returns the exit code, if it ended, and what it said."""
    environment = {"PYTHONPATH": str(tree), "PORT": str(free_port()), **settings}
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(python(tree), "-m", "app"),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "ASSEMBLYAI_API_KEY": "fault-bench", **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 4)
        code = process.returncode
        if code is None:
            process.terminate()
        said, _ = await process.communicate()
    return code, said.decode(errors="replace")


ROWS = {
    "1": log_reader_stops,
    "2": log_disk_full,
    "3": redis_far,
    "3b": redis_gone,
    "3c": redis_deaf,
    "4": upstream_deaf,
    "5": upstream_moves,
    "6": wrong_codes,
    "7": foreign_host,
    "8": control_characters,
    "9": descriptors,
    "10": readers_that_do_not_read,
    "11": hang_up_signal,
    "12": public_prompts,
    "13a": untrusted_certificate,
    "13b": upstream_says_when,
    "13c": new_signing_key,
    "14": unreadable_flood,
    "15": share_of_an_address,
    "16": key_in_clear,
}
