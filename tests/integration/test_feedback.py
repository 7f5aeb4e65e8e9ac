"""Feedback on calls: what is taken, where it goes, and what it cannot be used for."""

import asyncio
import json
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.access.credentials import Caller
from app.errors import RateLimitedError
from app.observability.metrics import Metrics
from app.upstream.transport import CurlTransport
from app.web.feedback import FeedbackOutbox
from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import assert_problem, refusing, service

GOOD: dict[str, Any] = {
    "rating": "up",
    "comment": "Quick, and kind.",
    "agent": "assistant",
    "duration_seconds": 93,
}
PATH = "/api/feedback"
HIDDEN = "hidden-part-of-the-address"


class Receiver:
    """The operator's address; `bodies` holds what was posted to it."""

    def __init__(self, reply: bytes | None = answer(b"", "204 No Content")) -> None:
        self.bodies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._reply = reply
        self.url = ""

    async def behave(self, reader: StreamReader, writer: StreamWriter, _: int) -> None:
        """Read a body; answer it once that is allowed, or break off."""
        body = await reader.readexactly(int(self._length))
        self.bodies.put_nowait(json.loads(body))
        await self.may_answer.wait()
        if self._reply is None:
            writer.close()
        else:
            writer.write(self._reply)

    @property
    def _length(self) -> bytes:
        _, _, rest = self._upstream.requests[-1].lower().partition(b"content-length: ")
        return rest.partition(b"\r\n")[0]

    @asynccontextmanager
    async def listening_on_loopback(self) -> AsyncIterator["Receiver"]:
        """Listen meanwhile."""
        async with raw_upstream(self.behave) as self._upstream:
            self.url = f"{self._upstream.url}/{HIDDEN}"
            yield self


async def test_without_an_address_nobody_is_asked() -> None:
    """The route is not there, and front ends are told so."""
    async with service(refusing()) as client:
        response = await client.post(PATH, json=GOOD)
        agents = (await client.get("/api/agents")).json()

    assert_problem(response, 404, "not_found")
    assert agents["feedback"] is False


