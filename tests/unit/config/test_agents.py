"""Agents: what the operator writes, and what goes to the browser."""

import re
from pathlib import Path

import pytest

from app.config.agents import (
    DEFAULT_FILE,
    catalogue,
    former_voices,
    load_agents,
)
from app.errors import ConfigurationError
from tests.service import make_settings

FULL = """
default = "sales"
price_per_hour_usd = 4.5

[agents.front-desk]
agent_id = "agent_0123456789abcdef"
title = "Front desk"

[agents.sales]
title = "Sales"
description = "Knows the catalogue."
system_prompt = "Sell."
greeting = "Hello."
voice = "vera"
voices = ["vera", "alba", "alba"]
editable = ["voice"]
idle_seconds = 60
key_terms = ["Voicegate"]
transcription_mode = "min_latency"
transcription_prompt = "Orders."
language_codes = ["en", "de"]
voice_focus = "far-field"
voice_focus_threshold = 0.7
volume = 80

[agents.sales.turn_detection]
vad_threshold = 0.4
min_silence_ms = 600
max_silence_ms = 1500
interruption_delay_ms = 200
interrupt_response = true
"""


def read(tmp_path: Path, text: str) -> dict[str, object]:
    """Return the public part of a file of agents."""
    path = tmp_path / "agents.toml"
    path.write_text(text, encoding="utf-8")
    return load_agents(make_settings(agents_file=path)).public()


def test_default_agent_is_ready_to_talk() -> None:
    """Without any setting there is a friendly agent with the documented voices."""
    public = load_agents(make_settings()).public()
    (agent,) = public["agents"]

    assert public["default"] == agent["name"] == "assistant"
    assert agent["session"]["greeting"].startswith("Hi there! I'm your voice agent.")
    assert agent["session"]["output"] == {"voice": "alba"}
    assert set(agent["session"]) == {"system_prompt", "greeting", "output"}
    assert agent["voices"] == list(catalogue("current"))
    assert agent["editable"] == ["voice", "system_prompt", "greeting"]


def test_file_is_translated_to_the_wire(tmp_path: Path) -> None:
    """Our names, with their units, become the upstream's; a stored agent is its id alone."""
    assert read(tmp_path, FULL) == {
        "price_per_hour_usd": 4.5,
        "feedback": False,
        "voice_samples": {},
        "default": "sales",
        "agents": [
            {
                "name": "front-desk",
                "title": "Front desk",
                "description": "",
                "session": {"agent_id": "agent_0123456789abcdef"},
                "voices": [],
                "editable": [],
                "idle_seconds": 180,
            },
            {
                "name": "sales",
                "title": "Sales",
                "description": "Knows the catalogue.",
                "session": {
                    "system_prompt": "Sell.",
                    "greeting": "Hello.",
                    "input": {
                        "keyterms": ["Voicegate"],
                        "transcription_mode": "min_latency",
                        "transcription_prompt": "Orders.",
                        "language_codes": ["en", "de"],
                        "voice_focus": "far-field",
                        "voice_focus_threshold": 0.7,
                        "turn_detection": {
                            "vad_threshold": 0.4,
                            "min_silence": 600,
                            "max_silence": 1500,
                            "interruption_delay": 200,
                            "interrupt_response": True,
                        },
                    },
                    "output": {"voice": "vera", "volume": 80},
                },
                "voices": ["vera", "alba"],
                "editable": ["voice"],
                "idle_seconds": 60,
            },
        ],
    }


def test_agent_without_a_greeting_listens_first(tmp_path: Path) -> None:
    """An unset greeting is left out: null and empty mean something else upstream."""
    public = read(tmp_path, "[agents.quiet]\nsystem_prompt = 'Listen.'\n")

    assert public["agents"] == [
        {
            "name": "quiet",
            "title": "Quiet",
            "description": "",
            "session": {"system_prompt": "Listen.", "output": {"voice": "alba"}},
            "voices": list(catalogue("current")),
            "editable": [],
            "idle_seconds": 180,
        }
    ]


@pytest.mark.parametrize(
    ("voice", "nearest"),
    [
        ("sophie", "the nearest in the same language (en) is anna."),
        ("lena", "the nearest in the same language (de) is juergen."),
        ("diego", "the nearest in the same language (es) is lola."),
        ("hana", "the nearest in the same language (ja) is none of them."),
        ("vera", None),
        ("newer", None),
    ],
)
def test_voice_that_is_gone_is_said_with_the_nearest(
    tmp_path: Path, voice: str, nearest: str | None
) -> None:
    """Of the same accent, else of the same language; of names that nobody knows nothing is said."""
    path = tmp_path / "agents.toml"
    path.write_text(f"[agents.front]\nvoice = '{voice}'\n")
    said = list(former_voices(load_agents(make_settings(agents_file=path))))

    gone = f"Agent front: the agent service has no voice {voice} any more; {nearest}"
    assert said == ([] if nearest is None else [gone])


