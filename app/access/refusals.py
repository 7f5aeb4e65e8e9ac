"""The ways in which access is refused: for the metrics a word of a fixed set, for people a line."""

from __future__ import annotations

from typing import Final, Literal, Protocol

from app.errors import ForbiddenError, UnauthenticatedError

# The words that `app/metrics.py` counts by.
Reason = Literal["no-credential", "bad-credential", "expired", "code", "origin", "unavailable"]

REALM: Final = 'Bearer realm="voicegate"'
INVALID: Final = f'{REALM}, error="invalid_token"'


class Refusals(Protocol):
    """Whoever counts them."""

    def access_refused(self, reason: str) -> None:
        """Count one."""


def needs_credential(detail: str, reason: Reason = "no-credential") -> UnauthenticatedError:
    """Return the answer to a request that brought nothing."""
    return UnauthenticatedError(reason, detail=detail, challenge=REALM)


def needs_bearer(what: str) -> UnauthenticatedError:
    """Return the answer to a program that brought nothing; what would do, as a sentence ends."""
    return needs_credential(f"A request without an Origin header needs {what}.")


def not_valid(reason: Reason, detail: str) -> UnauthenticatedError:
    """Return the answer to a request that brought something that does not count."""
    return UnauthenticatedError(reason, detail=detail, challenge=INVALID)


def no_origin() -> ForbiddenError:
    """Return the answer to a program, where only pages are let in."""
    return ForbiddenError(
        "origin",
        detail="Only web pages may use this service: the request has no Origin header. "
        "Its operator can allow other callers with VOICEGATE_ALLOW_WITHOUT_ORIGIN.",
    )
