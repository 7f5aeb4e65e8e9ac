"""The public keys of the operator's login (JWKS): fetched rarely, one fetch at a time."""

import asyncio
import json
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.errors import StoppedError

logger = logging.getLogger("voicegate.access")

KeyRing = dict[tuple[str | None, str], Any]

# The algorithms that a key may be used with follow from its type, never from a token.
ALGORITHMS: Final = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA",)}
ALL: Final = frozenset(name for names in ALGORITHMS.values() for name in names)
MAX_KEYS = 64
# Source: RFC 7518, section 3.3; above 8192 bits, one check would take too long.
RSA_BITS: Final = range(2048, 8193)
_PUBLIC_FIELDS: Final = {"kty", "crv", "n", "e", "x", "y"}
FETCH_SECONDS = 3.0
FRESH_SECONDS = 600
STALE_SECONDS = 86400
# Between two fetches, while there are keys, so that made-up key ids cannot drive them.
PAUSE_SECONDS = 30
# The same without any key, when nobody can be let in.
PAUSE_WITHOUT_KEYS_SECONDS = 3


class UnreadableKeysError(Exception):
    """No keys came, or none that can be used; says why in our own words."""


class Jwks:
    """The keys behind one URL.

    Args:
        url: Where they are, in JSON (RFC 7517).
        transport: The way there, which bounds what comes.
        clock: Seconds that only grow.
    """

    algorithms = ALL

    def __init__(
        self,
        url: str,
        transport: httpx.AsyncBaseTransport,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._request = httpx.Request("GET", url, headers=headers)
        self._transport = transport
        self._clock = clock
        self._ring: KeyRing = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Hold the connection to the login open."""
        async with self._transport:
            try:
                yield
            finally:
                if self._fetching is not None:
                    self._fetching.cancel()
                    await asyncio.wait([self._fetching])

    async def find(self, key_id: str | None, algorithm: str) -> Any | None:
        """Return a key; waits for a fetch only when what is here does not do.

        Raises:
            StoppedError: There are no keys, or none that are younger than a day; or the id may be
                that of a new key, and the keys were read too lately to be read again.
        """
        key = self._usable().get((key_id, algorithm))
        if key is None or self._age() > FRESH_SECONDS:
            is_fetched = await self._fetch()
            ring = self._usable()
            key = ring.get((key_id, algorithm))
            may_be_new = not is_fetched and key_id not in {None, *(name for name, _ in ring)}
            if not ring or (key is None and may_be_new):
                error = StoppedError(
                    "unavailable",
                    detail="This sign-in cannot be checked yet; try again in some seconds.",
                    retry_after_seconds=max(1, math.ceil(self._pause_left())),
                )
                if ring:  # anybody can make an id up: that is no line in the log
                    error.log_level = None
                raise error
        return key

    def _usable(self) -> KeyRing:
        return self._ring if self._age() <= STALE_SECONDS else {}

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _pause_left(self) -> float:
        pause = PAUSE_SECONDS if self._usable() else PAUSE_WITHOUT_KEYS_SECONDS
        return self._tried_at + pause - self._clock()

    async def _fetch(self) -> bool:
        """Join the fetch under way, or begin one; False if the last was just now."""
        if self._fetching is None:
            if self._pause_left() > 0:
                return False
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._renew())
            self._fetching.add_done_callback(self._on_done)
        # One caller who goes away must not end it for the others.
        await asyncio.wait([self._fetching])
        return True

    def _on_done(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _renew(self) -> None:
        try:
            self._ring = await self.download()
        except (UnreadableKeysError, httpx.HTTPError, TimeoutError) as error:
            why = error if isinstance(error, UnreadableKeysError) else type(error).__name__
            logger.warning("the login's keys cannot be had (%s)", why)
        else:
            self._fetched_at = self._clock()

    async def download(self) -> KeyRing:
        """Return the login's keys as they are now.

        Raises:
            UnreadableKeysError: What came is no usable set of keys.
            HTTPError: Nothing came.
            TimeoutError: It took too long.
        """
        async with asyncio.timeout(FETCH_SECONDS):
            response = await self._transport.handle_async_request(self._request)
            if response.status_code != httpx.codes.OK:
                raise UnreadableKeysError(f"status {response.status_code}")
            stream = cast("httpx.AsyncByteStream", response.stream)
            return read_keys(b"".join([piece async for piece in stream]))


def read_keys(content: bytes) -> KeyRing:
    """Return the usable keys by their id and algorithm.

    A key also answers to no id at all (None) where it is the only one of its algorithm. Secrets
    (`oct`), keys for encryption, and kinds that we do not take are left out.
    Source: RFC 7517, sections 4 and 5.

    Raises:
        UnreadableKeysError: There is none.
    """
    try:
        entries = json.loads(content)["keys"]
        usable = [found for entry in entries[:MAX_KEYS] for found in _usable(entry)]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnreadableKeysError("no set of keys") from None
    ring: KeyRing = {}
    for key_id, algorithm, key in usable:
        ring.setdefault((key_id, algorithm), key)
    for name in ALL:
        alone = [key for _, algorithm, key in usable if algorithm == name]
        ring.pop((None, name), None)
        if len(alone) == 1:
            ring[None, name] = alone[0]
    if not ring:
        raise UnreadableKeysError("no usable key")
    return ring


def _usable(entry: Any) -> list[tuple[str | None, str, Any]]:
    """Return a key once for each algorithm that it is for."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return []
    kind, said, key_id = entry.get("kty"), entry.get("alg"), entry.get("kid")
    fitting = ALGORITHMS.get(kind, ()) if isinstance(kind, str) else ()
    names = [name for name in fitting if said in {None, name}]
    if not names or not isinstance(key_id, str | None):
        return []
    # A set of public keys that holds private ones is somebody's accident; use the public half.
    public = {name: value for name, value in entry.items() if name in _PUBLIC_FIELDS}
    try:
        key = jwt.PyJWK.from_dict(public, names[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError):
        return []
    return [(key_id, name, key) for name in names] if _is_safe(key) else []


def _is_safe(key: Any) -> bool:
    match key:
        case RSAPublicKey():
            return key.key_size in RSA_BITS
        case EllipticCurvePublicKey():
            return isinstance(key.curve, SECP256R1)
        case Ed25519PublicKey():
            return True
    return False
