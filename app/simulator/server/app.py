"""The simulator as an ASGI application: its routes."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.simulator.behaviour.profiles import LIVE, Profile
from app.simulator.behaviour.script import Script
from app.simulator.conversation.timers import Clock, SystemClock
from app.simulator.evidence.observers import Observer
from app.simulator.faults import check_fault
from app.simulator.server.control import Controls
from app.simulator.server.service import WEBSOCKET_PATHS, Dependencies, Service


def create_simulator(
    profile: Profile = LIVE,
    *,
    clock: Clock | None = None,
    seed: int = 0,
    key: str | None = None,
    observe: Observer | None = None,
    control: bool = False,
    faults: Mapping[str, str] | None = None,
    script: Script | None = None,
) -> Starlette:
    """Return a double of the service.

    Args:
        profile: how it behaves.
        clock: where its time comes from; the system's by default.
        seed: where tokens and identifiers come from; the same seed gives the same ones.
        key: the one API key that is good; None lets every non-empty key pass.
        observe: is told every frame, request and socket.
        control: whether `GET /_stats` and `POST /_control` exist.
        faults: what goes wrong from the start, by name.
        script: what conversations are about; None: counted words and the caller's own voice.

    Raises:
        ValueError: a fault is unknown or its setting is wrong.
    """
    for name, text in (faults or {}).items():
        check_fault(name, text)
    dependencies = Dependencies(clock or SystemClock(), seed, observe, script)
    service = Service(dependencies, Controls(profile, faults=dict(faults or {})), key)
    routes: list[BaseRoute] = [
        Route("/v1/token", service.token),
        Route("/v1/token", service.general_token, methods=["POST"]),
        *(WebSocketRoute(path, service.socket) for path in WEBSOCKET_PATHS),
        *service.rest_routes(),
    ]
    if control:
        routes.append(Route("/_stats", service.stats))
        routes.append(Route("/_control", service.control, methods=["POST"]))
    return Starlette(routes=routes)
