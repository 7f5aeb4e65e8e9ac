"""The simulator as an ASGI application: routes and sockets; the rules are in the files beside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.simulator import messages
from app.simulator.clock import Clock, SystemClock
from app.simulator.connection import Connection, KeptSessions
from app.simulator.control import Controls
from app.simulator.ids import Ids
from app.simulator.observers import Observer, Statistics
from app.simulator.profiles import LIVE, Profile
from app.simulator.sockets import Socket
from app.simulator.token_route import answer_token_request
from app.simulator.tokens import TokenLedger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.websockets import WebSocket

WEBSOCKET_PATHS: Final = ("/v1/ws", "/v1/voice")
"""The second one is the path of the documents of April 2026; older clients still use it."""
_LOGGED_PARAMETERS: Final = ("expires_in_seconds", "max_session_duration_seconds", "product")
_REFUSED_UPGRADES: Final = {"close_1006": 403, "http_401": 401}
_WITHOUT_BODY: Final = frozenset({204, 205, 304})
_CONTROL_LIMIT_BYTES: Final = 10_000


def create_simulator(
    profile: Profile = LIVE,
    *,
    clock: Clock | None = None,
    seed: int = 0,
    key: str | None = None,
    observe: Observer | None = None,
    control: bool = False,
) -> Starlette:
    """Return a double of the service.

    Args:
        profile: how it behaves.
        clock: where its time comes from; the system's by default.
        seed: where tokens and identifiers come from; the same seed gives the same ones.
        key: the one API key that is good; None lets every non-empty key pass.
        observe: is told every frame, request and socket.
        control: whether `GET /_stats` and `POST /_control` exist.
    """
    simulator = _Simulator(profile, clock or SystemClock(), seed, key, observe)
    routes: list[BaseRoute] = [
        Route("/v1/token", simulator.token),
        *(WebSocketRoute(path, simulator.socket) for path in WEBSOCKET_PATHS),
    ]
    if control:
        routes.append(Route("/_stats", simulator.stats))
        routes.append(Route("/_control", simulator.control, methods=["POST"]))
    return Starlette(routes=routes)


class _Simulator:
    """What the routes share."""

    def __init__(
        self, profile: Profile, clock: Clock, seed: int, key: str | None, observe: Observer | None
    ) -> None:
        self._clock = clock
        self._seed = seed
        self._watcher = observe
        self._controls = Controls(profile)
        self._ledger = TokenLedger(seed, key)
        self._statistics = Statistics()
        self._kept = KeptSessions()
        self._connections = 0

    async def token(self, request: Request) -> Response:
        """Answer `GET /v1/token`."""
        status, body, headers = self._controls.token_status, {"detail": "Simulated"}, {}
        if status is None:
            status, body = answer_token_request(
                self._ledger,
                self._clock.now(),
                request.query_params,
                request.headers.get("authorization"),
            )
        else:
            headers = dict(self._controls.token_headers)
        self._observe_request(request, status)
        if status in _WITHOUT_BODY:
            return Response(None, status, headers)
        return JSONResponse(body, status, headers)

    async def socket(self, websocket: WebSocket) -> None:
        """Serve one WebSocket from its upgrade to its close."""
        profile = self._controls.profile
        now = self._clock.now()
        grant = self._ledger.redeem(
            now,
            token=websocket.query_params.get("token"),
            authorization=websocket.headers.get("authorization"),
            single_use=profile.single_use_tokens,
        )
        if grant is None and profile.auth_failure in _REFUSED_UPGRADES:
            status = _REFUSED_UPGRADES[profile.auth_failure]
            await websocket.send_denial_response(Response(status_code=status))
            return
        await websocket.accept()
        if len(self._controls.sockets) >= profile.max_sockets:
            await self._turn_away(websocket)
            return
        self._connections += 1
        ids = Ids(f"{self._seed}:{self._connections}")
        connection = Connection(profile, self._kept, ids, grant)
        socket = Socket(websocket, connection, self._clock, self._observe)
        self._controls.sockets.add(socket)
        try:
            await socket.run()
        finally:
            self._controls.sockets.discard(socket)

    async def stats(self, _request: Request) -> Response:
        """Answer `GET /_stats`."""
        return JSONResponse(self._statistics.report(self._ledger))

    async def control(self, request: Request) -> Response:
        """Answer `POST /_control`."""
        try:
            self._controls.apply(json.loads(await _body(request)))
        except (ValueError, RecursionError) as refusal:
            return JSONResponse({"message": str(refusal)}, 422)
        return JSONResponse({"done": True})

    async def _turn_away(self, websocket: WebSocket) -> None:
        now = self._clock.now()
        error = messages.config_error("at_capacity", "Service is at capacity", None, None)
        await websocket.send_json(error | {"timestamp": round(now, 6)})
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
