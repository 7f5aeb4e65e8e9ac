"""Access codes: compared in constant time, and guessed at only slowly."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Protocol

from app.access.credentials import not_valid
from app.access.signing import Signer

MAX_CODE_CHARACTERS = 128


class Attempts(Protocol):
    """Counts wrong codes, by address and by the network around it."""

    async def allow_attempt(self, address_key: str, network_key: str) -> None:
        """Raise `RateLimitedError` while there were too many; counts nothing."""

    async def wrong_attempt(self, address_key: str, network_key: str) -> None:
        """Count one, and wait; raises `RateLimitedError` if it was one too many."""


class Codes:
    """The codes of the settings.

    Args:
        codes: In clear; only digests are kept.
        signer: Gives each code the name that cookies carry.
        attempts: Limits wrong ones.
    """

    def __init__(self, codes: Iterable[str], signer: Signer, attempts: Attempts) -> None:
        self._salt = secrets.token_bytes(32)
        self._known = [(self._digest(code), signer.hash(f"code:{code}")) for code in codes]
        self._names = frozenset(name for _, name in self._known)
        self._attempts = attempts

    def has(self, name: str) -> bool:
        """Tell whether the code of this name is still in the settings."""
        return name in self._names

    async def redeem(self, code: str, address_key: str, network_key: str) -> str:
        """Return the name of a right code.

        While an address is over its limit it learns nothing, not even from the right code: the
        limit would else be none.

        Raises:
            UnauthenticatedError: It is wrong.
            RateLimitedError: There were too many wrong ones.
        """
        name = self._find(code)
        if name is not None:
            await self._attempts.allow_attempt(address_key, network_key)
            return name
        await self._attempts.wrong_attempt(address_key, network_key)
        raise not_valid("code", "This access code is not right.")

    def _find(self, code: str) -> str | None:
        digest = self._digest(code[: MAX_CODE_CHARACTERS + 1])
        found = None
        # All of them, each time: how long it takes must not tell which one was nearly right.
        for known, name in self._known:
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._salt, code.encode("utf-8", "surrogatepass"), hashlib.sha256)
