"""`GET` and `POST /api/voice-token`, and `GET /api/agents`, as callers see them."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service import (
    KEY,
    PAGE,
    TOKEN,
    answering,
    assert_problem,
    minting,
    refusing,
    service,
)

EXPIRES = "expires_in_seconds"
DURATION = "max_session_duration_seconds"
PARAMETERS = f"{EXPIRES}, {DURATION}, product, receipt, _"


async def test_voice_token_answers_exactly_the_documented_fields() -> None:
    """Without parameters the operator's defaults apply, and the answer may not be stored."""
    async with service(minting()) as client:
        response = await client.get("/api/voice-token")

    assert response.status_code == 200
    body = response.json()
    assert re.fullmatch(r"[\w.-]{16,64}", body.pop("receipt"))
    assert body == {
        "token": f"{TOKEN}-1",
        "expires_in_seconds": 60,
        "max_session_duration_seconds": 900,
        "ws_url": "wss://agents.example.test/v1/ws",
    }
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


async def test_voice_token_answers_the_same_with_the_defaults_spelled_out() -> None:
    """The short way of a request without a query differs in nothing from the documented route."""
    answers = []
    async with service(minting()) as client:
        for query in ("", f"?{EXPIRES}=60&{DURATION}=900"):
            response = await client.get(f"/api/voice-token{query}")
            body = {name: type(value) for name, value in response.json().items()}
            fields = {name for name, _ in response.headers.raw}
            answers.append((response.status_code, list(body.items()), fields))
            assert response.headers["content-length"] == str(len(response.content))

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [(EXPIRES, 1), (EXPIRES, 600), (DURATION, 60), (DURATION, 10800)],
)
async def test_voice_token_accepts_the_bounds(name: str, value: int) -> None:
    """Both ends of a range are inside it, and reach the upstream as asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"token": TOKEN, "expires_in_seconds": 60})

    async with service(answering(answer)) as client:
        response = await client.get("/api/voice-token", params={name: value})

    assert response.status_code == 200
    assert dict(asked[0].url.params) == {EXPIRES: "60", DURATION: "900"} | {name: str(value)}


@pytest.mark.parametrize(
    ("query", "name", "allowed", "received"),
    [
        (f"{EXPIRES}=0", EXPIRES, "an integer from 1 to 600", "0"),
        (f"{EXPIRES}=601", EXPIRES, "an integer from 1 to 600", "601"),
        (f"{DURATION}=59", DURATION, "an integer from 60 to 10800", "59"),
        (f"{DURATION}=10801", DURATION, "an integer from 60 to 10800", "10801"),
        (f"{EXPIRES}=abc", EXPIRES, "an integer from 1 to 600", "abc"),
        (f"{EXPIRES}=", EXPIRES, "an integer from 1 to 600", ""),
        (EXPIRES, EXPIRES, "an integer from 1 to 600", ""),
        (f"{EXPIRES}=%2B5", EXPIRES, "an integer from 1 to 600", "+5"),
        (f"{EXPIRES}=-5", EXPIRES, "an integer from 1 to 600", "-5"),
        (f"{EXPIRES}=%205", EXPIRES, "an integer from 1 to 600", " 5"),
        (f"{EXPIRES}=5%0A", EXPIRES, "an integer from 1 to 600", "5\n"),
        (f"{EXPIRES}=5.0", EXPIRES, "an integer from 1 to 600", "5.0"),
        (f"{EXPIRES}=1e2", EXPIRES, "an integer from 1 to 600", "1e2"),
        (f"{EXPIRES}=0x1", EXPIRES, "an integer from 1 to 600", "0x1"),
        (f"{EXPIRES}=1_0", EXPIRES, "an integer from 1 to 600", "1_0"),
        (f"{EXPIRES}=007", EXPIRES, "an integer from 1 to 600", "007"),
        (f"{EXPIRES}=%D9%A1", EXPIRES, "an integer from 1 to 600", "\u0661"),
        (f"{EXPIRES}=true", EXPIRES, "an integer from 1 to 600", "true"),
        (f"{EXPIRES}=5&{EXPIRES}=6", EXPIRES, "a single value", "5, 6"),
        (f"{EXPIRES}=5&{EXPIRES}=5", EXPIRES, "a single value", "5, 5"),
        (
            "product=streaming",
            "product",
            "'voice_agent'",
            "streaming",
        ),
        (
            "Expires_In_Seconds=5",
            "Expires_In_Seconds",
            f"absent: there are only {PARAMETERS}",
            "5",
        ),
    ],
)
async def test_voice_token_refuses(query: str, name: str, allowed: str, received: str) -> None:
    """What is not exactly one plain decimal in range is refused, with the range, unasked."""
    async with service(refusing()) as client:
        response = await client.get(f"/api/voice-token?{query}")

    body = assert_problem(response, 422, "invalid_request")
    assert body["errors"] == [{"name": name, "allowed": allowed, "received": received}]
    assert body["detail"] == f"{name} must be {allowed}."


@pytest.mark.parametrize(
    "query", [f"{EXPIRES}={'9' * 9000}", f"{'n' * 9000}=1", "&".join(f"p{i}=1" for i in range(999))]
)
async def test_voice_token_bounds_what_it_repeats(query: str) -> None:
    """However much was sent, the refusal stays small."""
    async with service(refusing()) as client:
        response = await client.get(f"/api/voice-token?{query}")

    assert_problem(response, 422, "invalid_request")
    assert len(response.content) < 4096


async def test_voice_token_refuses_more_than_the_operators_ceiling() -> None:
    """A ceiling of the operator is a bound like the upstream's own, and is named."""
    async with service(minting(), max_session_duration_seconds=1800) as client:
        fine = await client.get("/api/voice-token", params={EXPIRES: 600, DURATION: 1800})
        over = await client.get("/api/voice-token", params={EXPIRES: 601, DURATION: 1801})

    assert fine.status_code == 200
    assert [entry["allowed"] for entry in over.json()["errors"]] == [
        "an integer from 1 to 600",
        "an integer from 60 to 1800",
    ]


