"""Reads a script from a TOML or JSON file and says in one sentence what is wrong with it."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.errors import Refusal
from app.simulator.wire.config_fields import refuse_bad_tool

_SCRIPT_FIELDS: Final = {
    "turns": list,
    "created": list,
    "greeting": str,
    "tools": list,
    "repeats": bool,
}
_TURN_FIELDS: Final = {
    **dict.fromkeys(("hears", "answers", "preamble", "on_error", "on_timeout", "failure"), str),
    "is_silent": bool,
    "calls": list,
}
_CALL_FIELDS: Final = {"name": str, "arguments": dict, "times": int}
_MOST_TIMES: Final = 6
_TEXT_LIMIT: Final = 5000
_KINDS: Final = {
    str: "text",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    int: "a number",
}


def read_script(path: Path) -> Script:
    """Return the script in a file; JSON when the name ends so, else TOML.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no script; the message is one sentence.
    """
    try:
        text = path.read_text("utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (UnicodeDecodeError, RecursionError):
        raise ValueError(f"{path.name} is no text that could be read") from None
    except ValueError as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    try:
        return script_of(data)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def script_of(data: object) -> Script:
    """Return the script in data as they are read from a file.

    Raises:
        ValueError: naming the place and what may stand there.
    """
    fields = _checked("the script", data, _SCRIPT_FIELDS)
    created = fields.pop("created", [])
    if not all(isinstance(line, str) and len(line) <= _TEXT_LIMIT for line in created):
        raise ValueError("created must hold texts only")
    turns = [_turn(f"turns[{i}]", turn) for i, turn in enumerate(fields.pop("turns", []))]
    tools = fields.pop("tools", [])
    for place, tool in enumerate(tools):
        _check_tool(f"tools[{place}]", tool)
    return Script(turns=tuple(turns), created=tuple(created), tools=tuple(tools), **fields)


def _turn(place: str, data: object) -> ScriptedTurn:
    fields = _checked(place, data, _TURN_FIELDS)
    calls = [_call(f"{place}.calls[{i}]", call) for i, call in enumerate(fields.pop("calls", []))]
    return ScriptedTurn(calls=tuple(calls), **fields)


def _call(place: str, data: object) -> ScriptedCall:
    fields = _checked(place, data, _CALL_FIELDS)
    if not fields.get("name"):
        raise ValueError(f"{place} needs a name")
    if not 1 <= fields.get("times", 1) <= _MOST_TIMES:
        raise ValueError(f"{place}.times must be from 1 to {_MOST_TIMES}")
    return ScriptedCall(fields["name"], fields.get("arguments", {}), fields.get("times", 1))


def _check_tool(place: str, tool: object) -> None:
    """Hold a tool of a stored agent against the rules that a client's own tools have."""
    if not isinstance(tool, dict):
        raise ValueError(f"{place} must be a table")  # noqa: TRY004 - one error for all of it
    try:
        refuse_bad_tool(place, tool, is_stored=True)
    except Refusal as refusal:
        raise ValueError(f"{place}: {refusal.message}") from None


def _checked(place: str, data: object, allowed: Mapping[str, type]) -> dict[str, Any]:
    """Return the fields of a table, each of its type."""
    if not isinstance(data, dict):
        raise ValueError(f"{place} must be a table")  # noqa: TRY004 - one error for all of it
    for name, value in data.items():
        if name not in allowed:
            raise ValueError(f"{place} has no {name!r}; there are: {', '.join(allowed)}")
        kind = allowed[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"{place}.{name} must be {_KINDS[kind]}")
        if isinstance(value, str) and len(value) > _TEXT_LIMIT:
            raise ValueError(f"{place}.{name} has more than {_TEXT_LIMIT} characters")
    return dict(data)
