"""What a switch may hold, how it is read from text, and all switches but those of the server.

The defaults are what was measured in September 2026; the rest are in `profiles.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def choice(default: str, *others: str) -> Any:
    """Return a switch with named values."""
    return field(default=default, metadata={"allowed": (default, *others)})


def number(default: int, lowest: int, highest: int) -> Any:
    """Return a switch with a whole number in a range, both ends included."""
    return field(default=default, metadata={"range": (lowest, highest)})


def flag(*, default: bool) -> Any:
    """Return a switch that is on or off."""
    return field(default=default, metadata={"flag": True})


def parsed(name: str, text: str, rule: Mapping[str, Any]) -> object:
    """Return a switch's value from text by the rule of its field.

    Raises:
        ValueError: the value is not allowed; the message lists what is.
    """
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


@dataclass(frozen=True)
class SessionSwitches:
    """For the frame of a session: how it begins, what it accepts, how it ends."""

    session_updated: str = choice("sent", "omitted_at_start")
    """Whether the first update is answered with `session.updated` before `session.ready` (live) or
    by `session.ready` alone (documents)."""

    setup_failure: str = choice(
        "none",
        *("internal_error", "server_error", "agent_init_failed", "agent_timeout"),
        *("concurrency_exceeded", "at_capacity", "forbidden"),
    )
    """How a well-formed first update fails; each is the code of the error, see
    `wire/setup_failures.py`."""

    first_bad_update: str = choice("fatal", "survived")
    """Whether a refused first update ends the socket with 1008 (live) or may be sent again
    (documents)."""

    agent_id_with_others: str = choice("invalid_value", "agent_id_not_first")
    """The code for `agent_id` beside other fields: live, or by the documents."""

    bad_value_code: str = choice("invalid_value", "invalid_config")
    """The code for a bad value: live, or the general one of the documents."""

    unknown_voice: str = choice("refused", "accepted")
    """Whether a voice that is not listed is fatal on the first update (live) or let pass."""

    voices: str = choice("live", "quickstart")
    """Which voices there are: those of the live refusal of September 2026, with `ivy`, or the 34 of
    the vendor's quickstart of May and June 2026."""

    default_voice: str = choice("alba", "anna", "ivy")
    """The voice of a session that names none: examples, specification, until June 2026."""

    input_format_later: str = choice("mutable", "immutable")
    """Whether `input.format` may change after the first update; only one of the sources says so."""

    interruption_delay: str = choice("known", "unknown")
    """Whether `interruption_delay` is a field (live) or not (the AsyncAPI file lacks it)."""

    conversation_message: str = choice("ignored", "heard", "unknown")
    """Whether `conversation.message` is without effect (live), part of the context, which a script
    shows as `{context}` (documents), or no known message (the AsyncAPI file lacks it)."""

    reply_cancel: str = choice("unknown", "accepted")
    """Whether `reply.cancel` ends a reply; only a generated model of the messages has it."""

    fast_audio: str = choice("accepted", "dropped")
    """Whether more than one second of sound a second is heard (live) or meets
    `audio_rate_violation` (documents)."""

    session_cap: str = choice("ignored", "expired_1008", "ended_1000")
    """What happens when a token's `max_session_duration_seconds` is over: nothing (live), or, both
    by the documents, `session_expired` and close 1008, or `session.ended` and close 1000."""

    session_lifetime_seconds: int = number(3595, 1, 10800)
    """How far ahead `session.ready.expires_at` lies. Live: about 3595 s, whatever the cap."""

    ready_delay_ms: int = number(20, 0, 60_000)
    """From `session.updated` to `session.ready`. Live: 4-50 ms."""


@dataclass(frozen=True)
class TurnSwitches:
    """For turn taking: when the caller is heard, and who speaks when."""

    greeting_delay_ms: int = number(5, 0, 60_000)
    """From `session.ready` to the greeting's `reply.started`. Live: 1-10 ms."""

    created_reply_delay_ms: int = number(200, 0, 60_000)
    """From `reply.create` to `reply.started`. Live: 180-240 ms."""

    end_of_turn_silence_ms: int = number(900, 100, 10_000)
    """How much silence ends the user's turn while neither silence is configured; more for a caller
    who was heard to pause longer. Live: 0.9-3.3 s after the voice stops."""

    speech_start_ms: int = number(320, 100, 2000)
    """From the first sound to `input.speech.started` in a silent moment. Live: about 0.6 s."""

    barge_in_ms: int = number(560, 100, 5000)
    """From the first sound to the interruption while the agent talks, with an
    `interruption_delay` of 500 ms. Live: 1.1-2.2 s."""

    speech_started_in_reply: str = choice("at_barge_in", "any_speech")
    """Whether `input.speech.started` comes while the agent talks only with an interruption (live)
    or for any speech, back-channels included (documents)."""

    user_words: str = choice("sent", "omitted")
    """Whether there are `transcript.user.delta` events (live) or none (March)."""

    reply_order: str = choice("after_stopped", "before_stopped")
    """Whether a reply begins after `input.speech.stopped` and `transcript.user` (live) or before
    them (March)."""

    reply_create_in_reply: str = choice("queued", "ends", "replaces_greeting", "interleaved")
    """What `reply.create` does to a running reply: waits for its end, ends it, ends it only when
    it is the greeting, or speaks at the same time. Each was reported once, September 2026."""

    echo_seconds: int = number(10, 0, 30)
    """How much of the user's own voice a reply plays back; 0: none. Ours, not the service's."""


