"""`RateLimit` and `RateLimit-Policy`: what a caller has left, in standard fields.

Source: draft-ietf-httpapi-ratelimit-headers-10; structured fields are RFC 9651.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.usage.rules import LimitState


def rate_limit_fields(states: Iterable[LimitState]) -> list[tuple[bytes, bytes]]:
    """Return the two fields as raw headers; none where nothing is limited or known."""
    policies = []
    limits = []
    for state in states:
        unit = "" if state.unit == "requests" else f';qu="{state.unit}"'
        policies.append(f'"{state.name}";q={state.quota};w={state.window_seconds}{unit}')
        limits.append(f'"{state.name}";r={state.remaining};t={state.reset_seconds}')
    if not limits:
        return []
    return [
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(limits).encode()),
    ]
