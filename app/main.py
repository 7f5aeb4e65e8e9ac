"""`create_app` wires the parts together; importing this file reads nothing and opens nothing."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__
from app.access.control import Access
from app.access.operator import OperatorAccess
from app.access.signing import Signer
from app.config.agents import load_agents
from app.config.origins import OriginPolicy
from app.config.settings import Settings
from app.errors import ConfigurationError, NotFoundError
from app.observability.metrics import Metrics
from app.tokens.service import MINT_PATH, Receipts, TokenService
from app.upstream.client import AgentsClient, Budget
from app.upstream.transport import CurlTransport
from app.usage.accounting import Accounting
from app.usage.audit import Audit
from app.web.feedback import FeedbackOutbox
from app.web.kill_switch import KillSwitch
from app.web.lifespan import Lifecycle
from app.web.middleware.cors import CorsMiddleware
from app.web.middleware.errors import ErrorMiddleware
from app.web.middleware.hosts import AllowedHosts
from app.web.middleware.proxies import TrustedProxies
from app.web.middleware.request_context import RequestId
from app.web.middleware.security_headers import SecurityHeaders
from app.web.openapi import DESCRIPTION, SUMMARY, complete
from app.web.routes.api import api_router
from app.web.routes.operations import metrics_route, probes
from app.web.routes.operator import operator_routes
from app.web.routes.pages import Pages, page_routes
from app.web.routes.token import ReadyResponseRoute, token_routes
from app.web.routes.webhooks import webhook_route
from app.web.services import Services
from app.web.static_files import BrowserFiles


class Application(FastAPI):
    """FastAPI with our layers only, and a shorter way to the token."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers around the router.

        `ErrorMiddleware` does what the framework's own layers would do for exceptions; they cost
        as much as all of ours (measured). What is left of them is where FastAPI keeps open files.
        A `ReadyResponseRoute` needs none, and is found by its path without the router.
        """
        router = AsyncExitStackMiddleware(self.router)
        ready: dict[tuple[str, str | None], ASGIApp] = {
            (route.path, method): route.handle
            for route in self.routes
            if isinstance(route, ReadyResponseRoute)
            for method in route.methods or ()
        }

        async def find(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if path.endswith("\n"):  # which the `$` of Starlette's routes takes as their end
                raise NotFoundError
            handle = ready.get((path, scope.get("method")), router)
            await handle(scope, receive, send)

        app: ASGIApp = find
        for layer, args, kwargs in reversed(self.user_middleware):
            app = layer(app, *args, **kwargs)
        return app

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API; made once."""
        if self.openapi_schema is None:
            access: Access = self.state.services.access
            self.openapi_schema = complete(super().openapi(), access)
        return self.openapi_schema


def create_app(
    settings: Settings,
    *,
    as_written: bool = False,
    notices: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    budget: Budget | None = None,
) -> FastAPI:
    """Return the service.

    Args:
        settings: What the operator decided; must hold a key.
        as_written: Whether browsers load scripts and styles as they are written.
        notices: By language, what pages show where the operator has no notice.
        transport: Used for upstream requests instead of a pool of real connections.
        budget: What a mint may take; the usual unless told.

    Raises:
        ConfigurationError: There is no key, or an agent, a proxy of the environment or a list of
            certificates is wrong.
    """
    budget = budget or Budget()
    transport = transport or CurlTransport(
        settings.upstream_url,
        ca_file=settings.upstream_ca_file,
        connect_seconds=budget.connect_seconds,
        read_seconds=budget.read_seconds,
    )
    services = _services(settings, BrowserFiles(as_written=as_written), transport, budget)
    app = Application(
        title="Voicegate",
        version=__version__,
        summary=SUMMARY,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # It would send queries and the text of exceptions wherever the environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=_lifespan(services, transport),
        middleware=_middleware(settings, services),
    )
    app.state.services = services
    app.router.routes.extend(_with_head(_routes(settings, services, notices or {})))
    app.mount("/static", services.files, name="static")
    metrics = services.metrics
    metrics.routes = frozenset(
        route.path for route in app.routes if isinstance(route, Route | Mount)
    )
    metrics.show(
        "minting",
        "1 while tokens are minted, 0 while stopped.",
        lambda: not services.kill_switch.is_stopped,
    )
    return app


