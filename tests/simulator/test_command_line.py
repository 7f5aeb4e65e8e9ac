"""`python -m app.simulator`."""

import argparse
import asyncio
import signal
import socket
import ssl
import sys
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.simulator.__main__ import main
from app.simulator.evidence.journal import Journal
from app.simulator.options import build_parser, options_from
from app.simulator.script_file import read_script
from app.simulator.server.app import create_simulator
from app.simulator.server.tls import certificate_in
from tests.simulator.caller import LISTEN
from tests.simulator.wire import KEY, order, send, until


def test_options_become_arguments_of_the_simulator(tmp_path: Path) -> None:
    """Each option reaches `create_simulator` under its name there."""
    path = tmp_path / "log.jsonl"
    arguments = ["--set", "resume=ok", "--set", "audio_pace=burst", "--seed", "7", "--key", "k"]
    script = tmp_path / "script.json"
    script.write_text("{}")
    arguments += ["--script", str(script), "--fault", "stall=3@2s", "--fault", "jitter=20"]
    parsed = build_parser().parse_args([*arguments, "--control", "--log", str(path)])

    options = options_from(parsed)

    assert (options["profile"].resume, options["profile"].audio_pace) == ("ok", "burst")
    assert (options["seed"], options["key"], options["control"]) == (7, "k", True)
    assert options["script"] == read_script(script)
    assert options["faults"] == {"stall": "3@2s", "jitter": "20"}
    assert isinstance(options["observe"], Journal)
    assert create_simulator(**options)
    options["observe"].__exit__()


def test_options_may_be_part_of_another_command() -> None:
    """Another parser takes the options over as its parent."""
    parser = argparse.ArgumentParser(parents=[build_parser()])
    parser.add_argument("--port")

    assert options_from(parser.parse_args(["--port", "1"]))["profile"].name == "live"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "lve"], "there are: live"),
        (["--set", "resume"], "resume must be one of"),
        (["--set", "nothing=1"], "no switch is called 'nothing'; there are:"),
        (["--log", "/no/such/folder/log.jsonl"], "cannot write /no/such/folder/log.jsonl"),
        (["--port", "x"], "must be a whole number from 0 to 65535; it is 'x'"),
        (["--port", "65536"], "must be a whole number from 0 to 65535; it is '65536'"),
        (["--fault", "stal=3"], "no fault is called 'stal'; there are:"),
        (["--fault", "stall=never"], "fault stall: stall must be seconds"),
        (["--host", "0.0.0.0"], "0.0.0.0 can be reached from other machines"),
        (["--host", "::"], "add --allow-remote if that is meant"),
        (["--host", "example.test"], "add --allow-remote if that is meant"),
        (["--script", "/no/such/script.toml"], "cannot read /no/such/script.toml"),
        (["--tls", "/proc/nowhere"], "cannot write /proc/nowhere"),
        (["--wrong"], "--wrong"),
    ],
)
def test_wrong_options_end_with_2_and_a_reason(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is named, with what is allowed, and nothing is served."""
    with pytest.raises(SystemExit) as end:
        main(arguments)

    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_port_in_use_is_one_sentence(host: str) -> None:
    """As the service says it, with the option's name; `SystemExit` prints it and exits with 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            main(["--host", host, "--port", str(port)])

    assert end.value.code == (
        f"Something else uses port {port} of {host}: end it, or set --port to another port."
    )


def test_address_of_another_machine_is_one_sentence() -> None:
    """What is not ours to listen on is told with both options."""
    with pytest.raises(SystemExit) as end:
        main(["--host", "192.0.2.1", "--allow-remote"])

    assert str(end.value.code).startswith("Cannot listen on port 8001 of 192.0.2.1 (")
    assert str(end.value.code).endswith("): check --host and --port.")


async def test_command_serves_until_it_is_told_to_end() -> None:
    """The command says where it is, answers there, on loopback only, and ends when told to."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.simulator", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        url = line.split()[-1]
        async with httpx.AsyncClient() as client:
            status = (await client.get(f"{url}/v1/token")).status_code
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()

    assert line.startswith("The simulated voice agent service is on http://127.0.0.1:")
    assert status == 422
    assert errors == b""
    assert process.returncode == 0


async def test_refused_upgrade_prints_nothing() -> None:
    """Whatever the reason: a credential, a path that is not there, or a fault."""
    options = ["--set", "auth_failure=close_1006", "--set", "websocket_path=ws", "--control"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.simulator", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().split()[-1]
        statuses = []
        for path, fault in (("ws", None), ("voice", None), ("nowhere", None), ("ws", "503")):
            await order(url, {"faults": {"refuse_upgrade": fault}})
            with pytest.raises(InvalidStatus) as refusal:
                async with connect(f"{url.replace('http', 'ws', 1)}/v1/{path}?token=wrong"):
                    pass
            statuses.append(refusal.value.response.status_code)
    finally:
        process.send_signal(signal.SIGINT)
        out, errors = await process.communicate()

    assert statuses == [403, 404, 403, 503]
    assert (out, errors) == (b"", b"")


async def test_tls_serves_clients_that_know_only_the_public_host(tmp_path: Path) -> None:
    """With `--tls` a client that trusts the certificate connects under the service's own name."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.simulator", "--port", "0", "--tls", str(tmp_path / "tls")),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().split()[-1]
        trusted = (await process.stdout.readline()).decode().split()[-1]
        context = ssl.create_default_context(cafile=trusted)
        async with connect(
            f"wss://agents.assemblyai.com/v1/ws?token={KEY}",
            host="127.0.0.1",
            port=int(url.rpartition(":")[2]),
            ssl=context,
        ) as socket:
            await send(socket, LISTEN)
            ready = await until(socket, "session.ready")
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert url.startswith("https://127.0.0.1:")
    assert ready[-1]["session_id"]
    assert (tmp_path / "tls" / "key.pem").stat().st_mode & 0o077 == 0


def test_certificate_is_made_once(tmp_path: Path) -> None:
    """What is in the folder is used again while it is good, and replaced when it is not."""
    first = certificate_in(tmp_path).certificate.read_bytes()
    again = certificate_in(tmp_path).certificate.read_bytes()
    (tmp_path / "cert.pem").write_text("no certificate")
    other = certificate_in(tmp_path).certificate.read_bytes()

    assert first == again != other


def test_tls_without_a_place_for_its_files_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the folder can't be written, that is what is said, and nothing is served."""
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(SystemExit) as end:
        main(["--tls", str(file / "folder")])

    assert end.value.code == 2
    assert f"cannot write {file / 'folder'}" in capsys.readouterr().err
