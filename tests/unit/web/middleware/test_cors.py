"""Which pages may call the API, end to end."""

import pytest

from app.main import create_app
from tests.service import SERVICE, assert_problem, caller, make_settings, minting, refusing, service

FRIEND = "https://www.example.com"
EXPOSED = "Retry-After, RateLimit, RateLimit-Policy, X-Request-ID"
PREFLIGHT = {"Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "https://voicegate.test"},
        {"Origin": "http://voicegate.test:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Origin": "https://evil.test", "X-Forwarded-Host": "evil.test"},
        {"Origin": SERVICE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": f"{SERVICE}, {FRIEND}"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/voice-token"), ("POST", "/api/voice-token"), ("GET", "/api/agents")],
)
async def test_foreign_pages_are_refused(headers: dict[str, str], method: str, path: str) -> None:
    """A page of another origin gets 403 and no CORS permission, and nothing is minted."""
    async with service(refusing(), allowed_origins=(FRIEND,)) as client:
        response = await client.request(method, path, headers=headers)

    assert_problem(response, 403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": SERVICE},
        {"Origin": SERVICE, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_own_pages_are_served(headers: dict[str, str]) -> None:
    """Our own page needs no list, and gets no CORS headers."""
    async with service(minting()) as client:
        response = await client.get("/api/voice-token", headers=headers)

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"


async def test_listed_page_is_served_with_cors() -> None:
    """A configured front end is named, never `*`, and may read why it was refused."""
    headers = {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}
    async with service(minting(), allowed_origins=(FRIEND,)) as client:
        served = await client.get("/api/voice-token", headers=headers)
        refused = await client.get("/api/voice-token?x=1", headers=headers)

    assert served.status_code == 200
    assert_problem(refused, 422, "invalid_request")
    for response in (served, refused):
        assert response.headers["access-control-allow-origin"] == FRIEND
        assert response.headers["access-control-expose-headers"] == EXPOSED
        assert response.headers["vary"] == "Origin"
        assert response.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    "origin",
    [
        *("https://pr-7.preview.example.com", "http://localhost:3000", "tauri://localhost"),
        *("capacitor://localhost", f"chrome-extension://{'ab' * 16}"),
    ],
)
async def test_previews_apps_and_extensions_can_be_listed(origin: str) -> None:
    """Each is named in its own answers, as it named itself; a sibling of a preview is foreign."""
    listed = (
        "https://*.preview.example.com/,http://localhost:3000/,tauri://localhost,"
        f"capacitor://localhost, chrome-extension://{'ab' * 16}"
    )
    says = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    async with service(minting(), allowed_origins=listed) as client:
        served = await client.get("/api/voice-token", headers=says)
        preflight = await client.options("/api/voice-token", headers=PREFLIGHT | says)
        for sibling in ("https://preview.example.com", "https://a.b.preview.example.com", "null"):
            refused = await client.get("/api/voice-token", headers={"Origin": sibling})
            assert_problem(refused, 403, "origin_not_allowed")
            assert "access-control-allow-origin" not in refused.headers

    assert (served.status_code, preflight.status_code) == (200, 204)
    for response in (served, preflight):
        assert response.headers["access-control-allow-origin"] == origin


async def test_preflight_of_a_listed_page() -> None:
    """A preflight is answered with 204, and mints nothing."""
    async with service(refusing(), allowed_origins=(FRIEND,)) as client:
        response = await client.options("/api/voice-token", headers=PREFLIGHT | {"Origin": FRIEND})

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["access-control-allow-methods"] == "GET, POST"
    assert response.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert response.headers["vary"] == "Origin"


async def test_preflight_of_forgetting_a_code() -> None:
    """A listed page may take its visitor's cookie back, which is a DELETE."""
    asked = {"Origin": FRIEND, "Access-Control-Request-Method": "DELETE"}
    async with service(refusing(), allowed_origins=(FRIEND,)) as client:
        response = await client.options("/api/access", headers=asked)

    assert response.status_code == 204
    assert "DELETE" in response.headers["access-control-allow-methods"].split(", ")


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
async def test_fields_that_came_twice_are_no_page(name: str) -> None:
    """Which of two was the browser's cannot be told, so neither counts."""
    good = {"Origin": SERVICE, "Sec-Fetch-Site": "same-origin"}[name]
    app = create_app(make_settings(), transport=refusing())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        twice = await client.get("/api/voice-token", headers=[(name, good), (name, good)])

    assert_problem(twice, 403, "origin_not_allowed")


async def test_preflight_never_reaches_a_route() -> None:
    """However many ask, a preflight costs no routing, even of a path that is none."""
    async with service(refusing(), allowed_origins=(FRIEND,)) as client:
        response = await client.options("/api/none", headers=PREFLIGHT | {"Origin": FRIEND})

    assert response.status_code == 204


async def test_preflight_of_a_foreign_page() -> None:
    """Without a place on the list there is no permission to ask for."""
    async with service(refusing(), allowed_origins=(FRIEND,)) as client:
        response = await client.options(
            "/api/voice-token", headers=PREFLIGHT | {"Origin": "https://evil.test"}
        )

    assert_problem(response, 403, "origin_not_allowed")
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("address", "status"), [("10.0.0.1", 200), ("203.0.113.1", 403)], ids=["trusted", "other"]
)
async def test_own_origin_behind_a_proxy(address: str, status: int) -> None:
    """Behind TLS our origin is the one the caller sees, if the proxy that says so is trusted."""
    names = ("https://voice.example.com", SERVICE)
    chosen = make_settings(trusted_proxies="10.0.0.0/8", public_url=names)
    app = create_app(chosen, transport=minting())
    headers = {
        "Origin": "https://voice.example.com",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "voice.example.com",
    }
    async with app.router.lifespan_context(app), caller(app, address) as client:
        response = await client.get("/api/voice-token", headers=headers)

    assert response.status_code == status


async def test_files_and_pages_have_no_origin_rule() -> None:
    """The rule guards what costs money: the client's files are for every page."""
    async with service(refusing()) as client:
        response = await client.get(
            "/static/voice-agent/index.js", headers={"Origin": "https://any.test"}
        )

    assert response.status_code == 200
