"""How a message is refused."""

from __future__ import annotations

from typing import Final, Self

_TEXT_LIMIT: Final = 500
"""Characters of an answer: it may quote the caller."""


class Refusal(Exception):  # noqa: N818 - the service refuses; nothing here is in error
    """A message that the service does not accept, with the code and text of its answer."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param

    @classmethod
    def value(cls, param: str, message: str) -> Self:
        """Return the refusal of a value."""
        return cls("invalid_value", message[:_TEXT_LIMIT], param[:_TEXT_LIMIT])

    @classmethod
    def format(cls, message_type: str) -> Self:
        """Return the refusal of a message whose fields are missing or of a wrong type."""
        return cls("invalid_format", f"Invalid message format for type '{message_type}'")

    @property
    def is_fatal_at_first(self) -> bool:
        """Whether it ends a socket whose session has not begun.

        Source: live, 2026-09-24: refused values do, `greeting: null` (a wrong type) does not.
        """
        return self.code != "invalid_format"
