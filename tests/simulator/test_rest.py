"""Stored agents and what became of sessions, over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.behaviour.script import Script
from app.simulator.errors import Problem
from app.simulator.rest.agents import AgentStore
from app.simulator.rest.sessions import SessionRecords
from app.simulator.wire.ids import Ids
from tests.simulator.caller import HELLO, LISTEN, audio, sentence, silence
from tests.simulator.wire import KEY, QUICK, closed, opened, send, simulated, until

AGENT = {
    "name": "Reception",
    "system_prompt": "Be brief.",
    "voice": {"voice_id": "mary"},
    "greeting": "Reception, hello.",
    "tools": [{"type": "function", "name": "look_up"}],
}
END = {"type": "session.end"}
HTTP_TOOL = {
    "type": "function",
    "name": "fetch",
    "http": {"url": "https://tools.test/x", "headers": [{"name": "X-Key", "value": "hidden"}]},
}


@asynccontextmanager
async def asking(**options: Any) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Serve a simulator; yields a client with the key, and the base URL."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        simulated(key=KEY, profile=QUICK, **options) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield client, url


async def test_agent_is_created_listed_replaced_and_deleted() -> None:
    """An agent lives from its creation to its deletion; a replacement keeps id and birth only."""
    async with asking() as (client, _):
        created = await client.post("/v1/agents", json=AGENT)
        agent = created.json()
        listed = (await client.get("/v1/agents")).json()
        fetched = (await client.get(f"/v1/agents/{agent['id']}")).json()
        other = {name: AGENT[name] for name in ("name", "system_prompt", "voice")}
        replaced = (await client.put(f"/v1/agents/{agent['id']}", json=other)).json()
        deleted = await client.delete(f"/v1/agents/{agent['id']}")
        gone = await client.get(f"/v1/agents/{agent['id']}")

    assert created.status_code == 201
    assert AGENT.items() <= agent.items()
    assert fetched == agent
    assert [set(item) for item in listed["agents"]] == [{"id", "name", "created_at", "updated_at"}]
    assert (listed["has_more"], listed["response_metadata"]) == (False, {"next_cursor": None})
    assert (replaced["id"], replaced["created_at"]) == (agent["id"], agent["created_at"])
    assert (replaced["greeting"], replaced["tools"]) == (None, [])
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (gone.status_code, gone.json()["code"]) == (404, "agent_not_found")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        *(({"name": None}, "name"), ({"name": ""}, "name"), ({"voice": "mary"}, "voice.voice_id")),
        *(({"voice": {"voice_id": "nobody"}}, "voice.voice_id"), ({"extra": 1}, "extra")),
        *(({"system_prompt": 5}, None), ({"input": []}, "input"), ({"tools": {}}, "tools")),
        *(({"tools": [5]}, "tools.0"), ({"tools": [{"type": "function"}]}, None)),
        *(
            ({"llm": [{}, {}]}, "llm"),
            ({"pre_connect_requests": [1, 2, 3]}, "pre_connect_requests"),
        ),
        *(({"caller_id": 5}, "caller_id"), ({"output": {"volume": 101}}, "output.volume")),
        ({"input": {"turn_detection": {"min_silence": 1}}}, "input.turn_detection.min_silence"),
        ({"tools": [{**HTTP_TOOL, "http": {"url": "http://x"}}]}, "tools.0.http.url"),
    ],
    ids=str,
)
def test_wrong_agents_are_refused(change: dict[str, Any], param: str | None) -> None:
    """A wrong field is a 422 that names it; nothing is stored."""
    store = AgentStore(Ids("test"), lambda: LIVE, lambda: 0.0)

    with pytest.raises(Problem) as refusal:
        store.create(AGENT | change)

    assert (refusal.value.status, refusal.value.code) == (422, "validation_error")
    assert refusal.value.param == param
    assert store.summaries() == []


def test_agents_are_bounded() -> None:
    """Beyond a hundred agents the next one is refused."""
    store = AgentStore(Ids("test"), lambda: LIVE, lambda: 0.0)
    for _ in range(100):
        store.create(AGENT)

    with pytest.raises(Problem, match="already"):
        store.create(AGENT)


async def test_errors_have_the_documented_keys() -> None:
    """Each refusal has status, code and all keys of the documents, whoever asks for what."""
    async with asking() as (client, url), httpx.AsyncClient(base_url=url) as nobody:
        answers = [
            await nobody.get("/v1/agents"),
            await nobody.get("/v1/sessions", headers={"Authorization": "wrong"}),
            await client.post("/v1/agents", content=b"{"),
            await client.post("/v1/agents", content=b'{"name": NaN}'),
            await client.post("/v1/agents", content=b"[" * 9000),
            await client.post("/v1/agents", content=b" " * 300_000),
            await client.post("/v1/agents", json=[]),
            await client.get("/v1/agents?limit=0"),
            await client.get("/v1/sessions?limit=201"),
            await client.get("/v1/sessions?cursor=sess_1"),
            await client.get("/v1/sessions?status=open"),
            await client.get("/v1/sessions/sess_1"),
            await client.put("/v1/agents/nobody", json=AGENT),
        ]

    codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert codes[:2] == [(401, "missing_authorization"), (401, "unauthorized")]
    assert codes[2:11] == [(422, "validation_error")] * 9
    assert codes[11:] == [(404, "session_not_found"), (404, "agent_not_found")]
    keys = {"code", "message", "param", "request_id", "errors", "detail"}
    assert all(set(answer.json()) == keys for answer in answers)


async def test_lists_come_in_pages() -> None:
    """Following the cursor gives every agent once, the newest first."""
    async with asking() as (client, _):
        ids = [(await client.post("/v1/agents", json=AGENT)).json()["id"] for _ in range(5)]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await client.get("/v1/agents", params={"limit": 2, "cursor": cursor})).json()
            seen += [agent["id"] for agent in page["agents"]]
            cursor = page["response_metadata"]["next_cursor"]

    assert seen == ids[::-1]


async def test_secrets_of_http_tools_are_not_told() -> None:
    """Header values of a stored tool can be written and never read."""
    async with asking() as (client, _):
        created = await client.post("/v1/agents", json=AGENT | {"tools": [HTTP_TOOL]})
        fetched = await client.get(f"/v1/agents/{created.json()['id']}")

    assert "hidden" not in created.text + fetched.text
    assert fetched.json()["tools"][0]["http"]["headers"] == [{"name": "X-Key"}]


async def test_session_begins_with_its_stored_agent() -> None:
    """A session with the id of a stored agent has that agent's voice, prompt, tools and words."""
    async with asking() as (client, url):
        agent_id = (await client.post("/v1/agents", json=AGENT)).json()["id"]
        async with opened(url) as socket:
            await send(socket, {"type": "session.update", "session": {"agent_id": agent_id}})
            frames = await until(socket, "transcript.agent.delta")
            await send(socket, {"type": "session.update", "session": {"agent_id": agent_id}})
            again = (await until(socket, "session.error"))[-1]
            await send(socket, END)
            await closed(socket)
        summary = (await client.get("/v1/sessions", params={"agent_id": agent_id})).json()
        others = (await client.get("/v1/sessions?agent_id=agent_1")).json()

    config = frames[0]["config"]
    assert (config["output"]["voice"], config["system_prompt"]) == ("mary", "Be brief.")
    assert [tool["name"] for tool in config["tools"]] == ["look_up"]
    assert frames[-1]["delta"] == "Reception,"
    assert again["code"] == "agent_id_not_first"
    assert [item["agent_id"] for item in summary["sessions"]] == [agent_id]
    assert others["sessions"] == []


