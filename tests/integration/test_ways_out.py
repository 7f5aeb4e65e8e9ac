"""The ways out of a company's network: what `--check`, a caller and the log see of each."""

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.check import check
from app.errors import ConfigurationError
from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.tls import certificate_in
from app.upstream.transport import CurlTransport
from tests.connect_proxy import CREDENTIALS, ConnectProxy, connect_proxy
from tests.logins import AUDIENCE, ISSUER, issue
from tests.service import KEY, assert_problem, make_settings, minting, service
from tests.support import free_port, serve
from tests.unit.access.test_jwks import Login

MINTED = "First key: a token was minted."
CREDENTIALS_SEEN = (CREDENTIALS, "pass@word", "somebody:else", "YWRhOnBhc3NAd29yZA")


@asynccontextmanager
async def simulator(folder: Path, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Run the simulator under TLS; its certificate is in the folder."""
    files = certificate_in(folder)
    tls = {"ssl_certfile": str(files.certificate), "ssl_keyfile": str(files.key)}
    async with serve(create_simulator(key=KEY), host=host, **tls) as url:
        yield url


async def seen(
    caplog: pytest.LogCaptureFixture, *, is_good: bool, **settings: Any
) -> tuple[str, str]:
    """Return what `--check` says and what is logged, and see that a caller fares as it says."""
    lines: list[str] = []
    code = await check(make_settings(**settings), lines.append)
    caplog.set_level(logging.DEBUG)
    async with service(**settings) as client:
        answer = await client.get("/api/voice-token")
    if is_good:
        assert answer.status_code == 200
    else:
        assert_problem(answer, 502, "upstream_unavailable")
    assert code == (0 if is_good else 1)
    text, logged = "\n".join(lines), caplog.text
    for credential in CREDENTIALS_SEEN:
        assert credential not in text + logged + answer.text
    return text, logged


def through(proxy: ConnectProxy, credentials: str = "") -> str:
    """Return a proxy as the environment names it."""
    return proxy.url.replace("//", f"//{credentials}@" if credentials else "//")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_direct_way(tmp_path: Path, caplog: pytest.LogCaptureFixture, host: str) -> None:
    """Without a proxy, by IPv4 or where there is nothing but IPv6, with an authority of our own."""
    async with simulator(tmp_path, host) as url:
        files = {"upstream_ca_file": tmp_path / "cert.pem"}
        text, _ = await seen(caplog, is_good=True, upstream_url=url, **files)

    assert f"Way to {url}: direct.\n" in text
    assert MINTED in text


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("wants_password", [False, True])
async def test_way_by_a_proxy(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    *,
    wants_password: bool,
) -> None:
    """Every name of it counts, its password is used, and the proxy's own name is told."""
    async with simulator(tmp_path) as url, connect_proxy(wants_password=wants_password) as proxy:
        monkeypatch.setenv(variable, through(proxy, CREDENTIALS if wants_password else ""))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        text, _ = await seen(caplog, is_good=True, upstream_url=url)

    assert f"Way to {url}: the proxy {proxy.url} of {variable.upper()}.\n" in text
    assert MINTED in text
    assert set(proxy.targets) == {url.removeprefix("https://")}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("407 No", "wants another name and password (407): write it as http://NAME:PASSWORD@HOST"),
        ("403 No", "does not let us through to {url} (403): have it allowed there."),
        ("502 No", "did not get through to {url} (502): look into its log."),
    ],
)
async def test_proxy_that_opens_no_way(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    said: str,
) -> None:
    """What it answers is told with what to do; the log has the number, a caller that we failed."""
    is_407 = status.startswith("407")
    async with (
        simulator(tmp_path) as url,
        connect_proxy(wants_password=is_407, status="" if is_407 else status) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", through(proxy, "somebody:else"))
        text, logged = await seen(caplog, is_good=False, upstream_url=url)

    sentence = f"First key: the proxy {proxy.url} of HTTPS_PROXY {said.format(url=url)}"
    assert sentence in text
    assert "(the proxy did not open the way) <- ProxyRefusedError" in logged


async def test_proxy_that_is_not_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is named as what fails, not the agent service behind it."""
    port = free_port()
    async with simulator(tmp_path) as url:
        for proxy, said in (
            (f"http://127.0.0.1:{port}", "{} cannot be reached (ConnectionRefusedError"),
            (f"http://{'x' * 64}:3128", "the name of {} is not found: check it and the DNS"),
        ):
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            text, _ = await seen(caplog, is_good=False, upstream_url=url)
            assert f"First key: {said.format(f'the proxy {proxy} of HTTPS_PROXY')}" in text


@pytest.mark.parametrize("excepted", ["127.0.0.1", "10.0.0.0/8, 127.0.0.0/8", "*"])
async def test_no_proxy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, excepted: str
) -> None:
    """An address, a network, or all."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", excepted)
    async with simulator(tmp_path) as url:
        files = {"upstream_ca_file": tmp_path / "cert.pem"}
        text, _ = await seen(caplog, is_good=True, upstream_url=url, **files)

    assert f"Way to {url}: direct, as NO_PROXY says.\n" in text


