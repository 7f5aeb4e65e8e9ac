"""Every way in which a request can fail: status, code, and what a person is told."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

MAX_TEXT = 80


class ConfigurationError(Exception):
    """The service must not start; `problems` holds one sentence for each thing to put right."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ParameterProblem:
    """One refused parameter."""

    name: str
    allowed: str
    received: str


def bad_parameter(name: str, allowed: str, received: Any) -> ParameterProblem:
    """Return an entry of bounded size, whatever was sent."""
    values = received if isinstance(received, list) else [received]
    shown = shorten(", ".join(str(value) for value in values))
    return ParameterProblem(shorten(name), allowed, shown)


class AppError(Exception):
    """A failure with a public face; `str()` of it is for the log and holds nothing secret.

    A class says how loudly its kind is logged, besides the line that each request has.

    Args:
        reason: What happened, for the log. Our own words only: never text from elsewhere.
        detail: One sentence for a person, where the class's own does not say enough.
        retry_after_seconds: When it makes sense to ask again.
        errors: The parameters at fault.
    """

    status = 500
    code = "internal_error"
    title = ""  # in answers the code in words, where a class has none of its own
    detail = "Something went wrong inside the service; the request id names it in the log."
    log_level: int | None = logging.WARNING

    def __init__(
        self,
        reason: str = "",
        *,
        detail: str | None = None,
        retry_after_seconds: int | None = None,
        errors: tuple[ParameterProblem, ...] = (),
    ) -> None:
        super().__init__(reason or self.code)
        self.detail = detail or self.detail
        self.retry_after_seconds = retry_after_seconds
        self.errors = errors
        # Fields of the answer that belong to this failure; whoever knows more of them adds to it.
        self.headers: dict[str, str] = {}
        if retry_after_seconds is not None:
            self.headers["Retry-After"] = str(retry_after_seconds)

    def add_fields(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Add raw header fields to the answer."""
        self.headers |= {name.decode(): value.decode() for name, value in fields}


class RequestError(AppError):
    """The caller asked for something that it cannot have."""

    log_level = None


class InvalidRequestError(RequestError):
    """A query parameter, or a member of a body, is out of range, malformed, unknown or repeated."""

    status = 422
    code = "invalid_request"
    detail = "A query parameter is not allowed as it was sent; `errors` says what is."

    def __init__(self, *errors: ParameterProblem) -> None:
        sentences = [f"{entry.name} must be {entry.allowed}." for entry in errors[:2]]
        if more := len(errors) - len(sentences):
            sentences.append(f"`errors` has {more} more.")
        super().__init__(detail=" ".join(sentences) or None, errors=errors)


class UnreadError(RequestError):
    """It is not HTTP (400) or not for us (421), its head (431) or body (413) is too long.

    Or it is too slow (408), its method is unknown (501), or its body is no JSON (415 by type, 422).
    """

    code = "invalid_request"

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(status.phrase, detail=detail)
        self.status = status.value
        self.title = status.phrase
        # What was not read would be taken for the next request: the connection ends.
        self.headers["Connection"] = "close"


class UnauthenticatedError(RequestError):
    """Access control is on, and the caller brought no credential that counts.

    `challenge` is the value of `WWW-Authenticate`. Source: RFC 9110, section 11.6.1; RFC 6750.
    """

    status = 401
    code = "unauthenticated"
    title = "Not signed in"
    detail = "This service needs a valid credential, and none came with the request."

    def __init__(self, reason: str = "", *, detail: str | None = None, challenge: str) -> None:
        super().__init__(reason, detail=detail)
        self.headers["WWW-Authenticate"] = challenge


class ForbiddenError(RequestError):
    """The caller is known, or of a known kind, and may not do this."""

    status = 403
    code = "forbidden"
    detail = "This caller may not do this."


# Every limit by the name that metrics, reports and an answer's fields tell, and what whoever is
# refused by it is told.
LIMITS: Final = {
    "caller-minute": "Too many calls were started within a minute; try again shortly.",
    "caller-hour": "Too many calls were started within an hour; try again later.",
    "address-minute": "Too many calls were started from this network; try again shortly.",
    "address-hour": "Too many calls were started from this network; try again later.",
    "all-minute": "Very many calls are being started at this moment; try again shortly.",
    "code-attempts": "Too many wrong codes were entered; try again later.",
    "feedback": "Too much feedback came at once; try again later.",
    "caller-day": "The minutes for today are used up; try again later.",
    "address-day": "The minutes for this network are used up for today; try again later.",
    "all-day": "The minutes that this service has for today are used up; try again later.",
    "caller-open": "Too many calls are open at once, and a token that is not used counts as one; "
    "end one, or try again shortly.",
    "address-open": "Too many calls are open at once from this network; try again shortly.",
    "all-open": "Too many calls are open at once in this service; try again shortly.",
}


class RateLimitedError(RequestError):
    """Too many requests of this caller, or of all together, within a minute or an hour."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"
    detail = "Too many calls were started in a short time; try again a little later."


class QuotaExhaustedError(RequestError):
    """The minutes of the day are used up."""

    status = 429
    code = "quota_exhausted"
    title = "Quota used up"
    detail = "The minutes for today are used up; try again later."


class SessionsExhaustedError(RequestError):
    """As many sessions are open as may be open at once."""

    status = 429
    code = "sessions_exhausted"
    title = "Too many calls at once"
    detail = "Too many calls are open at once; try again shortly."


class OriginNotAllowedError(RequestError):
    """The page that asks is neither ours nor on the operator's list."""

    status = 403
    code = "origin_not_allowed"
    detail = "Pages of this origin may not use the service; its operator keeps the list."


class NotFoundError(RequestError):
    """There is no such path."""

    status = 404
    code = "not_found"
    detail = "There is nothing at this path."


class MethodNotAllowedError(RequestError):
    """The path exists, but not for this verb."""

    status = 405
    code = "method_not_allowed"
    detail = "This path does not answer to this method; the Allow header names those it does."

    def __init__(self, allow: Collection[str] = ()) -> None:
        super().__init__()
        if allow:
            self.headers["Allow"] = ", ".join(sorted(allow))


class OverloadedError(AppError):
    """Too many mints are in flight."""

    status = 503
    code = "overloaded"
    detail = "Too many tokens are being minted at this moment; try again shortly."


class DrainingError(AppError):
    """The process has been told to end, which is no failure for the log."""

    log_level = None

    status = 503
    code = "draining"
    title = "Shutting down"
    detail = "This instance is shutting down and mints no more tokens; try again shortly."


class StoppedError(AppError):
    """No token can be had now: minting is stopped, or the ledger or the login cannot be asked."""

    status = 503
    code = "service_unavailable"
    detail = "The operator has stopped new calls for now; try again later."


class StoppedByOperatorError(StoppedError):
    """The kill switch is on, as the operator wants it."""

    log_level = None


class UpstreamError(AppError):
    """The agent service failed us; nothing it said is in here."""


class UpstreamRejectedError(UpstreamError):
    """It refused our key or our request: the operator's to put right."""

    log_level = logging.ERROR
    status = 502
    code = "upstream_rejected"
    title = "Refused upstream"
    detail = "The agent service refused this service's key or request; its operator has to look."


class UpstreamUnavailableError(UpstreamError):
    """It cannot be reached, or failed by its own account."""

    status = 502
    code = "upstream_unavailable"
    detail = "The agent service could not be reached or failed; try again shortly."


class UpstreamUnreadableError(UpstreamError):
    """It answered what no token answer looks like."""

    status = 502
    code = "upstream_unreadable"
    detail = "The agent service gave an answer that makes no sense; try again shortly."


class UpstreamBusyError(UpstreamError):
    """It asks us to come back later."""

    status = 429
    code = "upstream_busy"
    detail = "The agent service takes no more sessions at this moment; try again later."


class UpstreamTimeoutError(UpstreamError):
    """It did not answer within the budget."""

    status = 504
    code = "upstream_timeout"
    detail = "The agent service did not answer in time; try again shortly."


class AccountUnavailableError(UpstreamError):
    """It does not serve the operator's account, for want of payment for example."""

    log_level = logging.ERROR
    status = 503
    code = "service_unavailable"
    detail = "The agent service does not serve this account now; its operator has to look."


def shorten(text: str, most_characters: int = MAX_TEXT) -> str:
    """Return a text, or its beginning and an ellipsis."""
    return text if len(text) <= most_characters else text[: most_characters - 1] + "…"
