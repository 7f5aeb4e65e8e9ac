"""Access codes in themselves: found by comparing all of them, in constant time."""

import hmac

import pytest

from app.access.authenticators import CodeAuthenticator
from app.access.cookies import ACCESS_COOKIE
from app.access.credentials import RequestCredentials
from app.access.signing import Signer
from app.errors import UnauthenticatedError
from app.observability.metrics import Metrics
from app.usage.code_attempts import CodeAttempts

SIGNER = Signer("a-deployment-secret-that-tests-know-0123")
KNOWN = ("first-code", "second-code", "third-code")


@pytest.mark.parametrize(
    "given", [*KNOWN, "wrong-code", "", "first-cod", "first-code ", "a" * 9999]
)
async def test_every_code_is_compared_whatever_is_given(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A match ends nothing early: each attempt compares digests of one length with all codes."""
    authenticator = CodeAuthenticator(SIGNER, KNOWN, CodeAttempts(metrics=Metrics()))
    scope = {"type": "http", "scheme": "http", "headers": []}
    credentials = RequestCredentials(scope, "address", "page")
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    if given in KNOWN:
        cookie = await authenticator.enter(credentials, given)
    else:
        with pytest.raises(UnauthenticatedError):
            await authenticator.enter(credentials, given)

    assert compared == [(32, 32)] * 3
    if given in KNOWN:
        value = cookie.removeprefix(f"{ACCESS_COOKIE}=").partition(";")[0]
        _, name = SIGNER.read(ACCESS_COOKIE, value, max_age_seconds=60) or ("", "")
        assert name == SIGNER.hash(f"code:{given}")


def test_codes_are_not_kept_in_clear() -> None:
    """What the object holds tells no code."""
    authenticator = CodeAuthenticator(SIGNER, KNOWN, CodeAttempts(metrics=Metrics()))

    assert "first-code" not in repr(vars(authenticator))
