"""The journal of `--log`: one JSON object a line, with measures of sound instead of sound."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, Self

from app.simulator.audio import duration_ms, level_db, samples_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_AUDIO_FIELDS: Final = {"input.audio": "audio", "reply.audio": "data"}


class Journal:
    """An observer that writes what it is told to a file, each line at once.

    Args:
        path: created, or emptied when it exists.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._started_at: float | None = None

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Write one line; `at` in it counts seconds from the first line."""
        if self._started_at is None:
            self._started_at = at
        line: dict[str, Any] = {"at": round(at - self._started_at, 6), "dir": direction}
        if direction == "http":
            line |= frame
        elif direction == "socket":
            line |= {"session": session_id} | dict(frame)
        else:
            line |= {"session": session_id} | _without_sound(frame)
        self._file.write(json.dumps(line) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _without_sound(frame: Mapping[str, Any]) -> dict[str, Any]:
    field = _AUDIO_FIELDS.get(str(frame.get("type")))
    sound = frame.get(field) if field else None
    if field is None or not isinstance(sound, str):
        return {"frame": dict(frame)}
    return {"frame": dict(frame) | {field: ""}, "audio": _measure(sound)}


def _measure(sound: str) -> dict[str, Any] | None:
    """Return length, duration, level and hash of base64 PCM; None when it is no base64."""
    try:
        pcm = base64.b64decode(sound, validate=True)
    except (binascii.Error, ValueError):
        return None
    return {
        "bytes": len(pcm),
        "duration_ms": round(duration_ms(pcm), 3),
        "level_db": round(level_db(samples_of(pcm[: len(pcm) // 2 * 2])), 1),
        "sha256": hashlib.sha256(pcm).hexdigest(),
    }
