"""The caller's side of turn taking: what is told of their speech, and when the agent gives way."""

from collections import deque
from collections.abc import Callable
from typing import Final

from app.simulator.audio.utterance import Utterance
from app.simulator.behaviour.script import ScriptedTurn
from app.simulator.conversation.context import Context
from app.simulator.conversation.playback import Playback, Reply
from app.simulator.conversation.tool_calls import ToolCalls
from app.simulator.conversation.turn_detector import (
    SpeechForgotten,
    SpeechGrew,
    SpeechNoticed,
    SpeechStarted,
    TurnDetector,
    TurnEvent,
)
from app.simulator.conversation.turn_settings import turn_settings
from app.simulator.wire import messages
from app.simulator.wire.messages import Frame

Answer = Callable[[ScriptedTurn | None, Utterance, float], None]

_ENOUGH_VOICE_MS: Final = 400
"""What is shorter may be a beginning: it gets the longer silence."""
_MARCH_DELAYS_SECONDS: Final = (0.7, 0.8)
"""From `reply.started` to `input.speech.stopped` and `transcript.user`. Source: 2026-03-28."""
_WITHHELD_LIMIT: Final = 50


class TurnTaking:
    """Follows the caller's speech and tells the client of it.

    Args:
        context: what the parts of a conversation share.
        playback: what may be interrupted.
        tool_calls: whether a tool holds the conversation.
        interrupted: is told of each reply that was cut, after all other events of that.
        turn_ended: is to answer.
    """

    def __init__(
        self,
        context: Context,
        playback: Playback,
        tool_calls: ToolCalls,
        interrupted: Callable[[Reply, float], None],
        turn_ended: Answer,
    ) -> None:
        self._profile = context.profile
        self._config = context.config
        self._prompter = context.prompter
        self._timers = context.timers
        self._ids = context.ids
        self._send = context.send
        self._playback = playback
        self._tool_calls = tool_calls
        self._interrupted = interrupted
        self._turn_ended = turn_ended
        self._item_id = ""
        self._is_start_told = False
        self._unsent: deque[Frame] = deque()
        """The end of a turn that is told after the reply to it began (March)."""
        self._withheld: deque[Frame] = deque(maxlen=_WITHHELD_LIMIT)
        """Words of the caller that are told when a tool no longer holds the conversation."""
        self._detector = self._new_detector()

    @property
    def in_turn(self) -> bool:
        """Whether the caller is in the middle of a turn."""
        return self._detector.in_turn

    def configure(self) -> None:
        """Take over settings that may have changed."""
        self._detector.settings = turn_settings(self._profile, self._config.value)

    def take_audio(self, pcm: bytes, at: float) -> None:
        """Take PCM of any length."""
        for event in self._detector.feed(pcm):
            self._notice(event, at)

    def release(self, at: float) -> None:
        """Tell the words that were withheld, unless a further tool holds the conversation."""
        while self._withheld and not self._tool_calls.is_holding:
            self._send(self._withheld.popleft(), at)

    def forget(self) -> None:
        """Forget what was heard."""
        self._unsent.clear()
        self._withheld.clear()
        self._is_start_told = False
        self._detector = self._new_detector()

    def _notice(self, event: TurnEvent, at: float) -> None:
        if isinstance(event, SpeechNoticed):
            if self._profile.speech_started_in_reply == "any_speech":
                self._is_start_told = True
                self._send(messages.speech_started(), at)
        elif isinstance(event, SpeechForgotten):
            if self._is_start_told:
                self._is_start_told = False
                self._send(messages.speech_stopped(), at)
        elif isinstance(event, SpeechStarted):
            self._begin_turn(event.utterance, at)
        elif isinstance(event, SpeechGrew):
            self._tell_words(event.utterance, at)
        else:
            self._end_turn(event.utterance, at)

    def _begin_turn(self, utterance: Utterance, at: float) -> None:
        while self._unsent:
            self._tell_rest(at)
        self._item_id = self._ids.new("msg")
        gives_way = self._detector.settings.interrupts and not self._tool_calls.is_holding
        if not self._playback.is_talking or not gives_way:
            self._tell_start(at)
            self._tell_words(utterance, at)
            return
        # The order in which a barge-in was recorded on 2026-09-18.
        replies = self._playback.interrupt(at)
        self._tell_words(utterance, at)
        self._tell_start(at)
        for reply in replies:
            self._interrupted(reply, at)

    def _end_turn(self, utterance: Utterance, at: float) -> None:
        text = self._words(utterance, is_whole=True)
        is_held = self._tool_calls.is_holding
        turn = self._prompter.take_turn()
        said = messages.user_transcript(self._item_id, text)
        if self._profile.reply_order == "after_stopped" or is_held:
            self._send(messages.speech_stopped(), at)
            self._tell(said, at)
        else:
            self._unsent += (messages.speech_stopped(), said)
            for delay in _MARCH_DELAYS_SECONDS:
                self._timers.add(at + delay, self._tell_rest)
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
        if self._tool_calls.is_holding:
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

    def _new_detector(self) -> TurnDetector:
        return TurnDetector(
            turn_settings(self._profile, self._config.value),
            lambda: self._playback.is_talking,
            self._is_complete,
            self._profile.echo_seconds * 1000,
        )
