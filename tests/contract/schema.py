"""Checks messages against `messages.schema.json`; for every test that sees frames."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads(
    Path(__file__).with_name("messages.schema.json").read_text("utf-8")
)


def problems(definition: str, message: object) -> list[str]:
    """Return what is wrong with a message under one `$defs` entry; empty when it is valid."""
    errors = _validator(definition).iter_errors(message)
    return [f"{error.json_path}: {error.message}" for error in errors]


def check_live(frame: Mapping[str, Any]) -> None:
    """Assert that a server's frame is exactly as measured live."""
    assert problems(f"live:{frame['type']}", frame) == [], frame


def check_client(message: Mapping[str, Any]) -> None:
    """Assert that a client's message is exactly as the documents want it."""
    assert problems(f"client:{message['type']}", message) == [], message


@cache
def _validator(definition: str) -> Draft202012Validator:
    assert definition in SCHEMA["$defs"], f"unknown message: {definition}"
    return Draft202012Validator(
        {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{definition}"}
    )