@pytest.mark.parametrize(
    ("entry", "is_direct"),
    [
        ("agents.example.test", True),
        ("example.test", True),
        (".example.test", True),
        ("*.Example.test", True),
        ("other.test,\texample.test", True),
        ("ample.test", False),
        ("xagents.example.test", False),
        ("10.0.0.0/8", False),
        ("", False),
        (",", False),
    ],
)
def test_names_that_need_no_proxy(
    monkeypatch: pytest.MonkeyPatch, entry: str, *, is_direct: bool
) -> None:
    """A name excepts itself and all below it."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", entry)
    route = CurlTransport("https://agents.example.test", connect_seconds=1, read_seconds=1).route

    assert route.startswith("direct") is is_direct


async def test_authority_that_is_not_trusted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The usual authorities and a wrong file alike lead to the setting."""
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    other = certificate_in(tmp_path / "other").certificate
    async with simulator(tmp_path / "ours") as url:
        for files in ({}, {"upstream_ca_file": other}):
            text, logged = await seen(caplog, is_good=False, upstream_url=url, **files)
            assert f"First key: {url} shows no certificate that is trusted: check the clock" in text
            assert "VOICEGATE_UPSTREAM_CA_FILE" in text
    assert ssl.SSLCertVerificationError.__name__ in logged


def test_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    """It is said before the service listens, by the setting's name."""
    for file in (tmp_path / "none", Path(__file__)):
        with pytest.raises(ConfigurationError, match=r"^VOICEGATE_UPSTREAM_CA_FILE names"):
            create_app(make_settings(upstream_ca_file=file))


async def test_keys_of_the_login_come_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the proxy, with its password, trusting the operator's authority."""
    files = certificate_in(tmp_path)
    tls = {"ssl_certfile": str(files.certificate), "ssl_keyfile": str(files.key)}
    lines: list[str] = []
    login = Login()
    async with serve(login, **tls) as url, connect_proxy(wants_password=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", through(proxy, CREDENTIALS))
        operator: dict[str, Any] = {"access": "jwt", "jwt_key": f"{url}/keys", "jwt_issuer": ISSUER}
        operator |= {"jwt_audience": AUDIENCE, "upstream_ca_file": str(files.certificate)}
        headers = {"Authorization": f"Bearer {issue('RS256', headers={'kid': 'one'})}"}
        async with service(minting(), **operator) as client:
            answer = await client.get("/api/voice-token", headers=headers)
        assert answer.status_code == 200
        assert proxy.targets == [url.removeprefix("https://")]

        for content in (login.content, b"{}"):
            login.content = content
            await check(make_settings(upstream_url="http://127.0.0.1:1", **operator), lines.append)

    good, bad = (line for line in lines if line.startswith("Way to the login: "))
    way = f"the proxy {proxy.url} of HTTPS_PROXY"
    assert good == f"Way to the login: {way}. It publishes keys that can be used."
    assert bad.endswith("Its keys cannot be used (no set of keys): check VOICEGATE_JWT_KEY.")
