"""Origins and who may call."""

from __future__ import annotations

import pytest

from app.config.origins import OriginPolicy, normalise_origin

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
    ("origin", "site", "sender"),
    [
        (None, None, "program"),
        (None, "none", "address-bar"),
        (None, "same-origin", "page"),
        (None, "same-site", "foreign"),
        (None, "cross-site", "foreign"),
        (None, "nonsense", "foreign"),
        (None, "", "foreign"),
        (OWN, None, "page"),
        (OWN, "same-origin", "page"),
        (OWN, "cross-site", "foreign"),
        (OWN, "same-site", "foreign"),
        ("https://VOICE.example.com:443", None, "page"),
        ("http://voice.example.com", None, "foreign"),
        ("https://voice.example.com:8443", None, "foreign"),
        ("https://voice.example.com.evil.test", None, "foreign"),
        ("https://www.example.com", None, "page"),
        ("https://www.example.com", "cross-site", "page"),
        ("http://localhost:3000", None, "page"),
        ("http://localhost:3001", None, "foreign"),
        ("null", None, "foreign"),
        ("null", "same-origin", "foreign"),
        ("", None, "foreign"),
        ("*", None, "foreign"),
        ("https://evil.test", "cross-site", "foreign"),
        ("https://evil.test", "same-origin", "foreign"),
        ("https://" + "a" * 9000, None, "foreign"),
    ],
)
def test_policy(origin: str | None, site: str | None, sender: str) -> None:
    """Own pages and listed ones are pages, and what says nothing about itself is a program."""
    assert POLICY.judge(origin, site, OWN) == sender


@pytest.mark.parametrize("own", ["https://", "https:// ", "http://a.test, b.test"])
def test_policy_with_a_senseless_host_permits_only_the_list(own: str) -> None:
    """A request whose `Host` is no host has no origin of its own to match."""
    assert POLICY.judge(own, None, own) == "foreign"
    assert POLICY.judge("https://www.example.com", None, own) == "page"
