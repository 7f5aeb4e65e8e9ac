"""JSON Web Tokens of the operator's own login: which of them count, and whom they name."""

from typing import Final

import jwt
from pydantic import SecretStr

from app.access.credentials import not_valid
from app.access.jwks import Jwks
from app.errors import UnauthenticatedError

MAX_TOKEN_CHARACTERS = 8192
MAX_SUBJECT_CHARACTERS = 256
MAX_KEY_ID_CHARACTERS = 256
LEEWAY_SECONDS = 30
# What odd content makes of the library, besides its own errors.
UNREADABLE: Final = (
    *(jwt.PyJWTError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError),
)


class SharedSecret:
    """One secret, for HS256 and for nothing else: it is never a public key."""

    algorithms = frozenset({"HS256"})

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret

    async def find(self, *_: object) -> str:
        """Return the secret, which has no name and one algorithm."""
        return self._secret.get_secret_value()


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
        try:
            head = jwt.get_unverified_header(token)  # what the token claims; proves nothing
        except UNREADABLE:
            raise _bad_token() from None
        key_id, algorithm = head.get("kid"), head.get("alg")
        # An extension that must be understood is one that we do not understand (RFC 7515, 4.1.11).
        if "crit" in head or "b64" in head or len(key_id or "") > MAX_KEY_ID_CHARACTERS:
            raise _bad_token()
        if not isinstance(algorithm, str) or algorithm not in self._keys.algorithms:
            raise _bad_token()
        key = await self._keys.find(key_id, algorithm)
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


def _bad_token() -> UnauthenticatedError:
    return not_valid("bad-credential", "This credential does not count here; sign in again.")