def _services(
    settings: Settings,
    files: BrowserFiles,
    transport: httpx.AsyncBaseTransport,
    budget: Budget,
) -> Services:
    if not settings.assemblyai_api_key:
        raise ConfigurationError("Set ASSEMBLYAI_API_KEY: without a key there are no tokens.")
    api_key, spare, *_ = [*settings.assemblyai_api_key, None]
    # Without a secret of the operator, one that lasts as long as the process.
    secret = settings.secret.get_secret_value() if settings.secret else secrets.token_urlsafe(32)
    signer = Signer(secret)
    receipts = Receipts(signer)
    metrics = Metrics()
    accounting = Accounting(settings, metrics)
    client = AgentsClient(
        transport,
        base_url=settings.upstream_url,
        token_url=settings.token_url,
        token_access=settings.token_access,
        api_key=api_key.get_secret_value(),
        spare_api_key=spare.get_secret_value() if spare else None,
        budget=budget,
        metrics=metrics,
    )
    operator = None
    if settings.operator_token is not None:
        token = settings.operator_token.get_secret_value()
        operator = OperatorAccess(signer, token, accounting.code_attempts)
    kill_switch = KillSwitch(
        settings.stop_file,
        accounting if operator else None,
        stops_at_unexplained=settings.on_unexplained == "stop",
    )
    audit = None
    if settings.audit:
        audit = Audit(
            client,
            accounting.store,
            metrics,
            unknown_seconds=settings.default_session_duration_seconds,
            on_unexplained=kill_switch.see_unexplained,
        )
        accounting.quota.opening = audit.first_try
        accounting.quota.is_refunding = True
    open_transport = partial(CurlTransport, ca_file=settings.upstream_ca_file)
    feedback = None
    if settings.feedback_url is not None:
        url = settings.feedback_url.get_secret_value()
        feedback = FeedbackOutbox(url, metrics, open_transport)
    return Services(
        agents=load_agents(settings),
        lifecycle=Lifecycle(),
        kill_switch=kill_switch,
        metrics=metrics,
        access=Access(settings, signer, accounting.code_attempts, open_transport),
        accounting=accounting,
        receipts=receipts,
        tokens=TokenService(client, settings.ws_url, quota=accounting.quota, receipts=receipts),
        audit=audit,
        feedback=feedback,
        files=files,
        operator=operator,
    )


def _lifespan(
    services: Services, transport: httpx.AsyncBaseTransport
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with (
            transport,
            services.access.serving(),
            services.kill_switch.watched(),
            services.accounting.serving(),
            services.feedback.serving() if services.feedback else nullcontext(),
            services.audit.serving() if services.audit else nullcontext(),
        ):
            yield

    return lifespan


def _middleware(settings: Settings, services: Services) -> list[Middleware]:
    """Return the layers, outermost first; what fails inside the fourth becomes problem details."""
    agents = services.agents
    layers = [
        Middleware(RequestId),
        Middleware(
            SecurityHeaders,
            ws_origin=settings.ws_origin,
            embed_ancestors=settings.allowed_origins,
            media_origins=agents.sample_origins if agents.voice_samples else None,
        ),
        Middleware(
            ErrorMiddleware,
            lifecycle=services.lifecycle,
            metrics=services.metrics,
            log_addresses=settings.log_level == "debug",
        ),
        Middleware(AllowedHosts, public_urls=settings.public_url),
        Middleware(
            CorsMiddleware,
            policy=OriginPolicy(frozenset(settings.allowed_origins)),
            metrics=services.metrics,
        ),
    ]
    if settings.trusted_proxies:
        layers.insert(0, Middleware(TrustedProxies, networks=settings.trusted_proxies))
    return layers


def _routes(
    settings: Settings, services: Services, notices: Mapping[str, str]
) -> Iterator[BaseRoute]:
    """Yield the routes; the token's first, so that it is found first."""
    yield from token_routes(settings, services)
    yield from api_router(services).routes
    yield from probes(services.lifecycle, lambda: services.basis).routes
    pages = Pages(services.files, services.agents.notice, notices)
    yield from page_routes(settings, services, pages)
    if settings.webhook_secret is not None:
        yield webhook_route(settings.webhook_secret.get_secret_value(), services.wake_audit)
    if services.operator is not None:
        yield metrics_route(services, services.operator)
        yield from operator_routes(settings, services, services.operator, pages)


def _with_head(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield the routes, with HEAD for each GET of FastAPI's, which Starlette's have by themselves.

    All but the token's: a token that nobody reads costs as much.
    """
    for route in routes:
        yield route
        if isinstance(route, APIRoute) and route.methods == {"GET"} and route.path != MINT_PATH:
            yield APIRoute(route.path, route.endpoint, methods=["HEAD"], include_in_schema=False)
