"""Turn taking: who speaks when, and what the client is told of it in which order."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from app.simulator.audio import speech
from app.simulator.audio.encoding import Encoder
from app.simulator.conversation import lines
from app.simulator.conversation.playback import Mouth
from app.simulator.conversation.tool_calls import Errands
from app.simulator.conversation.turn_taking import Ear
from app.simulator.wire import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.audio.utterance import Utterance
    from app.simulator.behaviour.script import ScriptedTurn
    from app.simulator.conversation.context import Scene
    from app.simulator.conversation.reply import Reply
    from app.simulator.conversation.tool_calls import Errand

_WAITING_LIMIT: Final = 8
_CONTEXT_LIMIT: Final = 20
_FAILURE_SECONDS: Final = 0.3
"""From `reply.started` to `reply.error`. Ours."""


class Dialogue:
    """One ear and one mouth; whoever speaks first is heard out, and the user may interrupt.

    Args:
        scene: what the parts of a conversation share.
    """

    def __init__(self, scene: Scene) -> None:
        self._profile = scene.profile
        self._config = scene.config
        self._prompter = scene.prompter
        self._agenda = scene.agenda
        self._ids = scene.ids
        self._send = scene.send
        self._mouth = Mouth(
            *(scene.profile, scene.agenda, scene.send),
            finished=lambda _reply, at: self._speak_next(at),
            encoder=self._encoder,
        )
        self._errands = Errands(scene, self._mouth.is_saying, self._report)
        self._ear = Ear(
            *(scene, self._mouth, self._errands),
            interrupted=lambda reply, at: self._end(reply, at, "interrupted"),
            turn_ended=self._answer,
        )
        self._turns = 0
        self._waiting: deque[Callable[[float], object]] = deque(maxlen=_WAITING_LIMIT)
        self._context: deque[str] = deque(maxlen=_CONTEXT_LIMIT)

    def configure(self) -> None:
        """Take over settings that may have changed."""
        self._ear.configure()

    def hear(self, pcm: bytes, at: float) -> None:
        """Listen to the caller."""
        self._ear.hear(pcm, at)

    def greet(self, text: str, at: float) -> None:
        """Say the greeting, whose words come without the spaces between them."""
        self._speak(speech.greeting(text), at, is_greeting=True)

    def reply_to_request(self, at: float) -> None:
        """Say what `reply.create` asked for; what runs then is treated as the profile has it."""
        text = lines.STATUS if self._errands.is_holding else self._prompter.take_created()
        words = speech.answer_to_message() if text is None else speech.spoken(text)
        way = self._profile.reply_create_in_reply
        if way == "ends" or (way == "replaces_greeting" and self._mouth.is_greeting):
            self._give_way(at, "cancelled")
        if way == "interleaved" and self._mouth.is_talking and self._mouth.has_room:
            self._speak(words, at)
            return
        self._waiting.append(partial(self._speak, words))
        self._speak_next(at)

    def cancel(self, reply_id: str, at: float) -> None:
        """End a reply on the client's wish; nothing happens when it is not under way."""
        if self._mouth.is_saying_id(reply_id):
            self._give_way(at, "cancelled")

    def add_context(self, text: str) -> None:
        """Keep a message of the client for a script that wants to show it."""
        self._context.append(text)

    def take_result(self, call_id: str, result: str, at: float, *, is_error: bool) -> None:
        """Take a tool's result."""
        self._errands.take_result(call_id, result, at, is_error=is_error)

    def break_off(self) -> None:
        """Forget what is being said and heard, without a word to the client; calls stay open."""
        self._mouth.hush()
        self._waiting.clear()
        self._ear.forget()

    def resume(self, at: float) -> None:
        """Go on after a lost line: the results of open calls are awaited again."""
        self._errands.resume(at)

    def _give_way(self, at: float, status: str) -> None:
        """End all that is being said."""
        for reply in self._mouth.interrupt(at):
            self._end(reply, at, status)

    def _end(self, reply: Reply, at: float, status: str) -> None:
        self._send(messages.reply_done(reply.reply_id, status), at)
        self._errands.abandon(reply)
        if status == "interrupted":
            self._mouth.trail(reply, at)
        reply.close()

    def _answer(self, turn: ScriptedTurn | None, utterance: Utterance, at: float) -> None:
        if turn is not None and turn.is_silent:
            return
        if turn is not None and turn.failure is not None:
            self._speak_soon(partial(self._fail, turn.failure), at)
        elif turn is not None and turn.calls:
            self._speak_soon(partial(self._run_errand, turn), at)
        else:
            words = lines.after_turn(turn, utterance, self._turns, self._context)
            self._turns += 1
            self._speak_soon(partial(self._speak, words), at)

    def _run_errand(self, turn: ScriptedTurn, at: float) -> None:
        is_single = self._profile.tool_reply == "single"
        reply = self._speak(lines.preamble(turn, self._profile), at, stays_open=is_single)
        self._errands.begin(turn, reply, at)

    def _report(self, errand: Errand, at: float) -> None:
        """Say what the tools gave; in March still within the reply that called them."""
        words = lines.after_tools(errand, self._context)
        self._ear.release(at)
        preamble = errand.preamble
        if preamble.stays_open and self._mouth.is_saying(preamble):
            self._mouth.go_on(preamble, words, at)
            return
        self._mouth.finish(preamble, at)
        self._speak_soon(partial(self._speak, words), at)

    def _fail(self, message: str, at: float) -> None:
        reply = self._speak(speech.silence(1000), at)

        def fail(due: float) -> None:
            if self._mouth.is_saying(reply):
                self._send(messages.reply_error(reply.reply_id, message), due)
                self._mouth.finish(reply, due, "failed")

        self._agenda.add(at + _FAILURE_SECONDS, fail)

    def _speak_soon(self, action: Callable[[float], object], at: float) -> None:
        """Say something before all else that waits."""
        self._waiting.appendleft(action)
        self._speak_next(at)

    def _speak_next(self, at: float) -> None:
        """Say what waits, unless someone is speaking."""
        if self._waiting and not self._mouth.is_talking and not self._ear.in_turn:
            self._waiting.popleft()(at)

    def _speak(self, words: speech.Speech, at: float, **kind: bool) -> Reply:
        reply_id, item_id = self._ids.new("resp"), self._ids.new("msg")
        return self._mouth.say(words, reply_id=reply_id, item_id=item_id, at=at, **kind)

    def _encoder(self) -> Encoder:
        return Encoder(self._config.encoding("output"), self._volume)

    def _volume(self) -> float:
        volume = self._config.value("output.volume")
        return 1.0 if volume is None else volume / 100
