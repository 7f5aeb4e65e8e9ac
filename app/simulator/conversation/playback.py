"""Playback: says replies, with their events in the recorded order and at their times.

Source: frames recorded live on 2026-09-18.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from app.simulator.audio.encoding import G711_FRAME_BYTES, Encoder
from app.simulator.audio.pcm import FRAME_BYTES, FRAME_MS
from app.simulator.audio.speech import Speech
from app.simulator.behaviour.profiles import Profile
from app.simulator.conversation.timers import Timers
from app.simulator.wire import messages
from app.simulator.wire.messages import Frame

_AT_ONCE_LIMIT: Final = 8
"""Replies that may be under way together, where the profile has that at all. Ours."""
_SILENT_FRAME: Final = bytes(FRAME_BYTES)


class Reply:
    """The sound of a speech, after some silence, cut as the wire wants it.

    Args:
        reply_id: told with each event.
        item_id: told with the words.
        speech: what is said.
        encoder: what turns frames of 10 ms into those of the wire.
        audio_starts_at: when the first piece is due, in epoch seconds.
        silence_ms: the silence before the speech; whole frames of 10 ms are made of it.
        pcm_piece_bytes: how much PCM a piece holds; G.711 has pieces of its own.
    """

    def __init__(
        self,
        reply_id: str,
        item_id: str,
        speech: Speech,
        encoder: Encoder,
        *,
        audio_starts_at: float,
        silence_ms: int,
        pcm_piece_bytes: int,
    ) -> None:
        self.reply_id = reply_id
        self.item_id = item_id
        self.speech = speech
        self.audio_starts_at = audio_starts_at
        self.is_greeting = False
        self.stays_open = False
        self.pieces_sent = 0
        is_pcm = encoder.frame_bytes == FRAME_BYTES
        self._piece_bytes = pcm_piece_bytes if is_pcm else G711_FRAME_BYTES
        self._silent_frames = silence_ms // FRAME_MS
        total = (self._silent_frames + speech.frame_count) * encoder.frame_bytes
        self._piece_count = -(-total // self._piece_bytes)
        self._bytes_per_second = encoder.frame_bytes * 1000 // FRAME_MS
        self._pieces = self._cut(encoder)

    @property
    def piece_seconds(self) -> float:
        """How long a whole piece sounds."""
        return self._piece_bytes / self._bytes_per_second

    @property
    def is_sent(self) -> bool:
        """Whether all pieces are out."""
        return self.pieces_sent >= self._piece_count

    @property
    def ends_at(self) -> float:
        """When the last piece is due, in epoch seconds."""
        return self.due(max(0, self._piece_count - 1))

    def due(self, piece: int) -> float:
        """When a piece is due; counted from the start, so that no lateness adds up."""
        return self.audio_starts_at + piece * self._piece_bytes / self._bytes_per_second

    def next_piece(self) -> bytes | None:
        """Return the next piece of sound; None when all is out."""
        piece = next(self._pieces, None)
        self.pieces_sent += piece is not None
        return piece

    def close(self) -> None:
        """Let go of the sound: plans for this reply may outlive it."""
        self._pieces = iter(())

    def spoken_text(self, at: float) -> str:
        """Return the words whose sound was sent and had the time to play."""
        elapsed = int((at - self.audio_starts_at) / self.piece_seconds + 1e-6) + 1
        played_ms = min(self.pieces_sent, elapsed) * self.piece_seconds * 1000
        heard_ms = played_ms - self._silent_frames * FRAME_MS
        return " ".join(word.text for word in self.speech.words() if word.start_ms < heard_ms)

    def _cut(self, encoder: Encoder) -> Iterator[bytes]:
        size = self._piece_bytes
        rest = b""
        for frame in self._frames():
            rest += encoder.encode(frame)
            while len(rest) >= size:
                yield rest[:size]
                rest = rest[size:]
        if rest:
            yield rest

    def _frames(self) -> Iterator[bytes]:
        for _ in range(self._silent_frames):
            yield _SILENT_FRAME
        yield from self.speech.frames()


class Playback:
    """Plans the events of a reply, from `reply.started` to `reply.done`.

    Args:
        profile: how the service behaves.
        timers: where the events are planned.
        send: takes each frame with its time in epoch seconds.
        finished: is told of each reply that came to its end, and when.
        encoder: what turns frames of 10 ms into those of the wire.
    """

    def __init__(
        self,
        profile: Profile,
        timers: Timers,
        send: Callable[[Frame, float], None],
        finished: Callable[[Reply, float], None],
        encoder: Callable[[], Encoder],
    ) -> None:
        self._profile = profile
        self._timers = timers
        self._send = send
        self._finished = finished
        self._encoder = encoder
        self._replies: list[Reply] = []

    @property
    def is_talking(self) -> bool:
        """Whether a reply is under way."""
        return bool(self._replies)

    @property
    def has_room(self) -> bool:
        """Whether one more reply may be said at the same time."""
        return len(self._replies) < _AT_ONCE_LIMIT

    @property
    def is_greeting(self) -> bool:
        """Whether what is under way is the greeting."""
        return any(reply.is_greeting for reply in self._replies)

    def say(
        self,
        speech: Speech,
        *,
        reply_id: str,
        item_id: str,
        at: float,
        is_greeting: bool = False,
        stays_open: bool = False,
    ) -> Reply:
        """Begin a reply; one that stays open is done only when it was gone on with."""
        reply = self._new_reply(speech, reply_id, item_id, at)
        reply.is_greeting, reply.stays_open = is_greeting, stays_open
        self._replies.append(reply)
        self._send(messages.reply_started(reply_id, item_id), at)
        self._plan_all(reply, at)
        return reply

    def go_on(self, old: Reply, speech: Speech, at: float) -> Reply:
        """Say more within a reply that is still open."""
        reply = self._new_reply(speech, old.reply_id, old.item_id, at)
        self._replies[self._replies.index(old)] = reply
        self._plan_all(reply, at)
        return reply

    def is_saying(self, reply: Reply) -> bool:
        """Whether a reply is still under way."""
        return reply in self._replies

    def is_saying_id(self, reply_id: str) -> bool:
        """Whether a reply is under way, by its id."""
        return any(reply.reply_id == reply_id for reply in self._replies)

    def finish(self, reply: Reply, at: float, status: str = "completed") -> None:
        """Say no more of a reply; nothing happens when it is over already."""
        if reply in self._replies:
            self._replies.remove(reply)
            reply.close()
            self._send(messages.reply_done(reply.reply_id, status), at)

    def interrupt(self, at: float) -> list[Reply]:
        """Stop at once and say how far it came; the caller tells the client (`reply.done`)."""
        replies, self._replies = self._replies, []
        if self._profile.interrupted_order == "words_first":
            for reply in replies:
                self.tell_spoken(reply, at)
        return replies

    def tell_spoken(self, reply: Reply, at: float) -> None:
        """Tell the words of an interrupted reply, as far as they were spoken."""
        if self._profile.agent_transcript != "omitted" and reply.speech.text:
            self._send_spoken(reply, at)

    def send_late_audio(self, reply: Reply, at: float) -> None:
        """Let some sound of an interrupted reply still come, as a line with a buffer would."""
        for number in range(1, self._profile.late_audio_frames + 1):
            piece = reply.next_piece()
            if piece is None:
                return
            frame = messages.reply_audio(reply.reply_id, piece)
            self._timers.add(at + number * reply.piece_seconds, partial(self._send, frame))

    def stop(self) -> None:
        """Stop at once without a word."""
        self._replies = []

    def _new_reply(self, speech: Speech, reply_id: str, item_id: str, at: float) -> Reply:
        return Reply(
            reply_id,
            item_id,
            speech,
            self._encoder(),
            audio_starts_at=at + self._profile.first_audio_delay_ms / 1000,
            silence_ms=self._profile.leading_silence_ms,
            pcm_piece_bytes=self._profile.audio_frame_bytes,
        )

    def _plan_all(self, reply: Reply, at: float) -> None:
        profile = self._profile
        self._plan(reply, reply.audio_starts_at, self._send_audio)
        if profile.agent_words == "sent":
            self._plan(reply, at + profile.word_delay_ms / 1000, self._send_words)
        if profile.agent_transcript != "omitted" and reply.speech.text:
            lead = profile.agent_transcript_lead_ms / 1000
            self._plan(reply, max(reply.audio_starts_at, reply.ends_at - lead), self._send_text)

    def _plan(self, reply: Reply, due: float, step: Callable[[Reply, float], None]) -> None:
        """Plan a step of this reply, which is not taken when the reply is over by then."""
        self._timers.add(due, lambda at: step(reply, at) if reply in self._replies else None)

    def _send_audio(self, reply: Reply, at: float) -> None:
        piece = reply.next_piece()
        if piece is not None:
            self._send(messages.reply_audio(reply.reply_id, piece), at)
        if not reply.is_sent:
            is_burst = self._profile.audio_pace == "burst"
            self._plan(reply, at if is_burst else reply.due(reply.pieces_sent), self._send_audio)
        else:
            self._plan(reply, reply.ends_at, self._come_to_end)

    def _send_words(self, reply: Reply, at: float) -> None:
        words = list(reply.speech.words())
        for number, word in enumerate(words, start=1):
            # The model's words bring the space after them, those of a greeting do not.
            space = " " if not reply.is_greeting and number < len(words) else ""
            self._send(
                messages.agent_transcript_delta(
                    reply.reply_id, reply.item_id, word, word.text + space
                ),
                at,
            )

    def _send_text(self, reply: Reply, at: float) -> None:
        self._tell(reply, reply.speech.text, at, interrupted=False)

    def _send_spoken(self, reply: Reply, at: float) -> None:
        text = reply.spoken_text(at)
        if not text and self._profile.agent_transcript == "unspoken":
            self._send_text(reply, at)
        else:
            self._tell(reply, text, at, interrupted=True)

    def _tell(self, reply: Reply, text: str, at: float, *, interrupted: bool) -> None:
        self._send(
            messages.agent_transcript(reply.reply_id, reply.item_id, text, interrupted=interrupted),
            at,
        )

    def _come_to_end(self, reply: Reply, at: float) -> None:
        if not reply.stays_open:
            self.finish(reply, at)
            self._finished(reply, at)
