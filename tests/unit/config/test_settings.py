"""Settings: what is read, what is refused, and how that is said."""

import copy
import pickle
import re
from pathlib import Path

import pytest

from app.config.settings import Settings, cluster_variables, load_settings, variable
from app.errors import ConfigurationError
from tests.service import KEY, make_settings

DURATION = "VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS"
MAX_DURATION = "VOICEGATE_MAX_SESSION_DURATION_SECONDS"
JWT = {
    "VOICEGATE_ACCESS": "jwt",
    "VOICEGATE_JWT_KEY": "k" * 32,
    "VOICEGATE_JWT_ISSUER": "https://login.example.com/",
    "VOICEGATE_JWT_AUDIENCE": "voicegate",
}
GENERAL = {"VOICEGATE_TOKEN_SERVICE": 'general ["x"]'}
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
        ("VOICEGATE_METRICS_PORT", "65536", "a whole number from 0 to 65535; it is '65536'."),
        ("VOICEGATE_CALLERS_PER_ADDRESS", "0", "from 1 to 1000; it is '0'."),
        ("VOICEGATE_MAX_SESSION_DURATION_SECONDS", "59", "from 60 to 10800; it is '59'."),
        ("VOICEGATE_PRICE_PER_HOUR_USD", "1001", "a number from 0 to 1000; it is '1001'."),
        ("VOICEGATE_PRICE_PER_HOUR_USD", "nan", "must be a number"),
        ("VOICEGATE_MINUTES_PER_DAY", "-1", "from 0 to 10000000; it is '-1'."),
        ("VOICEGATE_UPSTREAM_URL", "agents.example.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "ftp://agents.example.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test/v1", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test?x", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://u:p@a.test", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test:port", "must be https://HOST[:PORT]"),
        ("VOICEGATE_UPSTREAM_URL", "https://a.test;script-src", "must be https://HOST[:PORT]"),
        ("VOICEGATE_TOKEN_SERVICE", "general", "must be agents, or general and after a space"),
        ("VOICEGATE_TOKEN_SERVICE", "general {}", "must be agents, or general and after"),
        ("VOICEGATE_TOKEN_SERVICE", "general [1", "must be agents, or general and after"),
        ("VOICEGATE_TOKEN_SERVICE", "general [NaN]", "must be agents, or general and after"),
        ("VOICEGATE_TOKEN_SERVICE", 'agents ["x"]', "must be agents, or general and after"),
        ("VOICEGATE_UPSTREAM_WS_URL", "https://a.test/v1/ws", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_UPSTREAM_WS_URL", "wss://a.test/v1/ws?x=1", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_UPSTREAM_WS_URL", "wss://a.test/v1 ws", "must be wss://HOST[:PORT]/PATH"),
        ("VOICEGATE_ALLOWED_ORIGINS", "*", "must be an origin such as"),
        ("VOICEGATE_ALLOWED_ORIGINS", "null", "must be an origin such as"),
        ("VOICEGATE_ALLOWED_ORIGINS", "https://a.test,https://b.test/x", "must be an origin"),
        ("VOICEGATE_TRUSTED_PROXIES", "proxy.internal", "must hold addresses or networks"),
        (
            "VOICEGATE_ALLOWED_ORIGINS",
            "https://a.example https://b.example",
            "must be separated by commas; it is 'https://a.example https://b.example'.",
        ),
        ("VOICEGATE_PUBLIC_URL", "https://a.example b.example", "must be separated by commas"),
        (
            "VOICEGATE_TRUSTED_PROXIES",
            "10.0.0.1/8",
            "; the network of 10.0.0.1/8 is written 10.0.0.0/8; it is '10.0.0.1/8'.",
        ),
        ("VOICEGATE_TRUSTED_PROXIES", "10.0.0.0/8 127.0.0.1", "networks, separated by commas"),
        ("ASSEMBLYAI_API_KEY", "one,two,three", "must hold at most 2; it holds 3."),
        ("VOICEGATE_TRUSTED_PROXIES", "*", "must hold addresses or networks"),
        ("VOICEGATE_LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
        ("VOICEGATE_JWT_ISSUER", "x" * 501, "must have at most 500 characters; it has 501."),
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
            {DURATION: "1800", MAX_DURATION: "900"},
            f"{DURATION} (1800) must not be more than {MAX_DURATION} (900).",
        ),
        (
            {"WEB_CONCURRENCY": "2"},
            (
                "WEB_CONCURRENCY is 2, and VOICEGATE_REDIS_URL not set: each process would allow "
                "the whole limit; set that too, or start one process."
            ),
        ),
        (
            {"VOICEGATE_ACCESS_CODES": "spring-meadow-4711"},
            (
                "VOICEGATE_ACCESS_CODES has no effect where VOICEGATE_ACCESS is open: "
                "set VOICEGATE_ACCESS=code, or remove it."
            ),
        ),
        (
            {
                **JWT,
                "VOICEGATE_ACCESS_CODES": "spring-meadow-4711",
            },
            (
                "VOICEGATE_ACCESS_CODES has no effect where VOICEGATE_ACCESS is jwt: "
                "set VOICEGATE_ACCESS=code, or remove it."
            ),
        ),
        (
            {"VOICEGATE_JWT_KEY": "k" * 32, "VOICEGATE_JWT_COOKIE": "session"},
            (
                "VOICEGATE_JWT_KEY and VOICEGATE_JWT_COOKIE have no effect where VOICEGATE_ACCESS "
                "is open: set VOICEGATE_ACCESS=jwt, or remove them."
            ),
        ),
        (
            {"VOICEGATE_ON_UNEXPLAINED": "stop", "VOICEGATE_AUDIT": "false"},
            (
                "VOICEGATE_ON_UNEXPLAINED has no effect where VOICEGATE_AUDIT is false: "
                "set VOICEGATE_AUDIT=true, or remove it."
            ),
        ),
        (
            {**GENERAL, DURATION: "300"},
            (
                f"{DURATION} has no effect where VOICEGATE_TOKEN_SERVICE is general, whose "
                "tokens bound no session: remove it."
            ),
        ),
        (
            {**GENERAL, MAX_DURATION: "3600"},
            (
                f"{MAX_DURATION} has no effect where VOICEGATE_TOKEN_SERVICE is general, whose "
                "tokens bound no session: remove it."
            ),
        ),
        (
            {"VOICEGATE_CALLER_MINUTES_PER_DAY": "10"},
            (
                f"{DURATION} is 900: each call is granted so many seconds unless it asks for "
                "fewer, which VOICEGATE_CALLER_MINUTES_PER_DAY (10) does not allow; lower that, "
                "raise the minutes, or set 0."
            ),
        ),
        (
            {"VOICEGATE_MINUTES_PER_DAY": "14"},
            (
                f"{DURATION} is 900: each call is granted so many seconds unless it asks for "
                "fewer, which VOICEGATE_MINUTES_PER_DAY (14) does not allow; lower that, raise "
                "the minutes, or set 0."
            ),
        ),
        (
            GENERAL,
            (
                "VOICEGATE_TOKEN_SERVICE is general: each call is granted 180 minutes, which "
                "VOICEGATE_CALLER_MINUTES_PER_DAY (100) does not allow; raise the minutes, or set "
                "0."
            ),
        ),
        (
            {"PORT": "9090", "VOICEGATE_METRICS_PORT": "9090"},
            "PORT and VOICEGATE_METRICS_PORT are both 9090: set one of them to another port.",
        ),
        (
            {"VOICEGATE_WEBHOOK_SECRET": "x" * 32, "VOICEGATE_AUDIT": "false"},
            (
                "VOICEGATE_WEBHOOK_SECRET has no effect where VOICEGATE_AUDIT is false: "
                "set VOICEGATE_AUDIT=true, or remove it."
            ),
        ),
    ],
)
def test_settings_that_contradict_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    """What only two settings together get wrong names both."""
    assert problems(monkeypatch, tmp_path, **environment) == [said]


