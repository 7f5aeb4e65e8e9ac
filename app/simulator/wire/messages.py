"""The service's events, one small builder each; the only place that knows their fields.

Source of all shapes: the page "Events reference" and frames recorded live, both September 2026.
"""

import base64
from collections.abc import Mapping
from typing import Any

from app.simulator.audio.speech import Word

Frame = dict[str, Any]
"""One JSON object of the wire."""


def session_updated(config: Mapping[str, Any]) -> Frame:
    """Accepts an update; tells the whole configuration."""
    return {"type": "session.updated", "config": config}


def session_ready(
    session_id: str, config: Mapping[str, Any], expires_at: int, resume_token: str
) -> Frame:
    """Opens the conversation, or opens it again; `expires_at` in epoch seconds."""
    return {
        "type": "session.ready",
        "session_id": session_id,
        "expires_at": expires_at,
        "resume_token": resume_token,
        "config": config,
    }


def session_ended(duration_seconds: float) -> Frame:
    """Ends a session cleanly; the duration of the audio is null in every recording."""
    return {
        "type": "session.ended",
        "session_duration_seconds": round(duration_seconds, 6),
        "audio_duration_seconds": None,
    }


def config_error(code: str, message: str, session_id: str | None, param: str | None) -> Frame:
    """Refuses a credential or a configuration; such errors name the session and the parameter."""
    return protocol_error(code, message) | {"session_id": session_id, "param": param}


def protocol_error(code: str, message: str) -> Frame:
    """Refuses a message; such errors name neither session nor parameter."""
    return {"type": "session.error", "code": code, "message": message}


def speech_started() -> Frame:
    """The caller speaks."""
    return {"type": "input.speech.started"}


def speech_stopped() -> Frame:
    """The caller's turn is over."""
    return {"type": "input.speech.stopped"}


def user_transcript_delta(item_id: str, text: str) -> Frame:
    """The caller's words so far; replaces what came before under this item."""
    return {"type": "transcript.user.delta", "item_id": item_id, "text": text}


def user_transcript(item_id: str, text: str) -> Frame:
    """The caller's words of a whole turn."""
    return {"type": "transcript.user", "item_id": item_id, "text": text}


def reply_started(reply_id: str, item_id: str) -> Frame:
    """The agent begins a reply."""
    return {"type": "reply.started", "reply_id": reply_id, "item_id": item_id}


def reply_audio(reply_id: str, pcm: bytes) -> Frame:
    """A piece of the agent's voice."""
    return {
        "type": "reply.audio",
        "reply_id": reply_id,
        "data": base64.b64encode(pcm).decode("ascii"),
    }


def agent_transcript_delta(reply_id: str, item_id: str, word: Word, delta: str) -> Frame:
    """One word of a reply, to be appended; `delta` is the word as spaced on the wire."""
    return {
        "type": "transcript.agent.delta",
        "reply_id": reply_id,
        "item_id": item_id,
        "delta": delta,
        "start_ms": word.start_ms,
        "end_ms": word.end_ms,
    }


def agent_transcript(reply_id: str, item_id: str, text: str, *, interrupted: bool) -> Frame:
    """The words of a reply that were spoken."""
    return {
        "type": "transcript.agent",
        "reply_id": reply_id,
        "item_id": item_id,
        "text": text,
        "interrupted": interrupted,
    }


def reply_done(reply_id: str, status: str) -> Frame:
    """The last event of a reply; status `completed` or `interrupted`."""
    return {"type": "reply.done", "reply_id": reply_id, "status": status}


def reply_error(reply_id: str, message: str) -> Frame:
    """A reply failed; `reply.done` follows. Source: a generated model of the messages only."""
    return {
        "type": "reply.error",
        "reply_id": reply_id,
        "code": "llm_error",
        "message": message,
        "retryable": True,
    }


def tool_call(call_id: str, name: str, arguments: Mapping[str, Any]) -> Frame:
    """The agent wants a tool; arguments as an object."""
    return {"type": "tool.call", "call_id": call_id, "name": name, "arguments": dict(arguments)}
