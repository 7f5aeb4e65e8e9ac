"""Which tokens of the operator's login count, and which keys they are checked with."""

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from app.access.jwks import Jwks, UnreadableKeysError, read_keys
from app.access.jwt import Logins, SharedSecret
from app.errors import UnauthenticatedError
from tests.logins import AUDIENCE, ISSUER, SECRET, by_hand, claims, issue, jwk, key_set, private_key
from tests.service import refusing

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


class Ring(Jwks):
    """A key set without the network."""

    def __init__(self, *entries: Any) -> None:
        super().__init__("https://login.example.com/keys", refusing())
        self._ring = read_keys(key_set(*entries))

    async def find(self, key_id: str | None, algorithm: str) -> Any | None:
        """Return what the set holds."""
        return self._ring.get((key_id, algorithm))


def logins(*entries: Any) -> Logins:
    """Return a reader of tokens that are signed with these keys."""
    return Logins(Ring(*entries), ISSUER, AUDIENCE)


def by_secret() -> Logins:
    """Return a reader of tokens that are signed with the shared secret."""
    return Logins(SharedSecret(SecretStr(SECRET)), ISSUER, AUDIENCE)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("key_id", ["one", None])
async def test_tokens_of_the_login_name_their_subject(algorithm: str, key_id: str | None) -> None:
    """Each algorithm of the list works, with a key id or, where there is one key, without."""
    headers = {"kid": key_id} if key_id else None
    token = issue(algorithm, headers=headers)

    assert await logins(jwk(algorithm, "one")).read(token) == "ada"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["somebody-else", AUDIENCE]},
        {"exp": -10},
        {"nbf": 10},
        {"iat": 10},
        {"sub": "a" * 256},
        {"sub": "\u0416|\n"},
    ],
)
async def test_what_good_tokens_may_have(changes: dict[str, Any]) -> None:
    """Several audiences, clocks that are half a minute apart, and any text as a subject."""
    reader = by_secret()
    now = int(time.time())
    changes = {name: now + v if isinstance(v, int) else v for name, v in changes.items()}

    assert await reader.read(issue(**changes)) == changes.get("sub", "ada")


