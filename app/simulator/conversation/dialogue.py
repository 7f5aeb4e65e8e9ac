"""Turn taking: who speaks when, and what the client is told of it in which order."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from app.simulator.audio import speech
from app.simulator.audio.encoding import Encoder
from app.simulator.audio.speech import Speech
from app.simulator.audio.utterance import Utterance
from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import ScriptedTurn
from app.simulator.conversation.context import Context
from app.simulator.conversation.playback import Playback, Reply
from app.simulator.conversation.tool_calls import CallGroup, ToolCalls
from app.simulator.conversation.turn_taking import TurnTaking
from app.simulator.wire import messages

_WAITING_LIMIT: Final = 8
_CONTEXT_LIMIT: Final = 20
_FAILURE_SECONDS: Final = 0.3
"""From `reply.started` to `reply.error`. Ours."""
_STATUS: Final = "One moment, please."
"""Said to a `reply.create` while a tool holds the conversation."""
_WITHOUT_ANSWER: Final = "The tool answered: {result}"
_AFTER_CALL_MS: Final = 100
_TEXT_LIMIT: Final = 2000


class Dialogue:
    """Who speaks when: whoever speaks first is heard out, and the user may interrupt.

    Args:
        context: what the parts of a conversation share.
    """

    def __init__(self, context: Context) -> None:
        self._profile = context.profile
        self._config = context.config
        self._prompter = context.prompter
        self._timers = context.timers
        self._ids = context.ids
        self._send = context.send
        self._playback = Playback(
            *(context.profile, context.timers, context.send),
            finished=lambda _reply, at: self._speak_next(at),
            encoder=self._encoder,
        )
        self._tool_calls = ToolCalls(context, self._playback.is_saying, self._report)
        self._turn_taking = TurnTaking(
            *(context, self._playback, self._tool_calls),
            interrupted=lambda reply, at: self._end(reply, at, "interrupted"),
            turn_ended=self._answer,
        )
        self._turns = 0
        self._waiting: deque[Callable[[float], object]] = deque(maxlen=_WAITING_LIMIT)
        self._context_texts: deque[str] = deque(maxlen=_CONTEXT_LIMIT)

    def configure(self) -> None:
        """Take over settings that may have changed."""
        self._turn_taking.configure()

    def take_audio(self, pcm: bytes, at: float) -> None:
        """Take the caller's PCM, of any length."""
        self._turn_taking.take_audio(pcm, at)

    def greet(self, text: str, at: float) -> None:
        """Say the greeting, whose words come without the spaces between them."""
        self._speak(speech.greeting(text), at, is_greeting=True)

    def reply_to_request(self, at: float) -> None:
        """Say what `reply.create` asked for; what runs then is treated as the profile has it."""
        text = _STATUS if self._tool_calls.is_holding else self._prompter.take_created()
        words = speech.answer_to_message() if text is None else speech.spoken(text)
        way = self._profile.reply_create_in_reply
        if way == "ends" or (way == "replaces_greeting" and self._playback.is_greeting):
            self._give_way(at, "cancelled")
        if way == "interleaved" and self._playback.is_talking and self._playback.has_room:
            self._speak(words, at)
            return
        self._waiting.append(partial(self._speak, words))
        self._speak_next(at)

    def cancel(self, reply_id: str, at: float) -> None:
        """End a reply on the client's wish; nothing happens when it is not under way."""
        if self._playback.is_saying_id(reply_id):
            self._give_way(at, "cancelled")

    def add_context(self, text: str) -> None:
        """Keep a message of the client for a script that wants to show it."""
        self._context_texts.append(text)

    def take_result(self, call_id: str, result: str, at: float, *, is_error: bool) -> None:
        """Take a tool's result."""
        self._tool_calls.take_result(call_id, result, at, is_error=is_error)

    def break_off(self) -> None:
        """Forget what is being said and heard, without a word to the client; calls stay open."""
        self._playback.stop()
        self._waiting.clear()
        self._turn_taking.forget()

    def resume(self, at: float) -> None:
        """Go on after a lost line: the results of open calls are awaited again."""
        self._tool_calls.resume(at)

    def _give_way(self, at: float, status: str) -> None:
        """End all that is being said."""
        for reply in self._playback.interrupt(at):
            self._end(reply, at, status)

    def _end(self, reply: Reply, at: float, status: str) -> None:
        self._send(messages.reply_done(reply.reply_id, status), at)
        if self._profile.interrupted_order == "done_first":
            self._playback.tell_spoken(reply, at)
        self._tool_calls.abandon(reply)
        if status == "interrupted":
            self._playback.send_late_audio(reply, at)
        reply.close()

    def _answer(self, turn: ScriptedTurn | None, utterance: Utterance, at: float) -> None:
        if turn is not None and turn.is_silent:
            return
        if turn is not None:  # no model calls what it was not told of
            calls = tuple(call for call in turn.calls if self._config.has_tool(call.name))
            turn = replace(turn, calls=calls)
        if turn is not None and turn.failure is not None:
            self._speak_soon(partial(self._fail, turn.failure), at)
        elif turn is not None and turn.calls:
            self._speak_soon(partial(self._call_tools, turn), at)
        else:
            words = _after_turn(turn, utterance, self._turns, self._context_texts)
            self._turns += 1
            self._speak_soon(partial(self._speak, words), at)

    def _call_tools(self, turn: ScriptedTurn, at: float) -> None:
        is_single = self._profile.tool_reply == "single"
        reply = self._speak(_preamble(turn, self._profile), at, stays_open=is_single)
        self._tool_calls.begin(turn, reply, at)

    def _report(self, group: CallGroup, at: float) -> None:
        """Say what the tools gave; in March still within the reply that called them."""
        words = _after_tools(group, self._context_texts)
        self._turn_taking.release(at)
        preamble = group.preamble
        if preamble.stays_open and self._playback.is_saying(preamble):
            self._playback.go_on(preamble, words, at)
            return
        self._playback.finish(preamble, at)
        self._speak_soon(partial(self._speak, words), at)

    def _fail(self, message: str, at: float) -> None:
        reply = self._speak(speech.silence(1000), at)

        def fail(due: float) -> None:
            if self._playback.is_saying(reply):
                self._send(messages.reply_error(reply.reply_id, message), due)
                self._playback.finish(reply, due, "failed")

        self._timers.add(at + _FAILURE_SECONDS, fail)

    def _speak_soon(self, action: Callable[[float], object], at: float) -> None:
        """Say something before all else that waits."""
        self._waiting.appendleft(action)
        self._speak_next(at)

    def _speak_next(self, at: float) -> None:
        """Say what waits, unless someone is speaking."""
        if self._waiting and not self._playback.is_talking and not self._turn_taking.in_turn:
            self._waiting.popleft()(at)

    def _speak(self, words: speech.Speech, at: float, **kind: bool) -> Reply:
        reply_id, item_id = self._ids.new("resp"), self._ids.new("msg")
        return self._playback.say(words, reply_id=reply_id, item_id=item_id, at=at, **kind)

    def _encoder(self) -> Encoder:
        return Encoder(self._config.encoding("output"), self._volume)

    def _volume(self) -> float:
        volume = self._config.value("output.volume")
        return 1.0 if volume is None else volume / 100


