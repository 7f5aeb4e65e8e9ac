"""The simulator's own options, for its command and for the demo's."""

import argparse
from pathlib import Path
from typing import Any

from app.simulator.behaviour.profiles import LIVE, PROFILES, Profile, profile_named, with_switches
from app.simulator.behaviour.script import Script
from app.simulator.evidence.journal import Journal
from app.simulator.faults import FAULTS, check_fault
from app.simulator.script_file import read_script


def build_parser() -> argparse.ArgumentParser:
    """Return a parser of the simulator's own options, to be a parent of another parser."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("simulated service")
    group.add_argument(
        "--profile",
        type=_profile,
        default=LIVE,
        metavar="NAME",
        help=f"how it behaves: {', '.join(PROFILES)} (default {LIVE.name})",
    )
    group.add_argument(
        "--set",
        type=_switch,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set one switch of the profile; may be repeated",
    )
    group.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"let something go wrong from the start; may be repeated: {', '.join(FAULTS)}",
    )
    group.add_argument(
        "--script",
        type=_script,
        metavar="FILE",
        help="TOML or JSON: what the caller is heard to say, what the agent answers and calls",
    )
    group.add_argument("--key", help="the only API key to accept (default: any)")
    group.add_argument(
        "--log", type=_journal, metavar="FILE", help="write every frame to a JSONL file"
    )
    group.add_argument(
        "--control", action="store_true", help="offer GET /_stats and POST /_control"
    )
    group.add_argument("--seed", type=int, default=0, help="of tokens and identifiers (default 0)")
    return parser


def options_from(namespace: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of `create_simulator` from what `build_parser` parsed."""
    return {
        "profile": with_switches(namespace.profile, dict(namespace.set)),
        "seed": namespace.seed,
        "key": namespace.key,
        "observe": namespace.log,
        "control": namespace.control,
        "faults": dict(namespace.fault),
        "script": namespace.script,
    }


def _profile(name: str) -> Profile:
    try:
        return profile_named(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _switch(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    try:
        with_switches(LIVE, {name: value})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value


def _fault(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    try:
        check_fault(name, value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, value


def _script(path: str) -> Script:
    try:
        return read_script(Path(path))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _journal(path: str) -> Journal:
    try:
        return Journal(Path(path))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write {path}: {error.strerror}") from None
