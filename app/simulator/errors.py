"""How a message of a socket and a request over REST are refused.

Source of the REST form: the SDK reference of late September 2026; `request_id` and the texts are
ours.
"""

from typing import Any, Final, Self

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


class Problem(Exception):  # noqa: N818 - the service refuses; nothing here is in error
    """A request that is not answered as it was meant, with the status and code of its answer."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON object that tells of it."""
        errors = [{"message": self.message, "param": self.param}]
        return {
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "request_id": request_id,
            "errors": errors if self.code == "validation_error" else [],
            "detail": self.message,
        }


def invalid(param: str | None, message: str) -> Problem:
    """Return the refusal of a value. Live: 422; the documents say 400."""
    return Problem(422, "validation_error", message, param)
