"""`python -m app.simulator`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from app.simulator.__main__ import build_parser, main, options_from
from app.simulator.log import Journal
from app.simulator.server import create_simulator

if TYPE_CHECKING:
    from pathlib import Path


def test_options_become_arguments_of_the_simulator(tmp_path: Path) -> None:
    """Each option reaches `create_simulator` under its name there."""
    path = tmp_path / "log.jsonl"
    arguments = ["--set", "resume=ok", "--set", "audio_pace=burst", "--seed", "7", "--key", "k"]
    parsed = build_parser().parse_args([*arguments, "--control", "--log", str(path)])

    options = options_from(parsed)

    assert (options["profile"].resume, options["profile"].audio_pace) == ("ok", "burst")
    assert (options["seed"], options["key"], options["control"]) == (7, "k", True)
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
        (["--port", "x"], "--port"),
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
