"""The mode `jwt`: the operator's own login says who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access.caller import Caller
from app.access.refusals import needs_bearer, needs_credential
from app.errors import UnauthenticatedError

if TYPE_CHECKING:
    from app.access.credentials import Approach
    from app.access.jwt import Logins
    from app.access.signing import Signer


class JwtDoor:
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

    async def admit(self, approach: Approach) -> Caller:
        """Return the subject of the token."""
        token = approach.bearer
        if token is None and self._cookie_name:
            token = approach.cookie(self._cookie_name)
        if token is None and not approach.has_page:
            raise needs_bearer("a bearer token of the login")
        if token is None:
            raise needs_credential("Sign in first: this service serves only who is signed in.")
        login = await self._logins.read(token)
        name = f"subject:{login.issuer}|{login.subject}"
        return Caller("subject", self._signer.hash(name), approach.address_key)

    async def granted(self, approach: Approach) -> bool:
        """Tell whether the token that came along is good; a signature cannot be guessed at."""
        try:
            await self.admit(approach)
        except UnauthenticatedError:
            return False
        return True
