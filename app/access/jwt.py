"""JSON Web Tokens of the operator's own login: which of them count, and whom they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import jwt
from pydantic import SecretStr

from app.access.credentials import not_valid
from app.errors import UnauthenticatedError

if TYPE_CHECKING:
    from app.access.jwks import Jwks


MAX_TOKEN_CHARACTERS = 8192
MAX_SUBJECT_CHARACTERS = 256
MAX_KEY_ID_CHARACTERS = 256
LEEWAY_SECONDS = 30
HS256: Final = "HS256"
# What odd content makes of the library, besides its own errors.
UNREADABLE: Final = (
    *(jwt.PyJWTError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError),
)


class SharedSecret:
    """One secret, for HS256 and for nothing else: it is never a public key."""

    algorithms = frozenset({HS256})

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret

    async def find(self, key_id: str | None, algorithm: str) -> str | None:  # noqa: ARG002 - it has no name
        """Return the secret."""
        return self._secret.get_secret_value() if algorithm == HS256 else None


class Logins:
    """Reads tokens. The algorithm follows from the key, and is never the token's choice.

    Args:
        keys: What signatures are checked with.
        issuer: The `iss` that a token must have.
        audience: The `aud` that a token must have, or have among others.
    """

    def __init__(self, keys: Jwks | SharedSecret, issuer: str, audience: str) -> None:
        self._keys = keys
        self.issuer = issuer
        self._audience = audience

    async def read(self, token: str) -> str:
        """Return the subject that a token names.

        Source: RFC 8725 (JWT best current practices), sections 3.1, 3.8 and 3.9.

        Raises:
            UnauthenticatedError: It is not signed with our keys, not for us, or out of date.
            StoppedError: There are no keys to check it with.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise _bad_token()
        key_id, algorithm = _head(token)
        known = algorithm in self._keys.algorithms
        key = await self._keys.find(key_id, algorithm) if known else None
        if key is None:
            raise _bad_token()
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.ExpiredSignatureError:
            sentence = "Your sign-in has expired; sign in again."
            raise not_valid("expired", sentence) from None
        except UNREADABLE:  # our own words only: theirs quote the token
            raise _bad_token() from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
            raise _bad_token()
        return subject


def _head(token: str) -> tuple[str | None, str]:
    """Return key id and algorithm as a token claims them; proves nothing."""
    try:
        head = jwt.get_unverified_header(token)
    except UNREADABLE:
        raise _bad_token() from None
    key_id, algorithm = head.get("kid"), head.get("alg")
    # An extension that must be understood is one that we do not understand (RFC 7515, 4.1.11).
    if "crit" in head or "b64" in head or not isinstance(algorithm, str):
        raise _bad_token()
    if key_id is not None and len(key_id) > MAX_KEY_ID_CHARACTERS:
        raise _bad_token()
    return key_id, algorithm


def _bad_token() -> UnauthenticatedError:
    return not_valid("bad-credential", "This credential does not count here; sign in again.")
