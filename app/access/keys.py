"""The public keys of the operator's login (JWKS), parsed once a fetch."""

from __future__ import annotations

import json
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# The algorithms that a key may be used with follow from its type, never from a token.
ALGORITHMS: Final = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA",)}
ALL: Final = frozenset(name for names in ALGORITHMS.values() for name in names)
MAX_KEYS = 64
# Source: RFC 7518, section 3.3; above 8192 bits, one check would take too long.
RSA_BITS: Final = range(2048, 8193)

KeyRing = dict[tuple[str | None, str], Any]


class UnreadableKeysError(ValueError):
    """What came is no set of keys, or holds none that can be used."""


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


_PUBLIC_FIELDS: Final = {"kty", "crv", "n", "e", "x", "y"}


def _is_safe(key: Any) -> bool:
    match key:
        case RSAPublicKey():
            return key.key_size in RSA_BITS
        case EllipticCurvePublicKey():
            return isinstance(key.curve, SECP256R1)
        case Ed25519PublicKey():
            return True
    return False
