"""Access codes in themselves: found by comparing all of them, in constant time."""

import hmac

import pytest

from app.access.codes import Codes
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
    codes = Codes(KNOWN, SIGNER, CodeAttempts(metrics=Metrics()))
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    if given in KNOWN:
        assert await codes.redeem(given, "address", "network") == SIGNER.hash(f"code:{given}")
    else:
        with pytest.raises(UnauthenticatedError):
            await codes.redeem(given, "address", "network")

    assert compared == [(32, 32)] * 3


def test_codes_are_not_kept_in_clear() -> None:
    """What the object holds tells no code."""
    assert "first-code" not in repr(vars(Codes(KNOWN, SIGNER, CodeAttempts(metrics=Metrics()))))
