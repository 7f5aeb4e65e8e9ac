"""Profiles and their switches."""

from __future__ import annotations

import dataclasses

import pytest

from app.simulator.profiles import LIVE, PROFILES, profile_named, with_switches


def test_profiles_are_found_by_name() -> None:
    """Each profile is known by the name it carries."""
    assert profile_named("live") is LIVE
    assert {name: profile.name for name, profile in PROFILES.items()} == {"live": "live"}


def test_unknown_profile_lists_the_known_ones() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match="no profile is called 'lve'; there are: live"):
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
        ("resum", "ok", "no switch is called 'resum'; there are: auth_failure, single_use_tokens,"),
        ("name", "x", "no switch is called 'name'"),
        ("resume", "yes", "resume must be one of: not_found_1008, not_found_open, ok; not 'yes'"),
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
