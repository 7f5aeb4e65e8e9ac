"""How a REST request is refused.

Source: the SDK reference of late September 2026; `request_id` and the texts are ours.
"""

from __future__ import annotations

from typing import Any


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
