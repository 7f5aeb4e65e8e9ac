"""The modes `open` and `code`: how each lets callers in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from app.access.caller import Caller
from app.access.cookies import ACCESS, ACCESS_COOKIE, LIFETIME_SECONDS, Visitors, new_id
from app.access.refusals import needs_bearer, needs_credential, no_origin, not_valid

if TYPE_CHECKING:
    from starlette.types import Scope

    from app.access.codes import Codes
    from app.access.credentials import Approach
    from app.access.signing import Signer

CODE_AS_BEARER: Final = "an access code as its bearer token"


class Door(Protocol):
    """One mode of access."""

    async def admit(self, approach: Approach) -> Caller:
        """Return who it is; raises `UnauthenticatedError` or `ForbiddenError`."""

    async def granted(self, approach: Approach) -> bool:
        """Tell whether a page with what this one has would be admitted."""


class OpenDoor:
    """Lets in every page of ours and of the list; programs by a code, if there are any."""

    def __init__(self, signer: Signer, visitors: Visitors, codes: Codes | None) -> None:
        self._signer = signer
        self._visitors = visitors
        self._codes = codes

    async def admit(self, approach: Approach) -> Caller:
        """Return a visitor, or who is known by nothing but the address."""
        if approach.has_page:
            visitor = self._visitors.recognise(approach.scope)
            return as_visitor(self._signer, visitor, approach)
        if self._codes is None:
            raise no_origin()
        code = approach.bearer
        if code is None:
            raise needs_bearer(CODE_AS_BEARER)
        await self._codes.redeem(code, approach.address_key)
        return as_visitor(self._signer, None, approach)

    async def granted(self, approach: Approach) -> bool:
        """Tell that a page needs nothing."""
        return approach.has_page


class CodeDoor:
    """Lets in whoever knows a code: programs by bearer token, pages by the cookie it earned."""

    def __init__(self, signer: Signer, codes: Codes) -> None:
        self._signer = signer
        self._codes = codes

    async def admit(self, approach: Approach) -> Caller:
        """Return the visitor of the cookie, or the address that knows a code."""
        code = approach.bearer
        if code is not None:
            await self._codes.redeem(code, approach.address_key)
            return as_visitor(self._signer, None, approach)
        visitor = self._visitor(approach)
        if visitor is None and approach.has_page and ACCESS.read(approach.scope) is not None:
            raise not_valid("bad-credential", "Your access has ended; enter the access code again.")
        if visitor is None and not approach.has_page:
            raise needs_bearer(CODE_AS_BEARER)
        if visitor is None:
            raise needs_credential("This service asks for an access code.")
        return as_visitor(self._signer, visitor, approach)

    async def granted(self, approach: Approach) -> bool:
        """Tell whether the cookie is good; a code is tried only where wrong ones are counted."""
        return self._visitor(approach) is not None

    async def enter(self, approach: Approach, code: str) -> str:
        """Return the `Set-Cookie` that a right code earns.

        The visitor in it is always a new one: a cookie that somebody planted lives on in nothing.

        Raises:
            UnauthenticatedError: The code is wrong.
            RateLimitedError: There were too many wrong ones.
        """
        name = await self._codes.redeem(code, approach.address_key)
        value = self._signer.sign(ACCESS_COOKIE, [new_id(), name])
        return ACCESS.header(approach.scope, value)

    def leave(self, scope: Scope) -> str:
        """Return the `Set-Cookie` that forgets."""
        return ACCESS.header(scope, "", max_age_seconds=0)

    def _visitor(self, approach: Approach) -> str | None:
        text = ACCESS.read(approach.scope) if approach.has_page else None
        if text is None:
            return None
        value: Any = self._signer.read(ACCESS_COOKIE, text, max_age_seconds=LIFETIME_SECONDS)
        match value:
            case [str(visitor), str(name)] if self._codes.has(name):
                return visitor
        return None


def as_visitor(signer: Signer, visitor: str | None, approach: Approach) -> Caller:
    """Return the caller for an id of ours, or for an address without one."""
    if visitor is None:
        return Caller("address", approach.address_key, approach.address_key)
    return Caller("visitor", signer.hash(f"visitor:{visitor}"), approach.address_key)
