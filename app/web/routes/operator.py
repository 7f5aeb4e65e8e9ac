"""`/operator`: what was used and by whom, and the switch that stops minting.

A browser is let in by a cookie, which it gets for the token; a program brings the token itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.access.cookies import OPERATOR_PATH
from app.access.operator import OperatorAccess
from app.config.settings import Settings
from app.errors import (
    InvalidRequestError,
    RateLimitedError,
    StoppedError,
    UnauthenticatedError,
    bad_parameter,
)
from app.usage.ledger import StoreDownError
from app.usage.report import Report, usage_report
from app.web.kill_switch import PAGE
from app.web.plots import bar, columns, decimal, duration, minutes
from app.web.routes.body import read_form
from app.web.routes.pages import Pages
from app.web.services import Services

OWN_PAGE_ONLY: Final = "Only the operator's page sends this."
SIGN_IN: Final = f"{OPERATOR_PATH}/sign-in"
# What the switch is sent.
SWITCH: Final = {"stop": True, "go": False}


def operator_routes(
    settings: Settings, services: Services, operator: OperatorAccess, pages: Pages
) -> Iterator[Route]:
    """Yield the routes; without the token all answer 401, or lead a browser to the form for it."""
    own = _Operator(settings, services, operator, pages)
    yield Route(OPERATOR_PATH, own.page)
    yield Route(f"{OPERATOR_PATH}/usage", own.usage)
    yield Route(SIGN_IN, own.form, methods=["GET"])
    yield Route(SIGN_IN, own.sign_in, methods=["POST"])
    yield Route(f"{OPERATOR_PATH}/sign-out", own.sign_out, methods=["POST"])
    yield Route(f"{OPERATOR_PATH}/minting", own.switch, methods=["POST"])


@dataclass(frozen=True, slots=True)
class _Operator:
    """The endpoints."""

    settings: Settings
    services: Services
    operator: OperatorAccess
    pages: Pages

    async def page(self, request: Request) -> Response:
        credentials = self.services.credentials(request.scope)
        if credentials.bearer is None and not self.operator.is_signed_in(request.scope):
            return _see_other(request, SIGN_IN)
        await self.operator.require(credentials)
        report = await self._report()
        context = {
            "report": report,
            "bar": bar(report["today"]) if report["today"] else [],
            "columns": columns(report["days"]),
            "is_stopped_here": PAGE in report["stopped_by"],
            "price": self.settings.price_per_hour_usd,
            "minutes": minutes,
            "duration": duration,
            "decimal": decimal,
        }
        return self.pages.render(request, "operator.html", context)

    async def usage(self, request: Request) -> Response:
        await self.operator.require(self.services.credentials(request.scope))
        options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
        body = orjson.dumps(await self._report(), option=options)
        return Response(body, media_type="application/json")

    async def form(self, request: Request) -> Response:
        why = request.query_params.get("refused", "")
        return self.pages.render(request, "operator-sign-in.html", {"refused": why})

    async def sign_in(self, request: Request) -> Response:
        credentials = self.services.credentials(request.scope)
        credentials.require_page(OWN_PAGE_ONLY)
        token = (await read_form(request)).get("token", "")
        try:
            cookie = await self.operator.sign_in(credentials, token)
        except RateLimitedError:
            return _see_other(request, f"{SIGN_IN}?refused=later")
        except UnauthenticatedError:
            return _see_other(request, f"{SIGN_IN}?refused=wrong")
        return _see_other(request, OPERATOR_PATH, cookie)

    async def sign_out(self, request: Request) -> Response:
        self.services.credentials(request.scope).require_page(OWN_PAGE_ONLY)
        return _see_other(request, SIGN_IN, self.operator.sign_out(request.scope))

    async def switch(self, request: Request) -> Response:
        credentials = self.services.credentials(request.scope)
        await self.operator.require(credentials)
        is_program = credentials.bearer is not None
        if not is_program:
            credentials.require_page(OWN_PAGE_ONLY)
        minting = (await read_form(request)).get("minting", "")
        if minting not in SWITCH:
            raise InvalidRequestError(bad_parameter("minting", "stop or go", minting))
        try:
            await self.services.accounting.stop(is_stopped=SWITCH[minting])
        except StoreDownError as error:
            raise StoppedError(
                "the stop cannot be shared",
                detail="The store cannot be reached, so the switch was not moved; try again "
                "shortly. While it is away, limits let nobody have a token.",
                retry_after_seconds=5,
            ) from error
        await self.services.kill_switch.look()
        if is_program:
            return JSONResponse({"stopped_by": self.services.kill_switch.stopped_by})
        return _see_other(request, OPERATOR_PATH)

    async def _report(self) -> Report:
        services = self.services
        stopped_by = services.kill_switch.stopped_by
        audit = services.audit
        reading = audit.latest if audit and audit.basis == "list" else None
        return await usage_report(
            self.settings, services.accounting, services.metrics, stopped_by, reading
        )


def _see_other(request: Request, path: str, cookie: str = "") -> Response:
    """Return what leads a browser to one of these pages."""
    url = request.scope.get("root_path", "") + path
    headers = {"Set-Cookie": cookie} if cookie else {}
    return RedirectResponse(url, HTTPStatus.SEE_OTHER, headers=headers)
