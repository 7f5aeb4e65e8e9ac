"""The simulator's README keeps up with the program."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from app import simulator
from app.simulator.behaviour.profiles import LIVE, PROFILES
from app.simulator.evidence.violations import VIOLATIONS
from app.simulator.faults import FAULTS
from app.simulator.options import build_parser
from app.simulator.script_file import script_of

README = (Path(simulator.__file__).parent / "README.md").read_text("utf-8")
SWITCHES = {switch.name: switch.metadata for switch in fields(LIVE) if switch.name != "name"}


@pytest.mark.parametrize("name", [*PROFILES, *FAULTS, *VIOLATIONS, *SWITCHES])
def test_everything_that_has_a_name_has_a_row(name: str) -> None:
    """Each profile, fault, violation and switch is in a table."""
    assert f"\n| `{name}` | " in README


@pytest.mark.parametrize("name", SWITCHES)
def test_rows_of_switches_list_their_values(name: str) -> None:
    """A switch's row has all its named values, or its default and range."""
    rule = SWITCHES[name]
    (row,) = re.findall(rf"\n(\| `{name}` \| (?:`|true).*)", README)

    values = rule.get("allowed", ("false", "true") if "flag" in rule else ())
    assert all(f"`{value}`" in row for value in values)
    if "range" in rule:
        lowest, highest = rule["range"]
        assert f"`{getattr(LIVE, name)}` ({lowest}-{highest})" in row


def test_no_row_is_left_of_what_is_gone() -> None:
    """The table of switches has no other rows."""
    section = README.partition("\n## Switches\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"\n\| `(\w+)` \|", section)) == set(SWITCHES)


def test_every_option_is_named() -> None:
    """Each option of the command is explained or at least named."""
    options = [option for action in build_parser()._actions for option in action.option_strings]

    assert [option for option in options if option not in README and option != "--seed"] == []


def test_example_of_a_script_is_one() -> None:
    """The script that the README shows is accepted."""
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)

    assert len(script_of(tomllib.loads(example)).turns) == 2
