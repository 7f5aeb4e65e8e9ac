"""What routes are given; each is declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from app.web.lifespan import Lifecycle

if TYPE_CHECKING:
    from starlette.types import Scope

    from app.tokens.service import TokenService
    from app.web.kill_switch import StopSwitch


async def _lifecycle(request: Request) -> Lifecycle:
    return cast("Lifecycle", request.app.state.lifecycle)


def token_service(scope: Scope) -> TokenService:
    """Return whoever mints.

    Raises:
        DrainingError: The service is shutting down.
        StoppedError: The operator has stopped minting.
    """
    state = scope["app"].state
    cast("Lifecycle", state.lifecycle).require_serving()
    cast("StopSwitch", state.stop).require_minting()
    return cast("TokenService", state.token_service)


LifecycleDep = Annotated[Lifecycle, Depends(_lifecycle)]
