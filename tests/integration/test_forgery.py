"""Who calls is decided by the connection and by the operator's proxies, never by a header."""

from ipaddress import IPv6Address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.access.control import Access
from app.access.credentials import address_bucket
from app.access.signing import Signer
from app.config.origins import OriginPolicy
from app.main import create_app
from app.observability.metrics import Metrics
from app.upstream.transport import CurlTransport
from app.usage.code_attempts import CodeAttempts
from app.web.middleware.cors import CorsMiddleware
from app.web.middleware.proxies import TrustedProxies
from app.web.middleware.request_context import RequestId, context_of
from tests.service import caller, make_settings, refusing

CODE = "correct-horse-battery"
PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
OPERATOR = make_settings()
METRICS = Metrics()
SIGNER = Signer("a-deployment-secret-that-tests-know-0123")
ACCESS = Access(OPERATOR, SIGNER, CodeAttempts(metrics=METRICS), CurlTransport)
FORWARDING = (
    *("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"),
    *("x-client-ip", "x-cluster-client-ip", "fastly-client-ip", "x-original-forwarded-for"),
    *("x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "via", "host"),
    *("X-Forwarded-For", "x_forwarded_for", "x-forwarded-for "),
)

public_addresses = st.ip_addresses().filter(
    lambda ip: not any(ip in network for network in PROXIES if network.version == ip.version)
)
proxy_addresses = st.sampled_from(["10.0.0.2", "10.255.0.1", "fd00::7", "::ffff:10.1.1.1"])
values = st.one_of(
    public_addresses.map(str),
    public_addresses.map(lambda ip: f'for="[{ip}]:123";proto=https'),
    st.lists(st.one_of(public_addresses.map(str), st.just("nonsense")), max_size=4).map(", ".join),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
)
forged = st.lists(st.tuples(st.sampled_from(FORWARDING), values), max_size=8)


async def identity(peer: str, headers: list[tuple[str, str]]) -> Any:
    """Return who a request is, after the real layers that judge its headers."""
    found: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        credentials = ACCESS.credentials(scope, context_of(scope).sender)
        found.append(await ACCESS.authenticator.authenticate(credentials))

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/voice-token",
        "scheme": "http",
        "client": (peer, 50000),
        "headers": raw,
    }
    nothing: Any = None
    layers = RequestId(CorsMiddleware(inside, OriginPolicy(frozenset()), METRICS))
    await TrustedProxies(layers, PROXIES)(scope, nothing, nothing)
    return found[0]


@given(peer=public_addresses.map(str), headers=forged)
@settings(derandomize=True, max_examples=200, deadline=None)
@pytest.mark.anyio
async def test_forged_headers_give_nobody_a_second_identity(
    peer: str, headers: list[tuple[str, str]]
) -> None:
    """Whoever connects directly is its address, whatever it writes into its headers."""
    assert await identity(peer, headers) == await identity(peer, [])


@given(peer=proxy_addresses, client=public_addresses.map(str), headers=forged, hops=st.data())
@settings(derandomize=True, max_examples=200, deadline=None)
@pytest.mark.anyio
async def test_clients_of_trusted_proxies_are_told_apart_and_cannot_forge(
    peer: str, client: str, headers: list[tuple[str, str]], hops: st.DataObject
) -> None:
    """What trusted proxies appended decides; what the client wrote before it changes nothing."""
    others = hops.draw(st.lists(proxy_addresses, max_size=3))
    appended = ", ".join([client, *others])
    written = [value for name, value in headers if name == "x-forwarded-for"]
    rest = [(name, value) for name, value in headers if name.lower() != "x-forwarded-for"]
    # Proxies append to the last field of the name, or add one.
    joined = [("x-forwarded-for", ", ".join([*written, appended]))]
    added = [("x-forwarded-for", value) for value in (*written, appended)]

    direct = await identity(client, [])

    assert await identity(peer, rest + joined) == direct
    assert await identity(peer, rest + added) == direct


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "203.0.113.2", False),
        ("203.0.113.1", "::ffff:203.0.113.1", True),
        ("2001:db8::1", "2001:db8:0:0:ffff::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("2001:db8::1", "2001:DB8:0000::0001", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("", None, True),
        ("unix", "", True),
        ("::1", "127.0.0.1", False),
    ],
)
def test_buckets(one: str | None, other: str | None, *, same: bool) -> None:
    """One IPv4 address is one caller, and so is one /64, however it is written."""
    assert (address_bucket(one) == address_bucket(other)) is same


@given(address=st.ip_addresses(v=6), low=st.integers(0, 2**64 - 1))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_a_network_of_ipv6_is_one_caller(address: Any, low: int) -> None:
    """Who owns a /64 can take any of its addresses, and is the same in all of them."""
    neighbour = IPv6Address((int(address) >> 64 << 64) | low)

    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert address_bucket(str(address)) == address_bucket(str(neighbour))


async def test_forged_addresses_do_not_open_a_lock_out() -> None:
    """End to end: a hundred guesses under a hundred made-up addresses are those of one caller."""
    operator = make_settings(access="code", access_codes=(CODE,), trusted_proxies="10.0.0.0/8")
    app = create_app(operator, transport=refusing())
    async with app.router.lifespan_context(app), caller(app, "203.0.113.7") as client:
        statuses = []
        for number in range(100):
            address = f"198.51.100.{number}"
            headers = dict.fromkeys(FORWARDING[:9], address)
            guess = {"code": f"guess-{number:04}"}
            answer = await client.post("/api/access", json=guess, headers=headers)
            statuses.append(answer.status_code)

    assert statuses[:10] == [401] * 10
    assert statuses.count(401) <= 11
    assert set(statuses[12:]) == {429}


async def test_trusted_proxies_clients_have_attempts_of_their_own() -> None:
    """End to end: behind the operator's proxy, one guesser does not lock out the others."""
    operator = make_settings(access="code", access_codes=(CODE,), trusted_proxies="10.0.0.0/8")
    app = create_app(operator, transport=refusing())
    async with app.router.lifespan_context(app), caller(app, "10.0.0.1") as client:
        for number in range(20):
            headers = {"X-Forwarded-For": f"{number}.2.3.4, 203.0.113.7"}
            locked = await client.post("/api/access", json={"code": "guess-0"}, headers=headers)
        headers = {"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}
        other = await client.post("/api/access", json={"code": CODE}, headers=headers)

    assert locked.status_code == 429
    assert other.status_code == 204
