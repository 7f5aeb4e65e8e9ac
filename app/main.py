"""`create_app` wires the parts together; importing this file reads nothing and opens nothing."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from app import __version__
from app.access.control import Access
from app.access.signing import Signer
from app.config.agents import load_agents
from app.config.origins import OriginPolicy
from app.errors import ConfigurationError
from app.observability.metrics import Metrics
from app.tokens.service import TokenPolicy, TokenService
from app.upstream.client import AgentsClient
from app.upstream.slots import Slots
from app.upstream.transport import open_http_client
from app.usage.accounting import Accounting
from app.usage.receipts import Receipts
from app.usage.settlement import Settlement
from app.web import problem_details as handlers
from app.web.assets.files import BrowserFiles
from app.web.kill_switch import StopSwitch
from app.web.lifespan import Lifecycle
from app.web.middleware.admission import Admission
from app.web.middleware.cors import OriginGuard
from app.web.middleware.errors import Boundary
from app.web.middleware.gate import MintGate
from app.web.middleware.proxies import TrustedProxies
from app.web.middleware.request_id import RequestId
from app.web.middleware.security_headers import SecurityHeaders
from app.web.openapi import describe
from app.web.routes import health, session_ends
from app.web.routes.access import access_router
from app.web.routes.metrics import metrics_route
from app.web.routes.pages import page_routes
from app.web.routes.token import PlainTokenRoute, api_router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from contextlib import AbstractAsyncContextManager

    import httpx

    from app.config.settings import Settings


def create_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    is_warm: bool = False,
) -> FastAPI:
    """Return the service.

    Args:
        settings: What the operator decided; must hold a key.
        transport: Used for upstream requests instead of a pool of real connections.
        is_warm: Whether to connect to the upstream at start, ahead of the first caller.

    Raises:
        ConfigurationError: There is no key, or an agent is wrong.
    """
    agents = load_agents(settings)
    lifecycle = Lifecycle()
    metrics = Metrics()
    stop = StopSwitch(minting=settings.minting, stop_file=settings.stop_file)
    signer = _signer(settings)
    limits = Accounting(settings, metrics)
    access = Access(settings, signer, limits.code_attempts)
    app = FastAPI(
        title="Voicegate",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # It would send queries and the text of exceptions wherever the environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=_lifespan(settings, transport, is_warm=is_warm),
        middleware=_middleware(
            settings,
            lifecycle,
            access=access,
            metrics=metrics,
            stop=stop,
        ),
    )
    app.state.lifecycle = lifecycle
    app.state.metrics = metrics
    app.state.stop = stop
    app.state.access = access
    app.state.limits = limits
    app.state.receipts = Receipts(signer)
    handlers.install(app)
    policy = _policy(settings)
    app.router.routes.append(PlainTokenRoute(policy))
    app.include_router(api_router(policy, agents))
    app.include_router(session_ends.router)
    app.include_router(access_router(access))
    app.include_router(health.router)
    files = BrowserFiles(is_plain=settings.plain_scripts)
    app.state.files = files
    app.router.routes.extend(
        page_routes(
            agents,
            files=files,
            notice=settings.notice,
            docs=settings.docs,
            visitors=access.visitors,
        )
    )
    app.mount("/static", files, name="static")
    if settings.metrics_token is not None:
        token = settings.metrics_token.get_secret_value()
        app.router.routes.append(metrics_route(metrics, token))
    metrics.know_routes(_paths(app.routes))
    metrics.watch(in_flight=lambda: lifecycle.in_flight, minting=lambda: not stop.is_stopped)
    describe(app, mode=access.mode, cookie=access.cookie_name)
    return app


def _lifespan(
    settings: Settings, transport: httpx.AsyncBaseTransport | None, *, is_warm: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    if settings.assemblyai_api_key is None:
        raise ConfigurationError("Set ASSEMBLYAI_API_KEY: without a key there are no tokens.")
    api_key, spare = settings.assemblyai_api_key, settings.spare_api_key

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        http = open_http_client(
            connect_seconds=settings.upstream_connect_seconds,
            read_seconds=settings.upstream_read_seconds,
            max_connections=settings.upstream_max_in_flight,
            transport=transport,
        )
        access: Access = app.state.access
        stop: StopSwitch = app.state.stop
        limits: Accounting = app.state.limits
        async with http, access.serving(), stop.watched(), limits.serving():
            client = AgentsClient(
                http,
                base_url=settings.upstream_url,
                api_key=api_key.get_secret_value(),
                spare_api_key=spare.get_secret_value() if spare else None,
                slots=Slots(settings.upstream_max_in_flight, settings.upstream_max_waiting),
                total_seconds=settings.upstream_total_seconds,
                metrics=app.state.metrics,
            )
            if is_warm:
                http.warm_up(settings.upstream_url)
            app.state.token_service = TokenService(
                client, settings.ws_url, quota=limits.quota, receipts=app.state.receipts
            )
            app.state.returns = Settlement(client, limits.quota)
            async with app.state.returns.serving():
                yield

    return lifespan


def _middleware(
    settings: Settings,
    lifecycle: Lifecycle,
    *,
    access: Access,
    metrics: Metrics,
    stop: StopSwitch,
) -> list[Middleware]:
    """Return the layers, outermost first; what fails below `Boundary` becomes problem details."""
    return [
        Middleware(TrustedProxies, networks=settings.trusted_proxies),
        Middleware(
            SecurityHeaders,
            ws_origin=settings.ws_origin,
            frame_ancestors=settings.frame_ancestors,
            embed_ancestors=settings.allowed_origins,
        ),
        Middleware(RequestId),
        Middleware(
            Boundary,
            lifecycle=lifecycle,
            metrics=metrics,
            log_addresses=settings.log_addresses,
        ),
        Middleware(
            OriginGuard,
            policy=OriginPolicy(frozenset(settings.allowed_origins)),
            refusals=metrics,
        ),
        Middleware(MintGate, lifecycle=lifecycle, stop=stop),
        Middleware(Admission, access=access, refusals=metrics),
    ]


def _signer(settings: Settings) -> Signer:
    """Return the signer of this deployment; without a secret, one that lasts as long as it."""
    secret = settings.secret.get_secret_value() if settings.secret else secrets.token_urlsafe(32)
    return Signer(secret)


def _paths(routes: Iterable[Any]) -> Iterator[str]:
    """Yield the templates of all routes; FastAPI keeps those of a router inside it."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route.path
        else:
            yield from _paths(router.routes)


def _policy(settings: Settings) -> TokenPolicy:
    return TokenPolicy(
        default_expires_in_seconds=settings.default_expires_in_seconds,
        max_expires_in_seconds=settings.max_expires_in_seconds,
        default_session_duration_seconds=settings.default_session_duration_seconds,
        max_session_duration_seconds=settings.max_session_duration_seconds,
    )
