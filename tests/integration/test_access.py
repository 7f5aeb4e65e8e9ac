"""Every mode of access with every kind of caller, end to end."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.access.cookies import ACCESS_COOKIE, VISITOR_COOKIE
from app.access.signing import Signer
from app.main import create_app
from tests.logins import JWT_SETTINGS, SECRET, by_hand, issue, private_key
from tests.service import SERVICE, assert_problem, caller, make_settings, minting, refusing

KEPT = "a-deployment-secret-that-tests-know-0123"
CODE = "correct-horse-battery"
FRIEND = "https://www.example.com"
OPEN: dict[str, Any] = {}
CODED: dict[str, Any] = {"access": "code", "access_codes": (CODE, "another-code")}
MODES: dict[str, dict[str, Any]] = {
    "open": OPEN,
    "code": CODED,
    "jwt": JWT_SETTINGS,
}
PAGE = {"Sec-Fetch-Site": "same-origin"}
NO_ONE: dict[str, str] = {}
FINE = (200, "")
NEEDS = (401, "unauthenticated")
FOREIGN = (403, "origin_not_allowed")
TYPED = (403, "forbidden")


def bearer(credential: str) -> dict[str, str]:
    """Return the field that carries a credential."""
    return {"Authorization": f"Bearer {credential}"}


def cookie(name: str, value: str) -> dict[str, str]:
    """Return the field that carries a cookie."""
    return {"Cookie": f"first=1; {name}={value}; last=2"}


def access_cookie(code: str = CODE, secret: str = KEPT, age_seconds: int = 0) -> dict[str, str]:
    """Return a cookie as the service gives it, or nearly so."""
    signer = Signer(secret)
    value = ["visitor-of-a-test", signer.hash(f"code:{code}")]
    with pytest.MonkeyPatch.context() as patch:
        then = int(time.time()) - age_seconds
        patch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: then)
        return cookie(ACCESS_COOKIE, signer.sign(ACCESS_COOKIE, value))


def visitor_cookie() -> dict[str, str]:
    """Return a cookie that names a visitor, which is no credential."""
    return cookie(VISITOR_COOKIE, Signer(KEPT).sign(VISITOR_COOKIE, "visitor-of-a-test"))


def tampered(headers: dict[str, str]) -> dict[str, str]:
    """Return a cookie with another content under the same signature."""
    name, _, value = headers["Cookie"].split(";")[1].partition("=")
    return cookie(name.strip(), ("A" if value[0] != "A" else "B") + value[1:])


GOOD = issue()
CASES: list[Any] = [
    pytest.param(mode, headers, expected, id=f"{mode}: {name}")
    for name, headers, outcomes in [
        ("own page, nothing", PAGE, [FINE, NEEDS, NEEDS]),
        ("own page by origin", {"Origin": SERVICE}, [FINE, NEEDS, NEEDS]),
        ("listed page", {"Origin": FRIEND}, [FINE, NEEDS, NEEDS]),
        ("foreign page", {"Origin": "https://evil.test"}, [FOREIGN] * 3),
        ("null origin", {"Origin": "null"}, [FOREIGN] * 3),
        ("cross-site image", {"Sec-Fetch-Site": "cross-site"}, [FOREIGN] * 3),
        ("same-site image", {"Sec-Fetch-Site": "same-site"}, [FOREIGN] * 3),
        ("program", NO_ONE, [FINE, NEEDS, NEEDS]),
        ("address bar", {"Sec-Fetch-Site": "none"}, [TYPED, NEEDS, NEEDS]),
        ("program, code", bearer(CODE), [FINE, FINE, NEEDS]),
        ("program, wrong code", bearer("guess-0001"), [FINE, NEEDS, NEEDS]),
        ("program, cookie", access_cookie(), [FINE, NEEDS, NEEDS]),
        ("program, JWT", bearer(GOOD), [FINE, NEEDS, FINE]),
        ("own page, code", PAGE | bearer(CODE), [FINE, FINE, NEEDS]),
        ("own page, visitor", PAGE | visitor_cookie(), [FINE, NEEDS, NEEDS]),
        ("own page, cookie", PAGE | access_cookie(), [FINE, FINE, NEEDS]),
        ("listed page, code", {"Origin": FRIEND} | bearer(CODE), [FINE, FINE, NEEDS]),
        ("listed page, JWT", {"Origin": FRIEND} | bearer(GOOD), [FINE, NEEDS, FINE]),
        ("own page, JWT", PAGE | bearer(GOOD), [FINE, NEEDS, FINE]),
        ("own page, JWT cookie", PAGE | cookie("login", GOOD), [FINE, NEEDS, FINE]),
        ("foreign page, code", {"Origin": "https://evil.test"} | bearer(CODE), [FOREIGN] * 3),
        ("foreign page, cookie", {"Origin": "https://evil.test"} | access_cookie(), [FOREIGN] * 3),
        ("foreign page, JWT", {"Origin": "https://evil.test"} | bearer(GOOD), [FOREIGN] * 3),
        ("null origin, JWT cookie", {"Origin": "null"} | cookie("login", GOOD), [FOREIGN] * 3),
    ]
    for mode, expected in zip(MODES, outcomes, strict=True)
] + [
    pytest.param("code", PAGE | headers, NEEDS, id=f"code: {name}")
    for name, headers in [
        ("cookie signed by another", access_cookie(secret=KEPT + "x")),
        ("cookie tampered with", tampered(access_cookie())),
        ("cookie of 31 days ago", access_cookie(age_seconds=31 * 86400)),
        ("cookie of a removed code", access_cookie("a-removed-code")),
        ("cookie without content", cookie(ACCESS_COOKIE, "")),
        (
            "cookie signed for another use",
            cookie(
                ACCESS_COOKIE,
                Signer(KEPT).sign(VISITOR_COOKIE, ["v", Signer(KEPT).hash(f"code:{CODE}")]),
            ),
        ),
        ("overlong cookie", cookie(ACCESS_COOKIE, "a" * 9000)),
        ("wrong code beside a good cookie", access_cookie() | bearer("guess-0001")),
    ]
]
BAD_TOKENS = {
    "expired": issue(exp=int(time.time()) - 60),
    "not yet": issue(nbf=int(time.time()) + 3600),
    "forged": issue(key=SECRET[::-1]),
    "alg none": by_hand({"alg": "none", "typ": "JWT"}),
    "alg None": by_hand({"alg": "None"}),
    "no alg": by_hand({"typ": "JWT"}),
    "alg list": by_hand({"alg": ["HS256"]}),
    "RS256": issue("RS256", key=private_key("RS256")),
    "wrong audience": issue(aud="somebody-else"),
    "wrong issuer": issue(iss="https://login.example.test.evil.test"),
    "made-up signature": by_hand({"alg": "HS256"}, b"x" * 32),
    "no audience": issue(aud=None),
    "no issuer": issue(iss=None),
    "no subject": issue(sub=None),
    "empty subject": issue(sub=""),
    "long subject": issue(sub="a" * 257),
    "no expiry": issue(exp=None),
    "critical extension": issue(headers={"crit": ["x"], "x": 1}),
    "overlong": issue(pad="a" * 8000),
    "no token": "a.b.c",
    "one part": "abc",
    "nested head": by_hand("[" * 4000),
    "text head": by_hand('"HS256"'),
}
CASES += [
    pytest.param("jwt", PAGE | carried, NEEDS, id=f"jwt: {name}, {how}")
    for name, token in BAD_TOKENS.items()
    for how, carried in (("bearer", bearer(token)), ("cookie", cookie("login", token)))
]


async def ask(
    mode: dict[str, Any], headers: dict[str, str], *, mints: bool = True
) -> httpx.Response:
    """Return the answer to one request for a token."""
    settings = make_settings(secret=KEPT, allowed_origins=(FRIEND,), **mode)
    app = create_app(settings, transport=minting() if mints else refusing())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        return await client.get("/api/voice-token", headers=headers)


@pytest.mark.parametrize(("mode", "headers", "expected"), CASES)
async def test_token_route(mode: str, headers: dict[str, str], expected: tuple[int, str]) -> None:
    """A token goes to whom the mode names; all others get whole problem details, unasked."""
    status, code = expected
    response = await ask(MODES[mode], headers, mints=expected == FINE)

    if expected == FINE:
        assert response.status_code == 200
        return
    body = assert_problem(response, status, code)
    assert response.headers["vary"] == "Origin"
    assert ("www-authenticate" in response.headers) == (status == 401)
    for secret in (CODE, "guess-0001", GOOD, "visitor-of-a-test", "evil.test"):
        assert secret not in str(body) + str(response.headers)
    if status == 401:
        assert response.headers["www-authenticate"].startswith('Bearer realm="voicegate"')
    if code == "forbidden":
        assert "curl" in body["detail"]


@pytest.mark.parametrize("mode", MODES)
async def test_prompts_are_for_whoever_may_mint(mode: str, tmp_path: Path) -> None:
    """Strangers get names and titles, and pages, which are the same for all, hold no more."""
    file = tmp_path / "agents.toml"
    file.write_text("[agents.desk]\nsystem_prompt = 'Between us.'\ngreeting = 'Between us?'\n")
    settings = make_settings(
        secret=KEPT, allowed_origins=(FRIEND,), agents_file=file, **MODES[mode]
    )
    strangers = [NO_ONE, PAGE, {"Origin": FRIEND}, PAGE | bearer("guess-0001"), visitor_cookie()]
    let_in = {
        "open": strangers,
        "code": [bearer(CODE), PAGE | access_cookie(), {"Origin": FRIEND} | bearer(CODE)],
        "jwt": [bearer(GOOD), PAGE | cookie("login", GOOD), {"Origin": FRIEND} | bearer(GOOD)],
    }
    app = create_app(settings, transport=refusing())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        told = [await client.get("/api/agents", headers=headers) for headers in let_in[mode]]
        untold = [await client.get("/api/agents", headers=headers) for headers in strangers]
        pages = [await client.get(path) for path in ("/", "/embed", "/diagnostics")]

    for answer in told:
        assert answer.json()["agents"][0]["session"]["greeting"] == "Between us?"
    if mode == "open":
        return
    for answer in untold:
        assert answer.json()["agents"][0]["title"] == "Desk"
    for answer in untold + pages:
        assert answer.status_code == 200
        assert "Between us" not in answer.text


@pytest.mark.parametrize(("mode", "status"), [("open", 200), ("code", 401), ("jwt", 401)])
async def test_post_asks_for_the_same(mode: str, status: int) -> None:
    """Both verbs of the token route are guarded alike."""
    app = create_app(make_settings(**MODES[mode]), transport=minting())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        answers = [await client.request(verb, "/api/voice-token") for verb in ("GET", "POST")]
        counted = app.state.services.metrics.exposition().decode()

    assert [answer.status_code for answer in answers] == [status, status]
    code = "ok" if status == 200 else "unauthenticated"
    assert f'voicegate_mints_total{{outcome="{code}"}} 2.0' in counted


async def test_programs_are_told_apart_by_address() -> None:
    """A program has its address's share, whatever cookie it makes up; others have their own."""
    settings = make_settings(secret=KEPT, caller_mints_per_minute=2)
    app = create_app(settings, transport=minting())
    statuses = []
    async with app.router.lifespan_context(app):
        for address in ("203.0.113.7", "203.0.113.8"):
            async with caller(app, address, headers={}) as client:
                answers = [await client.get("/api/voice-token", headers=visitor_cookie())]
                answers += [await client.get("/api/voice-token") for _ in range(2)]
                statuses.append([answer.status_code for answer in answers])

    assert statuses == [[200, 200, 429]] * 2


