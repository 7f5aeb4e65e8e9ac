"""Every answer of the upstream, and what becomes of it."""

import asyncio
import copy
import logging
import pickle
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import respx

from app.errors import (
    OverloadedError,
    UpstreamError,
    UpstreamRejectedError,
    UpstreamUnreadableError,
)
from app.main import create_app
from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient, Budget
from app.upstream.responses import MintedToken, Session, SessionPage
from tests.service import (
    KEY,
    TOKEN,
    TOKEN_URL,
    UPSTREAM,
    answering,
    assert_problem,
    caller,
    make_settings,
    refusing,
    service,
)

SAID = "words-of-the-upstream"
GOOD = {"token": TOKEN, "expires_in_seconds": 60}


async def ask(answer: httpx.Response | Exception) -> httpx.Response:
    """Return what a caller gets when the upstream does this."""
    router = respx.Router()
    route = router.get(url__startswith=TOKEN_URL)
    if isinstance(answer, Exception):
        route.side_effect = answer
    else:
        route.return_value = answer
    async with service(httpx.MockTransport(router.async_handler)) as client:
        return await client.get("/api/voice-token")


@pytest.mark.parametrize(
    ("status", "ours", "code"),
    [
        (400, 502, "upstream_rejected"),
        (401, 502, "upstream_rejected"),
        (402, 503, "service_unavailable"),
        (403, 502, "upstream_rejected"),
        (404, 502, "upstream_rejected"),
        (409, 502, "upstream_unreadable"),
        (422, 502, "upstream_rejected"),
        (429, 429, "upstream_busy"),
        (500, 502, "upstream_unavailable"),
        (502, 502, "upstream_unavailable"),
        (503, 502, "upstream_unavailable"),
        (504, 502, "upstream_unavailable"),
        (201, 502, "upstream_unreadable"),
        (204, 502, "upstream_unreadable"),
        (301, 502, "upstream_unreadable"),
        (302, 502, "upstream_unreadable"),
        (307, 502, "upstream_unreadable"),
        (304, 502, "upstream_unreadable"),
    ],
)
async def test_status_is_mapped(
    status: int, ours: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each status becomes our own problem; body, headers and key stay where they were."""
    caplog.set_level(logging.DEBUG)
    headers = {"Location": f"https://elsewhere.example/{SAID}", "X-Said": SAID}
    response = await ask(httpx.Response(status, text=SAID, headers=headers))

    assert_problem(response, ours, code)
    assert "retry-after" not in response.headers
    everything = response.text + str(response.headers) + caplog.text
    assert SAID not in everything
    assert KEY not in everything


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", "7"),
        ("0", "1"),
        ("999999", "3600"),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "1"),
        ("Wed, 21 Oct 9999 07:28:00 GMT", "3600"),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
async def test_retry_after_of_a_busy_upstream_is_passed_on(
    value: str, expected: str | None
) -> None:
    """Seconds and dates are passed on as bounded seconds, nonsense is not."""
    response = await ask(httpx.Response(429, headers={"Retry-After": value}))

    assert_problem(response, 429, "upstream_busy")
    assert response.headers.get("retry-after") == expected


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_retry_after_of_a_failing_upstream_is_passed_on(status: int) -> None:
    """Whoever fails and says until when is believed, within bounds."""
    answers = [
        await ask(httpx.Response(status, headers={"Retry-After": n})) for n in ("7", "86400")
    ]

    assert [answer.headers.get("retry-after") for answer in answers] == ["7", "3600"]


async def test_retry_after_as_a_date_becomes_seconds() -> None:
    """A date some seconds ahead is about that many seconds."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    response = await ask(httpx.Response(429, headers={"Retry-After": date}))

    assert 60 <= int(response.headers["retry-after"]) <= 91


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"text": "<html>hello</html>"}, id="html"),
        pytest.param({"content": b""}, id="empty"),
        pytest.param({"json": {"expires_in_seconds": 60}}, id="no token"),
        pytest.param({"json": GOOD | {"token": 5}}, id="token is a number"),
        pytest.param({"json": GOOD | {"token": None}}, id="token is null"),
        pytest.param({"json": GOOD | {"token": ["x"]}}, id="token is a list"),
        pytest.param({"json": GOOD | {"token": ""}}, id="token is empty"),
        pytest.param({"json": GOOD | {"token": "a\r\nX: y"}}, id="token with a line break"),
        pytest.param({"json": GOOD | {"token": "a\x7f"}}, id="token with a control character"),
        pytest.param({"json": GOOD | {"token": "a\x85"}}, id="token with one beyond ASCII"),
        pytest.param(
            {"content": rb'{"token":"a\ud800","expires_in_seconds":60}'}, id="half a character"
        ),
        pytest.param({"json": GOOD | {"token": "x" * 8193}}, id="token too long"),
        pytest.param({"json": {"token": TOKEN}}, id="no expiry"),
        pytest.param({"json": GOOD | {"expires_in_seconds": "60"}}, id="expiry is text"),
        pytest.param({"json": GOOD | {"expires_in_seconds": True}}, id="expiry is true"),
        pytest.param({"json": GOOD | {"expires_in_seconds": 0}}, id="expiry is over"),
        pytest.param({"json": GOOD | {"expires_in_seconds": -1}}, id="expiry is negative"),
        pytest.param({"json": GOOD | {"expires_in_seconds": 10**12}}, id="expiry is absurd"),
        pytest.param({"json": [GOOD]}, id="a list"),
        pytest.param({"json": "text"}, id="a string"),
        pytest.param({"content": b"[" * 60000}, id="nested too deep"),
        pytest.param({"content": b"9" * 60000}, id="number too long"),
        pytest.param({"content": b"\xff\xfe\x00"}, id="not text"),
        pytest.param({"content": b"x" * 70000}, id="too long"),
        pytest.param(
            {"content": b"x", "headers": {"Content-Encoding": "br"}}, id="compressed unasked"
        ),
    ],
)
async def test_unreadable_answers(answer: dict[str, Any]) -> None:
    """A 200 that is no token answer is not passed on in any part."""
    if answer.get("headers"):
        stream = httpx.ByteStream(answer.pop("content"))
        answer["stream"] = stream
    response = await ask(httpx.Response(200, **answer))

    assert_problem(response, 502, "upstream_unreadable")


