"""Credentials: which tokens were handed out, and what each may still open."""

import base64
import hashlib
import hmac
import math
import random
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_TOKEN_BYTES: Final = (1848, 1932)
"""Random bytes of a token; as text 2464 to 2576 characters. Live: 2462 to 2578."""
_KEY_LENGTH_LIMIT: Final = 200
_LEDGER_LIMIT: Final = 100_000


@dataclass(slots=True)
class Grant:
    """What a token allows."""

    opens_until: float
    """End of the redemption window, in epoch seconds."""
    max_session_duration_seconds: int
    uses: int = 0
    is_spare: bool = False
    """Whether it was only used for a resume that was refused, and opened no session."""


class TokenLedger:
    """Mints tokens and redeems them; the same seed gives the same tokens.

    Args:
        seed: where the tokens come from.
        key: the one API key that is good; None lets every non-empty key pass.
    """

    def __init__(self, seed: int = 0, key: str | None = None) -> None:
        self._random = random.Random(f"tokens:{seed}")  # noqa: S311 - a double's tokens guard nothing
        self._key = key
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()
        self.minted = 0
        self.redeemed = 0
        self.refused = 0
        self.spared = 0
        """How often a token whose resume was refused was to open a session."""
        self.reused = 0
        """How often a token was to open one more socket."""
        self.keys_in_urls = 0
        """How often a socket came with the API key itself in its URL, where logs see it."""

    def knows_key(self, credential: str) -> bool:
        """Whether a value of the Authorization header, with or without `Bearer`, is a good key.

        Source: both forms work live, September 2026.
        """
        return self._is_key(_without_scheme(credential))

    def mint(self, now: float, expires_in_seconds: int, max_session_duration_seconds: int) -> str:
        """Return a new token that opens sockets from now (epoch seconds) on."""
        raw = self._random.randbytes(self._random.randint(*_TOKEN_BYTES) // 3 * 3)
        token = base64.urlsafe_b64encode(raw).decode("ascii")
        grant = Grant(now + expires_in_seconds, max_session_duration_seconds)
        self._grants[_digest(token)] = grant
        if len(self._grants) > _LEDGER_LIMIT:
            self._grants.popitem(last=False)
        self.minted += 1
        return token

    def expire(self, token: str) -> None:
        """Make a token useless."""
        self._grants[_digest(token)].opens_until = -math.inf

    def rename(self, token: str, renamed: str) -> None:
        """Let another text stand for a token."""
        self._grants[_digest(renamed)] = self._grants.pop(_digest(token))

    def redeem(
        self, now: float, *, token: str | None, authorization: str | None, single_use: bool
    ) -> Grant | None:
        """Return what a socket's credential allows, or None when it is no good.

        Args:
            now: epoch seconds.
            token: from the query of the URL.
            authorization: the header, which clients outside a browser use.
            single_use: whether a token opens one socket only.
        """
        credential = token or _without_scheme(authorization or "")
        grant = self._grants.get(_digest(credential))
        is_key = grant is None
        if grant is not None:
            is_good = now <= grant.opens_until and not (single_use and grant.uses)
        else:
            # Without a key of our own, only what looks like a real one passes in the URL: else
            # every wrong or stale token would be taken for a key.
            is_key_shaped = token is None or re.fullmatch("[0-9a-f]{32}", token) is not None
            is_good = self._is_key(credential) and (self._key is not None or is_key_shaped)
            grant = Grant(now, 10_800)
        self.reused += not is_key and grant.uses > 0 and not grant.is_spare
        self.spared += grant.is_spare
        grant.is_spare = False
        if not is_good:
            self.refused += 1
            return None
        self.keys_in_urls += is_key and token is not None
        grant.uses += 1
        self.redeemed += 1
        return grant

    def _is_key(self, credential: str) -> bool:
        if self._key is None:
            return 0 < len(credential) <= _KEY_LENGTH_LIMIT
        return hmac.compare_digest(credential.encode(), self._key.encode())


def _without_scheme(credential: str) -> str:
    scheme, _, rest = credential.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else credential.strip()


def _digest(token: str) -> bytes:
    """Return what the ledger keeps of a token: enough to know it again, and small."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
