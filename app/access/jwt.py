"""JSON Web Tokens of the operator's own login: which of them count, and whom they name."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import jwt

from app.access.credentials import not_valid

if TYPE_CHECKING:
    from app.errors import UnauthenticatedError

MAX_TOKEN_CHARACTERS = 8192
MAX_SUBJECT_CHARACTERS = 256
MAX_KEY_ID_CHARACTERS = 256
LEEWAY_SECONDS = 30
HS256: Final = "HS256"


class Keys(Protocol):
    """Holds what signatures are checked with."""

    algorithms: frozenset[str]

    async def find(self, key_id: str | None, algorithm: str) -> Any | None:
        """Return the key for one of the algorithms; None if there is none."""


class SharedSecret:
    """One secret, for HS256 and for nothing else: it is never a public key."""

    algorithms = frozenset({HS256})

    def __init__(self, secret: str) -> None:
        def held() -> str:
            return secret

        self._held = held  # in a closure, so that nothing can print it

    async def find(self, key_id: str | None, algorithm: str) -> str | None:  # noqa: ARG002 - it has no name
        """Return the secret."""
        return self._held() if algorithm == HS256 else None

    def __repr__(self) -> str:
        return "<SharedSecret>"


@dataclass(frozen=True, slots=True)
class Login:
    """Whom a token names: the subject, and who vouches for it."""

    issuer: str
    subject: str


class Logins:
    """Reads tokens. The algorithm follows from the key, and is never the token's choice.

    Args:
        keys: What signatures are checked with.
        issuer: The `iss` that a token must have.
        audience: The `aud` that a token must have, or have among others.
    """

    def __init__(self, keys: Keys, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def read(self, token: str) -> Login:
        """Return whom a token names.

        Source: RFC 8725 (JWT best current practices), sections 3.1, 3.8 and 3.9.

        Raises:
            UnauthenticatedError: It is not signed with our keys, not for us, or out of date.
            StoppedError: There are no keys to check it with.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise _bad_token()
        key_id, algorithm = _head(token)
        if algorithm not in self._keys.algorithms:
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
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.ExpiredSignatureError:
            sentence = "Your sign-in has expired; sign in again."
            raise not_valid("expired", sentence) from None
        # Our own words only: theirs quote the token. What is not theirs comes of odd content.
        except (
            jwt.PyJWTError,
            ArithmeticError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            raise _bad_token() from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
            raise _bad_token()
        return Login(self._issuer, subject)


def _head(token: str) -> tuple[str | None, str]:
    """Return key id and algorithm as a token claims them; proves nothing."""
    text = token.partition(".")[0]
    try:
        head = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise _bad_token() from None
    # An extension that must be understood is one that we do not understand (RFC 7515, 4.1.11).
    if not isinstance(head, dict) or "crit" in head or "b64" in head:
        raise _bad_token()
    key_id, algorithm = head.get("kid"), head.get("alg")
    if not isinstance(algorithm, str) or not isinstance(key_id, str | None):
        raise _bad_token()
    if key_id is not None and len(key_id) > MAX_KEY_ID_CHARACTERS:
        raise _bad_token()
    return key_id, algorithm


def _bad_token() -> UnauthenticatedError:
    return not_valid("bad-credential", "This credential does not count here; sign in again.")
