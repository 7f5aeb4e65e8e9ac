"""The operator: whoever knows the one token, by bearer or by the cookie that it earned."""

import hashlib
import hmac
from typing import Final

from starlette.types import Scope

from app.access.authenticators import Attempts, count_attempt
from app.access.cookies import OPERATOR
from app.access.credentials import RequestCredentials, needs_credential, not_valid
from app.access.signing import Signer

# A day's work: what is left open on a machine does not stay so.
LIFETIME_SECONDS: Final = 12 * 3600


class OperatorAccess:
    """Tells the operator from everybody else.

    Args:
        signer: Signs the cookie, and names the token in it, so that another token ends it.
        token: In clear; only digests are kept.
        attempts: Limits wrong ones, together with wrong access codes.
    """

    def __init__(self, signer: Signer, token: str, attempts: Attempts) -> None:
        self._signer = signer
        self._digest = _digest(token)
        self._name = signer.hash(f"operator:{token}")
        self._attempts = attempts

    async def require(self, credentials: RequestCredentials) -> None:
        """Let the operator pass, by bearer token or cookie.

        Raises:
            UnauthenticatedError: Neither came, or what came is wrong.
            RateLimitedError: Too many wrong ones came from there.
        """
        if credentials.bearer is not None:
            await self._try(credentials, credentials.bearer)
        elif not self.is_signed_in(credentials.scope):
            raise needs_credential("Send VOICEGATE_OPERATOR_TOKEN as `Authorization: Bearer …`.")

    async def sign_in(self, credentials: RequestCredentials, token: str) -> str:
        """Return the `Set-Cookie` that the right token earns; raises as `require` does."""
        await self._try(credentials, token)
        value = self._signer.sign(OPERATOR.name, self._name)
        return OPERATOR.header(credentials.scope, value, max_age_seconds=LIFETIME_SECONDS)

    def sign_out(self, scope: Scope) -> str:
        """Return the `Set-Cookie` that forgets."""
        return OPERATOR.header(scope, "", max_age_seconds=0)

    def is_signed_in(self, scope: Scope) -> bool:
        """Tell whether the cookie is good."""
        text = OPERATOR.read(scope)
        if text is None:
            return False
        name = self._signer.read(OPERATOR.name, text, max_age_seconds=LIFETIME_SECONDS)
        return bool(name == self._name)

    async def _try(self, credentials: RequestCredentials, token: str) -> None:
        # Hashed, so that the comparison takes the same time for every length.
        is_right = hmac.compare_digest(_digest(token), self._digest)
        await count_attempt(self._attempts, self._signer, credentials, is_right=is_right)
        if not is_right:
            raise not_valid("bad-credential", "This operator token is not right.")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