def test_both_ports_may_be_free_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """0 is not a port, but any that nobody uses."""
    monkeypatch.chdir(tmp_path)
    for name in ("PORT", "VOICEGATE_METRICS_PORT"):
        monkeypatch.setenv(name, "0")

    assert load_settings().metrics_port == 0


def test_every_wrong_setting_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All faults come at once, so that they are not met one start at a time."""
    assert len(problems(monkeypatch, tmp_path, PORT="x", VOICEGATE_LOG_LEVEL="x")) == 2


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


# Of the settings that are gone, a word of what is said to whoever still has one.
REMOVED = {
    "VOICEGATE_ALLOW_WITHOUT_ORIGIN": "set VOICEGATE_ACCESS=code or jwt",
    "VOICEGATE_CALLER_MINTS_PER_HOUR": "six times VOICEGATE_CALLER_MINTS_PER_MINUTE",
    "VOICEGATE_METRICS_HOST": "VOICEGATE_METRICS_PORT is a port of VOICEGATE_HOST",
    "VOICEGATE_METRICS_TOKEN": "VOICEGATE_OPERATOR_TOKEN opens /metrics",
    "VOICEGATE_FRAME_ANCESTORS": "frames show /embed",
    "VOICEGATE_JWT_JWKS_URL": "write the address in VOICEGATE_JWT_KEY",
    "VOICEGATE_JWT_SECRET": "write it in VOICEGATE_JWT_KEY",
    "VOICEGATE_LOG_ADDRESSES": "VOICEGATE_LOG_LEVEL=debug",
    "VOICEGATE_MINTING": "VOICEGATE_STOP_FILE=/ stops",
    "VOICEGATE_NOTICE": "in the file that VOICEGATE_AGENTS_FILE names, as notice",
    "VOICEGATE_PLAIN_SCRIPTS": "start with --plain-scripts",
    "VOICEGATE_SECRETS_DIR": "CREDENTIALS_DIRECTORY",
    "VOICEGATE_SPARE_API_KEY": "behind the first in ASSEMBLYAI_API_KEY",
    "VOICEGATE_DOCS": "/docs and /openapi.json are always there",
    "VOICEGATE_DEFAULT_EXPIRES_IN_SECONDS": "it is 60",
    "VOICEGATE_MAX_EXPIRES_IN_SECONDS": "it is 600",
    **dict.fromkeys(
        (
            "VOICEGATE_SHUTDOWN_GRACE_SECONDS",
            "VOICEGATE_UPSTREAM_CONNECT_SECONDS",
            "VOICEGATE_UPSTREAM_MAX_IN_FLIGHT",
            "VOICEGATE_UPSTREAM_MAX_WAITING",
            "VOICEGATE_UPSTREAM_READ_SECONDS",
            "VOICEGATE_UPSTREAM_TOTAL_SECONDS",
        ),
        "its value is fixed",
    ),
    **{
        f"VOICEGATE_AGENT_{name}": "write it in the file that VOICEGATE_AGENTS_FILE names"
        for name in ("SYSTEM_PROMPT", "GREETING", "VOICE", "VOICES", "EDITABLE")
    },
    **{
        f"{name}_FILE": f"call the file {name.lower()}, in /run/secrets or in a folder"
        for name in (
            "ASSEMBLYAI_API_KEY",
            "VOICEGATE_ACCESS_CODES",
            "VOICEGATE_SECRET",
            "VOICEGATE_REDIS_URL",
        )
    },
    "VOICEGATE_JWT_SECRET_FILE": "write it in VOICEGATE_JWT_KEY",
    "VOICEGATE_METRICS_TOKEN_FILE": "VOICEGATE_OPERATOR_TOKEN",
    "VOICEGATE_SPARE_API_KEY_FILE": "behind the first",
}


@pytest.mark.parametrize("name", REMOVED)
@pytest.mark.parametrize("value", ["true", "false"])
def test_removed_setting_is_refused_with_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """Whoever relied on it learns how the service decides now."""
    said = problems(monkeypatch, tmp_path, **{name: value})

    assert len(said) == 1
    assert said[0].startswith(f"{name} is no setting any more: remove it; ")
    assert REMOVED[name] in said[0]


def test_setting_that_is_like_no_other_is_refused_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is said beside what else is wrong."""
    said = problems(monkeypatch, tmp_path, VOICEGATE_XQZ="1", PORT="x")

    assert said[0].startswith("VOICEGATE_XQZ is no setting: remove it")
    assert said[1].startswith("PORT must be a whole number")
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


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("k" * 32, True),
        ("k" * 31, False),
        ("https://login.example.com/keys", True),
        ("http://127.0.0.1:8080/keys", True),
        ("http://login.example.com/.well-known/jwks.json", False),
        ("https:///.well-known/jwks.json-of-a-login", False),
        ("https://login.example.com:port/.well-known/jwks.json", False),
        ("https://login.example.com:99999/.well-known/jwks.json", False),
        ("https://login.example.com:0/.well-known/jwks.json", False),
        ("https://xn--/.well-known/jwks.json-of-a-login", False),
    ],
)
def test_key_of_logins_is_one_or_where_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, *, is_good: bool
) -> None:
    """Public keys come from the login by TLS; a key is long enough for HS256, and never shown."""
    if is_good:
        monkeypatch.chdir(tmp_path)
        for name, value in (JWT | {"VOICEGATE_JWT_KEY": text}).items():
            monkeypatch.setenv(name, value)
        key = load_settings().jwt_key
        assert key is not None
        assert key.get_secret_value() == text
        return
    (said,) = problems(monkeypatch, tmp_path, VOICEGATE_JWT_KEY=text)

    assert said == (
        "VOICEGATE_JWT_KEY must be a key of at least 32 characters, or the https:// address of "
        "public keys (http:// on this machine only)."
    )


