"""Switches for turn taking: when the caller is heard, and who speaks when."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulator.behaviour.switches import choice, number


@dataclass(frozen=True)
class TurnSwitches:
    """The defaults are what was measured in September 2026."""

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
