"""What routes depend on; each is declared once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.access.credentials import RequestCredentials
from app.web.request_context import context_of
from app.web.services import Services


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


async def _credentials(request: Request, services: ServicesDep) -> RequestCredentials:
    is_from_page = context_of(request.scope).is_from_page
    return services.access.credentials(request.scope, is_from_page=is_from_page)


CredentialsDep = Annotated[RequestCredentials, Depends(_credentials)]