@pytest.mark.parametrize("port", ["port", "99999", "0", "-1", "443abc"])
def test_address_for_feedback_has_a_port_that_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port: str
) -> None:
    """One that can never be connected to is found before the first caller says something."""
    url = f"https://hooks.example.com:{port}/hidden"
    (said,) = problems(monkeypatch, tmp_path, VOICEGATE_FEEDBACK_URL=url)

    assert said == (
        "VOICEGATE_FEEDBACK_URL must be log, or an https:// address (http:// on this machine only)."
    )


def test_there_is_one_spare_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It stands behind the first; a third would never be used."""
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", " first , spare ")
    assert [key.get_secret_value() for key in load_settings().assemblyai_api_key] == [
        *("first", "spare")
    ]
    (said,) = problems(monkeypatch, tmp_path, ASSEMBLYAI_API_KEY="one,two,three")

    assert said.startswith("ASSEMBLYAI_API_KEY ")
    assert "at most 2" in said
    assert "three" not in said


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "x" * 513])
def test_unusable_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    """A key that cannot be a header is refused at start, and its value is not repeated."""
    (sentence,) = problems(monkeypatch, tmp_path, ASSEMBLYAI_API_KEY=key)

    assert sentence.startswith("ASSEMBLYAI_API_KEY must be")
    assert key[:5] not in sentence


@pytest.mark.parametrize("name", ["assemblyai_api_key", "ASSEMBLYAI_API_KEY"])
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_settings_are_read_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, place: str
) -> None:
    """Docker's and systemd's; a container's secret ends with a line break, no part of it."""
    keys, others = tmp_path / "keys", tmp_path / "others"
    for folder, file, content in (
        (keys, name, f"{KEY}\n"),
        (others, "voicegate_access_codes", "spring-meadow-4711, linden-harbour-42\n"),
        (others, "redis.conf", "requirepass x\n"),
    ):
        folder.mkdir(exist_ok=True)
        (folder / file).write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEGATE_ACCESS", "code")
    monkeypatch.setattr("app.config.settings.DOCKER_SECRETS", str(others))
    if place == ".env":
        (tmp_path / ".env").write_text(f"CREDENTIALS_DIRECTORY={keys}\n")
    else:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(keys))

    settings = load_settings()

    assert key_of(settings) == KEY
    codes = [code.get_secret_value() for code in settings.access_codes]
    assert codes == ["spring-meadow-4711", "linden-harbour-42"]


