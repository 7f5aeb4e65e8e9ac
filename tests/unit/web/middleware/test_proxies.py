"""What is believed of a proxy."""

from ipaddress import ip_network
from typing import Any

import pytest

from app.web.middleware.proxies import TrustedProxies, is_trusted

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


async def seen(address: str | None, *headers: tuple[str, str], kind: str = "http") -> Any:
    """Return the scope as the application sees it."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    client = (address, 5) if address else None
    scheme = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": client, "scheme": scheme, "headers": raw}
    nothing: Any = None
    await TrustedProxies(app, NETWORKS)(scope, nothing, nothing)
    return scopes[0]


FORWARDED = (
    ("host", "inner:8000"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "voice.example.com"),
    ("x-forwarded-for", "203.0.113.9"),
)


async def test_trusted_proxy_is_believed() -> None:
    """Behind our own proxy, scheme, host and client are those of the caller."""
    scope = await seen("10.1.2.3", *FORWARDED)

    assert scope["scheme"] == "https"
    assert scope["client"][0] == "203.0.113.9"
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"voice.example.com"]


@pytest.mark.parametrize("address", ["203.0.113.1", "11.0.0.1", "::1", None, "not-an-address"])
async def test_others_are_not_believed(address: str | None) -> None:
    """Anyone may send these headers; only the named networks may mean them."""
    scope = await seen(address, *FORWARDED)

    assert scope["scheme"] == "http"
    assert scope["client"] == ((address, 5) if address else None)
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"inner:8000"]


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("spoofed, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
async def test_client_is_the_nearest_untrusted_address(forwarded_for: str, client: str) -> None:
    """What a caller put in front of the list itself is never reached."""
    scope = await seen("10.1.2.3", ("x-forwarded-for", forwarded_for))

    assert scope["client"][0] == client


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("http, https", "https"), ("ftp", "http"), ("", "http")],
)
async def test_scheme_is_the_last_word(proto: str, scheme: str) -> None:
    """The last value is the one that the trusted peer wrote."""
    scope = await seen("10.1.2.3", ("x-forwarded-proto", proto))

    assert scope["scheme"] == scheme


@pytest.mark.parametrize("host", ["a b", "a/b", "a@b", "", "a.test:123456", "a.test\tx"])
async def test_senseless_host_is_ignored(host: str) -> None:
    """Nothing but a host and a port goes into the request."""
    scope = await seen("10.1.2.3", ("host", "inner"), ("x-forwarded-host", host))

    assert [value for name, value in scope["headers"] if name == b"host"] == [b"inner"]


async def test_socket_schemes_are_mapped() -> None:
    """A WebSocket behind TLS is `wss`."""
    scope = await seen("10.1.2.3", ("x-forwarded-proto", "https"), kind="websocket")

    assert scope["scheme"] == "wss"


def test_mapped_addresses_count_as_what_they_map() -> None:
    """A dual-stack listener sees IPv4 peers as IPv6."""
    assert is_trusted("::ffff:10.1.2.3", NETWORKS)
    assert not is_trusted("::ffff:11.1.2.3", NETWORKS)
    assert is_trusted("fd00::1", NETWORKS)