async def test_token_that_has_to_be_encoded_is_one() -> None:
    """Whoever puts it into an address encodes it, as our client does."""
    token = "a b+/=&%?# %2B\u00e9\U0001f600"

    assert (await ask(httpx.Response(200, json=GOOD | {"token": token}))).json()["token"] == token


UNTRUSTED = httpx.ConnectError("no")
UNTRUSTED.__cause__ = ssl.SSLCertVerificationError()


@pytest.mark.parametrize(
    ("failure", "status", "code", "tries"),
    [
        (httpx.ConnectError("no"), 502, "upstream_unavailable", 2),
        (UNTRUSTED, 502, "upstream_unavailable", 1),
        (httpx.ReadError("no"), 502, "upstream_unavailable", 2),
        (httpx.WriteError("no"), 502, "upstream_unavailable", 2),
        (httpx.ConnectTimeout("no"), 504, "upstream_timeout", 1),
        (httpx.ReadTimeout("no"), 504, "upstream_timeout", 1),
        (httpx.PoolTimeout("no"), 504, "upstream_timeout", 1),
        (httpx.RemoteProtocolError("no"), 502, "upstream_unreadable", 1),
    ],
)
async def test_transport_failures(failure: Exception, status: int, code: str, tries: int) -> None:
    """Only a connection that failed before an answer is tried again, and only once.

    Not one whose certificate nobody trusts: the next one shows the same.
    """
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        raise failure

    async with service(answering(answer)) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, status, code)
    assert asked == tries


async def test_retry_after_a_lost_connection_can_succeed() -> None:
    """An idle connection that the upstream had closed costs the caller nothing."""
    outcomes: list[httpx.Response | Exception] = [
        httpx.ReadError("lost"),
        httpx.Response(200, json=GOOD),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async with service(answering(answer)) as client:
        response = await client.get("/api/voice-token")

    assert response.json()["token"] == TOKEN


@pytest.mark.parametrize(
    ("status", "tries"), [(402, 1), (422, 1), (429, 1), (500, 1), (502, 2), (503, 2), (504, 2)]
)
async def test_only_a_failing_gateway_is_asked_again(status: int, tries: int) -> None:
    """502 to 504 may pass, so once more; any other answer stands, and 429 above all."""
    router = respx.Router()
    route = router.get(url__startswith=TOKEN_URL).respond(status)
    async with service(httpx.MockTransport(router.async_handler)) as client:
        await client.get("/api/voice-token")

    assert route.call_count == tries


@pytest.mark.parametrize("first", [httpx.Response(503), httpx.ReadError("lost")])
async def test_one_retry_is_all(first: httpx.Response | Exception) -> None:
    """A connection that fails after a gateway did, or the other way round, is the end."""
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked == 1 and isinstance(first, Exception):
            raise first
        return httpx.Response(503) if asked > 1 or isinstance(first, Exception) else first

    async with service(answering(answer)) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 502, "upstream_unavailable")
    assert asked == 2


