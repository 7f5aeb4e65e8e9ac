"""Access control as the rest of the service sees it: who is this caller."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from app.access.authenticators import CodeDoor, Door, OpenDoor
from app.access.codes import Attempts, Codes
from app.access.cookies import ACCESS_COOKIE, Visitors
from app.access.credentials import Approach, approach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Scope

    from app.access.caller import Caller
    from app.access.jwks import Jwks
    from app.access.jwt import Logins
    from app.access.signing import Signer
    from app.config.settings import Settings


class Access:
    """Lets callers in, or says why not.

    Args:
        settings: The mode, and what it needs.
        signer: Hashes callers and signs cookies.
        attempts: Limits wrong codes.
    """

    def __init__(
        self, settings: Settings, signer: Signer, attempts: Attempts | None = None
    ) -> None:
        self.mode = settings.access
        self.visitors: Visitors | None = None
        self.code_door: CodeDoor | None = None
        self.cookie_name = ACCESS_COOKIE if self.mode == "code" else settings.jwt_cookie
        self._without_origin = settings.allow_without_origin
        self._hash = signer.hash
        self._jwks: Jwks | None = None
        codes = [code.get_secret_value() for code in settings.access_codes]
        known = Codes(codes, signer, attempts) if codes else None
        self._door: Door
        if settings.access == "jwt":
            from app.access.jwt_authenticator import JwtDoor  # noqa: PLC0415 - as below

            self._door = JwtDoor(signer, self._logins(settings), settings.jwt_cookie)
        elif settings.access == "code":
            self._door = self.code_door = CodeDoor(signer, known or Codes((), signer, attempts))
        else:
            self.visitors = Visitors(signer)
            self._door = OpenDoor(signer, self.visitors, known)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Hold open what this mode needs while the app serves."""
        async with AsyncExitStack() as stack:
            if self._jwks is not None:
                await stack.enter_async_context(self._jwks.serving())
            yield

    async def identify(self, scope: Scope) -> Caller:
        """Return who sent a request that `OriginGuard` let pass.

        Raises:
            UnauthenticatedError: The mode needs a credential, and none that counts came.
            ForbiddenError: Only pages are let in, and no page sent it.
            RateLimitedError: Too many wrong codes came from there.
            StoppedError: Credentials cannot be checked now.
        """
        return await self._door.admit(self.approach(scope))

    async def granted(self, scope: Scope) -> bool:
        """Tell whether a page that sends what came along would be let in."""
        return await self._door.granted(self.approach(scope))

    def approach(self, scope: Scope) -> Approach:
        """Return a request as the modes look at it."""
        return approach(scope, self._hash, without_origin=self._without_origin)

    def _logins(self, settings: Settings) -> Logins:
        # The libraries of tokens take a twentieth of the start; only this mode needs them.
        from app.access.jwks import Jwks  # noqa: PLC0415
        from app.access.jwt import Logins, SharedSecret  # noqa: PLC0415

        keys: Any
        if settings.jwt_jwks_url:
            keys = self._jwks = Jwks(settings.jwt_jwks_url)
        elif settings.jwt_secret:
            keys = SharedSecret(settings.jwt_secret.get_secret_value())
        else:
            raise ValueError("the mode jwt needs a secret or a JWKS URL")
        return Logins(keys, settings.jwt_issuer, settings.jwt_audience)
