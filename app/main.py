"""`create_app` wires the parts together; importing this file reads nothing and opens nothing."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware

from app import __version__, handlers
from app.agents import load_agents
from app.errors import ConfigurationError
from app.lifecycle import Lifecycle
from app.middleware.boundary import Boundary
from app.middleware.headers import SecurityHeaders
from app.middleware.origin_guard import OriginGuard
from app.middleware.proxies import TrustedProxies
from app.middleware.request_id import RequestId
from app.openapi import describe
from app.origins import OriginPolicy
from app.routes import health
from app.routes.api import api_router
from app.routes.pages import page_routes
from app.slots import Slots
from app.static_files import DIRECTORY, PlainStaticFiles
from app.tokens import TokenPolicy, TokenService
from app.transport import open_http_client
from app.upstream import AgentsClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    from app.settings import Settings


def create_app(settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """Return the service.

    Args:
        settings: What the operator decided; must hold a key.
        transport: Used for upstream requests instead of a pool of real connections.

    Raises:
        ConfigurationError: There is no key, or an agent is wrong.
    """
    agents = load_agents(settings)
    lifecycle = Lifecycle()
    app = FastAPI(
        title="Voicegate",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, transport),
        middleware=_middleware(settings, lifecycle),
    )
    app.state.lifecycle = lifecycle
    handlers.install(app)
    app.include_router(api_router(_policy(settings), agents))
    app.include_router(health.router)
    app.router.routes.extend(page_routes(agents, notice=settings.notice, docs=settings.docs))
    app.mount("/static", PlainStaticFiles(directory=DIRECTORY), name="static")
    describe(app)
    return app


def _lifespan(
    settings: Settings, transport: httpx.AsyncBaseTransport | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    if settings.assemblyai_api_key is None:
        raise ConfigurationError("Set ASSEMBLYAI_API_KEY: without a key there are no tokens.")
    api_key = settings.assemblyai_api_key

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        http = open_http_client(
            connect_seconds=settings.upstream_connect_seconds,
            read_seconds=settings.upstream_read_seconds,
            max_connections=settings.upstream_max_in_flight,
            transport=transport,
        )
        async with http:
            client = AgentsClient(
                http,
                base_url=settings.upstream_url,
                api_key=api_key.get_secret_value(),
                slots=Slots(settings.upstream_max_in_flight, settings.upstream_max_waiting),
                total_seconds=settings.upstream_total_seconds,
            )
            app.state.token_service = TokenService(client, settings.ws_url)
            yield

    return lifespan


def _middleware(settings: Settings, lifecycle: Lifecycle) -> list[Middleware]:
    """Return the layers, outermost first; what fails below `Boundary` becomes problem details."""
    return [
        Middleware(SecurityHeaders, ws_origin=settings.ws_origin),
        Middleware(RequestId, trusted_proxies=settings.trusted_proxies),
        Middleware(Boundary, lifecycle=lifecycle),
        Middleware(TrustedProxies, networks=settings.trusted_proxies),
        Middleware(OriginGuard, policy=OriginPolicy(frozenset(settings.allowed_origins))),
    ]


def _policy(settings: Settings) -> TokenPolicy:
    return TokenPolicy(
        default_expires_in_seconds=settings.default_expires_in_seconds,
        max_expires_in_seconds=settings.max_expires_in_seconds,
        default_session_duration_seconds=settings.default_session_duration_seconds,
        max_session_duration_seconds=settings.max_session_duration_seconds,
    )