async def test_request_carries_the_key_and_no_cookie() -> None:
    """The key goes up as a bearer credential; what one answer sets, no later request repeats."""
    router = respx.Router()
    route = router.get(url__startswith=TOKEN_URL).respond(
        json=GOOD, headers={"Set-Cookie": "a=b; Path=/"}
    )
    async with service(httpx.MockTransport(router.async_handler)) as client:
        await client.get("/api/voice-token", headers={"Cookie": "c=d", "X-Mine": "1"})
        await client.get("/api/voice-token?expires_in_seconds=61")

    for call in route.calls:
        assert call.request.headers["authorization"] == f"Bearer {KEY}"
        assert {"cookie", "x-mine"}.isdisjoint(call.request.headers)


async def test_rejected_key_is_logged_as_the_operators_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line, with the request's name, tells the operator where to look."""
    response = await ask(httpx.Response(404, json={"detail": "Invalid API key"}))

    records = [record for record in caplog.records if record.name == "voicegate.errors"]
    assert len(records) == 1
    assert records[0].levelno == logging.ERROR
    assert vars(records[0])["request_id"] == response.headers["x-request-id"]
    assert "check ASSEMBLYAI_API_KEY" in records[0].message


async def test_the_whole_budget_bounds_a_mint() -> None:
    """An upstream that never answers costs a caller the total budget, not more."""

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    budget = Budget(total_seconds=0.02, connect_seconds=0.01)
    async with service(httpx.MockTransport(never), budget=budget) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 504, "upstream_timeout")