def test_files_of_a_kubernetes_volume_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There each file is a link through a folder that is replaced as a whole."""
    (tmp_path / "..2026_11_29").mkdir()
    (tmp_path / "..2026_11_29" / "assemblyai_api_key").write_text(KEY)
    (tmp_path / "..data").symlink_to("..2026_11_29")
    (tmp_path / "assemblyai_api_key").symlink_to("..data/assemblyai_api_key")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert key_of(load_settings()) == KEY


def test_environment_wins_over_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable that is set counts, an empty one does not."""
    (tmp_path / "assemblyai_api_key").write_text("of-the-file")
    (tmp_path / "voicegate_host").write_text("of-the-file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("VOICEGATE_HOST", "")
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", KEY)

    settings = load_settings()

    assert key_of(settings) == KEY
    assert settings.host == "of-the-file"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"two words", "ASSEMBLYAI_API_KEY must be one word"),
        (b"\xff\xfe", "a file of secrets, cannot be read"),
    ],
)
def test_unreadable_key_file_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, said: str
) -> None:
    """An odd file is told; what is in it is not."""
    (tmp_path / "assemblyai_api_key").write_bytes(content)
    (sentence,) = problems(monkeypatch, tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))

    assert said in sentence
    assert "two words" not in sentence


def test_mistyped_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A secret under a wrong name must not silently be none."""
    (tmp_path / "voicegate_secrets").write_text("x" * 32)
    (sentence,) = problems(monkeypatch, tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path))

    assert sentence == "VOICEGATE_SECRETS is no setting: VOICEGATE_SECRET is probably meant."


def test_dotenv_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`.env` of the working folder counts, unknown and empty lines in it do not."""
    lines = ["PORT=9001", "VOICEGATE_HOST=hello", "VOICEGATE_LOG_LEVEL=", "OTHER=1", "HTTPS_PROXY"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "9002")

    settings = load_settings()
    assert (settings.port, settings.host, settings.log_level) == (9002, "hello", "info")