def public_pem(algorithm: str) -> bytes:
    """Return what everyone knows of a key."""
    public = private_key(algorithm).public_key()
    return bytes(
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def signed_with_public_key(algorithm: str, secret: bytes) -> str:
    """Return an HS256 token whose secret is a public key, which the library refuses to make."""
    import hashlib  # noqa: PLC0415 - for the forger only
    import hmac  # noqa: PLC0415
    from base64 import urlsafe_b64encode  # noqa: PLC0415

    token = by_hand({"alg": "HS256", "kid": "one"})
    content = token.rpartition(".")[0]
    signature = hmac.digest(secret, content.encode(), hashlib.sha256)
    return f"{content}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_public_key_is_never_a_secret(algorithm: str) -> None:
    """The classic mix-up: HS256 with the public key, as PEM or as JSON, opens nothing."""
    reader = logins(jwk(algorithm, "one"))
    for secret in (public_pem(algorithm), json.dumps(jwk(algorithm, "one")).encode()):
        with pytest.raises(UnauthenticatedError):
            await reader.read(signed_with_public_key(algorithm, secret))


@pytest.mark.parametrize("used", ALGORITHMS)
@pytest.mark.parametrize("held", ALGORITHMS)
async def test_key_works_with_its_own_algorithms_only(used: str, held: str) -> None:
    """A token cannot choose: the algorithm follows from the key that its id names."""
    reader = logins(jwk(held, "one", alg=held))
    token = issue(used, headers={"kid": "one"})
    if used == held:
        assert await reader.read(token) == "ada"
        return
    with pytest.raises(UnauthenticatedError):
        await reader.read(token)


@pytest.mark.parametrize("algorithm", ["ES384", "RS512", "HS384", "HS512", "none", "ES256K"])
async def test_algorithms_outside_the_list(algorithm: str) -> None:
    """However strong, what is not on the list is not even looked at."""
    token = by_hand({"alg": algorithm, "kid": "one"}, b"x" * 64)
    for reader in (
        logins(jwk("RS256", "one")),
        by_secret(),
    ):
        with pytest.raises(UnauthenticatedError):
            await reader.read(token)


async def test_keys_in_the_token_are_ignored() -> None:
    """A token that brings its own key, or says where it lies, proves nothing."""
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwk("RS256", "mine", own)
    for headers in ({"kid": "mine", "jwk": public}, {"kid": "one", "jwk": public}):
        token = issue("RS256", key=own, headers=headers | {"jku": "https://evil.test/keys"})
        with pytest.raises(UnauthenticatedError):
            await logins(jwk("RS256", "one")).read(token)


async def test_another_key_of_the_same_kind_does_not_do() -> None:
    """A key id names a key; it does not prove that it signed."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = issue("RS256", key=other, headers={"kid": "one"})
    with pytest.raises(UnauthenticatedError):
        await logins(jwk("RS256", "one")).read(token)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["soon", [], {}, "Infinity", 10**400])
async def test_odd_times_are_refused(claim: str, value: Any) -> None:
    """What no clock can show is no time, whoever signed it."""
    content = json.dumps(claims(**{claim: value})).replace('"Infinity"', "1e999")
    token = jwt.PyJWS().encode(content.encode(), SECRET, "HS256")
    reader = by_secret()
    if claim == "exp" and value == 10**400:
        assert await reader.read(token) == "ada"
        return
    with pytest.raises(UnauthenticatedError):
        await reader.read(token)


@pytest.mark.parametrize("subject", [1, ["ada"], {"a": 1}, True])
async def test_subject_is_text(subject: Any) -> None:
    """Limits count by it, so that it must be one text and not many."""
    content = json.dumps(claims(sub=subject)).encode()
    token = jwt.PyJWS().encode(content, SECRET, "HS256")
    with pytest.raises(UnauthenticatedError):
        await by_secret().read(token)


def test_secret_is_not_shown() -> None:
    """Neither the object nor its fields print what it holds."""
    held = SharedSecret(SecretStr(SECRET))

    assert SECRET not in repr(held) + repr(vars(held))


SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
CURVE = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b'{"keys": null}', b'{"keys": {}}', b"[" * 5000),
        *(b'{"keys": []}', b'{"keys": [null, 1, "x", []]}', b"\xff", b'{"keys": [{}]}'),
        key_set({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "one"}),
        key_set(jwk("RS256", "one", use="enc")),
        key_set(jwk("RS256", "one", alg="HS256")),
        key_set(jwk("RS256", "one", alg="none")),
        key_set(jwk("RS256", "one", SMALL)),
        key_set(jwk("ES256", "one", CURVE)),
        key_set(jwk("ES256", "one") | {"x": "AA"}),
        key_set(jwk("RS256", "one") | {"n": 5}),
        key_set(jwk("RS256", "one") | {"kid": ["one"]}),
        key_set(jwk("RS256", "one") | {"kty": ["RSA"]}),
    ],
)
def test_sets_without_a_usable_key(content: bytes) -> None:
    """Secrets, weak keys, other curves, keys for other uses, and nonsense are no keys."""
    with pytest.raises(UnreadableKeysError):
        read_keys(content)


def test_usable_keys_stand_beside_others() -> None:
    """One bad entry spoils nothing, and without an id only a key that is alone is meant."""
    ring = read_keys(
        key_set(
            {"kty": "unknown"},
            jwk("RS256", "a"),
            jwk("RS256", "b", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
            jwk("EdDSA", "c"),
        )
    )

    assert set(ring) == {
        *(("a", "RS256"), ("a", "PS256"), ("b", "RS256"), ("b", "PS256")),
        *(("c", "EdDSA"), (None, "EdDSA")),
    }


def test_private_keys_are_used_by_their_public_half() -> None:
    """A login that publishes its private key by accident is not copied into this process."""
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key("RS256")))
    ring = read_keys(key_set(private | {"kid": "one"}))

    assert isinstance(ring["one", "RS256"], rsa.RSAPublicKey)
