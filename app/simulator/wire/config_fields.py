"""The fields of a session's configuration and what each may hold.

Source: the pages "Session configuration", "Tools" and "HTTP tools", live echoes and refusals,
September 2026.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulator.audio.encoding import SAMPLE_RATES_HZ
from app.simulator.errors import Refusal

Check = Callable[[str, Any], None]
"""Takes the field's path and value; raises Refusal."""


def wrong_type() -> Refusal:
    """Return the refusal of an update with a value of a wrong type."""
    return Refusal.format("session.update")


def text(limit: int | None = None, *, nullable: bool = True) -> Check:
    """Return the check for a text of at most `limit` characters."""

    def check(path: str, value: Any) -> None:
        if value is None and nullable:
            return
        if not isinstance(value, str):
            raise wrong_type()
        if limit is not None and len(value) > limit:
            raise Refusal.value(path, f"'{path}' must be at most {limit} characters")

    return check


def one_of(*allowed: str) -> Check:
    """Return the check for a text out of a few."""

    def check(path: str, value: Any) -> None:
        text()(path, value)
        if value is not None and value not in allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check


def number_from(lowest: float, highest: float, *, whole: bool = False) -> Check:
    """Return the check for a number in a range, both ends included."""
    kinds = (int,) if whole else (int, float)

    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise wrong_type()
        if not lowest <= value <= highest:
            raise Refusal.value(path, f"'{path}' must be from {lowest} to {highest}")

    return check


def flag(_path: str, value: Any) -> None:
    """Check for true, false or null."""
    if value is not None and not isinstance(value, bool):
        raise wrong_type()


def object_or_null(_path: str, value: Any) -> None:
    """Check for an object of any content or null."""
    if value is not None and not isinstance(value, dict):
        raise wrong_type()


def texts(limit: int, allowed: tuple[str, ...] | None = None) -> Check:
    """Return the check for a list of at most `limit` texts, out of a few if so."""

    def check(path: str, value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong_type()
        if len(value) > limit:
            raise Refusal.value(path, f"'{path}' may hold at most {limit} entries")
        unknown = [item for item in value if allowed and item not in allowed]
        if unknown and allowed:
            raise Refusal.value(path, f"Invalid '{path}'. Must be one of: {', '.join(allowed)}")

    return check


DEFAULT_TIMEOUT_SECONDS: Final = 120
_INSTRUCTION_LIMIT: Final = 500
_URL_LIMIT: Final = 2048


def tools(path: str, value: Any) -> None:
    """Check a session's own tools."""
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise wrong_type()
    for number, tool in enumerate(value):
        refuse_bad_tool(f"{path}.{number}", tool, is_stored=False)


def refuse_bad_tool(path: str, tool: Mapping[str, Any], *, is_stored: bool) -> None:
    """Check one tool; only a stored agent's may call a URL."""
    if tool.get("type") != "function" or not isinstance(tool.get("name"), str) or not tool["name"]:
        raise wrong_type()
    text()(f"{path}.description", tool.get("description"))
    object_or_null(f"{path}.parameters", tool.get("parameters"))
    one_of("interactive", "hold")(f"{path}.execution_mode", tool.get("execution_mode"))
    number_from(1, 300)(f"{path}.timeout_seconds", tool.get("timeout_seconds"))
    object_or_null(f"{path}.response_instructions", tool.get("response_instructions"))
    for name in ("success", "error"):
        instruction = (tool.get("response_instructions") or {}).get(name)
        text(_INSTRUCTION_LIMIT)(f"{path}.response_instructions.{name}", instruction)
    if not isinstance((tool.get("parameters") or {}).get("properties", {}), dict):
        raise Refusal.value(f"{path}.parameters", "'properties' must be an object")
    if tool.get("http") is not None:
        _refuse_bad_http(f"{path}.http", tool["http"], is_stored=is_stored)


def _refuse_bad_http(path: str, http: Any, *, is_stored: bool) -> None:
    if not is_stored:
        raise Refusal.value(path, f"'{path}' can only be set on a stored agent")
    object_or_null(path, http)
    text(_URL_LIMIT, nullable=False)(f"{path}.url", http.get("url"))
    if not http["url"].startswith("https://"):
        raise Refusal.value(f"{path}.url", "An HTTP tool needs an https URL")


GROUPS: Final = frozenset({"input", "input.turn_detection", "output"})
"""Objects that are merged field by field; every other value is replaced as a whole."""

VOICES: Final = (
    *("alba", "eve", "george", "jane", "jean", "mary", "michael", "iris", "reid"),
    *("anna", "charles", "paul", "vera", "giovanni", "lola", "juergen", "rafael", "estelle"),
)
"""The list of the live refusal of 2026-09-24."""
UNLISTED_VOICES: Final = ("ivy",)
"""Accepted live on 2026-09-26 although no list has it."""
QUICKSTART_VOICES: Final = (
    *("ivy", "james", "tyler", "winter", "sam", "mia", "bella", "david", "jack", "kyle", "helen"),
    *("martha", "river", "emma", "victor", "eleanor", "sophie", "oliver", "arjun", "ethan", "mei"),
    *("dmitri", "lukas", "lena", "pierre", "mina", "joon", "ren", "hana", "giulia", "luca"),
    *("lucia", "mateo", "diego"),
)
"""The list of the vendor's quickstart and command line, May and June 2026."""

_GREETING_LIMIT: Final = 5000
"""Characters. Ours: it bounds the burst of words; the service's limit is unknown."""


def refuse_unknown_voice(voice: str | None, voices: str) -> None:
    """Refuse a voice that a list of the switch `voices` does not have, naming those it has."""
    offered, unlisted = {
        "live": (VOICES, UNLISTED_VOICES),
        "quickstart": (QUICKSTART_VOICES, ()),
    }[voices]
    if voice is not None and voice not in offered + unlisted:
        raise Refusal.value(
            "output.voice", f"Invalid voice '{voice[:100]}'. Must be one of: {', '.join(offered)}"
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
