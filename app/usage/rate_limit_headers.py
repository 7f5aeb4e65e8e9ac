"""What a caller is told of its limits: `RateLimit` fields, and a sentence when one refuses.

Source: draft-ietf-httpapi-ratelimit-headers-10; structured fields are RFC 9651.
"""

from collections.abc import Sequence
from typing import Final

from app.errors import AppError
from app.usage.rate_limits import LimitState, whole_seconds

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


def rate_limit_fields(states: Sequence[LimitState]) -> list[tuple[bytes, bytes]]:
    """Return the two fields as raw headers; none where nothing is limited or known."""
    if not states:
        return []
    limits = [
        f'"{state.limit.name}";r={state.remaining};t={whole_seconds(state.left_seconds)}'
        for state in states
    ]
    return [
        (b"ratelimit-policy", ", ".join([state.limit.policy for state in states]).encode()),
        (b"ratelimit", ", ".join(limits).encode()),
    ]


def limit_reached(
    kind: type[AppError], name: str, wait_seconds: int, states: Sequence[LimitState] = ()
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