@pytest.mark.parametrize(("said", "told"), [(30, 30), (60, 60), (599, 60)])
async def test_voice_token_never_promises_longer_than_asked(said: int, told: int) -> None:
    """The upstream may shorten the time to redeem a token, and cannot lengthen it."""
    transport = answering(
        lambda _: httpx.Response(200, json={"token": TOKEN, "expires_in_seconds": said})
    )
    async with service(transport) as client:
        response = await client.get("/api/voice-token")

    assert response.json()["expires_in_seconds"] == told


@pytest.mark.parametrize(
    ("query", "body", "asked"),
    [
        ("", None, (60, 900)),
        ("", {}, (60, 900)),
        ("", {EXPIRES: 30, DURATION: 600}, (30, 600)),
        ("", {EXPIRES: 30}, (30, 900)),
        (f"?{EXPIRES}=30", None, (30, 900)),
        (f"?{EXPIRES}=30&_=1764444444", {DURATION: 600}, (30, 600)),
        ("", {"product": "voice_agent", EXPIRES: 600}, (600, 900)),
    ],
)
async def test_post_is_the_same_as_get(
    query: str, body: dict[str, Any] | None, asked: tuple[int, int]
) -> None:
    """Bounds come in the body or in the query; the answer has the members of GET's."""
    async with service(minting()) as client:
        got = await client.get("/api/voice-token")
        response = await client.post(f"/api/voice-token{query}", json=body)

    answer = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert answer.keys() == got.json().keys()
    assert (answer[EXPIRES], answer[DURATION]) == asked
    assert answer["token"] != got.json()["token"]


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_post_of_nothing_needs_no_media_type(media_type: str) -> None:
    """`fetch(url, {method: 'POST'})` and `curl -d ''` get a token with the defaults."""
    headers = {"Content-Type": media_type} if media_type else {}
    async with service(minting()) as client:
        response = await client.post("/api/voice-token", content=b"", headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("query", "body", "name", "allowed", "received"),
    [
        ("", {EXPIRES: 601}, EXPIRES, "an integer from 1 to 600", "601"),
        ("", {EXPIRES: True}, EXPIRES, "an integer from 1 to 600", "true"),
        ("", {EXPIRES: 60.0}, EXPIRES, "an integer from 1 to 600", "60.0"),
        ("", {EXPIRES: None}, EXPIRES, "an integer from 1 to 600", "null"),
        ("", {EXPIRES: [60]}, EXPIRES, "an integer from 1 to 600", "a list"),
        ("", {"key": KEY}, "key", f"absent: there are only {PARAMETERS}", f"{len(KEY)} characters"),
        ("", {"product": "streaming"}, "product", "'voice_agent'", "9 characters"),
        ("", [], "body", "an object", "a list"),
        ("", 0, "body", "an object", "a number"),
        (f"?{EXPIRES}=601", {DURATION: 60}, EXPIRES, "an integer from 1 to 600", "601"),
        (
            f"?{EXPIRES}=60",
            {EXPIRES: 60},
            EXPIRES,
            "in the query or in the body, not in both",
            "60",
        ),
    ],
)
async def test_post_refuses(query: str, body: Any, name: str, allowed: str, received: str) -> None:
    """What is wrong is said as for GET, unasked; what stood in a body is not repeated."""
    async with service(refusing()) as client:
        response = await client.post(f"/api/voice-token{query}", json=body)

    problem = assert_problem(response, 422, "invalid_request")
    assert problem["errors"] == [{"name": name, "allowed": allowed, "received": received}]
    assert KEY not in response.text


