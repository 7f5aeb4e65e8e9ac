"""Scripts: what is heard and said, and what is wrong with a file."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.simulator.behaviour.profiles import LIVE
from app.simulator.behaviour.script import Prompter, Script, ScriptedTurn
from app.simulator.script_file import read_script, script_of
from tests.simulator.caller import Caller, sentence, silence
from tests.simulator.switch_scenarios import CREATE, asked, started

TOML = """
greeting = "Good day."
created = ["First.", "Second."]
repeats = true

[[tools]]
type = "function"
name = "stock"
http = { url = "https://stock.example/" }

[[turns]]
hears = "What is the weather in Ulm?"
answers = "It is {result}."
on_error = "No weather."

[[turns.calls]]
name = "weather"
arguments = { city = "Ulm" }
times = 2

[[turns]]
is_silent = true
"""


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    """Both forms give one script."""
    (tmp_path / "a.toml").write_text(TOML, "utf-8")
    (tmp_path / "a.json").write_text(json.dumps(tomllib.loads(TOML)), "utf-8")

    script = read_script(tmp_path / "a.toml")

    assert script == read_script(tmp_path / "a.json")
    assert script.turns[0].calls[0].arguments == {"city": "Ulm"}
    assert script.turns[0].calls[0].times == 2
    assert script.turns[1] == ScriptedTurn(is_silent=True)
    assert (script.greeting, script.created) == ("Good day.", ("First.", "Second."))


WRONG: dict[str, tuple[Any, str]] = {
    "list": ([], "the script must be a table"),
    "unknown": ({"turn": []}, "the script has no 'turn'; there are: turns, created, greeting"),
    "turn text": ({"turns": ["x"]}, "turns[0] must be a table"),
    "hears number": ({"turns": [{"hears": 1}]}, "turns[0].hears must be text"),
    "long text": ({"turns": [{"hears": "x" * 5001}]}, "turns[0].hears has more than 5000"),
    "call without name": ({"turns": [{"calls": [{}]}]}, "turns[0].calls[0] needs a name"),
    "too often": (
        {"turns": [{}, {"calls": [{"name": "f", "times": 7}]}]},
        "turns[1].calls[0].times must be from 1 to 6",
    ),
    "times true": (
        {"turns": [{"calls": [{"name": "f", "times": True}]}]},
        "turns[0].calls[0].times must be a number",
    ),
    "created number": ({"created": [1]}, "created must hold texts only"),
    "tool text": ({"tools": ["f"]}, "tools[0] must be a table"),
    "tool without name": ({"tools": [{"type": "function"}]}, "tools[0]: Invalid message format"),
    "tool without https": (
        {"tools": [{"type": "function", "name": "f", "http": {"url": "http://a.example"}}]},
        "tools[0]: An HTTP tool needs an https URL",
    ),
}


@pytest.mark.parametrize(("data", "message"), WRONG.values(), ids=WRONG)
def test_wrong_script_names_the_place(data: Any, message: str) -> None:
    """What is wrong is said with its place."""
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the message is looked at below
        script_of(data)

    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.toml", b"="), ("a.json", b"{"), ("a.json", b"\xff"), ("a.json", b"[" * 100_000)],
)
def test_unreadable_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that is no TOML or JSON is one sentence with its name."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ValueError, match=f"^{name}") as refusal:
        read_script(path)

    assert "\n" not in str(refusal.value)


def test_scripted_words_are_heard_and_said() -> None:
    """The recogniser hears the script's words, growing, and the agent says its answer."""
    script = Script(turns=(ScriptedTurn(hears="What is the time now?", answers="Ten to four."),))
    caller = asked(LIVE, script)
    caller.wait(10)

    parts = [frame["text"] for frame in caller.of("transcript.user.delta")]
    assert caller.of("transcript.user")[0]["text"] == "What is the time now?"
    assert all("What is the time now?".startswith(part) for part in parts)
    assert len(parts[0]) < len(parts[-1])
    assert caller.of("transcript.agent")[0]["text"] == "Ten to four."
    deltas = caller.of("transcript.agent.delta")
    assert "".join(frame["delta"] for frame in deltas) == "Ten to four."


