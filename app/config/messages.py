"""One sentence for each wrong variable: what is allowed and what it is now, or what was meant."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from app.errors import shorten

PREFIX: Final = "VOICEGATE_"
NO_KEY: Final = (
    "Set ASSEMBLYAI_API_KEY (in the environment or in .env) to a key of your AssemblyAI account, "
    "or try the service without one: python -m app --demo"
)
# Read by the example of a client in Python, which may share the service's environment.
_OF_CLIENTS: Final = {"VOICEGATE_URL", "VOICEGATE_CREDENTIAL"}
# Settings that are gone, each with what to do instead.
_FIXED: Final = "its value is fixed"
_IN_FILE: Final = "write it in the file that VOICEGATE_AGENTS_FILE names"
_REMOVED: Final = {
    "VOICEGATE_AGENT_EDITABLE": _IN_FILE,
    "VOICEGATE_AGENT_GREETING": _IN_FILE,
    "VOICEGATE_AGENT_SYSTEM_PROMPT": _IN_FILE,
    "VOICEGATE_AGENT_VOICE": _IN_FILE,
    "VOICEGATE_AGENT_VOICES": _IN_FILE,
    "VOICEGATE_ALLOW_WITHOUT_ORIGIN": "where VOICEGATE_ACCESS is open, programs need no credential "
    "any more; set VOICEGATE_ACCESS=code or jwt to ask for one",
    "VOICEGATE_CALLER_MINTS_PER_HOUR": "it is six times VOICEGATE_CALLER_MINTS_PER_MINUTE",
    "VOICEGATE_DEFAULT_EXPIRES_IN_SECONDS": "it is 60, and callers may ask for up to 600",
    "VOICEGATE_DOCS": "/docs and /openapi.json are always there; a proxy can close them",
    "VOICEGATE_FRAME_ANCESTORS": "frames show /embed, to the pages of VOICEGATE_ALLOWED_ORIGINS",
    "VOICEGATE_JWT_JWKS_URL": "write the address in VOICEGATE_JWT_KEY",
    "VOICEGATE_JWT_SECRET": "write it in VOICEGATE_JWT_KEY",
    "VOICEGATE_LOG_ADDRESSES": "VOICEGATE_LOG_LEVEL=debug logs them",
    "VOICEGATE_LOG_FORMAT": "the log is JSON, or for people where standard error is a terminal",
    "VOICEGATE_MAX_EXPIRES_IN_SECONDS": "it is 600, as upstream",
    "VOICEGATE_METRICS_HOST": "VOICEGATE_METRICS_PORT is a port of VOICEGATE_HOST",
    "VOICEGATE_METRICS_TOKEN": "VOICEGATE_OPERATOR_TOKEN opens /metrics",
    "VOICEGATE_MINTING": "VOICEGATE_STOP_FILE=/ stops minting from the start",
    "VOICEGATE_NOTICE": f"{_IN_FILE}, as notice",
    "VOICEGATE_PLAIN_SCRIPTS": "start with --plain-scripts",
    "VOICEGATE_SECRETS_DIR": "files in /run/secrets are read, and those of CREDENTIALS_DIRECTORY",
    "VOICEGATE_SHUTDOWN_GRACE_SECONDS": _FIXED,
    "VOICEGATE_SPARE_API_KEY": "write it behind the first in ASSEMBLYAI_API_KEY, after a comma",
    "VOICEGATE_UPSTREAM_CONNECT_SECONDS": _FIXED,
    "VOICEGATE_UPSTREAM_MAX_IN_FLIGHT": _FIXED,
    "VOICEGATE_UPSTREAM_MAX_WAITING": _FIXED,
    "VOICEGATE_UPSTREAM_READ_SECONDS": _FIXED,
    "VOICEGATE_UPSTREAM_TOTAL_SECONDS": _FIXED,
}
# What Kubernetes sets in each pod for services called voicegate, voicegate-metrics, …
# Source: Kubernetes documentation, "Service", environment variables, November 2026.
_CLUSTER_NAME: Final = re.compile(
    r"VOICEGATE(_[A-Z0-9_]+)?"
    r"(_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_CLUSTER_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")
MAX_SHOWN: Final = 60
# What is allowed, by the kinds of pydantic's errors.
_WORDS: Final = {
    "missing": "must be there",
    "string_type": "must be text",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have {min_length} characters or more",
    "string_pattern_mismatch": "must match {pattern}",
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    **dict.fromkeys(("dict_type", "model_type"), "must be a table"),
    "too_long": "must hold at most {max_length}; it holds {actual_length}",
    "too_short": "must hold {min_length} or more; it holds {actual_length}",
}


def sentence(
    entry: ErrorDetails,
    model: type[BaseModel],
    fields: Mapping[str, str],
    variable: Callable[[str], str],
) -> str:
    """Return what is wrong; the value of a secret field is left out.

    Args:
        entry: What pydantic found.
        model: The settings class, for the bounds of its fields.
        fields: The field of each environment variable.
        variable: Gives the environment variable to name for a field.
    """
    if not entry["loc"]:
        return f"{_plain(entry['msg'])}."
    place = str(entry["loc"][0])
    name = fields.get(place, place)
    field = model.model_fields[name]
    is_secret = "SecretStr" in str(field.annotation)
    return f"{variable(name)} {in_words(entry, _bounds(field), is_secret=is_secret)}."


def _bounds(field: FieldInfo) -> str:
    bounds = {
        name: getattr(item, name)
        for item in field.metadata
        for name in ("ge", "le")
        if hasattr(item, name)
    }
    number = "a number" if field.annotation is float else "a whole number"
    return f"must be {number} from {bounds['ge']} to {bounds['le']}" if bounds else ""


def in_words(entry: ErrorDetails, allowed: str = "", *, is_secret: bool = False) -> str:
    """Return what is allowed and, of a single value, what it is now or how long.

    Args:
        entry: What pydantic found.
        allowed: What is allowed, where that is known better than by the entry.
        is_secret: Whether the value is left out.
    """
    kind, value = entry["type"], entry["input"]
    said = _WORDS[kind].format(**entry.get("ctx", {})) if kind in _WORDS else _plain(entry["msg"])
    if kind in {"string_too_long", "string_too_short"}:
        return f"{allowed or said}; it has {len(value)}"
    is_shown = isinstance(value, str | int | float) and not is_secret
    return (allowed or said) + (f"; it is {shorten(repr(value), MAX_SHOWN)}" if is_shown else "")


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def is_from_cluster(name: str, value: str | None) -> bool:
    """Tell whether Kubernetes sets this variable for a service whose name begins like ours."""
    name = name.upper()
    if name.startswith(PREFIX) and name.endswith("_PORT") and _CLUSTER_VALUE.match(value or ""):
        return True
    return _CLUSTER_NAME.fullmatch(name) is not None


def unknown(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return a sentence for each name of our prefix that nothing reads."""
    known = list(known)
    return [
        _of_unknown(name, known)
        for name in sorted({name.upper() for name in names} - set(known) - _OF_CLIENTS)
        if name.startswith(PREFIX) or _of_file(name) in known
    ]


def _of_file(name: str) -> str:
    """Return the setting that a file held, where a setting of this name once named the file."""
    return name.removesuffix("_FILE") if name.endswith("_FILE") else ""


def _of_unknown(name: str, known: list[str]) -> str:
    held = _of_file(name)
    if instead := _REMOVED.get(name) or _REMOVED.get(held):
        return f"{name} is no setting any more: remove it; {instead}."
    if held in known:
        return (
            f"{name} is no setting any more: remove it; call the file {held.lower()}, "
            "in /run/secrets or in a folder that CREDENTIALS_DIRECTORY names."
        )
    # Compared without the prefix, which all have, and which makes everything look alike.
    by_rest = {variable.removeprefix(PREFIX): variable for variable in known}
    if meant := closest(name.removeprefix(PREFIX), by_rest):
        return f"{name} is no setting: {by_rest[meant]} is probably meant."
    return f"{name} is no setting: remove it; .env.example lists all that there are."


def closest(name: str, known: Iterable[str]) -> str:
    """Return the name that was probably meant; nothing if none is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - few starts meet an unknown name

    return next(iter(get_close_matches(name, list(known), n=1)), "")