def test_catalogue_is_whole() -> None:
    """18 voices now, 34 of the quickstart, 18 of them English, and none in both."""
    current, former = catalogue("current"), catalogue("quickstart")

    assert len(current) == 18
    assert len(former) == 34
    assert sum(tag.startswith("en") for tag in former.values()) == 18
    assert not current.keys() & former.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "agents: must be there."),
        ("[agents]", "agents: must hold 1 or more; it holds 0."),
        ("[agents.a]\ncolour = 1", "agents.a.colour: there is no such field."),
        ("[agents.a]\ngreting = 'x'", "agents.a.greting: there is no such field; greeting is prob"),
        (
            "defualt = 'a'\n[agents.a]",
            "defualt: there is no such field; default is probably meant.",
        ),
        ("[agents.a]\nvolume = 101", "agents.a.volume: must be 100 or less; it is 101."),
        ("[agents.a]\nvolume = 'loud'", "agents.a.volume: must be a number; it is 'loud'."),
        (
            "[agents.a]\nvoice_focus_threshold = -1",
            "agents.a.voice_focus_threshold: must be 0 or more; it is -1.",
        ),
        (
            "[agents.a]\ntranscription_prompt = '" + "x" * 1751 + "'",
            "must have at most 1750 characters; it has 1751.",
        ),
        ("agents = 1", "agents: must be a table; it is 1."),
        ("[agents]\na = 1", "agents.a: must be a table; it is 1."),
        ("[agents.a]\nvoices = 'alba'", "agents.a.voices: must be a list; it is 'alba'."),
        ("[agents.a.turn_detection]\ninterrupt_response = 1", "must be true or false; it is 1."),
        ("[agents.a.turn_detection]\ntype = 'server_vad'", "type: there is no such field."),
        ("[agents.a]\nvoice = 5", "agents.a.voice: must be text; it is 5."),
        ("[agents.a]\nvoice = 'a b'", "agents.a.voice: must match"),
        (
            "[agents.a]\neditable = ['tools']",
            "agents.a.editable.0: must be 'voice', 'system_prompt'",
        ),
        ("[agents.a]\nagent_id = 'x'\nvoice = 'vera'", "agents.a: agent_id stands alone: remove"),
        ("[agents.a]\nagent_id = 'x y'", "agents.a.agent_id: must match"),
        ("[agents.'A b']", "agents are named with a-z, 0-9, - and _."),
        ("default = 'b'\n[agents.a]", "default must be one of a."),
        ("[agents.a]\nlanguage_codes = ['English']", "agents.a.language_codes.0:"),
        ("[agents.a]\ntranscription_mode = 'fast'", "agents.a.transcription_mode: must be"),
        (
            "[agents.a.turn_detection]\nmin_silence_ms = 600\nmax_silence_ms = 600",
            "agents.a.turn_detection: max_silence_ms must be more than min_silence_ms.",
        ),
        (
            "[agents.a.turn_detection]\nmin_silence_ms = 49",
            "min_silence_ms: must be 50 or more; it is 49.",
        ),
        ("[agents.a]\n[voice_samples]\nx = 'http://a.example/x'", "voice_samples.x: must be an"),
        ("[agents.a]\n[voice_samples]\nx = '//a.example/x'", "voice_samples.x: must be an"),
        ("[agents.a]\n[voice_samples]\nx = 'https://a; script-src *'", "voice_samples.x: must"),
        ("[agents.a", "is not valid TOML:"),
        (
            "[agents.a]\nkey_terms = ['" + "x" * 51 + "']",
            "key_terms.0: must have at most 50 characters; it",
        ),
    ],
)
def test_wrong_file_is_said_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    """The sentence names the file, the place in it and what is wrong."""
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)

    (sentence,) = raised.value.problems
    assert str(tmp_path / "agents.toml") in sentence
    assert said in sentence
    assert "should" not in sentence
    assert sentence.endswith(".")


def test_missing_file_is_said(tmp_path: Path) -> None:
    """A path that leads nowhere is named with the setting."""
    with pytest.raises(ConfigurationError, match=r"VOICEGATE_AGENTS_FILE names .*cannot be read"):
        load_agents(make_settings(agents_file=tmp_path / "none.toml"))


def test_fields_that_the_default_file_shows_are_taken(tmp_path: Path) -> None:
    """Whoever copies it may take the # from any line that shows a field or a table."""
    text = re.sub(r"^# (?=[a-z_]+ = |\[)", "", DEFAULT_FILE.read_text("utf-8"), flags=re.MULTILINE)
    public = read(tmp_path, text)

    agents = {agent["name"]: agent["session"] for agent in public["agents"]}  # type: ignore[attr-defined]
    assert agents["front-desk"] == {"agent_id": "agent_0123456789abcdef"}
    assert agents["assistant"]["input"].keys() == {
        *("keyterms", "transcription_mode", "transcription_prompt", "language_codes"),
        *("voice_focus", "voice_focus_threshold", "turn_detection"),
    }
    assert agents["assistant"]["output"]["volume"] == 100