async def test_agent_is_told_of_if_sessions_begin_with_it() -> None:
    """An id that is not stored stands for an agent over REST too; one that was deleted does not."""
    script = Script(greeting="Hi.", tools=({"type": "function", "name": "look_up"},))
    async with asking(script=script) as (client, url):
        stored = (await client.post("/v1/agents", json=AGENT)).json()["id"]
        deleted = (await client.post("/v1/agents", json=AGENT)).json()["id"]
        await client.delete(f"/v1/agents/{deleted}")
        for agent_id in (stored, deleted, "agent_1", "nobody"):
            told = await client.get(f"/v1/agents/{agent_id}")
            async with opened(url) as socket:
                await send(socket, {"type": "session.update", "session": {"agent_id": agent_id}})
                begun = json.loads(await socket.recv())
            assert (told.status_code == 200) == (begun["type"] == "session.updated"), agent_id
            if told.status_code != 200:
                assert (told.json()["code"], begun["code"]) == ("agent_not_found",) * 2
                continue
            agent, config = told.json(), begun["config"]
            assert agent["voice"]["voice_id"] == config["output"]["voice"]
            names = [[tool["name"] for tool in tools["tools"]] for tools in (agent, config)]
            assert names[0] == names[1]
            for name in ("system_prompt", "greeting"):
                assert agent[name] == config[name]


