"""What the agent says: the lines of a script, or what can be said without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.simulator.audio import speech

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.simulator.audio.speech import Speech
    from app.simulator.audio.utterance import Utterance
    from app.simulator.behaviour.profiles import Profile
    from app.simulator.behaviour.script import ScriptedTurn
    from app.simulator.conversation.tool_calls import Errand

STATUS: Final = "One moment, please."
"""Said to a `reply.create` while a tool holds the conversation."""
_WITHOUT_ANSWER: Final = "The tool answered: {result}"
_AFTER_CALL_MS: Final = 100
_TEXT_LIMIT: Final = 2000


def after_turn(
    turn: ScriptedTurn | None, utterance: Utterance, turns: int, context: Sequence[str]
) -> Speech:
    """Return the answer to the caller's words without tools; `turns` is how many were before."""
    if turn is None or turn.answers is None:
        return speech.answer(utterance, turns)
    return speech.spoken(_filled(turn.answers, [], context))


def preamble(turn: ScriptedTurn, profile: Profile) -> Speech:
    """Return what is said while tools are called: long enough for the calls to lie within it."""
    call_ms = max(0, profile.tool_call_delay_ms - profile.leading_silence_ms)
    if turn.preamble is None:
        return speech.silence(call_ms + profile.tool_preamble_ms)
    words = speech.spoken(turn.preamble)
    missing_ms = max(0, call_ms + _AFTER_CALL_MS - words.duration_ms)
    return speech.Speech(words.clips + speech.silence(missing_ms).clips)


def after_tools(errand: Errand, context: Sequence[str]) -> Speech:
    """Return the answer that the tools made possible, or the apology."""
    turn = errand.turn
    text = _WITHOUT_ANSWER if turn.answers is None else turn.answers
    if errand.has_failed:
        text = turn.on_error
    if errand.has_timed_out:
        text = turn.on_timeout
    return speech.spoken(_filled(text, errand.results, context))


def _filled(text: str, results: Sequence[str], context: Sequence[str]) -> str:
    text = text.replace("{result}", " ".join(results)).replace("{context}", " ".join(context))
    return text[:_TEXT_LIMIT]
