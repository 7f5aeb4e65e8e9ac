"""Stored agents: what `POST /v1/agents` takes and what a session with their id begins with.

Source: the page "Create an agent" and the SDK reference, September 2026.
"""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Script
from app.simulator.errors import Problem, Refusal, invalid
from app.simulator.wire.config_fields import refuse_bad_tool
from app.simulator.wire.ids import Ids
from app.simulator.wire.session_config import AGENT_ID, SessionConfig, stand_in

_AGENTS_LIMIT: Final = 100
_NAME_LIMIT: Final = 200
_REQUIRED: Final = ("name", "system_prompt", "voice")
_LISTS: Final[Mapping[str, int]] = {"pre_connect_requests": 2, "llm": 1, "transfer_targets": 50}
_SETTINGS: Final = ("greeting", "input", "output", "tools")
_TEXTS: Final = ("outbound_trunk_id", "caller_id")
_WRONG_TYPE: Final = "A field has a wrong type"
_KNOWN: Final = frozenset({*_REQUIRED, *_SETTINGS, *_LISTS, *_TEXTS})


class AgentStore:
    """All stored agents, at most 100; every other well-formed id stands for one and the same.

    Args:
        ids: where their identifiers come from.
        profile: the profile that decides which voices there are.
        now: gives epoch seconds.
        script: what the agent that is not stored says first, and which tools it has.
    """

    def __init__(
        self,
        ids: Ids,
        profile: Callable[[], Profile],
        now: Callable[[], float],
        script: Script | None = None,
    ) -> None:
        self._ids = ids
        self._profile = profile
        self._now = now
        self._script = script or Script()
        self._began_at = self._time()
        self._agents: dict[str, dict[str, Any]] = {}
        # Of which no session begins and nothing is told; of very many only the last.
        self._deleted: deque[str] = deque(maxlen=_AGENTS_LIMIT)

    def create(self, body: object) -> dict[str, Any]:
        """Store an agent and return it.

        Raises:
            Problem: the body is no agent, or there are too many.
        """
        checked = self._checked(body)
        return self._store(self._ids.new("agent"), checked, self._time())

    def replace(self, agent_id: str, body: object) -> dict[str, Any]:
        """Put another agent in the place of one; what the body leaves out is gone.

        Raises:
            Problem: there is no such agent, or the body is none.
        """
        created_at = self.get(agent_id)["created_at"]
        return self._store(agent_id, self._checked(body), created_at)

    def get(self, agent_id: str) -> dict[str, Any]:
        """Return an agent: what a session with its id begins with.

        Raises:
            Problem: there is no such agent.
        """
        if agent_id in self._agents:
            return self._agents[agent_id]
        if agent_id in self._deleted or not AGENT_ID.fullmatch(agent_id):
            raise Problem(404, "agent_not_found", "Agent not found")
        voice = {"voice_id": self._profile().default_voice}
        named = {"name": "Agent", "system_prompt": "", "voice": voice}
        times = dict.fromkeys(("created_at", "updated_at"), self._began_at)
        return {"id": agent_id} | _whole(named | stand_in(self._script)) | times

    def delete(self, agent_id: str) -> None:
        """Forget an agent; sessions that it began go on.

        Raises:
            Problem: there is no such agent.
        """
        self.get(agent_id)
        self._agents.pop(agent_id, None)
        self._deleted.append(agent_id)

    def summaries(self) -> list[dict[str, Any]]:
        """Return what a list tells of each, the newest first."""
        names = ("id", "name", "created_at", "updated_at")
        return [{name: agent[name] for name in names} for agent in reversed(self._agents.values())]

    def session_of(self, agent_id: object) -> dict[str, Any] | None:
        """Return what a session with an agent begins with; None when it is not stored here.

        Its HTTP tools are left out: nothing here calls other servers.
        """
        if agent_id in self._deleted:
            return {"agent_id": ""}  # which is refused as an id of nobody
        agent = self._agents.get(agent_id) if isinstance(agent_id, str) else None
        if agent is None:
            return None
        return _session(agent | {"tools": [t for t in agent["tools"] if not t.get("http")]})

    def _store(self, agent_id: str, checked: dict[str, Any], created_at: str) -> dict[str, Any]:
        if agent_id not in self._agents and len(self._agents) >= _AGENTS_LIMIT:
            raise Problem(429, "limit_exceeded", f"There are {_AGENTS_LIMIT} agents already")
        times = {"created_at": created_at, "updated_at": self._time()}
        self._agents[agent_id] = {"id": agent_id} | checked | times
        return self._agents[agent_id]

    def _time(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat().replace("+00:00", "Z")

    def _checked(self, body: object) -> dict[str, Any]:
        """Return a good body as an agent."""
        if not isinstance(body, dict):
            raise invalid(None, "The body must be a JSON object")
        for name in body:
            if name not in _KNOWN:
                raise invalid(name[:100], "Unknown field")
        for name in _REQUIRED:
            if name not in body:
                raise invalid(name, "Field required")
        _refuse_wrong_types(body)
        whole = _whole(body)
        self._refuse_wrong_settings(whole)
        return whole

    def _refuse_wrong_settings(self, agent: dict[str, Any]) -> None:
        """Hold what a session would begin with against the rules of sessions."""
        try:
            for number, tool in enumerate(agent["tools"]):
                if not isinstance(tool, dict):
                    raise invalid(f"tools.{number}", "A tool must be an object")
                refuse_bad_tool(f"tools.{number}", tool, is_stored=True)
            config = SessionConfig("", self._profile(), Script())
            config.update(_session(agent | {"tools": []}))
        except Refusal as refusal:
            param = "voice.voice_id" if refusal.param == "output.voice" else refusal.param
            is_form = refusal.code == "invalid_format"
            raise invalid(param, _WRONG_TYPE if is_form else refusal.message) from None


def _whole(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an agent with all its fields, unset ones as null or empty."""
    empty: dict[str, Any] = {"greeting": None, "input": None, "output": None, "tools": []}
    return empty | {name: [] for name in _LISTS} | dict.fromkeys(_TEXTS) | dict(body)


def shown(agent: Mapping[str, Any]) -> dict[str, Any]:
    """Return an agent as it is answered: the values of its tools' HTTP headers are not told."""
    return dict(agent) | {"tools": [_without_secrets(tool) for tool in agent["tools"]]}


def _without_secrets(tool: Mapping[str, Any]) -> dict[str, Any]:
    http = tool.get("http")
    if not isinstance(http, dict) or not isinstance(http.get("headers"), list):
        return dict(tool)
    headers = [{"name": h.get("name")} for h in http["headers"] if isinstance(h, dict)]
    return dict(tool) | {"http": http | {"headers": headers}}


def _session(agent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `session` object that says the same; a stored voice goes before that of output."""
    session = {name: agent[name] for name in ("system_prompt", *_SETTINGS) if agent[name]}
    return session | {
        "output": (agent["output"] or {}) | {"voice": agent["voice"]["voice_id"]},
    }


def _refuse_wrong_types(body: Mapping[str, Any]) -> None:
    name, voice = body["name"], body["voice"]
    if not isinstance(name, str) or not 1 <= len(name) <= _NAME_LIMIT:
        raise invalid("name", f"name must be text of 1 to {_NAME_LIMIT} characters")
    if not isinstance(voice, dict) or not isinstance(voice.get("voice_id"), str):
        raise invalid("voice.voice_id", "voice_id must be text")
    for field in ("input", "output"):
        if body.get(field) is not None and not isinstance(body[field], dict):
            raise invalid(field, f"{field} must be an object")
    for field, most in {**_LISTS, "tools": 128}.items():
        value = body.get(field, [])
        if not isinstance(value, list) or len(value) > most:
            raise invalid(field, f"{field} must be an array of at most {most}")
    for field in _TEXTS:
        if not isinstance(body.get(field), str | None):
            raise invalid(field, f"{field} must be text")
