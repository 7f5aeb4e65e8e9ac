"""The form in which events go out: names, fields and times as the profile has them.

Everything else builds the events of September 2026; only here they become those of another day.
"""

from datetime import UTC, datetime
from typing import Final

from app.simulator.behaviour.profiles import Profile
from app.simulator.wire.messages import Frame

_MARCH_CONFIG: Final = ("system_prompt", "tools", "greeting")
_STRANGERS: Final = {
    "reply.started": "reply.content_part.started",
    "reply.done": "reply.content_part.done",
}
"""Events that one older client saw around replies; the content of them is not known."""


def encode(profile: Profile, frame: Frame, at: float) -> list[Frame]:
    """Return the event as it goes over the wire, stamped with the time in epoch seconds.

    It is a list because some switches bring further events.
    """
    frame = _translated(profile, frame)
    _stamp(profile, frame, at)
    if frame["type"] == "reply.audio":
        return [frame]
    out = [frame]
    if profile.unknown_events and frame["type"] in _STRANGERS:
        stranger: Frame = {"type": _STRANGERS[frame["type"]], "reply_id": frame["reply_id"]}
        _stamp(profile, stranger, at)
        out.insert(0 if frame["type"] == "reply.done" else 1, stranger)
    if profile.duplicate_events:
        out = [event for event in out for _ in range(2)]
    return out


def _stamp(profile: Profile, frame: Frame, at: float) -> None:
    if profile.timestamps == "float":
        frame["timestamp"] = round(at, 6)
    elif profile.timestamps == "iso":
        text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        frame["timestamp"] = text.replace("+00:00", "Z")


def _translated(profile: Profile, frame: Frame) -> Frame:
    kind = frame["type"]
    frame = dict(frame)
    if kind == "session.error":
        return _error(profile, frame)
    if kind in {"session.updated", "session.ready"}:
        _shorten(profile, frame)
    elif kind == "tool.call":
        _rename(frame, "arguments", profile.tool_arguments_key)
    elif kind == "transcript.user.delta":
        _rename(frame, "text", profile.user_delta_key)
        if profile.user_delta_item_id == "omitted":
            del frame["item_id"]
    elif kind == "reply.started" and profile.reply_item_id == "omitted":
        del frame["item_id"]
    elif kind == "reply.done":
        _set_status(profile, frame)
    return frame


def _error(profile: Profile, frame: Frame) -> Frame:
    if profile.error_shape == "error":
        return {"type": "error", "message": frame["message"]}
    if profile.error_case == "upper":
        frame["code"] = frame["code"].upper()
    _rename(frame, "code", profile.error_key)
    return frame


def _shorten(profile: Profile, frame: Frame) -> None:
    if profile.config_echo == "short":
        told = {name: frame["config"][name] for name in _MARCH_CONFIG}
        frame["config"] = {name: value for name, value in told.items() if value is not None}
    if profile.ready_fields == "session_only":
        for name in ("expires_at", "resume_token"):
            frame.pop(name, None)


def _set_status(profile: Profile, frame: Frame) -> None:
    """Leave out the status, or simplify it: older versions have no cancelled or failed reply."""
    if profile.reply_status != "four":
        simple = {"cancelled": "interrupted", "failed": "completed"}
        frame["status"] = simple.get(frame["status"], frame["status"])
    if profile.reply_status == "absent_when_completed" and frame["status"] == "completed":
        del frame["status"]


def _rename(frame: Frame, name: str, other: str) -> None:
    frame[other] = frame.pop(name)
