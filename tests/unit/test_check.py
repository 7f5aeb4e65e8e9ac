"""`--check`: what it shows, what it hides, and what it finds wrong."""

import json
import re
import socket
from asyncio import StreamReader, StreamWriter
from typing import Any

import pytest

from app.check import check, describe
from app.config.settings import Settings, variable
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from app.upstream.client import Budget
from tests.integration.raw_upstream import answer, raw_upstream
from tests.redis_server import redis_server
from tests.service import KEY, make_settings
from tests.support import serve

SPARE = "spare-0123456789abcdef-never-to-be-seen"
LONG = "secret-0123456789-0123456789-0123456789"
OWN = {
    "assemblyai_api_key": f"{KEY},{SPARE}",
    "access": "jwt",
    "jwt_key": f"jwt-{LONG}",
    "jwt_issuer": "https://login.example.com/",
    "jwt_audience": "voicegate",
    "secret": f"own-{LONG}",
    "redis_url": "redis://:redis-password-never-seen@127.0.0.1:1/0",
    "operator_token": f"metrics-{LONG}",
    "audit": True,
    "webhook_secret": f"webhook-{LONG}",
}


NOT_SECRET = {"access", "audit", "jwt_issuer", "jwt_audience"}


async def checked(budget: Budget | None = None, **changes: Any) -> tuple[int, str]:
    """Return the exit code and all that was said."""
    lines: list[str] = []
    code = await check(make_settings(**changes), lines.append, budget)
    return code, "\n".join(lines)


def test_every_setting_is_shown_once_and_no_secret() -> None:
    """One line a setting in the order of `.env.example`; of a secret only that it is set."""
    lines = describe(make_settings(**OWN))

    assert [line.partition("=")[0] for line in lines] == list(map(variable, Settings.model_fields))
    text = "\n".join(lines)
    for secret in (KEY, SPARE, LONG, "never-seen"):
        assert secret not in text
    for name in OWN.keys() - NOT_SECRET:
        assert f"\n{variable(name)}=set" in "\n" + text
    assert "\nVOICEGATE_ACCESS=jwt\n" in text

    codes = "code-one-never-seen,code-two-never-seen"
    text = "\n".join(describe(make_settings(access="code", access_codes=codes)))
    assert "never-seen" not in text
    assert "\nVOICEGATE_ACCESS_CODES=set\n" in text


def test_secrets_that_are_not_set_are_called_so() -> None:
    """The operator sees what is missing as well."""
    lines = describe(make_settings())

    assert "VOICEGATE_SECRET=not set" in lines
    assert "ASSEMBLYAI_API_KEY=set" in lines
    assert "VOICEGATE_ACCESS_CODES=not set" in lines


def test_a_setting_stays_on_its_line() -> None:
    """A text of many lines, or with control characters, cannot bend the terminal."""
    settings = make_settings(host="one\ntwo\x1b[31m" + "x" * 200)
    (line,) = [line for line in describe(settings) if "_HOST" in line]

    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 160


async def test_list_of_sessions_is_read_where_the_day_counts_by_it() -> None:
    """What the count of a day rests on is said; without the list something has to be put right."""
    listed = await _checked_with_list({"sessions": [], "has_more": False})
    odd = await _checked_with_list({"items": []})

    assert listed[0] == 0
    assert "key: the list of sessions can be read. Today's minutes: what sessions used" in listed[1]
    assert odd[0] == 1
    assert "cannot be read (the answer lists no sessions)" in odd[1]
    assert "set VOICEGATE_AUDIT=false." in odd[1]


async def _checked_with_list(body: dict[str, Any]) -> tuple[int, str]:
    async def behave(_: StreamReader, writer: StreamWriter, __: int) -> None:
        writer.write(answer(b'{"token":"token","expires_in_seconds":1}'))

    async with raw_upstream(behave, answer(json.dumps(body).encode())) as upstream:
        return await checked(upstream_url=upstream.url, audit=True)


async def test_all_is_well() -> None:
    """With good keys it exits with 0, having minted one token with each."""
    async with serve(create_simulator(key=KEY, control=True)) as url:
        code, text = await checked(upstream_url=url)

    assert code == 0
    assert "First key: a token was minted." in text
    assert "Spare key" not in text
    assert "Access: open." in text
    assert "Sessions: 60 to 6000 s as the caller asks, 900 s if it does not." in text
    assert "90.00 USD" in text
    assert text.endswith("All is well.")


