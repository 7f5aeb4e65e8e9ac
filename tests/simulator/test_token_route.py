"""Who gets a token, and what a token opens."""

import base64
from typing import Any

import pytest

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.server.token_route import answer_general_request, answer_token_request
from app.simulator.token_ledger import TokenLedger

NOW = 1_795_000_000.0
KEY = "0123456789abcdef0123456789abcdef"


def problem(kind: str, name: str, text: str, message: str, **ctx: int) -> dict[str, Any]:
    """Return one entry of a 422."""
    entry: dict[str, Any] = {
        "type": kind,
        "loc": ["query", name],
        "msg": f"Input should be {message}",
        "input": text,
    }
    return entry | ({"ctx": ctx} if ctx else {})


E, D = "expires_in_seconds", "max_session_duration_seconds"
NOT_A_NUMBER = "a valid integer, unable to parse string as an integer"
MISSING = {"type": "missing", "loc": ["query", E], "msg": "Field required", "input": None}
NO_HEADER = {
    "type": "missing",
    "loc": ["header", "authorization"],
    "msg": "Field required",
    "input": None,
}

REFUSED: dict[str, tuple[dict[str, str], str | None, list[dict[str, Any]]]] = {
    "nothing": ({}, KEY, [MISSING]),
    "no header": ({E: "60"}, None, [NO_HEADER]),
    "neither": ({}, None, [MISSING, NO_HEADER]),
    "too short": (
        {E: "0"},
        KEY,
        [problem("greater_than_equal", E, "0", "greater than or equal to 1", ge=1)],
    ),
    "too long": (
        {E: "601"},
        KEY,
        [problem("less_than_equal", E, "601", "less than or equal to 600", le=600)],
    ),
    "session too short": (
        {E: "60", D: "59"},
        KEY,
        [problem("greater_than_equal", D, "59", "greater than or equal to 60", ge=60)],
    ),
    "session too long": (
        {E: "60", D: "10801"},
        KEY,
        [problem("less_than_equal", D, "10801", "less than or equal to 10800", le=10800)],
    ),
    "no number": ({E: "abc"}, KEY, [problem("int_parsing", E, "abc", NOT_A_NUMBER)]),
    "empty": ({E: ""}, KEY, [problem("int_parsing", E, "", NOT_A_NUMBER)]),
    "fraction": ({E: "1.5"}, KEY, [problem("int_parsing", E, "1.5", NOT_A_NUMBER)]),
    "both": (
        {E: "x", D: "x"},
        KEY,
        [
            problem("int_parsing", E, "x", NOT_A_NUMBER),
            problem("int_parsing", D, "x", NOT_A_NUMBER),
        ],
    ),
}


@pytest.mark.parametrize(("query", "key", "detail"), REFUSED.values(), ids=REFUSED)
def test_bad_requests_are_refused_as_recorded(
    query: dict[str, str], key: str | None, detail: list[dict[str, Any]]
) -> None:
    """Each bad parameter has its entry in a 422, in the form measured live, and mints nothing."""
    ledger = TokenLedger()

    answer = answer_token_request(LIVE, ledger, NOW, query, key)

    assert answer == (422, {"detail": detail})
    assert ledger.minted == 0


@pytest.mark.parametrize("text", ["1", "600", "+60", " 60 "])
def test_bounds_are_included(text: str) -> None:
    """The whole documented range is granted, the range's ends included."""
    status, body = answer_token_request(LIVE, TokenLedger(), NOW, {E: text}, KEY)

    assert status == 200
    assert body["expires_in_seconds"] == int(text)


@pytest.mark.parametrize("digits", [19, 5000])
def test_endless_numbers_are_too_long(digits: int) -> None:
    """A number of any length is refused as too large, not with a crash."""
    status, body = answer_token_request(LIVE, TokenLedger(), NOW, {E: "9" * digits}, KEY)

    assert (status, body["detail"][0]["type"]) == (422, "less_than_equal")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (KEY, 200),
        (f"Bearer {KEY}", 200),
        (f"bearer  {KEY} ", 200),
        ("wrong", 404),
        ("Bearer wrong", 404),
        ("Bearer", 404),
        ("", 404),
        (f"Basic {KEY}", 404),
        ("schlüssel", 404),
    ],
)
def test_key_with_or_without_bearer(authorization: str, status: int) -> None:
    """The key is good raw and with `Bearer`; anything else is a 404, as measured live."""
    ledger = TokenLedger(key=KEY)

    answer = answer_token_request(LIVE, ledger, NOW, {E: "60"}, authorization)

    assert answer[0] == status
    if status == 404:
        assert answer[1] == {"detail": "Invalid API key"}


@pytest.mark.parametrize(("authorization", "status"), [("x", 200), ("Bearer x", 200), ("", 404)])
def test_any_key_is_good_without_one_of_our_own(authorization: str, status: int) -> None:
    """A simulator that was given no key takes every non-empty one."""
    assert answer_token_request(LIVE, TokenLedger(), NOW, {E: "60"}, authorization)[0] == status


def test_tokens_look_like_real_ones_and_follow_the_seed() -> None:
    """Tokens are long, URL-safe, all different, and the same for the same seed."""
    tokens = [[TokenLedger(seed).mint(NOW, 60, 60) for _ in range(1)] for seed in (1, 1, 2)]
    ledger = TokenLedger(1)
    many = {ledger.mint(NOW, 60, 60) for _ in range(50)}

    assert tokens[0] == tokens[1] != tokens[2]
    assert len(many) == 50
    assert all(2462 <= len(token) <= 2578 for token in many)
    assert all(base64.urlsafe_b64decode(token) for token in many)
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in many)