def test_unspoken_words_sound_as_long_as_they_are() -> None:
    """Words without a clip are hummed, each in the time that its transcript tells."""
    script = Script(turns=(ScriptedTurn(answers="Ten to four."),))
    caller = asked(LIVE, script)
    caller.wait(10)

    sound = caller.sound(caller.of("reply.started")[0]["reply_id"])
    words = caller.of("transcript.agent.delta")
    assert len(sound) / 48 == 250 + words[-1]["end_ms"]
    for word in words:
        middle = 250 + (word["start_ms"] + word["end_ms"]) // 2
        assert any(sound[middle * 48 : (middle + 10) * 48])


def test_bundled_sentence_is_spoken() -> None:
    """A text that is bundled as a clip has its voice."""
    text = "If you heard yourself, your microphone works."
    caller = asked(LIVE, Script(turns=(ScriptedTurn(answers=text),)))
    spoken = started(LIVE, script=Script(created=(text,)))
    spoken.send(CREATE)
    for one in (caller, spoken):
        one.wait(10)

    sounds = [one.sound(one.of("reply.started")[0]["reply_id"]) for one in (caller, spoken)]
    assert sounds[0] == sounds[1]
    assert len(sounds[0]) > 48_000


def test_after_the_last_turn_all_is_unscripted() -> None:
    """A script that does not repeat gives way to the caller's own voice."""
    caller = asked(LIVE, Script(turns=(ScriptedTurn(hears="One.", answers="Yes."),)))
    caller.wait(5)

    caller.say(sentence("question") + silence(1000))
    caller.wait(10)

    assert caller.of("transcript.user")[1]["text"].startswith("(about")
    assert caller.of("transcript.agent")[1]["text"].startswith("You said:")


def test_turns_may_repeat() -> None:
    """A script that repeats begins anew."""
    turns = (ScriptedTurn(hears="One."), ScriptedTurn(hears="Two."))
    prompter = Prompter(Script(turns=turns, repeats=True))

    assert [prompter.take_turn() for _ in range(5)] == [*turns, *turns, turns[0]]


def test_silent_agent_says_nothing() -> None:
    """A turn may stay without any reply."""
    caller = started(LIVE, script=Script(turns=(ScriptedTurn(is_silent=True),)))

    caller.say(sentence("question") + silence(5000))

    assert caller.types()[-1] == "transcript.user"


def test_failed_reply_is_told() -> None:
    """A reply that fails has its error and its end, after which the session goes on."""
    script = Script(turns=(ScriptedTurn(failure="The model is down."),))
    caller = asked(LIVE, script)
    caller.wait(5)

    assert caller.types()[-3:] == ["reply.started", "reply.error", "reply.done"]
    assert caller.of("reply.error")[0]["message"] == "The model is down."


def test_script_answers_requests_and_greets_for_a_stored_agent() -> None:
    """`reply.create` has its own lines, one after the other, and a stored agent its greeting."""
    script = Script(created=("First.", "Second."), greeting="Good day.")
    caller = started(LIVE, {"agent_id": "agent_1"}, script)

    for _ in range(3):
        caller.send(CREATE)
        caller.wait(10)

    assert [frame["text"] for frame in caller.of("transcript.agent")] == [
        *(
            "Good day.",
            "First.",
            "Second.",
            "Your message arrived. A real agent would answer it now.",
        )
    ]


def test_own_greeting_of_a_session_is_not_overridden() -> None:
    """A greeting that the client configured is said word for word."""
    caller = Caller(script=Script(greeting="Good day."))

    caller.start({"type": "session.update", "session": {"greeting": "Hello."}})

    assert caller.of("transcript.agent")[0]["text"] == "Hello."
