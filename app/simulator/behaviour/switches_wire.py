"""Switches for the form of events: same meaning, other names, more or fewer fields."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulator.behaviour.switches import choice, flag


@dataclass(frozen=True)
class WireSwitches:
    """The defaults are what was measured in September 2026."""

    timestamps: str = choice("float", "iso", "absent")
    """Epoch seconds (live), ISO text (an example in the documents), or none."""

    error_key: str = choice("code", "error_code")
    """The name of an error's code: live, or by one page."""

    error_case: str = choice("lower", "upper")
    """`unauthorized` (live) or `UNAUTHORIZED` (a table in the documents, the official CLI)."""

    error_shape: str = choice("session.error", "error")
    """An error with a code (live), or the older one that has a message only."""

    user_delta_key: str = choice("text", "delta")
    """Where `transcript.user.delta` has its words: live, or by one page."""

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
