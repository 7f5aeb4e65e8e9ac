"""Profiles and their switches."""

import dataclasses

import pytest

from app.simulator.behaviour.profiles import (
    DOCS,
    LIVE,
    MARCH,
    PROFILES,
    Profile,
    profile_named,
    with_switches,
)
from tests.simulator.caller import HELLO, Caller, sentence, silence
from tests.simulator.switch_scenarios import answered


def test_profiles_are_found_by_name() -> None:
    """Each profile is known by the name it carries."""
    assert profile_named("live") is LIVE
    assert (
        [profile.name for profile in PROFILES.values()]
        == list(PROFILES)
        == [*("live", "docs", "march")]
    )


def test_unknown_profile_lists_the_known_ones() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(
        ValueError, match="no profile is called 'lve'; there are: live, docs, march"
    ):
        profile_named("lve")


def test_profiles_are_frozen() -> None:
    """Nobody changes a profile that others use."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        LIVE.resume = "ok"  # type: ignore[misc]


def test_switches_are_read_from_text() -> None:
    """Each kind of switch is set by its text, and the profile itself stays as it was."""
    texts = {"resume": "ok", "single_use_tokens": "true", "leading_silence_ms": "0"}

    changed = with_switches(LIVE, texts)

    assert (changed.resume, changed.single_use_tokens) == ("ok", True)
    assert changed.leading_silence_ms == 0
    assert LIVE.resume == "not_found_1008"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("resum", "ok", "no switch is called 'resum'; there are: session_updated, setup_failure,"),
        ("name", "x", "no switch is called 'name'"),
        (
            "resume",
            "yes",
            "resume must be one of: not_found_1008, not_found_open, ok, forbidden_1008, expired",
        ),
        ("single_use_tokens", "1", "single_use_tokens must be one of: true, false; not '1'"),
        ("leading_silence_ms", "-1", "leading_silence_ms must be a whole number from 0 to 5000"),
        ("leading_silence_ms", "5001", "from 0 to 5000; not '5001'"),
        ("leading_silence_ms", "²", "from 0 to 5000"),
        ("leading_silence_ms", "", "from 0 to 5000; not ''"),
        ("leading_silence_ms", "9" * 5000, "from 0 to 5000"),
    ],
)
def test_wrong_switches_say_what_is_allowed(name: str, text: str, message: str) -> None:
    """A wrong name or value is answered with what would be right."""
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the message is looked at below
        with_switches(LIVE, {name: text})

    assert message in str(refusal.value)


def test_every_switch_accepts_its_own_default() -> None:
    """What a switch is by default can also be set by its text."""
    for switch in dataclasses.fields(LIVE):
        if switch.name != "name":
            value = getattr(LIVE, switch.name)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert with_switches(LIVE, {switch.name: text}) == LIVE


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_profile_holds_a_conversation(profile: Profile) -> None:
    """Greeting, turn, interruption and end work under each profile, in events a client knows."""
    caller = Caller(profile)
    caller.start(HELLO)

    caller.say(silence(300) + sentence("question") + silence(3000))
    caller.say(sentence("interruption") + silence(9000))
    caller.wait(10)
    caller.send({"type": "session.end"})

    assert [f["status"] for f in caller.of("reply.done")] == [
        *("completed", "interrupted", "completed")
    ]
    assert len(caller.of("transcript.user")) == 2
    assert caller.types()[-1] == "session.ended"
    assert caller.close_code == 1000


def test_march_has_the_recorded_order_and_fields() -> None:
    """A session with a tool goes as recorded on 2026-03-28, in one reply around call and answer."""
    caller = answered(MARCH)

    assert caller.types() == [
        *("session.updated", "session.ready", "input.speech.started", "reply.started"),
        *("input.speech.stopped", "transcript.user", "tool.call", "transcript.agent"),
        "reply.done",
    ]
    fields = [set(frame) - {"type", "timestamp"} for frame in caller.frames if "data" not in frame]
    assert fields == [
        *({"config"}, {"session_id", "config"}, set(), {"reply_id"}, set(), {"item_id", "text"}),
        *({"call_id", "name", "args"}, {"reply_id", "item_id", "text", "interrupted"}),
        {"reply_id", "status"},
    ]
    assert set(caller.frames[0]["config"]) == {"system_prompt", "tools"}


def test_docs_differ_where_the_documents_do() -> None:
    """By the documents ready comes first, and a bad first update is survived."""
    caller = Caller(DOCS)

    caller.send({"type": "session.update", "session": {"output": {"volume": 101}}})
    caller.start(HELLO)

    assert caller.types()[:3] == ["session.error", "session.ready", "reply.started"]
    assert caller.close_code is None


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_times_are_numbers_unless_switched(profile: Profile) -> None:
    """As the schema of the messages wants it; a model made of that refuses text."""
    caller = Caller(profile)
    caller.start(HELLO)

    assert {type(frame["timestamp"]) for frame in caller.frames} == {float}


def test_each_profile_says_what_it_stands_for() -> None:
    """Each named set of switches differs from the live one only as its name promises."""
    for profile in (DOCS, MARCH):
        changed = [
            switch.name
            for switch in dataclasses.fields(profile)
            if getattr(profile, switch.name) != getattr(LIVE, switch.name)
        ]
        assert len(changed) > 10, profile.name
