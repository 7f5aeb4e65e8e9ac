"""What became of sessions, learned from the frames that go by.

Source of the fields: the SDK reference and one live recording, September 2026.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from app.simulator.errors import Problem
from app.simulator.rest.timeline import Timeline

_SESSIONS_LIMIT: Final = 100
_CONFIG_LIMIT: Final = 64 * 1024
"""Characters; a longer configuration is not kept."""
_STATUSES: Final = ("created", "completed")


@dataclass(slots=True)
class SessionRecord:
    """One session as the REST routes know it."""

    session_id: str
    started_at: float
    agent_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    ended_at: float | None = None
    close_reason: str | None = None
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.session_id, self.started_at)

    def summary(self) -> dict[str, Any]:
        """Return what a list tells."""
        ended = self.ended_at
        return {
            "id": self.session_id,
            "agent_id": self.agent_id,
            "status": _STATUSES[ended is not None],
            "public_close_reason": self.close_reason,
            "duration_seconds": None if ended is None else round(ended - self.started_at, 3),
            "created_at": _iso(self.started_at),
            "ended_at": None if ended is None else _iso(ended),
        }


class SessionRecords:
    """The last 100 sessions."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, SessionRecord] = OrderedDict()

    def watch(self) -> "SessionWatch":
        """Return the observer of one socket; it records here."""
        return SessionWatch(self)

    def find(self, session_id: str) -> SessionRecord | None:
        """Return a session, or None when it is not known."""
        return self._records.get(session_id)

    def begin(self, session_id: str, at: float) -> SessionRecord:
        """Return the record of a session that begins; the oldest is forgotten for it."""
        self._records[session_id] = SessionRecord(session_id, at)
        if len(self._records) > _SESSIONS_LIMIT:
            self._records.popitem(last=False)
        return self._records[session_id]

    def get(self, session_id: str) -> SessionRecord:
        """Return a session.

        Raises:
            Problem: it is not known, or not any more.
        """
        if session_id not in self._records:
            raise Problem(404, "session_not_found", "Session not found")
        return self._records[session_id]

    def delete(self, session_id: str) -> None:
        """Forget a session; one that goes on goes on unrecorded.

        Raises:
            Problem: it is not known.
        """
        self.get(session_id)
        del self._records[session_id]

    def summaries(self, status: str | None, agent_id: str | None) -> list[dict[str, Any]]:
        """Return what a list tells of each, the newest first."""
        all_of_them = [record.summary() for record in reversed(self._records.values())]
        return [
            summary
            for summary in all_of_them
            if status in (None, summary["status"]) and agent_id in (None, summary["agent_id"])
        ]


class SessionWatch:
    """An observer of one socket that records its session, from `session.ready` on."""

    def __init__(self, records: SessionRecords) -> None:
        self._records = records
        self._agent_id: str | None = None

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Take note of what concerns the session."""
        if session_id is None:
            self._learn_agent(direction, frame)
            return
        record = self._records.find(session_id)
        if record is None and direction == "s2c" and frame.get("type") == "session.ready":
            record = self._records.begin(session_id, at)
            record.agent_id = self._agent_id
        if record is not None:
            _note(record, direction, frame, at)

    def _learn_agent(self, direction: str, frame: Mapping[str, Any]) -> None:
        session = frame.get("session")
        if direction == "c2s" and isinstance(session, dict):
            agent_id = session.get("agent_id")
            self._agent_id = agent_id if isinstance(agent_id, str) else None


def _note(record: SessionRecord, direction: str, frame: Mapping[str, Any], at: float) -> None:
    if direction == "socket" and frame["event"] == "close" and record.ended_at is None:
        record.ended_at, record.close_reason = at, "client_disconnect"
        record.timeline.end(record.close_reason, at)
    elif direction == "s2c" and frame.get("type") == "session.ended":
        record.ended_at, record.close_reason = at, "client_end"
        record.timeline.end(record.close_reason, at)
    elif direction == "s2c" and frame.get("type") == "session.ready":
        config = frame.get("config") or {}
        record.config = config if len(json.dumps(config)) <= _CONFIG_LIMIT else {}
        record.ended_at = record.close_reason = None
        record.timeline.go_on()
    elif direction in {"c2s", "s2c"}:
        record.timeline.note(direction, frame, at)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
