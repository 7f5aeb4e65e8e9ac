"""What is allowed and yet risky, named without a word of what is secret."""

from typing import Any

import pytest

from app.config.risks import code_bits, risks
from tests.service import make_settings

CODED = {
    "access": "code",
    "access_codes": "0123456789abcdef",
    "public_url": "https://voice.example.com",
    "secret": "0123456789-0123456789-0123456789",
}
REACHED = {**CODED, "host": "0.0.0.0"}
HTTP = "http://voice.example.com"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, None),
        ({"host": "0.0.0.0"}, "VOICEGATE_ACCESS is open"),
        ({"host": "0.0.0.0", "public_url": ()}, "VOICEGATE_PUBLIC_URL is not set"),
        ({"trusted_proxies": "10.0.0.0/8"}, "holds 10.0.0.0/8"),
        ({"trusted_proxies": "2001:db8::/32"}, "holds 2001:db8::/32"),
        ({**CODED, "trusted_proxies": "10.1.0.0/16,2001:db8::/48,127.0.0.1"}, None),
        (
            {"token_service": 'general ["x"]', "caller_minutes_per_day": 0},
            "bounds none of them",
        ),
        ({**CODED, "access_codes": "a-long-enough-code,12345678"}, "Access code 2 "),
        (REACHED, None),
        ({"stop_file": "/"}, None),
        ({"stop_file": "/no-such-folder/stop"}, "/no-such-folder/stop, whose folder is not there"),
        ({"stop_file": f"/{'x' * 300}/stop"}, "whose folder is not there"),
        ({**REACHED, "secret": None}, "VOICEGATE_SECRET is not set"),
        ({**CODED, "secret": None}, None),
        ({**REACHED, "public_url": f"https://a.example,{HTTP}"}, f"holds {HTTP}:"),
        ({**REACHED, "public_url": "http://localhost:8000,http://127.0.0.1:8000"}, None),
    ],
)
def test_risks_are_named(changes: dict[str, Any], named: str | None) -> None:
    """One sentence for each, and none where nothing is risky."""
    said = list(risks(make_settings(**changes)))

    if named is None:
        assert said == []
    else:
        assert sum(named in sentence for sentence in said) == 1
    assert "12345678" not in " ".join(said)


@pytest.mark.parametrize(
    ("code", "bits"), [("12345678", 27), ("abcdefgh", 38), ("aB3-aB3-", 52), ("0" * 20, 66)]
)
def test_bits_of_a_code(code: str, bits: int) -> None:
    """By length and alphabets: the most that chance can have given it."""
    assert round(code_bits(code)) == bits