async def test_overload_is_refused_at_once_and_passes() -> None:
    """With every place and the queue taken the next caller gets 503; the others get tokens."""
    asked, release = asyncio.Queue[None](), asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        asked.put_nowait(None)
        await release.wait()
        return httpx.Response(200, json=GOOD)

    places = Budget(max_in_flight=2, max_waiting=1)
    app = create_app(make_settings(), transport=httpx.MockTransport(answer), budget=places)
    async with (
        app.router.lifespan_context(app),
        caller(app) as client,
        asyncio.TaskGroup() as group,
    ):
        first = [group.create_task(client.get("/api/voice-token")) for _ in range(2)]
        await asked.get()
        await asked.get()
        waiter = group.create_task(client.get("/api/voice-token"))
        while app.state.services.lifecycle.in_flight < 3:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0)
        refused = await client.get("/api/voice-token")
        release.set()

    assert_problem(refused, 503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert [task.result().status_code for task in (*first, waiter)] == [200, 200, 200]


async def test_a_wait_that_takes_too_long_is_overload() -> None:
    """A caller that never reached the upstream is told that we are full, not that it is slow."""
    client = AgentsClient(
        refusing(),
        base_url=UPSTREAM,
        api_key=KEY,
        budget=Budget(max_in_flight=1, total_seconds=0.01),
        metrics=Metrics(),
    )
    async with client._places:
        with pytest.raises(OverloadedError):
            await client.mint(expires_in_seconds=60, max_session_duration_seconds=900)


def test_client_shows_nothing_of_the_key() -> None:
    """Printing, listing, copying and pickling the client give no key away."""
    client = AgentsClient(
        refusing(),
        base_url=UPSTREAM,
        api_key=KEY,
        budget=Budget(),
        metrics=Metrics(),
    )

    shown = repr(client) + str(client) + str([getattr(client, name) for name in client.__slots__])
    assert KEY not in shown
    assert not hasattr(client, "__dict__")
    for serialise in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            serialise(client)


def test_minted_token_hides_itself() -> None:
    """A token that ends up in a message or a traceback's locals is not readable there."""
    assert TOKEN not in repr(MintedToken(TOKEN, 60))


# The spare key ---------------------------------------------------------------------------------

SPARE = "spare-0123456789abcdef-never-to-be-seen"


class TwoKeys:
    """An upstream that knows some keys and says how it refuses the others."""

    def __init__(self, *good: str, refusal: int = 404, body: Any = GOOD) -> None:
        self.good = set(good)
        self.refusal = refusal
        self.body = body
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        key = request.headers["authorization"].removeprefix("Bearer ")
        self.seen.append("first" if key == KEY else "spare")
        if key not in self.good:
            return httpx.Response(self.refusal, text=SAID)
        return httpx.Response(200, json=self.body)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_seconds = 1000.0

    def __call__(self) -> float:
        """Return its time."""
        return self.now_seconds


def two_keys(
    upstream: Callable[[httpx.Request], httpx.Response],
    clock: Clock,
    metrics: Metrics | None = None,
) -> AgentsClient:
    """Return a client with two keys."""
    return AgentsClient(
        answering(upstream),
        base_url=UPSTREAM,
        api_key=KEY,
        spare_api_key=SPARE,
        budget=Budget(),
        metrics=metrics or Metrics(),
        clock=clock,
    )


async def mint(client: AgentsClient) -> MintedToken:
    """Ask for any token."""
    return await client.mint(expires_in_seconds=60, max_session_duration_seconds=900)


@pytest.mark.parametrize("refusal", [401, 403, 404])
async def test_spare_key_stands_in(refusal: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever asks while the first key is refused gets a token, and the operator is told once."""
    upstream, clock, metrics = TwoKeys(SPARE, refusal=refusal), Clock(), Metrics()
    client = two_keys(upstream, clock, metrics)

    for _ in range(3):
        assert (await mint(client)).token == TOKEN
    assert upstream.seen == ["first", "spare", "spare", "spare"]
    alerts = [record for record in caplog.records if record.name == "voicegate.upstream"]
    assert [(record.levelno, vars(record)["key"]) for record in alerts] == [
        (logging.ERROR, "first")
    ]
    assert b'key_refusals_total{key="first"} 1.0' in metrics.exposition()

    clock.now_seconds += 301
    await mint(client)
    assert upstream.seen[4:] == ["first", "spare"]
    assert len([record for record in caplog.records if record.name == "voicegate.upstream"]) == 2


async def test_first_key_returns_when_it_is_good_again() -> None:
    """After five minutes it is tried again, and stays where it works."""
    upstream, clock = TwoKeys(SPARE), Clock()
    client = two_keys(upstream, clock)

    await mint(client)
    upstream.good = {KEY}
    clock.now_seconds += 301
    await mint(client)
    await mint(client)
    assert upstream.seen == ["first", "spare", "first", "first"]


async def test_spare_key_that_is_refused_gives_way_at_once() -> None:
    """While the spare goes first, its own refusal costs no caller a token."""
    upstream, clock = TwoKeys(SPARE), Clock()
    client = two_keys(upstream, clock)

    await mint(client)
    upstream.good = {KEY}
    await mint(client)
    await mint(client)
    assert upstream.seen == ["first", "spare", "spare", "first", "first"]


async def test_both_keys_refused() -> None:
    """Each is tried once, and the caller learns that the operator has to look."""
    upstream = TwoKeys()
    with pytest.raises(UpstreamRejectedError):
        await mint(two_keys(upstream, Clock()))

    assert upstream.seen == ["first", "spare"]


@pytest.mark.parametrize("status", [400, 402, 422, 429, 500])
async def test_spare_key_is_for_refused_keys_only(status: int) -> None:
    """What is not the key's fault would not be better with another."""
    upstream = TwoKeys(refusal=status)
    with pytest.raises(UpstreamError):
        await mint(two_keys(upstream, Clock()))

    assert upstream.seen == ["first"]


async def test_spare_key_of_the_settings_is_used() -> None:
    """It goes from the setting to the upstream, and nowhere else."""
    upstream = TwoKeys(SPARE)
    async with service(answering(upstream), assemblyai_api_key=f"{KEY},{SPARE}") as client:
        response = await client.get("/api/voice-token")

    assert response.json()["token"] == TOKEN
    assert upstream.seen == ["first", "spare"]


# Sessions --------------------------------------------------------------------------------------


LISTED = {
    "id": "sess_1-a",
    "status": "completed",
    "duration_seconds": 12.5,
    "created_at": "2026-09-18T10:00:00Z",
    "ended_at": "2026-09-18T10:00:13Z",
}
TEN = datetime(2026, 9, 18, 10, tzinfo=UTC).timestamp()


def listing(*sessions: Any, **more: Any) -> dict[str, Any]:
    """Return the body of a page that lists these."""
    return {"sessions": sessions, "has_more": False, "response_metadata": None} | more


@pytest.mark.parametrize(
    ("change", "ended_at"),
    [
        ({}, TEN + 12.5),
        ({"duration_seconds": None}, TEN + 13),
        ({"duration_seconds": 10**400}, TEN + 13),
        ({"duration_seconds": "9", "ended_at": "2026-09-18T12:00:00+02:00"}, TEN),
        ({"duration_seconds": -1, "ended_at": "2026-09-18T09:00:00Z"}, TEN),
        ({"duration_seconds": None, "ended_at": None}, None),
        ({"status": "created", "duration_seconds": 3}, None),
        ({"status": "failed"}, TEN + 12.5),
    ],
)
async def test_listed_session_is_over_when_it_is_said_to_be(
    change: dict[str, Any], ended_at: float | None
) -> None:
    """By its duration, else by its end; one that says neither goes on, which costs more."""
    asked: list[httpx.Request] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        date = {"Date": "Fri, 18 Sep 2026 10:00:20 GMT"}
        return httpx.Response(200, json=listing(LISTED | change), headers=date)

    page = await two_keys(upstream, Clock()).sessions()

    assert page == SessionPage([Session("sess_1-a", TEN, ended_at)], None, TEN + 20)
    assert asked[0].url == f"{UPSTREAM}/v1/sessions?limit=200"
    assert asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"sessions": {}}, listing(5), listing(LISTED | {"created_at": "soon"})),
        *(listing(LISTED | {"id": name}) for name in ("", "a/b", 7, None, "x" * 129)),
        listing(LISTED, has_more=True),
        listing(LISTED, has_more=True, response_metadata={"next_cursor": 5}),
    ],
    ids=str,
)
async def test_list_that_cannot_be_read_whole_is_a_failure(body: Any) -> None:
    """What is left out of a sum would not be paid by anybody."""
    with pytest.raises(UpstreamUnreadableError):
        await two_keys(lambda _: httpx.Response(200, json=body), Clock()).sessions()