async def test_agent_that_is_not_stored_can_be_replaced_and_deleted() -> None:
    """It is one like any other, and counts as one of a hundred once it is stored."""
    async with asking() as (client, _):
        replaced = await client.put("/v1/agents/agent_1", json=AGENT)
        fetched = (await client.get("/v1/agents/agent_1")).json()
        deleted = await client.delete("/v1/agents/agent_1")
        gone = await client.get("/v1/agents/agent_1")

    assert fetched == replaced.json()
    assert AGENT.items() <= fetched.items()
    assert (deleted.status_code, gone.status_code) == (204, 404)


async def test_session_leaves_a_timeline() -> None:
    """After its end a session is listed as completed, with a signed link to its turns."""
    async with asking() as (client, url), httpx.AsyncClient() as nobody:
        async with opened(url) as socket:
            await send(socket, HELLO)
            session_id = (await until(socket, "session.ready"))[-1]["session_id"]
            await until(socket, "transcript.agent.delta")
            during = (await client.get(f"/v1/sessions/{session_id}")).json()
            await send(socket, audio(silence(300) + sentence("interruption") + silence(1200)))
            await until(socket, "transcript.user")
            await until(socket, "transcript.agent.delta")
            await send(socket, END)
            await closed(socket)
        after = (await client.get(f"/v1/sessions/{session_id}")).json()
        link = after["artifacts"][0]["url"]
        timeline = (await nobody.get(link)).json()
        forged = await nobody.get(link[:-1] + "x")
        deleted = await client.delete(f"/v1/sessions/{session_id}")
        gone = await nobody.get(link)

    assert (during["status"], during["artifacts"], during["ended_at"]) == ("created", [], None)
    assert (after["status"], after["public_close_reason"]) == ("completed", "client_end")
    assert after["config"]["greeting"] == "Hello."
    assert timeline["session_id"] == session_id
    assert timeline["ended"]["public_reason"] == "client_end"
    assert [turn["trigger"] for turn in timeline["turns"]] == ["greeting", "user_speech"]
    second = timeline["turns"][1]
    assert second["user_transcript"]
    assert second["user_speech_started_at_ms"] <= second["user_speech_ended_at_ms"]
    assert second["user_speech_ended_at_ms"] <= second["agent_reply_started_at_ms"]
    assert (forged.status_code, deleted.status_code, gone.status_code) == (403, 204, 404)


READY = {"type": "session.ready", "session_id": "sess_1", "config": {}}
REPLY = {"reply_id": "resp_1", "item_id": "msg_1"}


