"""Settings: what is read, what is refused, and how that is said."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

from app.config.settings import Settings, cluster_variables, load_settings, variable
from app.errors import ConfigurationError
from tests.service import KEY, make_settings

EXPIRES = "VOICEGATE_DEFAULT_EXPIRES_IN_SECONDS"
DURATION = "VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS"
MAX_DURATION = "VOICEGATE_MAX_SESSION_DURATION_SECONDS"
ROOT = Path(__file__).resolve().parents[3]


def problems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **environment: str) -> list[str]:
    """Return what is said about an environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "must be a whole number from 0 to 65535; it is 'abc'."),
        ("PORT", "65536", "must be a whole number from 0 to 65535; it is '65536'."),
        ("PORT", "80.5", "must be a whole number from 0 to 65535; it is '80.5'."),
        ("VOICEGATE_MAX_EXPIRES_IN_SECONDS", "601", "a whole number from 1 to 600; it is '601'."),
        ("VOICEGATE_DEFAULT_EXPIRES_IN_SECONDS", "0", "from 1 to 600; it is '0'."),
        ("VOICEGATE_MAX_SESSION_DURATION_SECONDS", "59", "from 60 to 10800; it is '59'."),
        ("VOICEGATE_UPSTREAM_READ_SECONDS", "0", "a number above 0 and up to 120; it is '0'."),
        ("VOICEGATE_UPSTREAM_READ_SECONDS", "nan", "must be a number"),
        ("VOICEGATE_UPSTREAM_MAX_IN_FLIGHT", "-1", "from 1 to 10000; it is '-1'."),
        ("VOICEGATE_UPSTREAM_URL", "agents.example.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "ftp://agents.example.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test/v1", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test?x", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://u:p@a.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test:port", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test;script-src", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_WS_URL", "https://a.test/v1/ws", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_UPSTREAM_WS_URL", "wss://a.test/v1/ws?x=1", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_UPSTREAM_WS_URL", "wss://a.test/v1 ws", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_ALLOWED_ORIGINS", "*", "must be an origin such as"),
        ("VOICEGATE_ALLOWED_ORIGINS", "null", "must be an origin such as"),
        ("VOICEGATE_ALLOWED_ORIGINS", "https://a.test,https://b.test/x", "must be an origin"),
        ("VOICEGATE_TRUSTED_PROXIES", "proxy.internal", "must hold addresses or networks"),
        ("VOICEGATE_TRUSTED_PROXIES", "*", "must hold addresses or networks"),
        ("VOICEGATE_AGENT_EDITABLE", "voice,colour", "must be 'voice', 'system_prompt' or"),
        ("VOICEGATE_DOCS", "maybe", "must be true or false; it is 'maybe'."),
        ("VOICEGATE_LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
        ("VOICEGATE_AGENT_VOICE", "x" * 65, "should have at most 64 characters"),
    ],
)
def test_wrong_setting_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, said: str
) -> None:
    """The sentence names the variable, what is allowed, and what it is now."""
    sentences = problems(monkeypatch, tmp_path, **{name: value})

    assert len(sentences) == 1
    assert sentences[0].startswith(f"{name} ")
    assert said in sentences[0]
    assert sentences[0].endswith(".")
    assert "\n" not in sentences[0]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"VOICEGATE_MAX_EXPIRES_IN_SECONDS": "30"},
            f"{EXPIRES} (60) must not be more than VOICEGATE_MAX_EXPIRES_IN_SECONDS (30).",
        ),
        (
            {DURATION: "1800", MAX_DURATION: "900"},
            f"{DURATION} (1800) must not be more than {MAX_DURATION} (900).",
        ),
        (
            {"ASSEMBLYAI_API_KEY": "a", "ASSEMBLYAI_API_KEY_FILE": "b"},
            "Set ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE, not both.",
        ),
        (
            {"VOICEGATE_ACCESS_CODES": "spring-meadow-4711"},
            (
                "VOICEGATE_ACCESS_CODES has no effect where VOICEGATE_ACCESS is open: "
                "set VOICEGATE_ACCESS=code, or remove it."
            ),
        ),
        (
            {"VOICEGATE_AGENTS_FILE": "a.toml", "VOICEGATE_AGENT_VOICE": "vera"},
            "VOICEGATE_AGENT_VOICE has no effect beside VOICEGATE_AGENTS_FILE: remove one.",
        ),
    ],
)
def test_settings_that_contradict_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    """What only two settings together get wrong names both."""
    assert problems(monkeypatch, tmp_path, **environment) == [said]


