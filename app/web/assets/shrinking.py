"""Takes out of text what only people need: comments, spaces, long names."""

from __future__ import annotations

import logging
from typing import Final

logger = logging.getLogger("voicegate.assets")

_KINDS: Final = frozenset(
    {
        *("application/json", "application/manifest+json"),
        *("image/svg+xml", "text/css", "text/javascript"),
    }
)
# The result is written into a place as long as the input; it is a little longer in odd cases.
_ROOM: Final = "\n" * 64


class Shrinker:
    """Makes text small, and says once if it cannot."""

    def __init__(self) -> None:
        self._has_warned = False

    def shrink(self, text: str, media: str, name: str) -> str:
        """Return the text small, or as it is where that fails.

        Args:
            text: What to make small.
            media: Its type.
            name: For the log.
        """
        if media not in _KINDS or not text.strip():
            return text
        try:
            # A library of 8 MB, loaded when it is first needed.
            import minify  # type: ignore[import-untyped]  # noqa: PLC0415

            return str(minify.string(media, text + _ROOM))
        except Exception as error:  # noqa: BLE001 - whatever it is, the file as written will do
            self.warn("%s goes out as it is written: %s", name, type(error).__name__)
            return text

    def warn(self, message: str, *values: object) -> None:
        """Log a warning, once."""
        if not self._has_warned:
            self._has_warned = True
            logger.warning(message, *values)
