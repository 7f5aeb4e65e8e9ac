"""The fields of a session's configuration and what each may hold, one line a field.

Source: the page "Session configuration", live echoes and refusals, September 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulator.refusal import Refusal

Check = Callable[[str, Any], None]
"""Takes the field's path and value; raises Refusal."""

GROUPS: Final = frozenset({"input", "input.turn_detection", "output"})
"""Objects that are merged field by field; every other value is replaced as a whole."""

VOICES: Final = (
    *("alba", "eve", "george", "jane", "jean", "mary", "michael", "iris", "reid"),
    *("anna", "charles", "paul", "vera", "giovanni", "lola", "juergen", "rafael", "estelle"),
)
"""The list of the live refusal of 2026-09-24."""
UNLISTED_VOICES: Final = ("ivy",)
"""Accepted live on 2026-09-26 although no list has it."""

_GREETING_LIMIT: Final = 5000
"""Characters. Ours: it bounds the burst of words; the service's limit is unknown."""


def refuse_unknown_voice(voice: str | None) -> None:
    """Refuse a voice that is not offered, naming those that are."""
    if voice is not None and voice not in VOICES + UNLISTED_VOICES:
        raise Refusal.value(
            "output.voice", f"Invalid voice '{voice[:100]}'. Must be one of: {', '.join(VOICES)}"
        )


def _wrong_type() -> Refusal:
    return Refusal.format("session.update")


def _text(limit: int | None = None, *, nullable: bool = True) -> Check:
    def check(path: str, value: Any) -> None:
        if value is None and nullable:
            return
        if not isinstance(value, str):
            raise _wrong_type()
        if limit is not None and len(value) > limit:
            raise Refusal.value(path, f"'{path}' must be at most {limit} characters")

    return check


def _one_of(*allowed: str) -> Check:
    def check(path: str, value: Any) -> None:
        _text()(path, value)
        if value is not None and value not in allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check


def _number(lowest: float, highest: float, *, whole: bool = False) -> Check:
    kinds = (int,) if whole else (int, float)

    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise _wrong_type()
        if not lowest <= value <= highest:
            raise Refusal.value(path, f"'{path}' must be from {lowest} to {highest}")

    return check


def _flag(_path: str, value: Any) -> None:
    if value is not None and not isinstance(value, bool):
        raise _wrong_type()


def _object(_path: str, value: Any) -> None:
    if value is not None and not isinstance(value, dict):
        raise _wrong_type()


def _texts(limit: int, allowed: tuple[str, ...] | None = None) -> Check:
    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong_type()
        if len(value) > limit:
            raise Refusal.value(path, f"'{path}' may hold at most {limit} entries")
        unknown = [item for item in value if allowed and item not in allowed]
        if unknown and allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check


def _format(path: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or not isinstance(value.get("encoding"), str):
        raise _wrong_type()
    _number(1, 192_000, whole=True)(f"{path}.sample_rate", value.get("sample_rate"))
    unknown = value.keys() - {"encoding", "sample_rate"}
    if unknown:
        raise Refusal.value(path, f"Unknown field '{path}.{min(unknown)}'")
    if value["encoding"] in {"audio/pcmu", "audio/pcma"}:
        # Better a clear refusal than noise: this double hears and speaks linear PCM only.
        raise Refusal.value(
            path, f"{value['encoding']} is not simulated. Must be one of: audio/pcm"
        )
    if value["encoding"] != "audio/pcm":
        raise Refusal.value(
            path, f"Invalid '{path}'. Must be one of: audio/pcm, audio/pcmu, audio/pcma"
        )


def _tools(path: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise _wrong_type()
    for number, tool in enumerate(value):
        _tool(f"{path}.{number}", tool)


def _tool(path: str, tool: Mapping[str, Any]) -> None:
    if tool.get("type") != "function" or not isinstance(tool.get("name"), str) or not tool["name"]:
        raise _wrong_type()
    _text()(f"{path}.description", tool.get("description"))
    _object(f"{path}.parameters", tool.get("parameters"))
    _one_of("interactive", "hold")(f"{path}.execution_mode", tool.get("execution_mode"))
    _number(1, 300)(f"{path}.timeout_seconds", tool.get("timeout_seconds"))
    _object(f"{path}.response_instructions", tool.get("response_instructions"))
    if not isinstance((tool.get("parameters") or {}).get("properties", {}), dict):
        raise Refusal.value(f"{path}.parameters", "'properties' must be an object")


_LANGUAGES: Final = (
    *("en", "es", "de", "fr", "pt", "it", "tr", "nl", "sv"),
    *("no", "da", "fi", "hi", "vi", "ar", "he", "ja", "zh"),
)

FIELDS: Final[Mapping[str, Check]] = {
    "system_prompt": _text(nullable=False),
    "greeting": _text(_GREETING_LIMIT, nullable=False),
    "tools": _tools,
    "webhook": _object,
    "input.type": _one_of("audio"),
    "input.format": _format,
    "input.keyterms": _texts(100),
    "input.transcription_mode": _one_of("min_latency", "balanced", "max_accuracy"),
    "input.transcription_prompt": _text(1750),
    "input.language_codes": _texts(len(_LANGUAGES), _LANGUAGES),
    "input.voice_focus": _one_of("near-field", "far-field"),
    "input.voice_focus_threshold": _number(0, 1),
    "input.continuous_partials": _flag,
    "input.turn_detection.type": _one_of("server_vad", "semantic_vad"),
    "input.turn_detection.vad_threshold": _number(0, 1),
    "input.turn_detection.min_silence": _number(50, 10_000, whole=True),
    "input.turn_detection.max_silence": _number(50, 10_000, whole=True),
    "input.turn_detection.interrupt_response": _flag,
    "input.turn_detection.interruption_delay": _number(0, 1000, whole=True),
    "output.type": _one_of("audio"),
    "output.voice": _text(),
    "output.format": _format,
    "output.volume": _number(0, 100),
}
