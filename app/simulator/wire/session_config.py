"""The session's configuration: what an update may set, to what, and when.

Source: the page "Session configuration" and live probes, both September 2026.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.simulator.audio.encoding import SAMPLE_RATES_HZ
from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Script
from app.simulator.errors import Refusal
from app.simulator.wire.config_fields import (
    DEFAULT_TIMEOUT_SECONDS,
    FIELDS,
    GROUPS,
    refuse_unknown_voice,
)

_DEFAULT_ENCODING: Final = "audio/pcm"
_IMMUTABLE: Final = ("greeting", "output.voice", "output.format")
AGENT_ID: Final = re.compile(r"agent_[0-9a-z]{1,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DELAY: Final = "input.turn_detection.interruption_delay"
_STORED_ONLY: Final = ("llm", "pre_connect_requests")
_STORED_AGENT_GREETING: Final = "Hi there! I'm your voice agent. Say something, and I'll answer."
_TOOL_ECHO: Final[Mapping[str, Any]] = {
    "description": "",
    "parameters": {},
    "timeout_seconds": DEFAULT_TIMEOUT_SECONDS,
    "execution_mode": "interactive",
    "http": None,
    "response_instructions": None,
    "deployment_id": None,
    "session_update": None,
    "image_tag": None,
}


def stand_in(script: Script) -> dict[str, Any]:
    """Return what is set by the agent that every well-formed id stands for, unless it is stored."""
    greeting = _STORED_AGENT_GREETING if script.greeting is None else script.greeting
    return {"greeting": greeting, "tools": [dict(tool) for tool in script.tools]}


class SessionConfig:
    """What one session was told so far, kept flat: `output.voice` is one name.

    Args:
        session_id: told in the echo.
        profile: how the service behaves.
        script: what a stored agent says first and which tools it has.
    """

    def __init__(self, session_id: str, profile: Profile, script: Script) -> None:
        self._session_id = session_id
        self._profile = profile
        self._script = script
        self._values: dict[str, Any] = {}
        self._is_locked = False

    @property
    def greeting(self) -> str:
        """What the agent says first; empty when it listens first."""
        return str(self._values.get("greeting", "")).strip()

    def value(self, path: str) -> Any:
        """Return a setting by its path; None when it is not set."""
        return self._values.get(path)

    def encoding(self, direction: str) -> str:
        """Return the encoding of the `input` or the `output`."""
        return str(self._echo_format(f"{direction}.format")["encoding"])

    @property
    def has_wrong_rate(self) -> bool:
        """Whether a sample rate was declared that its encoding does not have."""
        formats = (self._echo_format(f"{direction}.format") for direction in ("input", "output"))
        return any(f["sample_rate"] != SAMPLE_RATES_HZ[f["encoding"]] for f in formats)

    def tool(self, name: str) -> Mapping[str, Any]:
        """Return the configuration of a tool, with defaults; all defaults when it is unknown."""
        named = (tool for tool in self._values.get("tools", []) if tool["name"] == name)
        return dict(_TOOL_ECHO) | {k: v for k, v in next(named, {}).items() if v is not None}

    def has_tool(self, name: str) -> bool:
        """Tell whether a tool was declared."""
        return any(tool["name"] == name for tool in self._values.get("tools", []))

    def update(self, session: object) -> None:
        """Merge an update; the first one that is accepted locks what cannot change later.

        Raises:
            Refusal: nothing was changed; `invalid_format` for a wrong type, else a code of its own.
        """
        if not isinstance(session, dict):
            raise Refusal.format("session.update")
        if "agent_id" in session:
            self._take_agent(session)
        else:
            self._merge(session)
        self._is_locked = True

    def echo(self) -> dict[str, Any]:
        """Return the configuration as the service tells it: all fields, unset ones as null."""
        echo: dict[str, Any] = {
            "id": self._session_id,
            "system_prompt": self._values.get("system_prompt", ""),
            "greeting": self._values.get("greeting"),
            "input": self._echo_group("input") | {"type": "audio"},
            "output": self._echo_group("output") | {"type": "audio"},
            "tools": [dict(_TOOL_ECHO) | tool for tool in self._values.get("tools", [])],
            "llm": [],
            "pre_connect_requests": [],
        }
        echo["input"]["format"] = self._echo_format("input.format")
        echo["input"]["turn_detection"] = self._echo_turn_detection()
        echo["output"]["format"] = self._echo_format("output.format")
        echo["output"]["voice"] = self._values.get("output.voice") or self._profile.default_voice
        return echo

    def _take_agent(self, session: Mapping[str, Any]) -> None:
        """Take over a stored agent; every well-formed id stands for one and the same agent."""
        agent_id = session["agent_id"]
        if self._is_locked:
            raise Refusal(
                "agent_id_not_first",
                "agent_id can only be set on the first session.update",
                "agent_id",
            )
        if len(session) > 1:
            message = "agent_id is mutually exclusive with other session fields"
            raise Refusal(self._profile.agent_id_with_others, message, "agent_id")
        if not isinstance(agent_id, str):
            raise Refusal.format("session.update")
        if not AGENT_ID.fullmatch(agent_id):
            raise Refusal("agent_not_found", "Agent not found", "agent_id")
        self._values |= stand_in(self._script)

    def _merge(self, session: Mapping[str, Any]) -> None:
        update = dict(_flatten(session))
        for path in update:
            self._refuse_forbidden(path)
        for path, value in update.items():
            FIELDS[path](path, value)
        merged = self._values | update
        _refuse_crossed_silences(merged)
        if self._profile.unknown_voice == "refused":
            refuse_unknown_voice(merged.get("output.voice"), self._profile.voices)
        self._values = merged

    def _refuse_forbidden(self, path: str) -> None:
        if path in _STORED_ONLY:
            raise Refusal.value(path, f"'{path}' can only be set on a stored agent")
        if path not in FIELDS or (path == _DELAY and self._profile.interruption_delay == "unknown"):
            raise Refusal.value(path, f"Unknown field '{path}'")
        is_late_format = path == "input.format" and self._profile.input_format_later == "immutable"
        if self._is_locked and (path in _IMMUTABLE or is_late_format):
            message = f"'{path}' cannot be changed after the first session.update"
            raise Refusal("immutable_field", message, path)

    def _echo_group(self, group: str) -> dict[str, Any]:
        names = (path for path in FIELDS if path.startswith(f"{group}."))
        return {path.split(".")[1]: self._values.get(path) for path in names}

    def _echo_format(self, path: str) -> dict[str, Any]:
        told = self._values.get(path) or {}
        encoding = told.get("encoding", _DEFAULT_ENCODING)
        rate = told.get("sample_rate") or SAMPLE_RATES_HZ[encoding]
        return {"encoding": encoding, "sample_rate": rate}

    def _echo_turn_detection(self) -> dict[str, Any] | None:
        prefix = "input.turn_detection."
        paths = [path for path in FIELDS if path.startswith(prefix)]
        if not any(path in self._values for path in paths):
            return None
        return {path.removeprefix(prefix): self._values.get(path) for path in paths}


def _flatten(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return paths and values, going down into the groups only; refuses a group of a wrong type."""
    flat: list[tuple[str, Any]] = []
    for name, inner in value.items():
        path = prefix + name
        if "." in name:  # it would let a name pass for a path
            raise Refusal.value(path, f"Unknown field '{path}'")
        if path not in GROUPS or inner is None:
            flat += [(path, inner)] if path not in GROUPS else []
        elif isinstance(inner, dict):
            flat += _flatten(inner, f"{path}.")
        else:
            raise Refusal.format("session.update")
    return flat


def _refuse_crossed_silences(values: Mapping[str, Any]) -> None:
    lowest = values.get("input.turn_detection.min_silence")
    highest = values.get("input.turn_detection.max_silence")
    if lowest is not None and highest is not None and lowest >= highest:
        raise Refusal.value(
            "input.turn_detection.min_silence", "min_silence must be less than max_silence"
        )
