"""What each of our files is, by its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os

# The machine's own table differs from host to host, and a script of the wrong type does not run.
MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "application/typescript",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_TEXT_APPLICATIONS: Final = frozenset(
    {"application/json", "application/manifest+json", "application/typescript", "image/svg+xml"}
)


def media_type(path: str | os.PathLike[str]) -> str:
    """Return the type of a file by its name; unknown ones are bytes that browsers only save."""
    return MEDIA_TYPES.get(PurePath(path).suffix.lower(), "application/octet-stream")


def is_text(media: str) -> bool:
    """Return whether files of this type become much smaller when they are compressed."""
    return media.startswith("text/") or media in _TEXT_APPLICATIONS
