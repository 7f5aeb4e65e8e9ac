"""The caller's side of turn taking: what is told of their speech, and when the agent gives way."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from app.simulator.conversation.turn_detection import turn_detection
from app.simulator.conversation.vad import (
    Heard,
    Listener,
    SpeechForgotten,
    SpeechGrew,
    SpeechNoticed,
    SpeechStarted,
)
from app.simulator.wire import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.audio.utterance import Utterance
    from app.simulator.behaviour.script import ScriptedTurn
    from app.simulator.conversation.context import Scene
    from app.simulator.conversation.playback import Mouth
    from app.simulator.conversation.reply import Reply
    from app.simulator.conversation.tool_calls import Errands
    from app.simulator.wire.messages import Frame

    Answer = Callable[[ScriptedTurn | None, Utterance, float], None]

_ENOUGH_VOICE_MS: Final = 400
"""What is shorter may be a beginning: it is given the longer silence."""
_MARCH_DELAYS_SECONDS: Final = (0.7, 0.8)
"""From `reply.started` to `input.speech.stopped` and `transcript.user`. Source: 2026-03-28."""
_WITHHELD_LIMIT: Final = 50


class Ear:
    """Hears the caller and tells the client of it.

    Args:
        scene: what the parts of a conversation share.
        mouth: what may be interrupted.
        errands: whether a tool holds the conversation.
        interrupted: is told of each reply that was cut, after all other events of that.
        turn_ended: is to answer.
    """

    def __init__(
        self,
        scene: Scene,
        mouth: Mouth,
        errands: Errands,
        interrupted: Callable[[Reply, float], None],
        turn_ended: Answer,
    ) -> None:
        self._profile = scene.profile
        self._config = scene.config
        self._prompter = scene.prompter
        self._agenda = scene.agenda
        self._ids = scene.ids
        self._send = scene.send
        self._mouth = mouth
        self._errands = errands
        self._interrupted = interrupted
        self._turn_ended = turn_ended
        self._item_id = ""
        self._is_start_told = False
        self._unsent: deque[Frame] = deque()
        """The end of a turn that is told after the reply to it began (March)."""
        self._withheld: deque[Frame] = deque(maxlen=_WITHHELD_LIMIT)
        """Words of the caller that are told when a tool no longer holds the conversation."""
        self._listener = self._new_listener()

    @property
    def in_turn(self) -> bool:
        """Whether the caller is in the middle of a turn."""
        return self._listener.in_turn

    def configure(self) -> None:
        """Take over settings that may have changed."""
        self._listener.detection = turn_detection(self._profile, self._config.value)

    def hear(self, pcm: bytes, at: float) -> None:
        """Listen to PCM."""
        for heard in self._listener.hear(pcm):
            self._notice(heard, at)

    def release(self, at: float) -> None:
        """Tell the words that were withheld, unless a further tool holds the conversation."""
        while self._withheld and not self._errands.is_holding:
            self._send(self._withheld.popleft(), at)

    def forget(self) -> None:
        """Forget what was heard."""
        self._unsent.clear()
        self._withheld.clear()
        self._is_start_told = False
        self._listener = self._new_listener()

    def _notice(self, heard: Heard, at: float) -> None:
        if isinstance(heard, SpeechNoticed):
            if self._profile.speech_started_in_reply == "any_speech":
                self._is_start_told = True
                self._send(messages.speech_started(), at)
        elif isinstance(heard, SpeechForgotten):
            if self._is_start_told:
                self._is_start_told = False
                self._send(messages.speech_stopped(), at)
        elif isinstance(heard, SpeechStarted):
            self._begin_turn(heard.utterance, at)
        elif isinstance(heard, SpeechGrew):
            self._tell_words(heard.utterance, at)
        else:
            self._end_turn(heard.utterance, at)

    def _begin_turn(self, utterance: Utterance, at: float) -> None:
        while self._unsent:
            self._tell_rest(at)
        self._item_id = self._ids.new("msg")
        gives_way = self._listener.detection.interrupts and not self._errands.is_holding
        if not self._mouth.is_talking or not gives_way:
            self._tell_start(at)
            self._tell_words(utterance, at)
            return
        # The order in which a barge-in was recorded on 2026-09-18.
        replies = self._mouth.interrupt(at)
        self._tell_words(utterance, at)
        self._tell_start(at)
        for reply in replies:
            self._interrupted(reply, at)

    def _end_turn(self, utterance: Utterance, at: float) -> None:
        text = self._words(utterance, is_whole=True)
        is_held = self._errands.is_holding
        turn = self._prompter.take_turn()
        said = messages.user_transcript(self._item_id, text)
        if self._profile.reply_order == "after_stopped" or is_held:
            self._send(messages.speech_stopped(), at)
            self._tell(said, at)
        else:
            self._unsent += (messages.speech_stopped(), said)
            for delay in _MARCH_DELAYS_SECONDS:
                self._agenda.add(at + delay, self._tell_rest)
        if not is_held:
            self._turn_ended(turn, utterance, at)

    def _tell_start(self, at: float) -> None:
        if not self._is_start_told:
            self._send(messages.speech_started(), at)
        self._is_start_told = False

    def _tell_words(self, utterance: Utterance, at: float) -> None:
        if self._profile.user_words == "sent":
            text = self._words(utterance, is_whole=False)
            self._tell(messages.user_transcript_delta(self._item_id, text), at)

    def _tell_rest(self, at: float) -> None:
        if self._unsent:
            self._send(self._unsent.popleft(), at)

    def _tell(self, frame: Frame, at: float) -> None:
        """Tell words, at once or when they are no longer withheld."""
        if self._errands.is_holding:
            self._withheld.append(frame)
        else:
            self._send(frame, at)

    def _words(self, utterance: Utterance, *, is_whole: bool) -> str:
        """Return what is heard: the script's words, as many as were spoken, or their number."""
        turn = self._prompter.turn
        if turn is None or turn.hears is None:
            return utterance.text
        return turn.hears if is_whole else " ".join(turn.hears.split()[: max(1, utterance.words)])

    def _is_complete(self, utterance: Utterance) -> bool:
        turn = self._prompter.turn
        if turn is not None and turn.hears is not None:
            return not turn.is_unfinished
        return utterance.voiced_ms >= _ENOUGH_VOICE_MS

    def _new_listener(self) -> Listener:
        return Listener(
            turn_detection(self._profile, self._config.value),
            lambda: self._mouth.is_talking,
            self._is_complete,
            self._profile.echo_seconds * 1000,
        )
