"""The REST routes: who may ask, which answer has which status."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.simulator.errors import Problem, invalid
from app.simulator.rest.agents import AgentStore, shown
from app.simulator.rest.sessions import SessionRecord, SessionRecords, zone_of
from app.simulator.rest.webhooks import Webhooks
from app.simulator.token_ledger import TokenLedger

Handler = Callable[[Request], Awaitable[Response]]
Note = Callable[[Request, int], None]

_BODY_LIMIT_BYTES: Final = 256 * 1024
_USUAL_PAGE: Final = 50
_LONGEST_PAGE: Final = 200
_STATUSES: Final = (None, "created", "completed")


class RestDesk:
    """Answers `/v1/agents`, `/v1/sessions` and `/v1/webhook-subscriptions`.

    Args:
        agents: the stored ones.
        records: what became of sessions.
        webhooks: who is told of them.
        ledger: knows the API key.
        seed: what links to timelines are signed with; they guard nothing.
    """

    def __init__(
        self,
        agents: AgentStore,
        records: SessionRecords,
        webhooks: Webhooks,
        ledger: TokenLedger,
        seed: int,
    ) -> None:
        self._agents = agents
        self._records = records
        self._webhooks = webhooks
        self._ledger = ledger
        self._secret = f"timelines:{seed}".encode()
        self._requests = 0

    def routes(self, note: Note) -> list[BaseRoute]:
        """Return the routes; `note` is told each request and its status."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/v1/agents", self._create_agent),
            ("GET", "/v1/agents", self._list_agents),
            ("GET", "/v1/agents/{id}", self._get_agent),
            ("PUT", "/v1/agents/{id}", self._replace_agent),
            ("DELETE", "/v1/agents/{id}", self._delete_agent),
            ("GET", "/v1/sessions", self._list_sessions),
            ("GET", "/v1/sessions/{id}", self._get_session),
            ("DELETE", "/v1/sessions/{id}", self._delete_session),
            ("POST", "/v1/webhook-subscriptions", self._subscribe),
        ]
        guarded: list[BaseRoute] = [
            Route(path, self._guarded(handle, note), methods=[method])
            for method, path, handle in table
        ]
        # Like the real links it is opened without the key, by its signature.
        link = Route("/v1/sessions/{id}/timeline.json", self._open(self._timeline, note))
        return [link, *guarded]

    def _guarded(self, handle: Handler, note: Note) -> Handler:
        async def guarded(request: Request) -> Response:
            key = request.headers.get("authorization")
            if key is None:
                raise Problem(401, "missing_authorization", "Authorization header required")
            if not self._ledger.knows_key(key):
                raise Problem(401, "unauthorized", "Invalid API key")
            return await handle(request)

        return self._open(guarded, note)

    def _open(self, handle: Handler, note: Note) -> Handler:
        async def answered(request: Request) -> Response:
            self._requests += 1
            try:
                response = await handle(request)
            except Problem as problem:
                body = problem.body(f"req_{self._requests:032x}")
                response = _reply(body, problem.status)
            note(request, response.status_code)
            return response

        return answered

    async def _create_agent(self, request: Request) -> Response:
        return _reply(shown(self._agents.create(await _json(request))), 201)

    async def _list_agents(self, request: Request) -> Response:
        agents, query = self._agents.summaries(), request.query_params
        page, next_cursor = _page_of([agent["id"] for agent in agents], query)
        return _reply(_list("agents", agents[page], next_cursor))

    async def _get_agent(self, request: Request) -> Response:
        return _reply(shown(self._agents.get(request.path_params["id"])))

    async def _replace_agent(self, request: Request) -> Response:
        agent_id = request.path_params["id"]
        self._agents.get(agent_id)
        return _reply(shown(self._agents.replace(agent_id, await _json(request))))

    async def _delete_agent(self, request: Request) -> Response:
        self._agents.delete(request.path_params["id"])
        return Response(status_code=204)

    async def _list_sessions(self, request: Request) -> Response:
        query = request.query_params
        if query.get("status") not in _STATUSES:
            raise invalid("status", "status must be created or completed")
        zone = zone_of(request.url.hostname or "")
        found = self._records.listed(query.get("status"), query.get("agent_id"), zone)
        page, next_cursor = _page_of([record.session_id for record in found], query)
        summaries = [record.summary() for record in found[page]]
        return _reply(_list("sessions", summaries, next_cursor))

    def _session(self, request: Request) -> SessionRecord:
        zone = zone_of(request.url.hostname or "")
        return self._records.get(request.path_params["id"], zone)

    async def _get_session(self, request: Request) -> Response:
        record = self._session(request)
        more = {"config": record.config, "artifacts": self._artifacts(record, request)}
        return _reply(record.summary() | more)

    async def _delete_session(self, request: Request) -> Response:
        self._records.delete(self._session(request))
        return Response(status_code=204)

    async def _subscribe(self, request: Request) -> Response:
        return _reply(self._webhooks.subscribe(await _json(request)), 201)

    async def _timeline(self, request: Request) -> Response:
        session_id = request.path_params["id"]
        signature = request.query_params.get("signature", "")
        if not hmac.compare_digest(
            signature.encode(errors="replace"), self._sign(session_id).encode()
        ):
            raise Problem(403, "unauthorized", "The link is not signed")
        timeline = self._session(request).timeline
        if timeline is None:
            raise Problem(404, "session_not_found", "The timeline is not kept any more")
        return _reply(timeline.report())

    def _artifacts(self, record: SessionRecord, request: Request) -> list[dict[str, Any]]:
        """Return the one artifact there is: recordings are not kept here."""
        if record.ended_at is None or record.timeline is None:
            return []
        path = f"v1/sessions/{record.session_id}/timeline.json"
        url = f"{request.base_url}{path}?signature={self._sign(record.session_id)}"
        return [{"type": "timeline", "url": url, "content_type": "application/json"}]

    def _sign(self, session_id: str) -> str:
        return hmac.new(self._secret, session_id.encode(), hashlib.sha256).hexdigest()


def _page_of(ids: Sequence[str], query: Mapping[str, str]) -> tuple[slice, str | None]:
    """Return the page that `limit` (1-200, 50) and `cursor` (the id it begins after) ask for.

    With it comes the cursor of the next one, if there is one.

    Raises:
        Problem: one of them is wrong.
    """
    limit = _limit(query.get("limit", str(_USUAL_PAGE)))
    start = 0
    if cursor := query.get("cursor"):
        if cursor not in ids:
            raise invalid("cursor", "Unknown cursor")
        start = ids.index(cursor) + 1
    end = start + limit
    return slice(start, end), ids[end - 1] if end < len(ids) else None


def _list(name: str, shown: Sequence[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    return {
        name: list(shown),
        "has_more": next_cursor is not None,
        "response_metadata": {"next_cursor": next_cursor},
    }


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _LONGEST_PAGE:
        return int(text[:6])
    raise invalid("limit", f"limit must be a whole number from 1 to {_LONGEST_PAGE}")


def _reply(content: object, status: int = 200) -> Response:
    """Return a JSON response, all in ASCII: what clients sent may hold half a surrogate."""
    return Response(json.dumps(content), status, media_type="application/json")


async def _json(request: Request) -> Any:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_LIMIT_BYTES:
            raise invalid(None, f"The body has at most {_BODY_LIMIT_BYTES} bytes")
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        raise invalid(None, "The body must be JSON") from None
    return value


def _refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError(name)
