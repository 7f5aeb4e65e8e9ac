"""What routes are given; each is declared once."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from app.lifecycle import Lifecycle
from app.tokens import TokenService


async def _lifecycle(request: Request) -> Lifecycle:
    return cast("Lifecycle", request.app.state.lifecycle)


async def _token_service(request: Request) -> TokenService:
    """Return whoever mints; raises `DrainingError` while the service is shutting down."""
    (await _lifecycle(request)).require_serving()
    return cast("TokenService", request.app.state.token_service)


LifecycleDep = Annotated[Lifecycle, Depends(_lifecycle)]
TokenServiceDep = Annotated[TokenService, Depends(_token_service)]