async def test_feedback_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever was typed, a line stays one, and its letters and emoji stay whole."""
    caplog.set_level(logging.INFO)
    typed = "fine\r\nlevel=error\x1b[2J \u202emoc.live\u2028 \x85 नमस्\u200dते 👩\u200d💻\t!"
    async with service(refusing(), feedback_url="log") as client:
        response = await client.post(PATH, json=GOOD | {"comment": typed})
        agents = (await client.get("/api/agents")).json()

    assert response.status_code == 204
    assert agents["feedback"] is True
    (record,) = (record for record in caplog.records if record.name == "voicegate.feedback")
    said = vars(record)
    assert said["comment"] == "fine level=error [2J moc.live नमस्\u200dते 👩\u200d💻 !"
    assert (said["rating"], said["agent"], said["duration_seconds"]) == ("up", "assistant", 93)


async def test_address_gets_it_and_the_caller_does_not_wait() -> None:
    """The caller has its answer while the operator's address still thinks."""
    async with Receiver().listening_on_loopback() as receiver:
        receiver.may_answer.clear()
        async with service(refusing(), feedback_url=receiver.url) as client:
            response = await client.post(PATH, json=GOOD)
            body = await receiver.bodies.get()
            receiver.may_answer.set()

    assert response.status_code == 204
    caller = body.pop("caller")
    assert len(caller) >= 16
    assert body.pop("received_at").endswith("+00:00")
    assert body == GOOD


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(b"no", "500 Internal Server Error"), "500"),
        (answer(b"", "302 Found", "Location: http://127.0.0.1:1/"), "302"),
        (None, "ReadError"),
    ],
)
async def test_failing_address_is_told_to_the_operator_alone(
    reply: bytes | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names what went wrong, not the address, which may be a secret, nor the words."""
    caplog.set_level(logging.INFO, "voicegate")
    async with (
        Receiver(reply).listening_on_loopback() as receiver,
        service(refusing(), feedback_url=receiver.url) as client,
    ):
        response = await client.post(PATH, json=GOOD)
        await receiver.bodies.get()

    assert response.status_code == 204
    (line,) = (r.getMessage() for r in caplog.records if r.name == "voicegate.feedback")
    assert line.startswith(f"feedback was not taken by its address ({why}")
    assert HIDDEN not in caplog.text
    assert GOOD["comment"] not in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"rating": "best"},
        {"rating": None},
        {"comment": "x" * 501},
        {"comment": ["x"]},
        {"agent": "nobody"},
        {"agent": "assistant\n"},
        {"duration_seconds": -1},
        {"duration_seconds": 86_401},
        {"url": "http://169.254.169.254/"},
    ],
)
async def test_what_is_not_feedback_is_refused(change: dict[str, Any]) -> None:
    """Nothing but its four members is taken, each within its bounds."""
    async with service(refusing(), feedback_url="log") as client:
        response = await client.post(PATH, json=GOOD | change)

    assert_problem(response, 422, "invalid_request")


async def test_body_is_bounded_and_of_a_page_that_may_send_it() -> None:
    """A long body, a form, for which no browser asks first, and a foreign page are refused."""
    async with service(refusing(), feedback_url="log") as client:
        long = await client.post(PATH, json=GOOD | {"comment": "x" * 5000})
        form = await client.post(
            PATH, content=json.dumps(GOOD), headers={"Content-Type": "text/plain"}
        )
        foreign = await client.post(
            PATH,
            json=GOOD,
            headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        )

    assert_problem(long, 413, "invalid_request")
    assert_problem(form, 415, "invalid_request")
    assert_problem(foreign, 403, "origin_not_allowed")


async def test_who_may_not_call_has_nothing_to_say() -> None:
    """With access codes, feedback takes one too."""
    code = "code-0123456789"
    changes: dict[str, Any] = {"access": "code", "access_codes": [code], "feedback_url": "log"}
    async with service(refusing(), **changes) as client:
        stranger = await client.post(PATH, json=GOOD)
        known = await client.post(PATH, json=GOOD, headers={"Authorization": f"Bearer {code}"})

    assert_problem(stranger, 401, "unauthenticated")
    assert known.status_code == 204


async def test_one_address_cannot_fill_the_log() -> None:
    """Ten a minute; the next is told when to come back."""
    async with service(refusing(), feedback_url="log") as client:
        answers = [await client.post(PATH, json=GOOD) for _ in range(11)]

    assert {response.status_code for response in answers[:-1]} == {204}
    body = assert_problem(answers[-1], 429, "rate_limited")
    assert body["detail"] == "Too much feedback came at once; try again later."
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_way_to_the_address_is_that_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the proxies in the environment the same ones count, and the same exceptions."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    async with Receiver().listening_on_loopback() as receiver:
        async with service(refusing(), feedback_url=receiver.url) as client:
            await client.post(PATH, json=GOOD)

        assert receiver.bodies.qsize() == 1


async def test_one_that_cannot_be_sent_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever goes wrong with one message, the next is sent, and the service ends as ever."""

    class FailsOnce(httpx.AsyncBaseTransport):
        """Takes every message but the first."""

        asked = 0

        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            self.asked += 1
            if self.asked == 1:
                raise RuntimeError("not of any library")
            return httpx.Response(204)

    transport = FailsOnce()
    outbox = FeedbackOutbox("https://hooks.example.com", Metrics(), lambda *_, **__: transport)
    async with outbox.serving():
        for _ in range(2):
            outbox.put(GOOD, Caller("address", "one", "address"))

    assert transport.asked == 2
    (line,) = (r.getMessage() for r in caplog.records if r.name == "voicegate.feedback")
    assert line == "feedback was not taken by its address (RuntimeError)"


async def test_what_waits_is_bounded_and_goes_out_at_the_end() -> None:
    """An address that is slow holds up a number of messages and no more; the end waits for them."""
    async with Receiver().listening_on_loopback() as receiver:
        receiver.may_answer.clear()
        outbox = FeedbackOutbox(receiver.url, Metrics(), CurlTransport, max_waiting=2)
        async with outbox.serving():
            outbox.put(GOOD, Caller("address", "one", "address-1"))
            await receiver.bodies.get()  # the first is on its way and waits no more
            for number in (2, 3):
                outbox.put(GOOD, Caller("address", "one", f"address-{number}"))
            with pytest.raises(RateLimitedError):
                outbox.put(GOOD, Caller("address", "one", "address-4"))
            receiver.may_answer.set()

        assert receiver.bodies.qsize() == 2
