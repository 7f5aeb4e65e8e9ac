"""Origins and who may call."""

from __future__ import annotations

import pytest

from app.origins import OriginPolicy, normalise_origin

POLICY = OriginPolicy(frozenset({"https://www.example.com", "http://localhost:3000"}))
OWN = "https://voice.example.com"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("HTTPS://WWW.Example.com:443", "https://www.example.com"),
        ("http://a.test:80", "http://a.test"),
        ("http://a.test:443", "http://a.test:443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origin_has_one_spelling(text: str, origin: str) -> None:
    """Case and the port that the scheme implies make no other origin."""
    assert normalise_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "*", "example.com", "https://", "https://*.example.com", "https://a.test/"),
        *("https://a.test/x", "https://a.test?x", "https://a.test#x", "https://u@a.test"),
        *("https://a.test:0", "https://a.test:99999", "https://a.test:x", "https://a.test:"),
        *("https://a.test https://b.test", "https://a.test\nx", "https://a..", "javascript:1"),
        *("https://[::1", "https://a.test\\@b.test", "//a.test", "https://ex\u0430mple.com"),
    ],
)
def test_what_is_no_origin(text: str) -> None:
    """Anything but scheme, host and port is refused, so that nothing is compared by accident."""
    with pytest.raises(ValueError, match="must be an origin"):
        normalise_origin(text)


@pytest.mark.parametrize(
    ("headers", "permitted"),
    [
        ({}, True),
        ({"origin": OWN}, True),
        ({"origin": "https://VOICE.example.com:443"}, True),
        ({"origin": "http://voice.example.com"}, False),
        ({"origin": "https://voice.example.com:8443"}, False),
        ({"origin": "https://voice.example.com.evil.test"}, False),
        ({"origin": "https://www.example.com"}, True),
        ({"origin": "http://localhost:3000"}, True),
        ({"origin": "http://localhost:3001"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "*"}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "nonsense"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://www.example.com"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.test"}, False),
    ],
)
def test_policy(headers: dict[str, str], permitted: bool) -> None:  # noqa: FBT001 - a table
    """Own pages, listed ones and programs may call; other pages may not, in whatever way."""
    assert POLICY.permits(headers, OWN) is permitted


def test_policy_with_a_senseless_host_permits_only_the_list() -> None:
    """A request whose `Host` is no host has no origin of its own to match."""
    assert not POLICY.permits({"origin": "https://"}, "https://")
    assert POLICY.permits({"origin": "https://www.example.com"}, "https://")
