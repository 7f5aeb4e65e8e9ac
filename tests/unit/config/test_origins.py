"""Origins and who may call."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.config.origins import OriginPolicy, listed_origin, normalise_origin

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
    ("text", "entry"),
    [
        ("https://www.example.com/", "https://www.example.com"),
        (" HTTPS://WWW.Example.com:443/ ", "https://www.example.com"),
        ("https://*.preview.example.com", "https://*.preview.example.com"),
        ("https://*.Preview.example.com:443/", "https://*.preview.example.com"),
        ("http://*.preview.example.com:3000", "http://*.preview.example.com:3000"),
        ("https://*.example.co.uk", "https://*.example.co.uk"),
        ("https://*.acme.vercel.app", "https://*.acme.vercel.app"),
        ("tauri://localhost", "tauri://localhost"),
        ("capacitor://localhost/", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        (f"chrome-extension://{'ab' * 16}/", f"chrome-extension://{'ab' * 16}"),
        (
            "moz-extension://0f1e2d3c-4b5a-4988-8776-a5b4c3d2e1f0",
            "moz-extension://0f1e2d3c-4b5a-4988-8776-a5b4c3d2e1f0",
        ),
    ],
)
def test_entry_of_the_list(text: str, entry: str) -> None:
    """Wildcards, slashes at the end, and the origins of apps and extensions are understood."""
    assert listed_origin(text) == entry
    assert OriginPolicy(frozenset({entry})).lists(entry.replace("*", "a"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, "must be an origin")
            for text in ("null", "*", "", "/", "https://*", "https://*.")
        ),
        *(
            (f"https://{host}", "must be an origin")
            for host in ("x*.a.test", "a.*.test", "*.*.a.b")
        ),
        *(
            (f"https://{host}", "must be an origin")
            for host in ("*.a.test.", "*.a.b/x", "a.test//")
        ),
        *((f"https://{host}", "must be an origin") for host in ("u@*.a.test", "*.u@a.test")),
        *((f"https://{host}", "two labels or more") for host in ("*.com", "*.com:8443", "*.a..b")),
        *(
            (f"https://{host}", "two labels or more")
            for host in ("*.localhost", "*.0.0.1", "*.[::1]")
        ),
        ("chrome-extension://*.a.b", "two labels or more"),
        *((f"https://*.{host}", "anybody can have a page there") for host in ("co.uk", "com.au")),
        *(
            (f"https://*.{host}/", "anybody can have a page there")
            for host in ("vercel.app", "Web.app")
        ),
    ],
)
def test_what_is_no_entry(text: str, said: str) -> None:
    """A wildcard is one whole label of a name that the operator can own."""
    with pytest.raises(ValueError, match=said):
        listed_origin(text)


PREVIEWS = OriginPolicy(
    frozenset({"https://*.preview.example.com", "http://*.preview.example.com:3000"})
)
# What the two let in, said in another way.
LET_IN = re.compile(
    r"(https://[a-z0-9_][a-z0-9_-]*\.preview\.example\.com(:443)?"
    r"|http://[a-z0-9_][a-z0-9_-]*\.preview\.example\.com:3000)",
    re.ASCII | re.IGNORECASE,
)
labels = st.one_of(
    st.sampled_from(
        ["a", "A", "a-1", "x_y", "xn--e1afmkfd", "", "-", "*", "a.b", "\u212a", "\xe9"]
    ),
    st.text(max_size=6),
)
near_origins = st.tuples(
    st.sampled_from(["https", "http", "HTTPS", "wss", "ftp", "tauri", "httpss", "null", ""]),
    st.sampled_from(["://", "://", "://", ":", "//", ":///", ":\\\\"]),
    st.sampled_from(["", "", "", "u@", "u:p@", "a.preview.example.com@", "\t", " "]),
    labels,
    st.sampled_from([".", ".", ".", "", "..", "\u3002", "\uff0e", "/", "#", "?", "@"]),
    st.sampled_from(["preview.example.com", "PREVIEW.example.com", "xpreview.example.com"])
    | st.sampled_from(["preview.example.com.evil.test", "example.com", "preview.ex\xe4mple.com"])
    | labels,
    st.sampled_from(["", "", "", ".", "..", ",", "%00", "\0", "\n", "\x85", "\xa0", " "]),
    st.sampled_from(["", "", ":443", ":3000", ":80", ":0443", ":", ":0", ":65536", ":\u0663"]),
    st.sampled_from(["", "", "", "/", "/x", "?x", "#x", ", https://a.preview.example.com"]),
).map("".join)


@given(origin=st.one_of(near_origins, st.text(max_size=60)))
@example(origin="https://preview.example.com")
@example(origin="https://a.b.preview.example.com")
@example(origin="https://a.preview.example.com.")
@example(origin="https://a.preview.example.com@evil.test")
@example(origin="https://*.preview.example.com")
@example(origin="https://\u212a.preview.example.com")
@example(origin="\xa0https://a.preview.example.com")
@example(origin="null")
@settings(derandomize=True, max_examples=2000, deadline=None)
def test_wildcards_let_in_nothing_besides(origin: str) -> None:
    """One label, this scheme, this port, this parent: no other spelling of anything gets in."""
    is_let_in = LET_IN.fullmatch(origin) is not None

    assert PREVIEWS.lists(origin) is is_let_in
    assert (PREVIEWS.judge(origin, "cross-site", OWN) == "page") is is_let_in


@given(label=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_wildcards_let_in_each_label(label: str) -> None:
    """Every name that a preview can get is taken in."""
    assert PREVIEWS.lists(f"https://{label}.preview.example.com")
    assert PREVIEWS.lists(f"http://{label}.preview.example.com:3000")
    assert not PREVIEWS.lists(f"http://{label}.preview.example.com")


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
