"""What a caller is told of its limits: `RateLimit` fields, and a sentence when one refuses.

Source: draft-ietf-httpapi-ratelimit-headers-10; structured fields are RFC 9651.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.errors import AppError

SENTENCES: Final = {
    "caller-minute": "Too many calls were started within a minute; try again shortly.",
    "caller-hour": "Too many calls were started within an hour; try again later.",
    "address-minute": "Too many calls were started from this network; try again shortly.",
    "address-hour": "Too many calls were started from this network; try again later.",
    "all-minute": "Very many calls are being started at this moment; try again shortly.",
    "code-attempts": "Too many wrong codes were entered; try again later.",
    "caller-day": "The minutes for today are used up; try again later.",
    "address-day": "The minutes for this network are used up for today; try again later.",
    "all-day": "The minutes that this service has for today are used up; try again later.",
    "caller-open": "Too many calls are open at once; end one, or try again later.",
    "address-open": "Too many calls are open at once from this network; try again later.",
    "all-open": "Too many calls are open at once in this service; try again later.",
}


class LimitState(NamedTuple):
    """How one limit stands for one caller.

    Args:
        name: Of the limit.
        quota: What may be counted in a window.
        window_seconds: How long a window is.
        remaining: What is left of it now.
        reset_seconds: When the present window ends.
        unit: What is counted.
    """

    name: str
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int
    unit: str = "requests"


def rate_limit_fields(states: Iterable[LimitState]) -> list[tuple[bytes, bytes]]:
    """Return the two fields as raw headers; none where nothing is limited or known."""
    policies = []
    limits = []
    for name, quota, window_seconds, remaining, reset_seconds, unit in states:
        counted = "" if unit == "requests" else f';qu="{unit}"'
        policies.append(f'"{name}";q={quota};w={window_seconds}{counted}')
        limits.append(f'"{name}";r={remaining};t={reset_seconds}')
    if not limits:
        return []
    return [
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(limits).encode()),
    ]


def limit_reached(
    kind: type[AppError], name: str, wait_seconds: int, states: Iterable[LimitState] = ()
) -> AppError:
    """Return the refusal by a limit.

    Args:
        kind: `RateLimitedError` or `QuotaExhaustedError`.
        name: Of the limit.
        wait_seconds: After which it makes sense to ask again.
        states: How the caller's limits stand, for the answer's fields.
    """
    error = kind(f"limit {name}", detail=SENTENCES[name], retry_after_seconds=wait_seconds)
    error.add_fields(rate_limit_fields(states))
    return error
