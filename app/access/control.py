"""Access control as the rest of the service sees it: who is this caller."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import lru_cache
from itertools import cycle
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr
from starlette.types import Scope

from app.access.authenticators import (
    Attempts,
    Authenticator,
    CodeAuthenticator,
    JwtAuthenticator,
    OpenAuthenticator,
)
from app.access.cookies import ACCESS_COOKIE, Visitors
from app.access.credentials import RequestCredentials, address_bucket
from app.access.signing import Signer
from app.config.origins import Sender
from app.config.settings import Settings
from app.config.types import is_url

if TYPE_CHECKING:
    from app.access.jwks import Jwks


# Makes what sends requests to a URL, within `connect_seconds` and `read_seconds`.
TransportFactory = Callable[..., httpx.AsyncBaseTransport]


class Access:
    """The configured mode's `authenticator`, and the credentials that it looks at.

    Args:
        settings: What the operator decided.
        signer: Hashes addresses, signs cookies.
        attempts: Limits wrong codes.
        open_transport: Makes what sends requests to the login.
    """

    def __init__(
        self,
        settings: Settings,
        signer: Signer,
        attempts: Attempts,
        open_transport: TransportFactory,
    ) -> None:
        self.mode = settings.access
        self.visitors: Visitors | None = None
        self.code_authenticator: CodeAuthenticator | None = None
        self.cookie_name = ACCESS_COOKIE if self.mode == "code" else settings.jwt_cookie

        @lru_cache(maxsize=4096)
        def address_key(host: str | None) -> str:
            return signer.hash("address:" + address_bucket(host))

        self._address_key = address_key
        self._turns = cycle(range(settings.callers_per_address))
        self._jwks: Jwks | None = None
        self.authenticator: Authenticator
        if settings.access == "jwt":
            # The libraries of tokens take a twentieth of the start; only this mode needs them.
            from app.access.jwks import FETCH_SECONDS, Jwks  # noqa: PLC0415
            from app.access.jwt import Logins, SharedSecret  # noqa: PLC0415

            keys: Jwks | SharedSecret
            key = settings.jwt_key or SecretStr("")  # the settings hold one in this mode
            if is_url(key.get_secret_value()):
                url = key.get_secret_value()
                transport = open_transport(
                    url, connect_seconds=FETCH_SECONDS, read_seconds=FETCH_SECONDS
                )
                keys = self._jwks = Jwks(url, transport)
            else:
                keys = SharedSecret(key)
            logins = Logins(keys, settings.jwt_issuer, settings.jwt_audience)
            self.authenticator = JwtAuthenticator(signer, logins, settings.jwt_cookie)
        elif settings.access == "code":
            known = [code.get_secret_value() for code in settings.access_codes]
            self.code_authenticator = CodeAuthenticator(signer, known, attempts)
            self.authenticator = self.code_authenticator
        else:
            self.visitors = Visitors(signer)
            self.authenticator = OpenAuthenticator(signer, self.visitors)

    def serving(self) -> AbstractAsyncContextManager[None]:
        """Hold open what this mode needs while the app serves."""
        return self._jwks.serving() if self._jwks else nullcontext()

    def credentials(self, scope: Scope, sender: Sender) -> RequestCredentials:
        """Return what a request brings.

        Args:
            scope: The request, after trusted proxies had their say.
            sender: What sent it, as far as a browser says.
        """
        client = scope.get("client")
        address_key = self._address_key(client[0] if client else None)
        return RequestCredentials(scope, address_key, sender, next(self._turns))