@pytest.mark.parametrize(
    "line", ["VOICEGATE_ACCESS: jwt", "VOICEGATE_ACCESS jwt", "VOICEGATE_ACCESS", 'OTHER="jwt']
)
def test_line_of_dotenv_that_sets_nothing_is_refused_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    """What was meant is not in effect, so that the service would be open; the line is not shown."""
    lines = ["# jwt: our login", "", "PORT=9001", "", "", line, "VOICEGATE_LOG_LEVEL=info"]
    (tmp_path / ".env").write_text("\n".join(lines))

    assert problems(monkeypatch, tmp_path) == [".env: line 6 is not NAME=VALUE."]


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


@pytest.mark.parametrize(
    ("upstream", "token_url"),
    [
        ("https://agents.assemblyai.com", "https://token.assemblyai.com"),
        ("https://agents.eu.assemblyai.com", "https://token.eu.assemblyai.com"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ],
)
def test_general_tokens_are_minted_in_the_zone_of_the_sessions(
    upstream: str, token_url: str
) -> None:
    """Each zone has a host for them beside the agents'; a double has one for both."""
    settings = Settings(
        _env_file=None,
        upstream_url=upstream,
        caller_minutes_per_day=0,
        token_service=GENERAL["VOICEGATE_TOKEN_SERVICE"],
    )

    assert settings.token_url == token_url
    assert Settings(_env_file=None, upstream_url=upstream).token_url == upstream


def test_ws_url_can_be_set() -> None:
    """An upstream whose sockets are elsewhere is one setting."""
    settings = make_settings(upstream_ws_url="wss://sockets.example.test:444/v2/ws")

    assert settings.ws_url == "wss://sockets.example.test:444/v2/ws"
    assert settings.ws_origin == "wss://sockets.example.test:444"


def test_lists_are_separated_by_commas() -> None:
    """Spaces and empty parts mean nothing; origins are compared in one spelling."""
    settings = make_settings(
        allowed_origins=" https://A.test:443 ,, http://b.test:8080 ",
        trusted_proxies="10.0.0.0/8, ::1",
    )

    assert settings.allowed_origins == ("https://a.test", "http://b.test:8080")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_settings_give_no_key_away() -> None:
    """Printing and dumping hide the key; pickling and copying by pickle are refused."""
    settings = make_settings()

    shown = repr(settings) + str(settings) + str(vars(settings)) + str(settings.model_dump())
    assert KEY not in shown + settings.model_dump_json()
    with pytest.raises(TypeError):
        pickle.dumps(settings)
    assert KEY not in repr(copy.copy(settings))


def key_of(settings: Settings) -> str:
    """Return the only key."""
    (key,) = settings.assemblyai_api_key
    return key.get_secret_value()


EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# Each setting with the words above it.
DESCRIBED = re.findall(r"((?:^# .*\n)+?)^# ([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE)
WRONG = {
    "ASSEMBLYAI_API_KEY": "two words",
    "VOICEGATE_UPSTREAM_URL": "agents.example.test",
    "VOICEGATE_UPSTREAM_WS_URL": "https://agents.example.test",
    "VOICEGATE_HOST": "x" * 256,
    "VOICEGATE_ALLOWED_ORIGINS": "*",
    "VOICEGATE_ACCESS": "everybody",
    "VOICEGATE_ACCESS_CODES": "short",
    "VOICEGATE_JWT_KEY": "login.example.com",
    "VOICEGATE_JWT_ISSUER": "x" * 501,
    "VOICEGATE_JWT_AUDIENCE": "x" * 501,
    "VOICEGATE_JWT_COOKIE": "a b",
    "VOICEGATE_REDIS_URL": "http://localhost",
    "VOICEGATE_SECRET": "short",
    "VOICEGATE_OPERATOR_TOKEN": "short",
}
# Any text may be a path; what is not there is said at start, or is what the setting is for.
PATHS = {"VOICEGATE_STOP_FILE", "VOICEGATE_AGENTS_FILE", "VOICEGATE_UPSTREAM_CA_FILE"}


def test_key_in_clear_has_to_be_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """http:// takes the key to another machine only where the sockets are said to go there too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEGATE_UPSTREAM_URL", "http://agents.test:8001")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    monkeypatch.setenv("VOICEGATE_UPSTREAM_WS_URL", "ws://agents.test:8001/v1/ws")
    meant = load_settings()
    monkeypatch.delenv("VOICEGATE_UPSTREAM_WS_URL")
    monkeypatch.setenv("VOICEGATE_UPSTREAM_URL", "http://127.0.0.1:8001")
    here = load_settings()

    assert "VOICEGATE_UPSTREAM_WS_URL=ws://agents.test:8001/v1/ws" in str(refused.value)
    assert (meant.upstream_url, here.ws_url) == (
        "http://agents.test:8001",
        "ws://127.0.0.1:8001/v1/ws",
    )


@pytest.mark.parametrize(
    "url",
    [
        "redis://:never/seen@redis:6379/0",
        "redis://:never#seen@redis:6379/0",
        "redis://:12/never-seen@redis",
        "redis://redis:70000",
        "redis://redis/counts",
        "redis://redis/1/2",
        "redis://redis/-1",
        "redis://",
        "redis+sentinel://one:26379",
        "redis+sentinel://one:70000/counts",
        "redis+sentinel://:never/seen@one/counts",
        "redis+sentinel://one,/counts",
        "redis://redis?socket_timeout=never",
        "redis://:never@redis?no_such_option=1",
        "rediss://redis?ssl_cert_reqs=never",
    ],
)
def test_address_of_redis_that_cannot_be_one_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    """A password that is not escaped would be taken for a port, and told in a traceback."""
    said = problems(monkeypatch, tmp_path, VOICEGATE_REDIS_URL=url, VOICEGATE_SECRET="x" * 32)

    assert len(said) == 1
    assert said[0].startswith("VOICEGATE_REDIS_URL must be redis://")
    assert "never" not in said[0]
    assert "%2F" in said[0]


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis",
        "redis://redis/",
        "redis://redis/3",
        "rediss://ann:p%40w@redis:6379/0?ssl_ca_certs=ca.pem",
        "redis+sentinel://one,two:26380,[::1]:26379/counts",
        "rediss+sentinel://:p%40w@one/counts.main/0?sentinel_password=x",
    ],
)
def test_address_of_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    """One server, or the sentinels that know which one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEGATE_REDIS_URL", url)
    monkeypatch.setenv("VOICEGATE_SECRET", "x" * 32)
    told = load_settings().redis_url

    assert told is not None
    assert told.get_secret_value() == url


def test_env_example_has_one_line_for_each_setting_in_order() -> None:
    """The file that users copy names every setting once, commented, with its default."""
    lines = re.findall(r"^# ([A-Z_]+)=", EXAMPLE, re.MULTILINE)

    assert lines == [variable(field) for field in Settings.model_fields]
    assert len(lines) <= 40


def test_env_example_says_of_each_setting_when_to_touch_it() -> None:
    """Every line has words above it, of a group with a heading."""
    assert [name for _, name, _ in DESCRIBED] == [variable(f) for f in Settings.model_fields]
    assert [name for words, name, _ in DESCRIBED if len(words) < 30] == []
    assert len(re.findall(r"^# --- .+ ---$", EXAMPLE, re.MULTILINE)) > 5


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_read_by_the_service(field: str) -> None:
    """One that nothing reads would be a promise that is not kept."""
    attribute = re.compile(rf"(settings|self)\.{field}\b|\"{field}\"")
    others = [path for path in (ROOT / "app").rglob("*.py") if "simulator" not in path.parts]

    assert any(attribute.search(path.read_text(encoding="utf-8")) for path in others)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_refused_when_it_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str
) -> None:
    """The sentence names it; numbers, words and switches are wrong as text that is none."""
    name = variable(field)
    if name in PATHS:
        pytest.skip("any text may be a path")

    said = problems(monkeypatch, tmp_path, **{name: WRONG.get(name, "wrong")})

    assert any(sentence.startswith(f"{name} ") for sentence in said)


def test_env_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Uncommenting a line that shows a default changes nothing."""
    lines = [f"{name}={value}" for words, name, value in DESCRIBED if "default" not in words]
    assert len(lines) > 15
    monkeypatch.chdir(tmp_path)
    plain = load_settings().model_dump()
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")

    written = load_settings().model_dump()
    assert written | {"upstream_ws_url": None} == plain