def _after_turn(
    turn: ScriptedTurn | None, utterance: Utterance, turns: int, context_texts: Sequence[str]
) -> Speech:
    """Return the answer to the caller's words without tools; `turns` is how many were before."""
    if turn is None or turn.answers is None:
        return speech.answer(utterance, turns)
    return speech.spoken(_filled(turn.answers, [], context_texts))


def _preamble(turn: ScriptedTurn, profile: Profile) -> Speech:
    """Return what is said while tools are called: long enough for the calls to lie within it."""
    call_ms = max(0, profile.tool_call_delay_ms - profile.leading_silence_ms)
    if turn.preamble is None:
        return speech.silence(call_ms + profile.tool_preamble_ms)
    words = speech.spoken(turn.preamble)
    missing_ms = max(0, call_ms + _AFTER_CALL_MS - words.duration_ms)
    return speech.Speech(words.clips + speech.silence(missing_ms).clips)


def _after_tools(group: CallGroup, context_texts: Sequence[str]) -> Speech:
    """Return the answer that the tools made possible, or the apology."""
    turn = group.turn
    text = _WITHOUT_ANSWER if turn.answers is None else turn.answers
    if group.has_failed:
        text = turn.on_error
    if group.has_timed_out:
        text = turn.on_timeout
    return speech.spoken(_filled(text, group.results, context_texts))


def _filled(text: str, results: Sequence[str], context_texts: Sequence[str]) -> str:
    text = text.replace("{result}", " ".join(results)).replace("{context}", " ".join(context_texts))
    return text[:_TEXT_LIMIT]
