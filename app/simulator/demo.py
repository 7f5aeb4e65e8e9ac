"""The service and the simulator as one application; the only file here that knows the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config.settings import Settings
from app.main import create_app
from app.simulator.server.app import create_simulator

DEMO_KEY: Final = "demo"
DEMO_NOTICE: Final = {
    "en": "Demo: the agent is simulated. It hears you and plays your words back, "
    "but understands nothing; no API key is used.",
    "de": "Demo: Der Agent ist simuliert. Er hört Sie und spielt Ihre Worte wieder ab, "
    "versteht aber nichts; ein API-Schlüssel wird nicht verwendet.",
}
_SIMULATED_PATHS: Final = ("/v1/", "/_")


def create_demo(
    settings: Settings, *, origin: str, as_written: bool = False, **simulator_options: Any
) -> ASGIApp:
    """Return one application that serves both.

    Args:
        settings: of the service; its key and upstream are replaced by those of the demo.
        origin: where this application will be reached, such as `http://127.0.0.1:8000`.
        as_written: whether browsers load the scripts as they are written.
        simulator_options: keyword arguments of `create_simulator`.
    """
    key = simulator_options.get("key") or DEMO_KEY
    changes = {
        "assemblyai_api_key": (SecretStr(key),),
        "upstream_url": origin,
        "upstream_ws_url": None,
    }
    service = create_app(
        settings.model_copy(update=changes), as_written=as_written, notices=DEMO_NOTICE
    )
    return _Demo(service, create_simulator(**simulator_options))


class _Demo:
    """Sends each request to one of two applications, and the lifespan to both."""

    def __init__(self, service: Starlette, simulator: Starlette) -> None:
        self._service = service
        self._simulator = simulator
        self.state = service.state  # the server drains by what it finds here
        self._lifespan = Starlette(lifespan=self._live)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["path"].startswith(_SIMULATED_PATHS):
            await self._simulator(scope, receive, send)
        else:
            await self._service(scope, receive, send)

    @asynccontextmanager
    async def _live(self, _app: Starlette) -> AsyncIterator[Any]:
        simulator, service = self._simulator, self._service
        async with (
            simulator.router.lifespan_context(simulator),
            service.router.lifespan_context(service) as state,
        ):
            yield state