def recorded(*steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the timeline of a session whose frames come 100 ms apart."""
    records = SessionRecords()
    watch = records.watch()
    for number, (direction, frame) in enumerate([("s2c", READY), *steps]):
        watch(direction, "sess_1", frame, 1000 + number / 10)
    timeline = records.get("sess_1").timeline
    assert timeline is not None
    return timeline.report()


def test_timeline_tells_of_tools_and_interruptions() -> None:
    """Calls have arguments, result and duration; the reply after them says what triggered it."""
    call = {"type": "tool.call", "call_id": "c1", "name": "look", "arguments": {"a": 1}}
    report = recorded(
        ("c2s", {"type": "reply.create"}),
        ("s2c", REPLY | {"type": "reply.started"}),
        ("s2c", call),
        ("s2c", REPLY | {"type": "reply.done", "status": "completed"}),
        ("c2s", {"type": "tool.result", "call_id": "c1", "result": "no", "is_error": True}),
        ("s2c", REPLY | {"type": "reply.started"}),
        ("s2c", REPLY | {"type": "reply.audio", "data": ""}),
        ("s2c", REPLY | {"type": "reply.done", "status": "interrupted"}),
        ("c2s", {"type": "session.update", "session": {"system_prompt": "x"}}),
        ("socket", {"event": "close", "code": 1006}),
    )

    first, second = report["turns"]
    assert (first["trigger"], second["trigger"]) == ("reply_create", "tool_result")
    (made,) = first["tool_calls"]
    assert (made["arguments"], made["result"], made["is_error"]) == ({"a": 1}, "no", True)
    assert made["duration_ms"] == 200
    assert "tool_calls" not in second
    assert (second["status"], second["interrupted_at_ms"]) == ("interrupted", 800)
    assert second["time_to_first_audio_ms"] == 100
    assert report["config_changes"] == [{"at_ms": 900, "fields": ["system_prompt"]}]
    assert report["ended"]["public_reason"] == "client_disconnect"


def test_records_are_bounded() -> None:
    """Of very many sessions and turns the oldest sessions, timelines and the last turns go."""
    records = SessionRecords()
    watch = records.watch()
    for number in range(20_001):
        watch("s2c", f"sess_{number}", READY, float(number))

    with pytest.raises(Problem):
        records.get("sess_0")
    assert len(records.listed()) == 20_000
    assert records.get("sess_19900").timeline is None
    assert records.get("sess_19901").timeline is not None
    started = ("s2c", REPLY | {"type": "reply.started"})
    assert len(recorded(*[started] * 600)["turns"]) == 500


async def test_sessions_are_listed_in_pages_newest_first() -> None:
    """The cursor leads through all of them once, while new ones begin; each page is limited."""
    async with asking() as (client, url):
        ids = [await ended_session(url) for _ in range(5)]
        query: dict[str, Any] = {"limit": 2}
        first = (await client.get("/v1/sessions", params=query)).json()
        await ended_session(url)
        cursor = first["response_metadata"]["next_cursor"]
        second = (await client.get("/v1/sessions", params=query | {"cursor": cursor})).json()
        cursor = second["response_metadata"]["next_cursor"]
        last = (await client.get("/v1/sessions", params=query | {"cursor": cursor})).json()

    pages = [first, second, last]
    assert [item["id"] for page in pages for item in page["sessions"]] == ids[::-1]
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert last["response_metadata"] == {"next_cursor": None}


async def test_sessions_may_be_told_of_by_the_host_of_their_zone_only() -> None:
    """Three sessions behind one name lie in three zones and nowhere else, or all everywhere."""
    names = ("agents.assemblyai.com", "agents.eu.assemblyai.com", "agents.us.assemblyai.com")
    for zones, expected in (("three", [[0], [1], [2]]), ("one", [[2, 1, 0]] * 3)):
        options = {"profile": with_switches(QUICK, {"session_zones": zones}), "key": KEY}
        async with simulated(**options) as url, httpx.AsyncClient(base_url=url) as client:
            ids = [await ended_session(url) for _ in range(3)]
            told, found = [], []
            for name in names:
                headers = {"Host": name, "Authorization": KEY}
                answer = await client.get("/v1/sessions", headers=headers)
                told.append([ids.index(item["id"]) for item in answer.json()["sessions"]])
                answers = [await client.get(f"/v1/sessions/{i}", headers=headers) for i in ids]
                found.append([answer.status_code == 200 for answer in answers])

        assert told == expected
        assert found == [[place in places for place in range(3)] for places in expected]


async def ended_session(url: str) -> str:
    """Hold a session and end it; returns its id."""
    async with opened(url) as socket:
        await send(socket, LISTEN)
        session_id: str = (await until(socket, "session.ready"))[-1]["session_id"]
        await send(socket, END)
        await closed(socket)
    return session_id


async def test_words_that_are_no_text_can_be_told() -> None:
    """What a client sent, half a surrogate too, does not break the answer."""
    async with asking() as (client, url), opened(url) as socket:
        await send(socket, {"type": "session.update", "session": {"system_prompt": "\ud800"}})
        session_id = (await until(socket, "session.ready"))[-1]["session_id"]
        await send(socket, LISTEN)

        answer = await client.get(f"/v1/sessions/{session_id}")

    assert answer.status_code == 200
    assert answer.json()["config"]["system_prompt"] == "\ud800"
