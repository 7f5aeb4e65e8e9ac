"""The modes of access `open`, `code` and `jwt`: how each finds out who asks."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

from starlette.types import Scope

from app.access.cookies import ACCESS, ACCESS_COOKIE, LIFETIME_SECONDS, Visitors, new_id
from app.access.credentials import (
    ADDRESS_DIGITS,
    Caller,
    RequestCredentials,
    address_bucket,
    needs_credential,
    not_valid,
)
from app.access.signing import Signer
from app.errors import ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from app.access.jwt import Logins


MAX_CODE_CHARACTERS: Final = 128
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


class Attempts(Protocol):
    """Counts wrong codes, by address and by the network around it."""

    async def allow_attempt(self, address_key: str, network_key: str) -> None:
        """Raise `RateLimitedError` while there were too many; counts nothing."""

    async def wrong_attempt(self, address_key: str, network_key: str) -> None:
        """Count one, and wait; raises `RateLimitedError` if it was one too many."""


async def count_attempt(
    attempts: Attempts, signer: Signer, credentials: RequestCredentials, *, is_right: bool
) -> None:
    """Count a secret that was tried if it is wrong, and wait.

    While an address is over its limit it learns nothing, not even from the right one: the limit
    would else be none.

    Raises:
        RateLimitedError: Too many wrong ones came from there.
    """
    host, _ = credentials.scope.get("client") or (None, 0)
    network_key = signer.hash("network:" + address_bucket(host, 48))
    tried = attempts.allow_attempt if is_right else attempts.wrong_attempt
    await tried(credentials.address_key, network_key)


class CodeAuthenticator:
    """Lets in whoever knows a code: programs by bearer token, pages by the cookie it earned.

    Args:
        signer: Gives each code the name that cookies carry.
        codes: In clear; only digests are kept.
        attempts: Limits wrong ones.
    """

    def __init__(self, signer: Signer, codes: Iterable[str], attempts: Attempts) -> None:
        self._signer = signer
        self._salt = secrets.token_bytes(32)
        self._names = {self._digest(code): signer.hash(f"code:{code}") for code in codes}
        self._attempts = attempts

    async def authenticate(self, credentials: RequestCredentials) -> Caller:
        """Return the visitor of the cookie, or the address that knows a code.

        Raises:
            UnauthenticatedError: No code that counts came.
            RateLimitedError: Too many wrong ones came from there.
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

        The visitor in it is always a new one, so that nothing of a planted cookie is taken over.
        It raises as `authenticate` does.
        """
        name = await self._redeem(code, credentials)
        value = self._signer.sign(ACCESS_COOKIE, [new_id(), name])
        return ACCESS.header(credentials.scope, value)

    def leave(self, scope: Scope) -> str:
        """Return the `Set-Cookie` that forgets."""
        return ACCESS.header(scope, "", max_age_seconds=0)

    async def _redeem(self, code: str, credentials: RequestCredentials) -> str:
        """Return the name of a right code."""
        digest = self._digest(code[: MAX_CODE_CHARACTERS + 1])
        found = None
        # All of them, each time: how long it takes must not tell which one was nearly right.
        for known, name in self._names.items():
            if hmac.compare_digest(known, digest):
                found = name
        await count_attempt(self._attempts, self._signer, credentials, is_right=found is not None)
        if found is None:
            raise not_valid("code", "This access code is not right.")
        return found

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._salt, code.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _visitor(self, credentials: RequestCredentials) -> str | None:
        text = ACCESS.read(credentials.scope) if credentials.is_from_page else None
        if text is None:
            return None
        value: Any = self._signer.read(ACCESS_COOKIE, text, max_age_seconds=LIFETIME_SECONDS)
        match value:
            case [str(visitor), str(name)] if name in self._names.values():
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

    Pages that bring no cookie, as those of other sites and in frames do, are as many visitors in
    turn as an address may have: they share what it may use, not what one of them may. Their keys
    begin with its digits, by which any of them may go on with the call of another.
    """
    if visitor is not None:
        return Caller("visitor", signer.hash(f"visitor:{visitor}"), credentials.address_key)
    address_key = credentials.address_key
    if credentials.is_from_page:
        key = f"{address_key[:ADDRESS_DIGITS]}{credentials.turn:04x}"
        return Caller("visitor", key, address_key)
    return Caller("address", address_key, address_key)
