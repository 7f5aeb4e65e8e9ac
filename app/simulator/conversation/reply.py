"""One reply on its way out: its sound in pieces, and when each is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.simulator.audio.encoding import G711_FRAME_BYTES, Encoder
from app.simulator.audio.pcm import FRAME_BYTES, FRAME_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.simulator.audio.speech import Speech

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
