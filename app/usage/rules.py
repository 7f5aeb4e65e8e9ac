"""The limits by name: what each counts, and what a person is told when it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from app.config.settings import Settings

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400

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
    """How one limit stands for one caller, as the fields of an answer tell it.

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


@dataclass(frozen=True, slots=True)
class CostRules:
    """What may be granted: seconds a day, and sessions at once; 0 takes a limit away."""

    caller_day_seconds: int
    address_day_seconds: int
    all_day_seconds: int
    caller_open: int
    address_open: int
    all_open: int

    def of(self, name: str) -> int:
        """Return the limit of this name."""
        return int(getattr(self, _FIELDS[name]))


_FIELDS: Final = {
    "caller-day": "caller_day_seconds",
    "address-day": "address_day_seconds",
    "all-day": "all_day_seconds",
    "caller-open": "caller_open",
    "address-open": "address_open",
    "all-open": "all_open",
}


def cost_rules(settings: Settings) -> CostRules:
    """Return what the operator allows to be granted."""
    callers = settings.callers_per_address
    caller_day_seconds = settings.caller_minutes_per_day * MINUTE
    return CostRules(
        caller_day_seconds=caller_day_seconds,
        address_day_seconds=caller_day_seconds * callers,
        all_day_seconds=settings.minutes_per_day * MINUTE,
        caller_open=settings.caller_sessions_at_once,
        address_open=settings.caller_sessions_at_once * callers,
        all_open=settings.sessions_at_once,
    )


class LimitMetrics(Protocol):
    """Where the limits count what they do."""

    def limited(self, limit: str) -> None:
        """A limit refused."""

    def store_failed(self, kind: str) -> None:
        """The store could not be asked."""

    def granted(self, seconds: int) -> None:
        """Seconds were granted."""

    def returned(self, seconds: int) -> None:
        """Seconds came back."""
