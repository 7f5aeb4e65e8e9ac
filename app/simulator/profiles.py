"""How the simulated service behaves, as named, frozen sets of switches.

A switch exists where the real service was seen to differ from its documents, or from itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _choice(default: str, *others: str) -> Any:
    """Return a switch with named values."""
    return field(default=default, metadata={"allowed": (default, *others)})


def _number(default: int, lowest: int, highest: int) -> Any:
    """Return a switch with a whole number in a range, both ends included."""
    return field(default=default, metadata={"range": (lowest, highest)})


def _flag(*, default: bool) -> Any:
    """Return a switch that is on or off."""
    return field(default=default, metadata={"flag": True})


@dataclass(frozen=True, slots=True)
class Profile:
    """One way for the service to behave; the defaults are what was measured in September 2026.

    Sources: live probes of 2026-09-18 to 2026-09-29 and the public documentation of that month.
    """

    name: str = "live"

    auth_failure: str = _choice("in_band_1008", "close_1006", "http_401")
    """What a bad credential meets: an opened socket with `session.error` and close 1008 (live),
    a refused upgrade, which a browser sees as 1006 (documents), or the same with status 401."""

    single_use_tokens: bool = _flag(default=False)
    """Whether a token opens one socket only (documents) or any number in its window (live)."""

    resume: str = _choice("not_found_1008", "not_found_open", "ok")
    """What `session.resume` meets: `session_not_found` and close 1008 (live), the same with the
    socket left open (older clients handle it), or success inside the grace time (documents)."""

    resume_grace_seconds: int = _number(30, 1, 3600)
    """How long a dropped session is kept. Documents: 30 s."""

    session_cap: str = _choice("ignored", "expired_1008", "ended_1000")
    """What happens when a token's `max_session_duration_seconds` is over: nothing (live), or, both
    by the documents, `session_expired` and close 1008, or `session.ended` and close 1000."""

    session_lifetime_seconds: int = _number(3595, 1, 10800)
    """How far ahead `session.ready.expires_at` lies. Live: about 3595 s, whatever the cap."""

    unknown_voice: str = _choice("refused", "accepted")
    """Whether a voice that is not listed is fatal on the first update (live) or let pass."""

    ready_delay_ms: int = _number(20, 0, 60_000)
    """From `session.updated` to `session.ready`. Live: 4-50 ms."""

    greeting_delay_ms: int = _number(5, 0, 60_000)
    """From `session.ready` to the greeting's `reply.started`. Live: 1-10 ms."""

    created_reply_delay_ms: int = _number(200, 0, 60_000)
    """From `reply.create` to `reply.started`. Live: 180-240 ms."""

    first_audio_delay_ms: int = _number(9, 0, 60_000)
    """From `reply.started` to the first `reply.audio`. Live: 9 ms."""

    end_of_turn_silence_ms: int = _number(900, 100, 10_000)
    """How much silence ends the user's turn. Live: 0.9-3.3 s after the voice stops."""

    speech_start_ms: int = _number(320, 100, 2000)
    """From the first sound to `input.speech.started` in a silent moment. Live: about 0.6 s."""

    barge_in_ms: int = _number(560, 100, 5000)
    """From the first sound to the interruption while the agent talks. Live: 1.1-2.2 s."""

    leading_silence_ms: int = _number(250, 0, 5000)
    """Silent audio at the start of each reply. Live: 0.2-2 s."""

    audio_pace: str = _choice("1x", "burst")
    """Whether `reply.audio` comes in real time (live) or all at once (older clients report it);
    either way the reply is done when its sound has had the time to play."""

    word_delay_ms: int = _number(450, 0, 60_000)
    """From `reply.started` to the burst of `transcript.agent.delta`. Live: 0.4-0.5 s."""

    agent_words: str = _choice("sent", "omitted")
    """Whether there are `transcript.agent.delta` events (live) or none (March)."""

    agent_transcript: str = _choice("sent", "omitted")
    """Whether `transcript.agent` comes (documents) or stays away (seen live in some runs)."""

    agent_transcript_lead_ms: int = _number(300, 0, 5000)
    """How long before the end of the audio `transcript.agent` comes. Live: about 0.33 s."""

    echo_seconds: int = _number(10, 0, 30)
    """How much of the user's own voice a reply plays back; 0: none. Ours, not the service's."""

    max_sockets: int = _number(100, 1, 10_000)
    """How many sockets may be open; the next one meets `at_capacity`. Ours; no number is public."""


LIVE: Final = Profile()
"""The service as measured in September 2026; what clients meet today."""

PROFILES: Final[Mapping[str, Profile]] = {LIVE.name: LIVE}


def profile_named(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        ValueError: no profile has the name; the message lists those there are.
    """
    try:
        return PROFILES[name]
    except KeyError:
        known = ", ".join(PROFILES)
        raise ValueError(f"no profile is called {name!r}; there are: {known}") from None


def with_switches(profile: Profile, switches: Mapping[str, str]) -> Profile:
    """Return the profile with some switches set, each given as text.

    Raises:
        ValueError: a switch is unknown or its value is not allowed; the message lists what is.
    """
    known = {switch.name: switch.metadata for switch in fields(profile) if switch.name != "name"}
    values: dict[str, object] = {}
    for name, text in switches.items():
        if name not in known:
            raise ValueError(f"no switch is called {name!r}; there are: {', '.join(known)}")
        values[name] = _parse(name, text, known[name])
    return replace(profile, **values)  # type: ignore[arg-type]  # parsed by each field's own rule


def _parse(name: str, text: str, rule: Mapping[str, Any]) -> object:
    """Return a switch's value from text by the rule of its field."""
    if "allowed" in rule:
        if text in rule["allowed"]:
            return text
        raise ValueError(f"{name} must be one of: {', '.join(rule['allowed'])}; not {text!r}")
    if "flag" in rule:
        if text in {"true", "false"}:
            return text == "true"
        raise ValueError(f"{name} must be one of: true, false; not {text!r}")
    lowest, highest = rule["range"]
    if text.isascii() and text.isdigit() and lowest <= int(text[:9]) <= highest:
        return int(text[:9])
    raise ValueError(f"{name} must be a whole number from {lowest} to {highest}; not {text!r}")