def test_every_wrong_setting_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All faults come at once, so that they are not met one start at a time."""
    assert len(problems(monkeypatch, tmp_path, PORT="x", VOICEGATE_DOCS="x")) == 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("VOICEGATE_MINUTES_PERDAY", "VOICEGATE_MINUTES_PER_DAY"),
        ("VOICEGATE_MINUTE_PER_DAY", "VOICEGATE_MINUTES_PER_DAY"),
        ("voicegate_acess", "VOICEGATE_ACCESS"),
        ("VOICEGATE_ASSEMBLYAI_API_KEY", "ASSEMBLYAI_API_KEY"),
        ("VOICEGATE_ALLOWED_ORIGIN", "VOICEGATE_ALLOWED_ORIGINS"),
    ],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_mistyped_setting_is_refused_with_what_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str, place: str
) -> None:
    """A limit that was misspelled must not silently be the default."""
    if place == ".env":
        (tmp_path / ".env").write_text(f"{name}=5\n")
    environment = {name: "5"} if place == "environment" else {}

    said = problems(monkeypatch, tmp_path, **environment)

    assert said == [f"{name.upper()} is no setting: {meant} is probably meant."]


@pytest.mark.parametrize("value", ["true", "false"])
def test_removed_setting_is_refused_with_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    """Whoever relied on it learns how the service decides now."""
    said = problems(monkeypatch, tmp_path, VOICEGATE_ALLOW_WITHOUT_ORIGIN=value)

    assert len(said) == 1
    assert said[0].startswith("VOICEGATE_ALLOW_WITHOUT_ORIGIN is no setting any more: remove it;")
    assert "set VOICEGATE_ACCESS=code or jwt" in said[0]


def test_setting_that_is_like_no_other_is_refused_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is said beside what else is wrong."""
    said = problems(monkeypatch, tmp_path, VOICEGATE_XQZ="1", VOICEGATE_DOCS="x")

    assert said[0].startswith("VOICEGATE_XQZ is no setting: remove it")
    assert said[1].startswith("VOICEGATE_DOCS must be true or false")
    assert len(said) == 2


CLUSTER = {
    "VOICEGATE_SERVICE_HOST": "10.0.0.7",
    "VOICEGATE_SERVICE_PORT": "8000",
    "VOICEGATE_SERVICE_PORT_HTTP": "8000",
    "VOICEGATE_PORT": "tcp://10.0.0.7:8000",
    "VOICEGATE_PORT_8000_TCP": "tcp://10.0.0.7:8000",
    "VOICEGATE_PORT_8000_TCP_ADDR": "10.0.0.7",
    "VOICEGATE_PORT_8000_TCP_PORT": "8000",
    "VOICEGATE_PORT_8000_TCP_PROTO": "tcp",
    "VOICEGATE_METRICS_SERVICE_HOST": "10.0.0.8",
    "VOICEGATE_METRICS_SERVICE_PORT": "9090",
    "VOICEGATE_METRICS_PORT": "tcp://10.0.0.8:9090",
    "VOICEGATE_METRICS_PORT_9090_TCP_ADDR": "10.0.0.8",
}


def test_variables_of_a_cluster_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Kubernetes sets them in every pod beside services of our name, and nobody meant us."""
    monkeypatch.chdir(tmp_path)
    for name, value in CLUSTER.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PORT", "9001")

    settings = load_settings()

    assert (settings.port, settings.metrics_port) == (9001, None)
    assert sorted(cluster_variables()) == sorted(CLUSTER)


@pytest.mark.parametrize(
    ("environment", "port"),
    [
        ({"PORT": "1"}, 1),
        ({"VOICEGATE_PORT": "2"}, 2),
        ({"VOICEGATE_PORT": "2", "PORT": "1"}, 2),
        ({"VOICEGATE_PORT": "", "PORT": "1"}, 1),
        ({}, 8000),
    ],
)
def test_port_has_two_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], port: int
) -> None:
    """Platforms set PORT, people write VOICEGATE_PORT like all the rest."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert load_settings().port == port


