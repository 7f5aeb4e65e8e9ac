"""The mouth: says one reply at a time, with its events in the recorded order and at their times.

Source: frames recorded live on 2026-09-18.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.simulator import messages
from app.simulator.audio import FRAME_BYTES, FRAME_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.simulator.agenda import Agenda
    from app.simulator.messages import Frame
    from app.simulator.profiles import Profile
    from app.simulator.speech import Speech

_FRAME_SECONDS: Final = FRAME_MS / 1000
_SILENT_FRAME: Final = bytes(FRAME_BYTES)


@dataclass(slots=True, eq=False)
class Reply:
    """A reply on its way out."""

    reply_id: str
    item_id: str
    speech: Speech
    spaces_words: bool
    """Whether a word brings the space after it: the model's words do, those of a greeting not."""
    silent_frames: int
    audio_starts_at: float
    """When the first frame is due, in epoch seconds."""
    frames: Iterator[bytes] = field(init=False)
    frames_sent: int = 0

    def __post_init__(self) -> None:
        self.frames = self.speech.frames()

    @property
    def frame_count(self) -> int:
        """All frames of 10 ms, the leading silence included."""
        return self.silent_frames + self.speech.frame_count

    def due(self, frame: int) -> float:
        """When a frame is due; counted from the start, so that no lateness adds up."""
        return self.audio_starts_at + frame * _FRAME_SECONDS

    def next_frame(self) -> bytes:
        """Return the next 10 ms of sound."""
        self.frames_sent += 1
        return _SILENT_FRAME if self.frames_sent <= self.silent_frames else next(self.frames)

    def spoken_text(self, at: float) -> str:
        """Return the words whose sound was sent and had the time to play."""
        played = min(self.frames_sent, int((at - self.audio_starts_at) / _FRAME_SECONDS) + 1)
        heard_ms = (played - self.silent_frames) * FRAME_MS
        return " ".join(word.text for word in self.speech.words() if word.start_ms < heard_ms)


class Mouth:
    """Puts the events of a reply on the agenda, from `reply.started` to `reply.done`."""

    def __init__(
        self,
        profile: Profile,
        agenda: Agenda,
        send: Callable[[Frame, float], None],
        finished: Callable[[float], None],
    ) -> None:
        self._profile = profile
        self._agenda = agenda
        self._send = send
        self._finished = finished
        self._reply: Reply | None = None

    @property
    def is_talking(self) -> bool:
        """Whether a reply is under way."""
        return self._reply is not None

    def say(
        self, speech: Speech, *, reply_id: str, item_id: str, at: float, spaces_words: bool = True
    ) -> None:
        """Begin a reply; the mouth must be silent."""
        profile = self._profile
        audio_at = at + profile.first_audio_delay_ms / 1000
        silent_frames = profile.leading_silence_ms // FRAME_MS
        reply = Reply(reply_id, item_id, speech, spaces_words, silent_frames, audio_at)
        self._reply = reply
        self._send(messages.reply_started(reply_id, item_id), at)
        self._plan(reply, audio_at, self._send_audio)
        if profile.agent_words == "sent":
            self._plan(reply, at + profile.word_delay_ms / 1000, self._send_words)
        end = reply.due(reply.frame_count - 1)
        if profile.agent_transcript == "sent":
            transcript_at = max(audio_at, end - profile.agent_transcript_lead_ms / 1000)
            self._plan(reply, transcript_at, self._send_transcript)

    def interrupt(self, at: float) -> Reply:
        """Stop at once and say how far it came; the caller tells the client (`reply.done`)."""
        reply, self._reply = self._reply, None
        if reply is None:
            raise RuntimeError("there is no reply to interrupt")
        if self._profile.agent_transcript == "sent":
            text = reply.spoken_text(at)
            self._send(
                messages.agent_transcript(reply.reply_id, reply.item_id, text, interrupted=True), at
            )
        return reply

    def hush(self) -> None:
        """Stop at once without a word."""
        self._reply = None

    def _plan(self, reply: Reply, due: float, step: Callable[[Reply, float], None]) -> None:
        """Plan a step of this reply, which is not taken when the reply is over by then."""
        self._agenda.add(due, lambda at: step(reply, at) if self._reply is reply else None)

    def _send_audio(self, reply: Reply, at: float) -> None:
        self._send(messages.reply_audio(reply.reply_id, reply.next_frame()), at)
        last = reply.frame_count
        if reply.frames_sent < last:
            is_burst = self._profile.audio_pace == "burst"
            self._plan(reply, at if is_burst else reply.due(reply.frames_sent), self._send_audio)
        else:
            self._plan(reply, reply.due(last - 1), self._finish)

    def _send_words(self, reply: Reply, at: float) -> None:
        words = list(reply.speech.words())
        for number, word in enumerate(words, start=1):
            space = " " if reply.spaces_words and number < len(words) else ""
            delta = word.text + space
            self._send(
                messages.agent_transcript_delta(reply.reply_id, reply.item_id, word, delta), at
            )

    def _send_transcript(self, reply: Reply, at: float) -> None:
        text = reply.speech.text
        self._send(
            messages.agent_transcript(reply.reply_id, reply.item_id, text, interrupted=False), at
        )

    def _finish(self, reply: Reply, at: float) -> None:
        self._reply = None
        self._send(messages.reply_done(reply.reply_id, "completed"), at)
        self._finished(at)