async def test_list_is_followed_by_its_cursor() -> None:
    """Whatever is in it stays a value of the query."""
    asked: list[httpx.URL] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        more = {"next_cursor": "a&b=c/../?#"} if len(asked) == 1 else {"next_cursor": None}
        return httpx.Response(200, json=listing(has_more=len(asked) == 1, response_metadata=more))

    client = two_keys(upstream, Clock())
    first = await client.sessions()
    second = await client.sessions(cursor=first.next_cursor or "")
    with pytest.raises(UpstreamUnreadableError):
        await client.sessions(cursor="a b")

    assert (first.told_at, second.next_cursor) == (None, None)
    assert asked[1].params == httpx.QueryParams(limit="200", cursor="a&b=c/../?#")
    assert (asked[1].path, len(asked)) == ("/v1/sessions", 2)


async def test_list_is_asked_for_with_the_spare_key_too() -> None:
    """A refused key does not keep callers from getting their minutes back; 404 is no such list."""
    upstream = TwoKeys(SPARE, refusal=401, body=listing())

    assert (await two_keys(upstream, Clock()).sessions()).sessions == []
    assert upstream.seen == ["first", "spare"]
    with pytest.raises(UpstreamError, match="404"):
        await two_keys(TwoKeys(refusal=404), Clock()).sessions()


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_other_zones_are_asked_and_may_not_know_the_account(status: int) -> None:
    """Where the vendor's default name mints, its two zones are asked as well, with the key."""
    asked: list[tuple[str, str]] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host, request.headers["authorization"]))
        return httpx.Response(status)

    client = AgentsClient(
        answering(upstream),
        base_url="https://agents.assemblyai.com",
        api_key=KEY,
        budget=Budget(),
        metrics=Metrics(),
    )
    pages = [await client.sessions(zone_url) for zone_url in client.zone_urls]
    with pytest.raises(UpstreamError):
        await client.sessions()

    assert pages == [SessionPage([], None, None)] * 2
    hosts = ("agents.eu.assemblyai.com", "agents.us.assemblyai.com", "agents.assemblyai.com")
    assert asked == [(host, f"Bearer {KEY}") for host in hosts]
    assert two_keys(upstream, Clock()).zone_urls == ()