@pytest.mark.parametrize(
    ("path", "body", "entries"),
    [
        (
            *("session-ends", {"session_id": "sess_1"}),
            [("receipt", "there", "nothing")],
        ),
        (
            *("session-ends", {"receipt": "r", "session_id": "sess_1", "unused": True}),
            [("unused", "absent where session_id is there", "true")],
        ),
        (
            *("session-ends", {"receipt": "r"}),
            [("session_id", "there, or `unused` in its place", "nothing")],
        ),
        (
            *("session-ends", {"receipt": "r", "unused": False}),
            [("unused", "true", "false")],
        ),
        (
            *("session-ends", {"receipt": "r", "unused": True, "foo": 12345678}),
            [("foo", "absent: there are only receipt, session_id, unused", "a number")],
        ),
        ("access", {"code": ""}, [("code", "text of 1 or more characters", "0 characters")]),
        ("access", {"code": 12345678}, [("code", "text", "a number")]),
        (
            *("feedback", {"rating": "good", "agent": "assistant", "duration_seconds": -3}),
            [
                ("rating", "'up' or 'down'", "4 characters"),
                ("duration_seconds", "a number of at least 0", "-3"),
            ],
        ),
        (
            *("feedback", {"rating": "up", "agent": "assistant", "duration_seconds": {"n": 1}}),
            [("duration_seconds", "an integer", "an object")],
        ),
        (
            *("feedback", {}),
            [(name, "there", "nothing") for name in ("rating", "agent", "duration_seconds")],
        ),
    ],
)
async def test_body_is_refused_with_what_came_and_what_is_allowed(
    path: str, body: dict[str, Any], entries: list[tuple[str, str, str]]
) -> None:
    """By kind and length, or as the number that it is: text, and what is unknown, may be secret."""
    access: dict[str, Any] = {"access": "code", "access_codes": "linden-harbour-42"}
    access = access if path == "access" else {}
    async with service(refusing(), feedback_url="log", **access) as client:
        response = await client.post(f"/api/{path}", json=body, headers=PAGE)

    problem = assert_problem(response, 422, "invalid_request")
    keys = ("name", "allowed", "received")
    assert [tuple(entry[key] for key in keys) for entry in problem["errors"]] == entries
    assert "12345678" not in response.text
    assert problem["detail"].endswith(" `errors` has 1 more.") == (len(entries) == 3)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"expires_in_seconds":60}', "", 415),
        (b"expires_in_seconds=60", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 422),
        (rb'{"\ud800":1}', "application/json", 422),
        (b"[" * 4097, "application/json", 413),
    ],
)
async def test_post_reads_bounded_json_only(content: bytes, media_type: str, status: int) -> None:
    """A body that a form could send, that is no JSON or too long mints nothing."""
    headers = {"Content-Type": media_type} if media_type else {}
    async with service(refusing()) as client:
        response = await client.post("/api/voice-token", content=content, headers=headers)

    assert_problem(response, status, "invalid_request")


@pytest.mark.parametrize(
    "query", ["product=voice_agent", "_=1764444444", "_", "product=voice_agent&_="]
)
async def test_habits_of_other_front_ends_are_ignored(query: str) -> None:
    """The upstream's own parameter and a cache-buster change nothing, and are not passed on."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"token": TOKEN, "expires_in_seconds": 60})

    async with service(answering(answer)) as client:
        response = await client.get(f"/api/voice-token?{query}")

    assert response.status_code == 200
    assert dict(asked[0].url.params).keys() == {EXPIRES, DURATION}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
async def test_voice_token_knows_get_and_post(method: str) -> None:
    """Another verb gets 405 problem details that name the two, and mints nothing."""
    async with service(refusing()) as client:
        response = await client.request(method, "/api/voice-token")

    assert response.headers["allow"] == "GET, POST"
    if method == "HEAD":
        assert response.status_code == 405
    else:
        assert_problem(response, 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/api/voice-token/",
        "/api",
        "/api/",
        "//api/voice-token",
        "/API/voice-token",
        "/x",
        "/api/voice-token%0A",
        "/docs%0A",
    ],
)
async def test_unmounted_paths_are_problems(path: str) -> None:
    """A path that is not ours is 404 problem details, never a redirect to one that is."""
    async with service(refusing()) as client:
        response = await client.get(f"http://voicegate.test{path}")

    assert_problem(response, 404, "not_found")


async def test_agents_lists_what_a_page_needs(tmp_path: Path) -> None:
    """The operator's agent is offered with what the browser has to send."""
    file = tmp_path / "agents.toml"
    file.write_text(
        """
        [agents.assistant]
        description = "A friendly voice to talk to."
        system_prompt = "Be brief."
        greeting = "Hello."
        voice = "vera"
        voices = ["alba", "vera"]
        editable = ["voice"]
        """
    )
    async with service(refusing(), agents_file=file) as client:
        response = await client.get("/api/agents")

    session = {"system_prompt": "Be brief.", "greeting": "Hello.", "output": {"voice": "vera"}}
    assert response.json() == {
        "price_per_hour_usd": None,
        "feedback": False,
        "voice_samples": {},
        "default": "assistant",
        "agents": [
            {
                "name": "assistant",
                "title": "Assistant",
                "description": "A friendly voice to talk to.",
                "session": session,
                "voices": ["vera", "alba"],
                "editable": ["voice"],
                "idle_seconds": 180,
            }
        ],
    }
    assert response.headers["cache-control"] == "no-store"