@dataclass(frozen=True)
class ReplySwitches:
    """For what the agent says, and when."""

    first_audio_delay_ms: int = number(9, 0, 60_000)
    """From `reply.started` to the first `reply.audio`. Live: 9 ms."""

    leading_silence_ms: int = number(250, 0, 5000)
    """Silent audio at the start of each reply. Live: 0.2-2 s."""

    audio_pace: str = choice("1x", "burst")
    """Whether `reply.audio` comes in real time (live) or all at once (older clients report it);
    either way the reply is done when its sound has had the time to play."""

    audio_frame_bytes: int = number(480, 20, 48_000)
    """The PCM in one `reply.audio`: 480 live, about 1734 in March; an odd number splits samples."""

    late_audio_frames: int = number(0, 0, 100)
    """How many pieces of sound still follow the `reply.done` of an interrupted reply."""

    word_delay_ms: int = number(450, 0, 60_000)
    """From `reply.started` to the burst of `transcript.agent.delta`. Live: 0.4-0.5 s."""

    agent_words: str = choice("sent", "omitted")
    """Whether there are `transcript.agent.delta` events (live) or none (March)."""

    agent_transcript: str = choice("sent", "omitted", "unspoken")
    """Whether `transcript.agent` comes (documents), stays away (seen live in some runs), or holds
    words that were never spoken when a reply is cut before its first sound (live as well)."""

    interrupted_order: str = choice("words_first", "done_first")
    """Whether the `transcript.agent` of an interrupted reply comes before its `reply.done` (live)
    or after it. Ours: one other double does so."""

    agent_transcript_lead_ms: int = number(300, 0, 5000)
    """How long before the end of the audio `transcript.agent` comes. Live: about 0.33 s."""


@dataclass(frozen=True)
class ToolSwitches:
    """For the tools that the agent calls."""

    tool_call_delay_ms: int = number(1000, 0, 60_000)
    """From the `reply.started` of the preamble to `tool.call`. Live: 0.7-2.6 s."""

    tool_preamble_ms: int = number(2300, 0, 60_000)
    """How long the preamble goes on after the call when no result comes. Live: about 2.3 s."""

    tool_answer_delay_ms: int = number(170, 0, 60_000)
    """From a result to the answer's `reply.started`. Live: about 170 ms."""

    tool_reply: str = choice("separate", "single")
    """Whether the answer is a reply of its own (live) or goes on in the reply with the call, with
    no `reply.done` between (March)."""

    repeated_tool_calls: int = number(1, 1, 6)
    """How often an identical call is made. Live: now and then 2-6 times."""

    early_tool_results: str = choice("accepted", "dropped")
    """Whether a result that comes before the preamble's `reply.done` counts (live). Documents: it
    must not be sent then; what becomes of it is not said, here it is lost."""

    http_tool_calls: str = choice("sent", "hidden")
    """Whether the client sees the call of an HTTP tool, which it must not answer (live), or not
    (documents)."""


@dataclass(frozen=True)
class WireSwitches:
    """For the form of events: same meaning, other names, more or fewer fields."""

    timestamps: str = choice("float", "iso", "absent")
    """Epoch seconds (live, and by the schema), ISO text (an example in the documents), or none."""

    error_key: str = choice("code", "error_code")
    """The name of an error's code: live, or by one page."""

    error_case: str = choice("lower", "upper")
    """`unauthorized` (live) or `UNAUTHORIZED` (a table in the documents, the official CLI)."""

    error_shape: str = choice("session.error", "error")
    """An error with a code (live), or the older one that has a message only."""

    user_delta_key: str = choice("text", "delta")
    """Where `transcript.user.delta` has its words: live, or by one page."""

    user_delta_item_id: str = choice("sent", "omitted")
    """Whether `transcript.user.delta` names the item, as the final words do (live). Ours: one other
    double leaves it out."""

    tool_arguments_key: str = choice("arguments", "args")
    """Where `tool.call` has its arguments: live, or March and April 2026."""

    reply_status: str = choice("two", "absent_when_completed", "four")
    """Whether `reply.done.status` is always there with one of two values (live), only for an
    interruption (older documents), or may also be `cancelled` or `failed` (the staff SDK)."""

    reply_item_id: str = choice("sent", "omitted")
    """Whether `reply.started` names the item (live) or not (March)."""

    ready_fields: str = choice("all", "session_only")
    """Whether `session.ready` has `expires_at` and `resume_token` (live) or not (March)."""

    config_echo: str = choice("full", "short")
    """Whether the echoed configuration has all fields (live) or prompt, tools and greeting
    (March)."""

    unknown_events: bool = flag(default=False)
    """Whether events that no document lists come around replies (seen by one older client)."""

    duplicate_events: bool = flag(default=False)
    """Whether every event but sound comes twice. Ours: no report, but a line may do so."""
