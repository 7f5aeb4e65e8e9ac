"""Every switch of the profiles, with what each of its values changes.

`SWITCHES` says for each switch how to look and what is seen under each value. A switch without a
row there or in `TESTED_ELSEWHERE` fails the first test.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pytest

from app.simulator.behaviour.profiles import LIVE, Profile
from tests.simulator import switch_scenarios as look

Look = Callable[[Profile], object]

SWITCHES: Mapping[str, tuple[Look, Mapping[Any, object]]] = {
    # How a session begins and ends
    "session_updated": (look.start, {"sent": look.START, "omitted_at_start": look.START[1:]}),
    "setup_failure": (
        look.setup,
        {
            "none": (None, None, 0),
            "internal_error": ("internal_error", 1011, 10),
            "server_error": ("server_error", 1008, 0),
            "agent_init_failed": ("agent_init_failed", 1011, 1),
            "agent_timeout": ("agent_timeout", 1011, 10),
            "concurrency_exceeded": ("concurrency_exceeded", 1008, 0),
            "at_capacity": ("at_capacity", 1008, 0),
            "forbidden": ("forbidden", 1008, 0),
        },
    ),
    "first_bad_update": (look.first_bad_update, {"fatal": 1008, "survived": None}),
    "agent_id_with_others": (
        look.agent_with_others,
        {"invalid_value": "invalid_value", "agent_id_not_first": "agent_id_not_first"},
    ),
    "bad_value_code": (
        look.bad_value,
        {"invalid_value": "invalid_value", "invalid_config": "invalid_config"},
    ),
    "unknown_voice": (look.unknown_voice, {"refused": "invalid_value", "accepted": None}),
    "voices": (look.old_voice, {"live": "invalid_value", "quickstart": None}),
    "default_voice": (look.voice, {name: name for name in ("alba", "anna", "ivy")}),
    "input_format_later": (look.format_later, {"mutable": None, "immutable": "immutable_field"}),
    "interruption_delay": (look.delay_field, {"known": None, "unknown": "invalid_value"}),
    "conversation_message": (
        look.context,
        {
            "ignored": "You told me: .",
            "heard": "You told me: blue.",
            "unknown": "Unknown message type: conversation.message",
        },
    ),
    "reply_cancel": (
        look.cancel,
        {"unknown": ("invalid_format", "completed"), "accepted": (None, "interrupted")},
    ),
    "fast_audio": (look.fast_audio, {"accepted": None, "dropped": "audio_rate_violation"}),
    "session_cap": (
        look.cap,
        {
            "ignored": ("session.ready", None),
            "expired_1008": ("session.error", 1008),
            "ended_1000": ("session.ended", 1000),
        },
    ),
    "session_lifetime_seconds": (look.lifetime, {3595: 3595, 60: 60}),
    "ready_delay_ms": (look.ready_after, {20: 0.02, 700: 0.7}),
    # Turns
    "greeting_delay_ms": (look.greeting_after, {5: 0.005, 300: 0.3}),
    "created_reply_delay_ms": (look.created_after, {200: 0.2, 900: 0.9}),
    "end_of_turn_silence_ms": (look.silence_to_end, {900: 900, 1500: 1500}),
    "speech_start_ms": (look.speech_start, {320: 320, 600: 600}),
    "barge_in_ms": (look.barge_in, {560: 560, 1200: 1200}),
    "speech_started_in_reply": (
        look.backchannel,
        {"at_barge_in": [], "any_speech": ["input.speech.started", "input.speech.stopped"]},
    ),
    "user_words": (look.has("transcript.user.delta"), {"sent": True, "omitted": False}),
    "reply_order": (
        look.turn_order,
        {
            "after_stopped": ["input.speech.stopped", "transcript.user", "reply.started"],
            "before_stopped": ["reply.started", "input.speech.stopped", "transcript.user"],
        },
    ),
    "reply_create_in_reply": (
        look.created_in_reply,
        {
            "queued": (look.QUEUED, look.QUEUED),
            "ends": (look.ENDED, look.ENDED),
            "replaces_greeting": (look.ENDED, look.QUEUED),
            "interleaved": (look.INTERLEAVED, look.OVERTAKEN),
        },
    ),
    "echo_seconds": (look.own_voice, {10: True, 0: False}),
    # Replies
    "first_audio_delay_ms": (look.audio_after, {9: 0.009, 400: 0.4}),
    "leading_silence_ms": (look.leading_silence, {250: 250, 0: 0}),
    "audio_pace": (look.audio_moments, {"1x": True, "burst": False}),
    "audio_frame_bytes": (look.audio_size, {480: {480}, 1734: {1734}, 481: {481}}),
    "late_audio_frames": (look.late_audio, {0: 0, 5: 5}),
    "word_delay_ms": (look.words_after, {450: 0.45, 100: 0.1}),
    "agent_words": (look.has("transcript.agent.delta"), {"sent": True, "omitted": False}),
    "agent_transcript": (
        look.cut_before_sound,
        {
            "sent": [("", True)],
            "omitted": [],
            "unspoken": [("If you heard yourself, your microphone works.", False)],
        },
    ),
    "interrupted_order": (
        look.interrupted,
        {
            "words_first": ["transcript.agent", "reply.done"],
            "done_first": ["reply.done", "transcript.agent"],
        },
    ),
    "agent_transcript_lead_ms": (look.transcript_lead, {300: 0.3, 1000: 1.0}),
    # Tools
    "tool_call_delay_ms": (look.call_after, {1000: 1.0, 2000: 2.0}),
    "tool_preamble_ms": (look.preamble_after_call, {2300: 2.3, 500: 0.5}),
    "tool_answer_delay_ms": (look.answer_after, {170: 0.17, 600: 0.6}),
    "tool_reply": (look.tool_order, {"separate": look.SEPARATE, "single": look.SINGLE}),
    "repeated_tool_calls": (look.call_count, {1: 1, 4: 4}),
    "early_tool_results": (
        look.early_result,
        {"accepted": "It is 21.", "dropped": "I am sorry, that took too long."},
    ),
    "http_tool_calls": (look.http_calls, {"sent": 1, "hidden": 0}),
    # The form of events
    "timestamps": (look.timestamp, {"float": float, "iso": str, "absent": type(None)}),
    "error_key": (
        look.error_keys,
        {"code": {"type", "timestamp", "code", "message"}, "error_code": look.OTHER_ERROR},
    ),
    "error_case": (
        look.error_code,
        {"lower": "invalid_format", "upper": "INVALID_FORMAT"},
    ),
    "error_shape": (look.error_type, {"session.error": "session.error", "error": "error"}),
    "user_delta_key": (look.delta_key, {"text": {"text"}, "delta": {"delta"}}),
    "user_delta_item_id": (look.delta_has_item, {"sent": True, "omitted": False}),
    "tool_arguments_key": (look.call_key, {"arguments": {"arguments"}, "args": {"args"}}),
    "reply_status": (
        look.statuses,
        {
            "two": ("completed", "interrupted"),
            "absent_when_completed": (None, "interrupted"),
            "four": ("completed", "cancelled"),
        },
    ),
    "reply_item_id": (look.has_item_id, {"sent": True, "omitted": False}),
    "ready_fields": (
        look.ready_keys,
        {"all": {"expires_at", "resume_token"}, "session_only": set()},
    ),
    "config_echo": (look.echo_size, {"full": 8, "short": 3}),
    "unknown_events": (
        look.strangers,
        {False: [], True: ["reply.content_part.started", "reply.content_part.done"]},
    ),
    "duplicate_events": (look.ready_count, {False: 1, True: 2}),
}

TESTED_ELSEWHERE = {
    "auth_failure": ["test_server.test_bad_credential_can_refuse_the_upgrade"],
    "websocket_path": ["test_server.test_only_one_path_can_be_served"],
    "token_errors": ["test_token_route.test_documented_errors"],
    "expires_in_seconds": ["test_token_route.test_window_may_be_left_out"],
    "single_use_tokens": ["test_token_route.test_single_use_tokens_open_once"],
    "session_zones": ["test_rest.test_sessions_may_be_told_of_by_the_host_of_their_zone_only"],
    "resume": ["test_resume.test_resume_can_be_refused_for_other_reasons"],
    "resume_grace_seconds": ["test_resume.test_refused_resume"],
    "max_sockets": ["test_server.test_too_many_sockets_meet_at_capacity"],
}
"""Switches that only a running server obeys, with the tests that flip them."""

ROWS = [(name, value) for name, (_, seen) in SWITCHES.items() for value in seen]


def test_every_switch_has_a_test() -> None:
    """No switch is without a row, and no row without a switch."""
    switches = {switch.name for switch in fields(Profile)} - {"name"}

    assert set(SWITCHES) | set(TESTED_ELSEWHERE) == switches


def test_every_value_of_a_switch_has_a_row() -> None:
    """Each named value is looked at, of each number the default and another; all differ."""
    for switch in fields(Profile):
        if switch.name not in SWITCHES:
            continue
        expected = SWITCHES[switch.name][1]
        if "allowed" in switch.metadata:
            assert list(expected) == list(switch.metadata["allowed"]), switch.name
        assert switch.default in expected, switch.name
        seen = list(expected.values())
        assert len(seen) >= 2, switch.name
        assert all(a != b for i, a in enumerate(seen) for b in seen[:i]), switch.name


@pytest.mark.parametrize(("name", "value"), ROWS, ids=[f"{n}={v}" for n, v in ROWS])
def test_switch(name: str, value: Any) -> None:
    """The value changes what a client sees, and to what the table says."""
    see, expected = SWITCHES[name]

    assert see(look.profile(**{name: value})) == expected[value]


@pytest.mark.parametrize("name", TESTED_ELSEWHERE)
def test_switch_is_tested_elsewhere(name: str) -> None:
    """The tests that the table names exist, and their module flips the switch."""
    for place in TESTED_ELSEWHERE[name]:
        module_name, test_name = place.split(".")
        module = importlib.import_module(f"tests.simulator.{module_name}")
        assert callable(getattr(module, test_name)), place
        assert name in inspect.getsource(module), place


def test_defaults_are_the_live_profile() -> None:
    """What is not switched is as it was measured."""
    assert look.profile() == LIVE
