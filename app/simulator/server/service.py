"""What the simulator's routes and sockets share: state, and the way from one part to the next."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket

from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Script
from app.simulator.conversation.timers import Clock
from app.simulator.evidence.observers import Observer, Statistics
from app.simulator.evidence.violations import Violations
from app.simulator.faults import SOCKET_FAULTS
from app.simulator.faults.chain import Chain
from app.simulator.faults.line import RefuseUpgrade
from app.simulator.faults.token import TokenAnswer
from app.simulator.rest.agents import AgentStore
from app.simulator.rest.routes import RestDesk
from app.simulator.rest.sessions import ZONES, SessionRecords
from app.simulator.rest.webhooks import Webhooks
from app.simulator.server.connection import Connection, KeptSessions
from app.simulator.server.control import Controls
from app.simulator.server.sockets import Socket
from app.simulator.server.token_route import (
    Answer,
    answer_general_request,
    answer_token_request,
    apply_faults,
    send_answer,
)
from app.simulator.token_ledger import TokenLedger
from app.simulator.wire import messages
from app.simulator.wire.ids import Ids
from app.simulator.wire.versions import encode

WEBSOCKET_PATHS: Final = {"/v1/ws": "ws", "/v1/voice": "voice"}
"""With their names in the switch `websocket_path`; the second is that of April 2026."""
T = TypeVar("T")

_LOGGED_PARAMETERS: Final = ("expires_in_seconds", "max_session_duration_seconds", "product")
_REFUSED_UPGRADES: Final = {"close_1006": 403, "http_401": 401}
_CONTROL_LIMIT_BYTES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What `create_simulator` was called with, besides profile, faults and key."""

    clock: Clock
    seed: int
    watcher: Observer | None
    script: Script | None


class Service:
    """What the routes share."""

    def __init__(self, dependencies: Dependencies, controls: Controls, key: str | None) -> None:
        self._clock = dependencies.clock
        self._seed = dependencies.seed
        self._watcher = dependencies.watcher
        self._script = dependencies.script
        self._controls = controls
        self._ledger = TokenLedger(dependencies.seed, key)
        self._statistics = Statistics()
        self._violations = Violations()
        self._kept = KeptSessions()
        self._records = SessionRecords()
        ids = Ids(f"{dependencies.seed}:agents")
        self._agents = AgentStore(
            ids, lambda: self._controls.profile, self._clock.now, dependencies.script
        )
        self._connections = 0

    async def token(self, request: Request) -> Response:
        """Answer `GET /v1/token`."""
        return await self._mint(request, answer_token_request, request.query_params)

    async def general_token(self, request: Request) -> Response:
        """Answer `POST /v1/token`, which the vendor has on hosts of its own."""
        try:
            body = await _body(request)
        except ValueError:
            body = b""  # which is refused
        return await self._mint(request, answer_general_request, body)

    async def _mint(
        self,
        request: Request,
        mint: Callable[[Profile, TokenLedger, float, T, str | None], Answer],
        asked: T,
    ) -> Response:
        controls = self._controls
        if controls.token_status is not None:
            content, headers = {"detail": "Simulated"}, dict(controls.token_headers)
            answer = TokenAnswer(controls.token_status, content, headers)
        else:
            key = request.headers.get("authorization")
            minted = mint(controls.profile, self._ledger, self._clock.now(), asked, key)
            answer = TokenAnswer(*minted)
        answer = apply_faults(answer, controls.faults, self._ledger)
        self._observe_request(request, answer.status)
        return await send_answer(answer, request)

    async def socket(self, websocket: WebSocket) -> None:
        """Serve one WebSocket from its upgrade to its close."""
        profile = self._controls.profile
        if profile.websocket_path not in {"both", WEBSOCKET_PATHS[websocket.url.path]}:
            await websocket.send_denial_response(Response(status_code=404))
            return
        grant = self._ledger.redeem(
            self._clock.now(),
            token=websocket.query_params.get("token"),
            authorization=websocket.headers.get("authorization"),
            single_use=profile.single_use_tokens,
        )
        status = _REFUSED_UPGRADES.get(profile.auth_failure) if grant is None else None
        if RefuseUpgrade.name in self._controls.faults:
            status = RefuseUpgrade(self._controls.faults[RefuseUpgrade.name]).status
        if status is not None:
            await websocket.send_denial_response(Response(status_code=status))
            return
        await websocket.accept()
        if len(self._controls.sockets) >= profile.max_sockets:
            await self._turn_away(websocket)
            return
        zone = ZONES[self._connections % len(ZONES)] if profile.session_zones == "three" else None
        self._connections += 1
        ids = Ids(f"{self._seed}:{self._connections}")
        await self._serve(
            websocket,
            Connection(
                profile,
                self._kept,
                ids,
                grant,
                self._script,
                stored=self._agents.session_of,
            ),
            zone,
        )

    def rest_routes(self) -> list[BaseRoute]:
        """Return the routes of stored agents and of what became of sessions."""
        webhooks = Webhooks(self._clock.now)
        self._records.tell = webhooks.tell
        desk = RestDesk(self._agents, self._records, webhooks, self._ledger, self._seed)
        return desk.routes(self._observe_request)

    async def stats(self, _request: Request) -> Response:
        """Answer `GET /_stats`."""
        return JSONResponse(self._statistics.report(self._ledger, self._violations.counts))

    async def control(self, request: Request) -> Response:
        """Answer `POST /_control`."""
        try:
            self._controls.apply(json.loads(await _body(request)))
        except (ValueError, RecursionError) as refusal:
            return JSONResponse({"message": str(refusal)}, 422)
        return JSONResponse({"done": True})

    async def _serve(self, websocket: WebSocket, connection: Connection, zone: str | None) -> None:
        faults = Chain(SOCKET_FAULTS, self._controls.faults)
        watches = (self._violations.watch(), self._records.watch(zone), self._observe)

        def observe(
            direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
        ) -> None:
            for watch in watches:
                watch(direction, session_id, frame, at)

        socket = Socket(websocket, connection, faults, self._clock, observe)
        self._controls.sockets.add(socket)
        try:
            await socket.run()
        finally:
            self._controls.sockets.discard(socket)

    async def _turn_away(self, websocket: WebSocket) -> None:
        error = messages.config_error("at_capacity", "Service is at capacity", None, None)
        for frame in encode(self._controls.profile, error, self._clock.now()):
            await websocket.send_json(frame)
        await websocket.close(1008)

    def _observe_request(self, request: Request, status: int) -> None:
        """Tell of a request without what might be a secret: unknown parameters lose their value."""
        query = {
            name: value if name in _LOGGED_PARAMETERS else "<redacted>"
            for name, value in request.query_params.items()
        }
        described = {"method": request.method, "path": request.url.path, "query": query}
        self._observe("http", None, {"request": described, "status": status}, self._clock.now())

    def _observe(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        self._statistics(direction, session_id, frame, at)
        if self._watcher is not None:
            self._watcher(direction, session_id, frame, at)


async def _body(request: Request) -> bytes:
    """Return a request's body.

    Raises:
        ValueError: it is too long.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _CONTROL_LIMIT_BYTES:
            raise ValueError("a command has at most 10000 bytes")
    return body
