"""The modes of access `open`, `code` and `jwt`: how each finds out who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.types import Scope

from app.access.caller import Caller, address_bucket
from app.access.codes import Codes
from app.access.cookies import ACCESS, ACCESS_COOKIE, LIFETIME_SECONDS, Visitors, new_id
from app.access.credentials import RequestCredentials, needs_credential, not_valid
from app.access.signing import Signer
from app.errors import ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from app.access.jwt import Logins


NEEDS_BEARER: Final = "A request without an Origin header needs {}."


class OpenAuthenticator:
    """Lets in every page of ours and of the list, and every program, which could claim to be one.

    Not what is typed into a browser's address bar: browsers fetch such addresses ahead of the
    last key, and those of links in messages, and a token that nobody uses costs as much.
    """

    def __init__(self, signer: Signer, visitors: Visitors) -> None:
        self._signer = signer
        self._visitors = visitors

    async def authenticate(self, credentials: RequestCredentials) -> Caller:
        """Return a visitor, or who is known by nothing but the address.

        Raises:
            ForbiddenError: The address bar of a browser sent it.
        """
        if not await self.accepts(credentials):
            raise ForbiddenError(
                "origin",
                detail="The address bar of a browser gets no token: open the page of this "
                "service, or ask with a program, such as curl.",
            )
        is_from_page = credentials.is_from_page
        visitor = self._visitors.recognise(credentials.scope) if is_from_page else None
        return as_visitor(self._signer, visitor, credentials)

    async def accepts(self, credentials: RequestCredentials) -> bool:
        """Tell that pages and programs need nothing."""
        return credentials.sender != "address-bar"


class CodeAuthenticator:
    """Lets in whoever knows a code: programs by bearer token, pages by the cookie it earned."""

    def __init__(self, signer: Signer, codes: Codes) -> None:
        self._signer = signer
        self._codes = codes

    async def authenticate(self, credentials: RequestCredentials) -> Caller:
        """Return the visitor of the cookie, or the address that knows a code.

        Raises:
            UnauthenticatedError: No code that counts came.
            RateLimitedError: Too many wrong ones came from there.
            StoppedError: Wrong ones cannot be counted now.
        """
        code = credentials.bearer
        if code is not None:
            await self._redeem(code, credentials)
            return as_visitor(self._signer, None, credentials)
        visitor = self._visitor(credentials)
        if visitor is not None:
            return as_visitor(self._signer, visitor, credentials)
        if not credentials.is_from_page:
            raise needs_credential(NEEDS_BEARER.format("an access code as its bearer token"))
        if ACCESS.read(credentials.scope) is not None:
            raise not_valid("bad-credential", "Your access has ended; enter the access code again.")
        raise needs_credential("This service asks for an access code.")

    async def accepts(self, credentials: RequestCredentials) -> bool:
        """Tell whether the cookie is good; a code is tried only where wrong ones are counted."""
        return self._visitor(credentials) is not None

    async def enter(self, credentials: RequestCredentials, code: str) -> str:
        """Return the `Set-Cookie` that a right code earns.

        The visitor in it is always a new one: a cookie that somebody planted lives on in nothing.

        Raises:
            UnauthenticatedError: The code is wrong.
            RateLimitedError: There were too many wrong ones.
        """
        name = await self._redeem(code, credentials)
        value = self._signer.sign(ACCESS_COOKIE, [new_id(), name])
        return ACCESS.header(credentials.scope, value)

    def leave(self, scope: Scope) -> str:
        """Return the `Set-Cookie` that forgets."""
        return ACCESS.header(scope, "", max_age_seconds=0)

    async def _redeem(self, code: str, credentials: RequestCredentials) -> str:
        host, _ = credentials.scope.get("client") or (None, 0)
        network_key = self._signer.hash("network:" + address_bucket(host, 48))
        return await self._codes.redeem(code, credentials.address_key, network_key)

    def _visitor(self, credentials: RequestCredentials) -> str | None:
        text = ACCESS.read(credentials.scope) if credentials.is_from_page else None
        if text is None:
            return None
        value: Any = self._signer.read(ACCESS_COOKIE, text, max_age_seconds=LIFETIME_SECONDS)
        match value:
            case [str(visitor), str(name)] if self._codes.has(name):
                return visitor
        return None


class JwtAuthenticator:
    """Lets in whoever brings a token of the operator's login.

    Args:
        signer: Hides the subject.
        logins: Reads tokens.
        cookie_name: The login's own cookie that may hold the token; empty if none does.
    """

    def __init__(self, signer: Signer, logins: Logins, cookie_name: str) -> None:
        self._signer = signer
        self._logins = logins
        self._cookie_name = cookie_name

    async def authenticate(self, credentials: RequestCredentials) -> Caller:
        """Return the subject of the token.

        Raises:
            UnauthenticatedError: No token that counts came.
            StoppedError: There are no keys to check it with.
        """
        token = credentials.bearer
        if token is None and self._cookie_name:
            token = credentials.cookie(self._cookie_name)
        if token is None and not credentials.is_from_page:
            raise needs_credential(NEEDS_BEARER.format("a bearer token of the login"))
        if token is None:
            raise needs_credential("Sign in first: this service serves only who is signed in.")
        name = f"subject:{self._logins.issuer}|{await self._logins.read(token)}"
        return Caller("subject", self._signer.hash(name), credentials.address_key)

    async def accepts(self, credentials: RequestCredentials) -> bool:
        """Tell whether the token that came along is good; a signature cannot be guessed at."""
        try:
            await self.authenticate(credentials)
        except UnauthenticatedError:
            return False
        return True


Authenticator = OpenAuthenticator | CodeAuthenticator | JwtAuthenticator


def as_visitor(signer: Signer, visitor: str | None, credentials: RequestCredentials) -> Caller:
    """Return the caller for an id of ours, or for an address without one.

    A page that brings no cookie, as those of other sites and in frames do, is a new visitor each
    time: its visitors share what their address may use, not what one of them may.
    """
    if visitor is None and credentials.is_from_page:
        visitor = new_id()
    if visitor is None:
        return Caller("address", credentials.address_key, credentials.address_key)
    return Caller("visitor", signer.hash(f"visitor:{visitor}"), credentials.address_key)
