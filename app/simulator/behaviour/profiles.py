"""How the simulated service behaves, as named, frozen sets of switches.

A switch exists where the real service was seen to differ from its documents, or from itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from app.simulator.behaviour.switches import (
    ReplySwitches,
    SessionSwitches,
    ToolSwitches,
    TurnSwitches,
    WireSwitches,
    choice,
    flag,
    number,
    parsed,
)


@dataclass(frozen=True)
class Profile(WireSwitches, ToolSwitches, ReplySwitches, TurnSwitches, SessionSwitches):
    """One way for the service to behave; the defaults are what was measured in September 2026.

    Sources: live probes of 2026-09-18 to 2026-09-29 and the public documentation of that month.
    """

    name: str = "live"

    websocket_path: str = choice("both", "ws", "voice")
    """Which of `/v1/ws` (everywhere since May 2026) and `/v1/voice` (April 2026) there is."""

    auth_failure: str = choice("in_band_1008", "close_1006", "http_401")
    """What a bad credential meets: an opened socket with `session.error` and close 1008 (live),
    a refused upgrade, which a browser sees as 1006 (documents), or the same with status 401."""

    single_use_tokens: bool = flag(default=False)
    """Whether a token opens one socket only (documents) or any number in its window (live)."""

    token_errors: str = choice("live", "docs")
    """How the token route refuses: 422 and 404 with `detail` (live), or 400 and 401 with `error`,
    `code` and `details` (documents)."""

    expires_in_seconds: str = choice("required", "optional")
    """Whether the token route wants the parameter (live) or takes 60 (older examples)."""

    resume: str = choice("not_found_1008", "not_found_open", "ok", "forbidden_1008", "expired_1008")
    """What `session.resume` meets: `session_not_found` and close 1008 (live), the same with the
    socket left open (older clients handle it), success inside the grace time (documents), or the
    other two refusals of the documents."""

    resume_grace_seconds: int = number(30, 1, 3600)
    """How long a dropped session is kept. Documents: 30 s."""

    session_zones: str = choice("one", "three")
    """Whether every host tells of every session, or each of its own only: `agents.eu.`,
    `agents.us.`, and any other name. Then sockets go to the three in turn, as behind a name that
    leads to the nearest (three public reports, September 2026)."""

    max_sockets: int = number(100, 1, 10_000)
    """How many sockets may be open; the next one meets `at_capacity`. Ours; no number is public."""


LIVE: Final = Profile()
"""The service as measured in September 2026; what clients meet today."""

DOCS: Final = Profile(
    name="docs",
    auth_failure="close_1006",
    single_use_tokens=True,
    token_errors="docs",  # noqa: S106 - a form of errors
    resume="ok",
    session_updated="omitted_at_start",
    first_bad_update="survived",
    agent_id_with_others="agent_id_not_first",
    default_voice="anna",
    conversation_message="heard",
    fast_audio="dropped",
    session_cap="expired_1008",
    speech_started_in_reply="any_speech",
    early_tool_results="dropped",
    http_tool_calls="hidden",
)
"""The service as its public documentation of August and September 2026 describes it, wherever that
differs from what was measured."""

MARCH: Final = Profile(
    name="march",
    voices="quickstart",
    default_voice="ivy",
    user_words="omitted",
    reply_order="before_stopped",
    agent_words="omitted",
    audio_frame_bytes=1734,
    tool_call_delay_ms=1400,
    tool_reply="single",
    tool_arguments_key="args",
    reply_item_id="omitted",
    ready_fields="session_only",
    config_echo="short",
)
"""The service before its launch, as recorded on 2026-03-28; what the oldest clients were built
against. Only what the recordings show differs from `live`."""

PROFILES: Final[Mapping[str, Profile]] = {p.name: p for p in (LIVE, DOCS, MARCH)}


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
    """Return the profile with some switches set, each written as text.

    Raises:
        ValueError: a switch is unknown or its value is not allowed; the message lists what is.
    """
    known = {switch.name: switch.metadata for switch in fields(profile) if switch.name != "name"}
    values: dict[str, object] = {}
    for name, text in switches.items():
        if name not in known:
            raise ValueError(f"no switch is called {name!r}; there are: {', '.join(known)}")
        values[name] = parsed(name, text, known[name])
    return replace(profile, **values)  # type: ignore[arg-type]  # parsed by each field's own rule
