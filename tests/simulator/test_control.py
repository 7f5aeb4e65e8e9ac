"""The commands of `POST /_control`, without a network."""

import pytest

from app.simulator.behaviour.profiles import LIVE
from app.simulator.server.control import Controls


@pytest.mark.parametrize(
    "command",
    [
        *({}, [], None, "drop", {"dorp": True}, {"drop": 1}, {"drop": False}, {"close": 999}),
        *({"close": "1000"}, {"close": True}, {"close": 1006}, {"close": 5000}, {"set": []}),
        *({"set": {"resume": "maybe"}}, {"set": {"nothing": 1}}, {"set": {"resume": None}}),
        *({"token_status": 99}, {"token_status": "503"}, {"token_headers": {}}),
        {"token_status": 503, "token_headers": []},
        {"token_status": 503, "token_headers": {"Retry-After": 7}},
        {"token_status": 503, "token_headers": {"X": "a\r\nb"}},
        {"token_status": 503, "token_headers": {"X: y": "a"}},
        *({"faults": "stall"}, {"faults": {"stal": "1"}}, {"faults": {"stall": "x"}}),
        *({"faults": {"stall": "1", "close": "1006"}}, {"faults": {"stal": None}}),
    ],
    ids=str,
)
def test_wrong_commands_are_refused(command: object) -> None:
    """What is no command raises, and changes nothing."""
    controls = Controls(LIVE)

    with pytest.raises(ValueError, match=r"must be|no command|no switch|no fault|a command is"):
        controls.apply(command)

    assert controls == Controls(LIVE)


def test_command_with_one_wrong_part_does_nothing() -> None:
    """Of several commands in one, none is done when one is wrong."""
    controls = Controls(LIVE)

    with pytest.raises(ValueError, match="close must be"):
        controls.apply({"set": {"resume": "ok"}, "close": 1})

    assert controls.profile == LIVE


def test_switches_may_be_json_values() -> None:
    """Numbers and truth values need no quotes in JSON."""
    controls = Controls(LIVE)

    controls.apply({"set": {"single_use_tokens": True, "leading_silence_ms": 0, "resume": "ok"}})

    assert controls.profile.single_use_tokens
    assert (controls.profile.leading_silence_ms, controls.profile.resume) == (0, "ok")


def test_token_status_is_set_and_unset() -> None:
    """A status comes with its headers and both go with null."""
    controls = Controls(LIVE)

    controls.apply({"token_status": 429, "token_headers": {"Retry-After": "7"}})
    assert (controls.token_status, controls.token_headers) == (429, {"Retry-After": "7"})
    controls.apply({"token_status": None})

    assert controls == Controls(LIVE)


def test_faults_are_merged_and_taken_away() -> None:
    """Null takes one fault away, or all of them; the others stay."""
    controls = Controls(LIVE)

    controls.apply({"faults": {"stall": "3@2s", "jitter": 20, "token_expired": True}})
    assert controls.faults == {"stall": "3@2s", "jitter": "20", "token_expired": "true"}
    controls.apply({"faults": {"jitter": None}})
    assert list(controls.faults) == ["stall", "token_expired"]
    controls.apply({"faults": None})

    assert controls == Controls(LIVE)
