"""The journal of `--log`: one JSON object a line, with measures of sound instead of sound."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from app.simulator.audio.encoding import G711_LAWS, PCM
from app.simulator.audio.pcm import SAMPLE_BYTES, duration_ms, level_db

_AUDIO_FIELDS: Final = {"input.audio": "audio", "reply.audio": "data"}
_GROUPS: Final = {"c2s": "input", "s2c": "output"}
_LAW_BYTES_PER_MS: Final = 8
_SESSIONS_LIMIT: Final = 1000


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
        self._encodings: dict[str | None, dict[str, str]] = {}

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
            self._learn(session_id, frame)
            encoding = self._encodings.get(session_id, {}).get(direction, PCM)
            line |= {"session": session_id} | _without_sound(frame, encoding)
        self._file.write(json.dumps(line) + "\n")

    def _learn(self, session_id: str | None, frame: Mapping[str, Any]) -> None:
        """Remember how a session's sound is encoded, which the service says in its echo."""
        if frame.get("type") not in {"session.updated", "session.ready"}:
            return
        if len(self._encodings) >= _SESSIONS_LIMIT:
            self._encodings.clear()  # sound is then taken for PCM until the next echo
        self._encodings[session_id] = {
            direction: _encoding(frame.get("config"), group) for direction, group in _GROUPS.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _encoding(config: Any, group: str) -> str:
    for name in (group, "format", "encoding"):
        config = config.get(name) if isinstance(config, dict) else None
    return config if isinstance(config, str) else PCM


def _without_sound(frame: Mapping[str, Any], encoding: str) -> dict[str, Any]:
    field = _AUDIO_FIELDS.get(str(frame.get("type")))
    sound = frame.get(field) if field else None
    if field is None or not isinstance(sound, str):
        hidden = {"resume_token": "<redacted>"} if frame.get("resume_token") else {}
        return {"frame": dict(frame) | hidden}
    return {"frame": dict(frame) | {field: ""}, "audio": _measure(sound, encoding)}


def _measure(sound: str, encoding: str) -> dict[str, Any] | None:
    """Return length, duration, level and hash of base64 sound; None when it is no base64."""
    try:
        data = base64.b64decode(sound, validate=True)
    except (binascii.Error, ValueError):
        return None
    if encoding in G711_LAWS:
        pcm, length_ms = G711_LAWS[encoding].decode(data), len(data) / _LAW_BYTES_PER_MS
    else:
        pcm, length_ms = data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES], duration_ms(data)
    return {
        "bytes": len(data),
        "duration_ms": round(length_ms, 3),
        "level_db": round(level_db(pcm), 1),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
