"""Turn taking: who speaks when, and what the client is told of it in which order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from app.simulator import messages, speech
from app.simulator.listening import Heard, Listener, SpeechGrew, SpeechStarted
from app.simulator.replies import Mouth

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.agenda import Agenda
    from app.simulator.ids import Ids
    from app.simulator.messages import Frame
    from app.simulator.profiles import Profile
    from app.simulator.utterance import Utterance

_WAITING_LIMIT: Final = 8


class Dialogue:
    """One ear and one mouth; whoever speaks first is heard out, and the user may interrupt.

    Args:
        profile: how the service behaves.
        agenda: where the pieces of a reply are planned.
        ids: where identifiers come from.
        send: takes each frame with its time in epoch seconds.
    """

    def __init__(
        self, profile: Profile, agenda: Agenda, ids: Ids, send: Callable[[Frame, float], None]
    ) -> None:
        self._profile = profile
        self._ids = ids
        self._send = send
        self._mouth = Mouth(profile, agenda, send, self._speak_next)
        self._listener = self._new_listener()
        self._item_id = ""
        self._turns = 0
        self._waiting: deque[speech.Speech] = deque(maxlen=_WAITING_LIMIT)

    def hear(self, pcm: bytes, at: float) -> None:
        """Listen to the caller."""
        for heard in self._listener.hear(pcm):
            self._notice(heard, at)

    def greet(self, text: str, at: float) -> None:
        """Say the greeting, whose words come without the spaces between them."""
        self._speak(speech.greeting(text), at, spaces_words=False)

    def answer_message(self, at: float) -> None:
        """Answer typed words as soon as nobody speaks.

        Source: queued behind a running reply, live 2026-09-21; other reports differ.
        """
        self._waiting.append(speech.answer_to_message())
        self._speak_next(at)

    def break_off(self) -> None:
        """Forget what is being said and heard, without a word to the client."""
        self._mouth.hush()
        self._waiting.clear()
        self._listener = self._new_listener()

    def _notice(self, heard: Heard, at: float) -> None:
        text = heard.utterance.text
        if isinstance(heard, SpeechStarted):
            self._begin_turn(text, at)
        elif isinstance(heard, SpeechGrew):
            self._send(messages.user_transcript_delta(self._item_id, text), at)
        else:
            self._send(messages.speech_stopped(), at)
            self._send(messages.user_transcript(self._item_id, text), at)
            self._answer(heard.utterance, at)

    def _begin_turn(self, text: str, at: float) -> None:
        self._item_id = self._ids.new("msg")
        delta = messages.user_transcript_delta(self._item_id, text)
        if not self._mouth.is_talking:
            self._send(messages.speech_started(), at)
            self._send(delta, at)
            return
        # The order in which a barge-in was recorded on 2026-09-18.
        reply = self._mouth.interrupt(at)
        self._send(delta, at)
        self._send(messages.speech_started(), at)
        self._send(messages.reply_done(reply.reply_id, "interrupted"), at)

    def _answer(self, utterance: Utterance, at: float) -> None:
        self._waiting.appendleft(speech.answer(utterance, self._turns))
        self._turns += 1
        self._speak_next(at)

    def _speak_next(self, at: float) -> None:
        """Say what waits, unless someone is speaking."""
        if self._waiting and not self._mouth.is_talking and not self._listener.in_turn:
            self._speak(self._waiting.popleft(), at)

    def _speak(self, words: speech.Speech, at: float, *, spaces_words: bool = True) -> None:
        self._mouth.say(
            words,
            reply_id=self._ids.new("resp"),
            item_id=self._ids.new("msg"),
            at=at,
            spaces_words=spaces_words,
        )

    def _new_listener(self) -> Listener:
        return Listener(self._profile, lambda: self._mouth.is_talking)