async def test_each_key_is_tried() -> None:
    """A spare key that is wrong is found before it is needed."""
    async with serve(create_simulator(key=KEY)) as url:
        code, text = await checked(upstream_url=url, assemblyai_api_key=f"{KEY},{SPARE}")

    assert code == 1
    assert "First key: a token was minted." in text
    assert f"Spare key: {url} refuses it (the upstream answered 404): check ASSEMBLYAI" in text
    assert SPARE not in text


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"token_status": "401"}, "refuses it (the upstream answered 401)"),
        ({"token_status": "402"}, "does not serve the account"),
        ({"token_status": "429,5"}, "takes no more now"),
        ({"token_status": "500"}, "failed"),
        ({"token_malformed": "html"}, "gives no token"),
        ({"token_redirect": "https://elsewhere.test/"}, "gives no token"),
        ({"token_delay": "30"}, "did not answer in time"),
        ({"token_reset": "before_answer"}, ""),
    ],
)
async def test_what_is_wrong_is_said_in_words(fault: dict[str, str], sentence: str) -> None:
    """Each way of failing has its own sentence, and exits with 1."""
    # Short only where nothing comes: on a busy machine any answer may take this long.
    budget = Budget(read_seconds=0.2) if "token_delay" in fault else Budget()
    async with serve(create_simulator(faults=fault), **SERVER_OPTIONS) as url:
        code, text = await checked(budget, upstream_url=url)

    assert code == 1
    assert f"First key: {url} {sentence}" in text
    assert "a token was minted" not in text
    assert text.endswith("Something has to be put right.")
    assert KEY not in text


async def test_stop_file_that_cannot_be_is_named() -> None:
    """What keeps it from being made is said, and what it would stop is tried all the same."""
    code, text = await checked(assemblyai_api_key="", stop_file=f"/{'x' * 300}/stop")

    assert code == 1
    assert "/stop, whose folder is not there" in text


async def test_closed_port() -> None:
    """Where nobody listens, the network is to blame."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    code, text = await checked(upstream_url=f"http://127.0.0.1:{port}")

    assert code == 1
    assert "cannot be reached (ConnectionRefusedError (ECONNREFUSED)" in text


async def test_upstream_without_tls() -> None:
    """Where the other end speaks something else, it is named."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.close()

    async with raw_upstream(behave) as upstream:  # speaks no TLS at all
        url = upstream.url.replace("http:", "https:")
        code, text = await checked(Budget(connect_seconds=2), upstream_url=url)

    assert code == 1
    assert f"First key: {url} " in text


async def test_store_that_is_away() -> None:
    """Without its store the service mints nothing, so that is wrong too."""
    async with serve(create_simulator()) as url:
        code, text = await checked(upstream_url=url, redis_url=OWN["redis_url"], secret=LONG)

    assert code == 1
    assert "Store: Redis does not answer" in text
    assert "First key: a token was minted." in text
    assert "redis-password" not in text


async def test_store_is_asked_what_a_mint_asks_and_timed() -> None:
    """A Redis that answers pings but cannot do the exchange would be found by the first caller."""
    async with serve(create_simulator()) as url:
        with redis_server() as redis:
            code, text = await checked(upstream_url=url, redis_url=redis.url, secret=LONG)

    assert code == 0
    timed = r"Store: Redis answers; a grant took \d+\.\d ms, giving it back \d+\.\d ms\."
    assert re.search(timed, text)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("REPLICAOF 127.0.0.1 1", "names a replica, which writes nothing: name the primary."),
        ("ACL SETUSER default -evalsha", "may not run our script: allow EVALSHA"),
    ],
)
async def test_store_that_refuses_is_named_with_what_helps(command: str, sentence: str) -> None:
    """One that answers is not said to be away: what it refuses is said in words."""
    async with serve(create_simulator()) as url:
        with redis_server() as redis:
            redis.ask(command)
            code, text = await checked(upstream_url=url, redis_url=redis.url, secret=LONG)

    assert code == 1
    assert sentence in text
    assert "does not answer" not in text


async def test_name_that_no_sentinel_knows_is_told() -> None:
    """It is not said that Redis is away: what is behind the address answers, or is no sentinel."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    url = f"redis+sentinel://:redis-password-never-seen@127.0.0.1:{port}/counts"
    async with serve(create_simulator()) as upstream_url:
        code, text = await checked(upstream_url=upstream_url, redis_url=url, secret=LONG)

    assert code == 1
    assert "Store: no sentinel in VOICEGATE_REDIS_URL tells of a primary" in text
    assert "redis-password" not in text


async def test_store_that_may_forget_is_named() -> None:
    """Counts that are evicted, or lost in a restart, are minutes granted twice; not a failure."""
    sentences = ("maxmemory-policy allkeys-lru", "no append-only file")
    async with serve(create_simulator()) as url:
        with redis_server() as redis:
            redis.ask("CONFIG SET maxmemory-policy allkeys-lru")
            code, text = await checked(upstream_url=url, redis_url=redis.url, secret=LONG)
            redis.ask("CONFIG SET maxmemory-policy noeviction")
            redis.ask("CONFIG SET appendonly yes")
            _, safe = await checked(upstream_url=url, redis_url=redis.url, secret=LONG)

    assert code == 0
    assert all(sentence in text for sentence in sentences)
    assert not any(sentence in safe for sentence in sentences)


async def test_store_that_keeps_its_settings_to_itself_is_used_all_the_same() -> None:
    """A user that may not ask INFO, as managed services have, is no failure."""
    async with serve(create_simulator()) as url:
        with redis_server() as redis:
            redis.ask("ACL SETUSER default -info")
            code, text = await checked(upstream_url=url, redis_url=redis.url, secret=LONG)

    assert code == 0
    assert "Store: Redis answers" in text
