"""An operator's login for tests: its keys, and the tokens that it issues."""

import json
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://login.example.test"
AUDIENCE = "voicegate"
SECRET = "an-hs256-secret-of-the-operators-login-0123"
JWT_SETTINGS = {
    "access": "jwt",
    "jwt_key": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
    "jwt_cookie": "login",
}


@cache
def private_key(algorithm: str, number: int = 0) -> Any:
    """Return a key, the same one within a test run for the same number."""
    if algorithm in {"RS256", "PS256"}:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def jwk(algorithm: str, key_id: str | None = None, key: Any = None, **more: Any) -> dict[str, Any]:
    """Return the public half of a key as an entry of a key set."""
    public = (key or private_key(algorithm)).public_key()
    kinds: dict[str, Any] = {"ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
    entry: dict[str, Any] = kinds.get(algorithm, RSAAlgorithm).to_jwk(public, as_dict=True)
    return entry | ({"kid": key_id} if key_id else {}) | more


def key_set(*entries: Any) -> bytes:
    """Return a key set as it is served."""
    return json.dumps({"keys": entries}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """Return good claims with changes; None leaves a claim out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": int(time.time()) + 3600}
    return {name: value for name, value in (good | changes).items() if value is not None}


def issue(
    algorithm: str = "HS256",
    *,
    key: Any = None,
    headers: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return a token of the login."""
    signer = key or (SECRET if algorithm == "HS256" else private_key(algorithm))
    return jwt.encode(claims(**changes), signer, algorithm, headers=headers)


def by_hand(head: Any, signature: bytes = b"") -> str:
    """Return a token with any head, which no library would make."""
    text = head if isinstance(head, str) else json.dumps(head)
    parts = (text.encode(), json.dumps(claims()).encode(), signature)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