async def test_refusal_can_be_read_by_a_listed_page() -> None:
    """A front end elsewhere learns that it needs a credential, and may send one along."""
    response = await ask(MODES["code"], {"Origin": FRIEND}, mints=False)

    assert_problem(response, 401, "unauthenticated")
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("headers", [NO_ONE, PAGE, {"Origin": FRIEND}])
async def test_agents_are_public(mode: str, headers: dict[str, str]) -> None:
    """What the page shows anyway needs no credential, in any mode."""
    app = create_app(make_settings(allowed_origins=(FRIEND,), **MODES[mode]), transport=refusing())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        response = await client.get("/api/agents", headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("mode", "headers", "said"),
    [
        ("open", PAGE, ("open", True)),
        ("open", NO_ONE, ("open", True)),
        ("open", {"Sec-Fetch-Site": "none"}, ("open", False)),
        ("code", PAGE, ("code", False)),
        ("code", PAGE | access_cookie(), ("code", True)),
        ("code", access_cookie(), ("code", False)),
        ("code", PAGE | bearer(CODE), ("code", False)),
        ("jwt", PAGE, ("jwt", False)),
        ("jwt", PAGE | cookie("login", GOOD), ("jwt", True)),
        ("jwt", PAGE | bearer(GOOD), ("jwt", True)),
        ("jwt", PAGE | bearer("nonsense"), ("jwt", False)),
    ],
)
async def test_page_asks_whether_it_may(
    mode: str, headers: dict[str, str], said: tuple[str, bool]
) -> None:
    """The page learns the mode, and whether to ask for something; codes cannot be tried here."""
    app = create_app(make_settings(secret=KEPT, **MODES[mode]), transport=refusing())
    async with app.router.lifespan_context(app), caller(app, headers={}) as client:
        response = await client.get("/api/access", headers=headers)

    assert response.json() == {"mode": said[0], "granted": said[1]}
    assert response.headers["cache-control"] == "no-store"