def test_wrong_port_is_named_as_it_was_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The sentence names the variable that has to be changed."""
    (said,) = problems(monkeypatch, tmp_path, VOICEGATE_PORT="80.5", PORT="80")

    assert said == "VOICEGATE_PORT must be a whole number from 0 to 65535; it is '80.5'."


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "x" * 513])
def test_unusable_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    """A key that cannot be a header is refused at start, and its value is not repeated."""
    (sentence,) = problems(monkeypatch, tmp_path, ASSEMBLYAI_API_KEY=key)

    assert sentence.startswith("ASSEMBLYAI_API_KEY must be")
    assert key[:5] not in sentence


def test_key_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container's secret ends with a line break that is not part of the key."""
    secret = tmp_path / "secret"
    secret.write_text(f"{KEY}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSEMBLYAI_API_KEY_FILE", str(secret))

    key = load_settings().assemblyai_api_key
    assert key is not None
    assert key.get_secret_value() == KEY


@pytest.mark.parametrize("content", [None, b"", b"two words", b"\xff\xfe"])
def test_unreadable_key_file_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    """A missing or odd file is named; what is in it is not."""
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    (sentence,) = problems(monkeypatch, tmp_path, ASSEMBLYAI_API_KEY_FILE=str(secret))

    assert sentence.startswith(f"ASSEMBLYAI_API_KEY_FILE names {secret}, wh")
    assert "two words" not in sentence


def test_dotenv_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`.env` of the working folder counts, unknown and empty lines in it do not."""
    lines = ["PORT=9001", "VOICEGATE_NOTICE=hello", "VOICEGATE_DOCS=", "OTHER=1"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "9002")

    settings = load_settings()
    assert (settings.port, settings.notice, settings.docs) == (9002, "hello", True)


@pytest.mark.parametrize(
    ("upstream", "ws_url"),
    [
        ("https://agents.assemblyai.com", "wss://agents.assemblyai.com/v1/ws"),
        ("https://agents.eu.assemblyai.com/", "wss://agents.eu.assemblyai.com/v1/ws"),
        ("http://127.0.0.1:8001", "ws://127.0.0.1:8001/v1/ws"),
        ("HTTPS://Agents.Example.Test:443", "wss://agents.example.test/v1/ws"),
    ],
)
def test_ws_url_follows_from_the_upstream(upstream: str, ws_url: str) -> None:
    """Token and socket are on the same host unless the operator says otherwise."""
    settings = make_settings(upstream_url=upstream)

    assert settings.ws_url == ws_url
    assert ws_url.startswith(f"{settings.ws_origin}/")


def test_ws_url_can_be_set() -> None:
    """An upstream whose sockets are elsewhere is one setting."""
    settings = make_settings(upstream_ws_url="wss://sockets.example.test:444/v2/ws")

    assert settings.ws_url == "wss://sockets.example.test:444/v2/ws"
    assert settings.ws_origin == "wss://sockets.example.test:444"


def test_lists_are_separated_by_commas() -> None:
    """Spaces and empty parts mean nothing; origins are compared in one spelling."""
    settings = make_settings(
        allowed_origins=" https://A.test:443 ,, http://b.test:8080 ",
        agent_voices="alba, vera",
        trusted_proxies="10.0.0.0/8, ::1",
    )

    assert settings.allowed_origins == ("https://a.test", "http://b.test:8080")
    assert settings.agent_voices == ("alba", "vera")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_settings_give_no_key_away() -> None:
    """Printing and dumping hide the key; pickling and copying by pickle are refused."""
    settings = make_settings()

    shown = repr(settings) + str(settings) + str(vars(settings)) + str(settings.model_dump())
    assert KEY not in shown + settings.model_dump_json()
    with pytest.raises(TypeError):
        pickle.dumps(settings)
    assert KEY not in repr(copy.copy(settings))


def test_env_example_has_one_line_for_each_setting_in_order() -> None:
    """The file that users copy names every setting once, commented, with its default."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^# ([A-Z_]+)=(.*)$", text, re.MULTILINE)

    assert [name for name, _ in lines] == [variable(field) for field in Settings.model_fields]


def test_env_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Uncommenting a line that shows a default changes nothing."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    described = re.findall(r"((?:^# .*\n)+?)^# ([A-Z_]+=.*)$", text, re.MULTILINE)
    lines = [line for words, line in described if "default" not in words]
    assert len(lines) > 30
    monkeypatch.chdir(tmp_path)
    plain = load_settings().model_dump()
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")

    written = load_settings().model_dump()
    assert written | {"upstream_ws_url": None} == plain
