"""The fields of a session's configuration and what each may hold, one line a field.

Source: the page "Session configuration", live echoes and refusals, September 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.simulator.audio.encoding import SAMPLE_RATES_HZ
from app.simulator.errors import Refusal
from app.simulator.wire.config_checks import flag, number_from, one_of, text, texts, wrong_type
from app.simulator.wire.config_tools import tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.simulator.wire.config_checks import Check

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


def _format(path: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or not isinstance(value.get("encoding"), str):
        raise wrong_type()
    number_from(1, 192_000, whole=True)(f"{path}.sample_rate", value.get("sample_rate"))
    unknown = value.keys() - {"encoding", "sample_rate"}
    if unknown:
        raise Refusal.value(path, f"Unknown field '{path}.{min(unknown)}'")
    if value["encoding"] not in SAMPLE_RATES_HZ:
        raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(SAMPLE_RATES_HZ)}")


def _webhook(path: str, value: Any) -> None:
    """Check the webhook, a closed object. Source: a generated model of the messages only."""
    if value is None:
        return
    is_good = (
        isinstance(value, dict)
        and isinstance(value.get("url"), str)
        and isinstance(value.get("events"), list)
        and not value.keys() - {"url", "events", "secret"}
    )
    if not is_good:
        raise Refusal("invalid_webhook", "A webhook has url, events and secret", path)


_LANGUAGES: Final = (
    *("en", "es", "de", "fr", "pt", "it", "tr", "nl", "sv"),
    *("no", "da", "fi", "hi", "vi", "ar", "he", "ja", "zh"),
)

FIELDS: Final[Mapping[str, Check]] = {
    "system_prompt": text(nullable=False),
    "greeting": text(_GREETING_LIMIT, nullable=False),
    "tools": tools,
    "webhook": _webhook,
    "input.type": one_of("audio"),
    "input.format": _format,
    "input.keyterms": texts(100),
    "input.transcription_mode": one_of("min_latency", "balanced", "max_accuracy"),
    "input.transcription_prompt": text(1750),
    "input.language_codes": texts(len(_LANGUAGES), _LANGUAGES),
    "input.voice_focus": one_of("near-field", "far-field"),
    "input.voice_focus_threshold": number_from(0, 1),
    "input.continuous_partials": flag,
    "input.turn_detection.type": one_of("server_vad", "semantic_vad"),
    "input.turn_detection.vad_threshold": number_from(0, 1),
    "input.turn_detection.min_silence": number_from(50, 10_000, whole=True),
    "input.turn_detection.max_silence": number_from(50, 10_000, whole=True),
    "input.turn_detection.interrupt_response": flag,
    "input.turn_detection.interruption_delay": number_from(0, 1000, whole=True),
    "output.type": one_of("audio"),
    "output.voice": text(),
    "output.format": _format,
    "output.volume": number_from(0, 100),
}
