"""What became of sessions, learned from the frames that go by.

Source of the fields: the SDK reference and one live recording, September 2026.
"""

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from app.simulator.errors import Problem
from app.simulator.rest.timeline import Timeline

_SESSIONS_LIMIT: Final = 20_000
_DETAILS_LIMIT: Final = 100
"""Of how many sessions, the last ones, configuration and timeline are kept."""
_CONFIG_LIMIT: Final = 64 * 1024
"""Characters; a longer configuration is not kept."""
_STATUSES: Final = ("created", "completed")
ZONES: Final = ("", "eu", "us")
"""Where sockets go in turn if sessions are kept by zone; the first has all other names."""


def zone_of(host: str) -> str:
    """Return the zone that a host tells of: `agents.eu.assemblyai.com` is `eu`."""
    label = host.partition(".")[2].partition(".")[0]
    return label if label in ZONES else ""


@dataclass(slots=True)
class SessionRecord:
    """One session as the REST routes know it."""

    session_id: str
    started_at: float
    zone: str | None
    """The zone whose host tells of it; None: all do."""
    agent_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    ended_at: float | None = None
    close_reason: str | None = None
    timeline: Timeline | None = field(init=False)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.session_id, self.started_at)

    @property
    def status(self) -> str:
        """Whether it goes on, in the words of the service."""
        return _STATUSES[self.ended_at is not None]

    def summary(self) -> dict[str, Any]:
        """Return what a list tells."""
        ended = self.ended_at
        return {
            "id": self.session_id,
            "agent_id": self.agent_id,
            "status": self.status,
            "public_close_reason": self.close_reason,
            "duration_seconds": None if ended is None else round(ended - self.started_at, 3),
            "created_at": _iso(self.started_at),
            "ended_at": None if ended is None else _iso(ended),
        }


class SessionRecords:
    """The last 20,000 sessions."""

    def __init__(self) -> None:
        # Called with the name of an event and the session that it is about.
        self.tell: Callable[[str, SessionRecord], None] = lambda _event, _record: None
        self._records: OrderedDict[str, SessionRecord] = OrderedDict()
        self._detailed: deque[SessionRecord] = deque()

    def watch(self, zone: str | None = None) -> "SessionWatch":
        """Return the observer of one socket; it records here, in this zone."""
        return SessionWatch(self, zone)

    def find(self, session_id: str) -> SessionRecord | None:
        """Return a session, or None when it is not known."""
        return self._records.get(session_id)

    def begin(self, session_id: str, at: float, zone: str | None = None) -> SessionRecord:
        """Return the record of a session that begins; the oldest is forgotten for it."""
        record = self._records[session_id] = SessionRecord(session_id, at, zone)
        if len(self._records) > _SESSIONS_LIMIT:
            self._records.popitem(last=False)
        self._detailed.append(record)
        if len(self._detailed) > _DETAILS_LIMIT:
            oldest = self._detailed.popleft()
            oldest.config, oldest.timeline = {}, None
        return record

    def get(self, session_id: str, zone: str = "") -> SessionRecord:
        """Return a session.

        Raises:
            Problem: it is not known in this zone, or not any more.
        """
        record = self._records.get(session_id)
        if record is None or record.zone not in (None, zone):
            raise Problem(404, "session_not_found", "Session not found")
        return record

    def delete(self, record: SessionRecord) -> None:
        """Forget a session; one that goes on goes on unrecorded."""
        del self._records[record.session_id]

    def listed(
        self, status: str | None = None, agent_id: str | None = None, zone: str = ""
    ) -> list[SessionRecord]:
        """Return those that a list tells of, the newest first."""
        return [
            record
            for record in reversed(self._records.values())
            if record.zone in (None, zone)
            and status in (None, record.status)
            and agent_id in (None, record.agent_id)
        ]


class SessionWatch:
    """An observer of one socket that records its session, from `session.ready` on."""

    def __init__(self, records: SessionRecords, zone: str | None) -> None:
        self._records = records
        self._zone = zone
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
            record = self._records.begin(session_id, at, self._zone)
            record.agent_id = self._agent_id
            self._records.tell("session.started", record)
        if record is not None:
            was_over = record.ended_at is not None
            _note(record, direction, frame, at)
            if record.ended_at is not None and not was_over:
                self._records.tell("session.completed", record)

    def _learn_agent(self, direction: str, frame: Mapping[str, Any]) -> None:
        session = frame.get("session")
        if direction == "c2s" and isinstance(session, dict):
            agent_id = session.get("agent_id")
            self._agent_id = agent_id if isinstance(agent_id, str) else None


def _note(record: SessionRecord, direction: str, frame: Mapping[str, Any], at: float) -> None:
    timeline = record.timeline or Timeline(record.session_id, record.started_at)
    if direction == "socket" and frame["event"] == "close" and record.ended_at is None:
        record.ended_at, record.close_reason = at, "client_disconnect"
        timeline.end(record.close_reason, at)
    elif direction == "s2c" and frame.get("type") == "session.ended":
        record.ended_at, record.close_reason = at, "client_end"
        timeline.end(record.close_reason, at)
    elif direction == "s2c" and frame.get("type") == "session.ready":
        config = frame.get("config") or {}
        record.config = config if len(json.dumps(config)) <= _CONFIG_LIMIT else {}
        record.ended_at = record.close_reason = None
        timeline.go_on()
    elif direction in {"c2s", "s2c"}:
        timeline.note(direction, frame, at)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