def redeem(ledger: TokenLedger, now: float, token: str | None, header: str | None = None) -> bool:
    """Tell whether a credential opens a socket."""
    return ledger.redeem(now, token=token, authorization=header, single_use=False) is not None


def test_token_opens_until_its_window_closes() -> None:
    """A token opens any number of sockets in its window and none after it."""
    ledger = TokenLedger()
    token = ledger.mint(NOW, 60, 900)

    assert [redeem(ledger, NOW + s, token) for s in (0, 30, 60, 60.1)] == [True, True, True, False]
    assert (ledger.minted, ledger.redeemed, ledger.refused) == (1, 3, 1)


def test_single_use_tokens_open_once() -> None:
    """Under the switch a token opens one socket."""
    ledger = TokenLedger()
    token = ledger.mint(NOW, 60, 900)

    grants = [
        ledger.redeem(NOW, token=token, authorization=None, single_use=True) for _ in range(2)
    ]

    assert [grant is not None for grant in grants] == [True, False]


def test_grant_carries_the_session_cap() -> None:
    """What the token was minted with reaches the socket."""
    ledger = TokenLedger()
    token = ledger.mint(NOW, 60, 900)

    grant = ledger.redeem(NOW, token=token, authorization=None, single_use=False)

    assert grant is not None
    assert grant.max_session_duration_seconds == 900


@pytest.mark.parametrize(
    ("own_key", "token", "header", "is_good"),
    [
        (None, None, None, False),
        (None, "", None, False),
        (None, "garbage", None, False),
        (None, "x" * 2464, None, False),
        (None, KEY, None, True),
        (None, None, "anything", True),
        (None, None, "Bearer anything", True),
        (None, None, "Bearer " + "x" * 2464, False),
        (KEY, KEY, None, True),
        (KEY, "f" * 32, None, False),
        (KEY, None, f"Bearer {KEY}", True),
        (KEY, None, "Bearer other", False),
    ],
)
def test_keys_open_sockets_too(
    own_key: str | None, token: str | None, header: str | None, *, is_good: bool
) -> None:
    """A key is good in the header or, in the shape of real ones, in the URL."""
    assert redeem(TokenLedger(key=own_key), NOW, token, header) is is_good


def test_token_is_good_as_bearer() -> None:
    """A token may also come in the header."""
    ledger = TokenLedger(key=KEY)
    token = ledger.mint(NOW, 60, 900)

    assert redeem(ledger, NOW, None, f"Bearer {token}")


@pytest.mark.parametrize(
    ("query", "authorization", "expected"),
    [
        ({E: "60"}, None, (401, "unauthorized", None)),
        ({E: "60"}, "wrong", (401, "unauthorized", None)),
        ({E: "0"}, None, (401, "unauthorized", None)),
        ({E: "0"}, KEY, (400, "invalid_parameters", {E})),
        ({D: "5"}, KEY, (400, "invalid_parameters", {E, D})),
    ],
)
def test_documented_errors(
    query: dict[str, str], authorization: str | None, expected: tuple[int, str, set[str] | None]
) -> None:
    """Under `token_errors=docs` refusals have the statuses and the keys of the documents."""
    profile = with_switches(LIVE, {"token_errors": "docs"})

    status, body = answer_token_request(profile, TokenLedger(key=KEY), NOW, query, authorization)

    assert list(body) == ["error", "code", "details"]
    details = body["details"] and set(body["details"])
    assert (status, body["code"], details) == expected


def test_window_may_be_left_out() -> None:
    """Under `expires_in_seconds=optional` a request without it has 60 seconds."""
    profile = with_switches(LIVE, {"expires_in_seconds": "optional"})

    status, body = answer_token_request(profile, TokenLedger(), NOW, {}, KEY)

    assert (status, body["expires_in_seconds"]) == (200, 60)


def test_ledger_counts_what_should_not_be() -> None:
    """A token's second socket and a key in a URL are counted; a key in the header is not."""
    ledger = TokenLedger(key=KEY)
    token = ledger.mint(NOW, 60, 900)

    for credential in (token, token, token, KEY):
        assert redeem(ledger, NOW, credential)
    assert redeem(ledger, NOW, None, KEY)

    assert (ledger.reused, ledger.keys_in_urls) == (2, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"product": "voice_agent", "expires_in_seconds": 60, "access": ["x"]}', 200),
        ('{"product": "voice_agent", "expires_in_seconds": 60}', 200),
        ('{"product": "voice_agent", "expires_in_seconds": 601}', 422),
        ('{"product": "voice_agent"}', 422),
        ('{"product": "tts", "expires_in_seconds": 60}', 422),
        ('{"product": "voice_agent", "expires_in_seconds": 60, "access": "all"}', 422),
        ("[]", 422),
        ("{", 422),
        ("", 422),
    ],
)
def test_general_token_service(body: str, status: int) -> None:
    """It wants a product and a window; its tokens bound no session."""
    ledger = TokenLedger()
    answered, content = answer_general_request(LIVE, ledger, NOW, body.encode(), KEY)

    assert answered == status
    if status == 200:
        grant = ledger.redeem(
            NOW + 60, token=content["token"], authorization=None, single_use=False
        )
        assert grant is not None
        assert grant.max_session_duration_seconds == 10_800
    assert answer_general_request(LIVE, ledger, NOW, body.encode(), None)[0] == 422
