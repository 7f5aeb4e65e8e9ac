"""Switches for what the agent says and for the tools that it calls."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulator.behaviour.switches import choice, number


@dataclass(frozen=True)
class ReplySwitches:
    """The defaults are what was measured in September 2026."""

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

    agent_transcript_lead_ms: int = number(300, 0, 5000)
    """How long before the end of the audio `transcript.agent` comes. Live: about 0.33 s."""


@dataclass(frozen=True)
class ToolSwitches:
    """The defaults are what was measured in September 2026."""

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
