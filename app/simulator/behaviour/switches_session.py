"""Switches for the frame of a session: how it begins, what it accepts, how it ends."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulator.behaviour.switches import choice, number


@dataclass(frozen=True)
class SessionSwitches:
    """The defaults are what was measured in September 2026."""

    session_updated: str = choice("sent", "omitted_at_start")
    """Whether the first update is answered with `session.updated` before `session.ready` (live) or
    by `session.ready` alone (documents)."""

    setup_failure: str = choice(
        "none",
        *("internal_error", "server_error", "agent_init_failed", "agent_timeout"),
        *("concurrency_exceeded", "at_capacity", "forbidden"),
    )
    """How a well-formed first update fails; each is the code of the error, see `failures.py`."""

    first_bad_update: str = choice("fatal", "survived")
    """Whether a refused first update ends the socket with 1008 (live) or may be sent again
    (documents)."""

    agent_id_with_others: str = choice("invalid_value", "agent_id_not_first")
    """The code for `agent_id` beside other fields: live, or by the documents."""

    bad_value_code: str = choice("invalid_value", "invalid_config")
    """The code for a bad value: live, or the general one of the documents."""

    unknown_voice: str = choice("refused", "accepted")
    """Whether a voice that is not listed is fatal on the first update (live) or let pass."""

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
