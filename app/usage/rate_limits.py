"""Rate limits: how often one caller, one address and all may ask, and what they are told."""

import math
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

from app.config.settings import Settings
from app.errors import LIMITS, AppError

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400
LONGEST_WAIT_SECONDS: Final = DAY
# Of each limit: with all four that count by caller or address full, 75 MiB (measured).
MAX_KEYS: Final = 50_000
# More of them at once would be felt by whoever waits: a thousand take a millisecond.
PRUNED_AT_ONCE: Final = 1000

Counts = Literal["caller", "address", "all"]


@dataclass(frozen=True)
class RateLimit:
    """So much in a sliding window, counted by caller, by address or of all together.

    Args:
        name: Of the limit.
        quota: What may be counted in a window; 0 is no limit.
        window_seconds: How long a window is.
        counts: By whom.
        unit: What is counted: requests, or of a day's quota the seconds that are granted.
    """

    name: str
    quota: int
    window_seconds: int
    counts: Counts
    unit: str = "requests"

    @cached_property
    def policy(self) -> str:
        """The limit as `RateLimit-Policy` tells it."""
        unit = "" if self.unit == "requests" else f';qu="{self.unit}"'
        return f'"{self.name}";q={self.quota};w={self.window_seconds}{unit}'


# A limit, and the key of whoever is counted by it.
Counted = tuple[RateLimit, str]


# Who asks as often as a minute allows may do so for this much of an hour.
CALLER_HOUR_MINUTES: Final = 6


def rate_limits(settings: Settings) -> list[RateLimit]:
    """Return the limits that the operator set, in the order in which they are asked.

    Those of the caller come first: who is refused by its own takes nothing from its neighbours.
    """
    minute = settings.caller_mints_per_minute
    hour = CALLER_HOUR_MINUTES * minute
    callers = settings.callers_per_address
    limits = [
        RateLimit("caller-minute", minute, MINUTE, "caller"),
        RateLimit("caller-hour", hour, HOUR, "caller"),
        RateLimit("address-minute", minute * callers, MINUTE, "address"),
        RateLimit("address-hour", hour * callers, HOUR, "address"),
        RateLimit("all-minute", settings.mints_per_minute, MINUTE, "all"),
    ]
    return [limit for limit in limits if limit.quota]


class LimitState(NamedTuple):  # a third of what making a frozen dataclass costs
    """How one limit stands for one caller at one moment.

    What counts is `current`, and of `previous` the share that the last whole window before this
    moment still covers.

    Args:
        limit: Which.
        previous: The count in the window before.
        current: The count in this one.
        left_seconds: Until this one ends.
    """

    limit: RateLimit
    previous: int
    current: int
    left_seconds: float

    @property
    def used(self) -> float:
        """The count at this moment."""
        return self.current + self.previous * self.left_seconds / self.limit.window_seconds

    @property
    def remaining(self) -> int:
        """What may still be counted now."""
        used = self.used if self.previous else self.current
        return int(self.limit.quota - used) if used < self.limit.quota else 0

    def seconds_until_fits(self, cost: int = 1) -> int:
        """Return in how many seconds a cost will fit if nothing else comes: 1 to 86400."""
        room = self.limit.quota - cost
        if room < 0:
            return LONGEST_WAIT_SECONDS
        if self.current <= room:
            # This window suffices once enough of the one before has slid out.
            share = (room - self.current) / self.previous if self.previous else 1.0
            wait = self.left_seconds - self.limit.window_seconds * share
        else:
            wait = self.left_seconds + self.limit.window_seconds * (1 - room / self.current)
        return whole_seconds(wait)


def whole_seconds(wait_seconds: float) -> int:
    """Return a time to wait as `Retry-After` may say it: 1 s to a day."""
    if wait_seconds <= 1:
        return 1
    return math.ceil(wait_seconds) if wait_seconds < LONGEST_WAIT_SECONDS else LONGEST_WAIT_SECONDS


def rate_limit_fields(states: Sequence[LimitState]) -> list[tuple[bytes, bytes]]:
    """Return the two fields as raw headers; none where nothing is limited or known.

    Source: draft-ietf-httpapi-ratelimit-headers-10; structured fields are RFC 9651.
    """
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
    error = kind(f"limit {name}", detail=LIMITS[name], retry_after_seconds=wait_seconds)
    error.add_fields(rate_limit_fields(states))
    return error


class Counter:  # written out: a dataclass for each of a token's eight counts costs twice as much
    """A limit's count for one key, which goes on; `at()` is how it stands.

    Args:
        limit: What is counted.
        now: The time in seconds, of a clock that never goes back.
        key: Of whom.
    """

    __slots__ = ("current", "ends_at", "key", "limit", "open_grants", "previous")

    def __init__(self, limit: RateLimit, now: float, key: str = "") -> None:
        self.limit = limit
        self.key = key
        self.ends_at = (now // limit.window_seconds + 1) * limit.window_seconds
        self.previous = self.current = 0
        # When each open grant ends by itself: only beside the seconds of a day.
        self.open_grants: dict[str, float] = {}

    def is_old(self, now: float) -> bool:
        """Tell whether nothing of it counts any more."""
        return self.ends_at + self.limit.window_seconds <= now

    def advance(self, now: float) -> None:
        """Begin the present window, if the last one has ended."""
        if self.ends_at <= now:
            self.previous = 0 if self.is_old(now) else self.current
            self.current = 0
            self.ends_at = (now // self.limit.window_seconds + 1) * self.limit.window_seconds

    def fits(self, cost: int, now: float) -> bool:
        """Tell whether a cost fits in the present window."""
        room = self.limit.quota - cost - self.current
        return room * self.limit.window_seconds >= self.previous * (self.ends_at - now)

    def at(self, now: float) -> LimitState:
        """Return how the present window stands."""
        return LimitState(self.limit, self.previous, self.current, self.ends_at - now)


class Verdict(NamedTuple):
    """The outcome of counting a request against rate limits, and quotas where a grant is asked for.

    Args:
        refused: The limit that refused, or nothing; then nothing was granted.
        states: How the caller's rate limits and its day stand, and last the limit that refused,
            unless it is one of sessions at once.
        frees_in_seconds: When the next place must be free, if too many are open.
        refund_in_seconds: When so much of what is open may come back that it would be granted, if
            the list of sessions is read.
        goes_on: Whether the grant goes on with a call, for which no rate limit was asked.
        day_seconds: What then counts for all together, where that was looked up.
    """

    refused: str
    states: tuple[LimitState, ...]
    frees_in_seconds: float = 0.0
    refund_in_seconds: float = math.inf
    goes_on: bool = False
    day_seconds: float = 0.0


def states_of(counters: Iterable[Counter], now: float, refused: str = "") -> tuple[LimitState, ...]:
    """Return how the limits stand that a caller is told of: its own, and that which refused."""
    return tuple(
        [  # not a generator, which takes longer
            counter.at(now)
            for counter in counters
            if counter.limit.counts == "caller" or counter.limit.name == refused
        ]
    )


class SlidingWindows:
    """Sliding-window counters in this process's memory.

    Each limit has its own: whoever calls under ever new names is forgotten by none but the limits
    that count by name, and the days of grants by no request.

    Args:
        max_keys: How many keys each limit keeps; beyond it, what was counted longest ago is
            forgotten.
    """

    def __init__(self, *, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        # By the limit's name, and by key.
        self._counters: defaultdict[str, OrderedDict[str, Counter]] = defaultdict(OrderedDict)

    def __len__(self) -> int:
        return sum(map(len, self._counters.values()))

    def find(self, limit: RateLimit, key: str, now: float) -> Counter:
        """Return the count of a key in the present window; it is kept from `add` on."""
        counter = self._counters[limit.name].get(key)
        if counter is None:
            return Counter(limit, now, key)
        if counter.ends_at <= now:
            counter.advance(now)
        return counter

    def add(self, counter: Counter, cost: int) -> None:
        """Count a cost that fits, or 0 to keep the count among the youngest."""
        counter.current += cost
        counters = self._counters[counter.limit.name]
        counters[counter.key] = counter
        counters.move_to_end(counter.key)
        if len(counters) > self._max_keys:
            counters.popitem(last=False)

    def look(self, asked: Iterable[Counted], now: float) -> tuple[str, list[Counter]]:
        """Return the limit that refuses a request, or nothing, and the counts up to that limit's.

        Args:
            asked: The limits, each with the key that it counts by.
            now: The time in seconds, which must never go back.
        """
        counters = []
        for limit, key in asked:
            counter = self.find(limit, key, now)
            counters.append(counter)
            if not counter.fits(1, now):
                return limit.name, counters
        return "", counters

    def hit(self, asked: Iterable[Counted], now: float, *, count: bool = True) -> Verdict:
        """Count a request against all of these limits, or against none if one of them refuses.

        Args:
            asked: As `look` takes them.
            now: Likewise.
            count: Whether to count, or only to tell whether it would fit.
        """
        refused, counters = self.look(asked, now)
        if count and not refused:
            for counter in counters:
                self.add(counter, 1)
        self.prune(now)
        return Verdict(refused, states_of(counters, now, refused))

    def undo(self, counted: Iterable[Counted], then: float, now: float) -> None:
        """Take back what one request counted against these limits at an earlier time."""
        for limit, key in counted:
            counter = self.find(limit, key, now)
            windows_ago = now // limit.window_seconds - then // limit.window_seconds
            if windows_ago == 0:
                counter.current = max(0, counter.current - 1)
            elif windows_ago == 1:
                counter.previous = max(0, counter.previous - 1)

    def prune(self, now: float) -> None:
        """Forget what no longer counts, a part at a time."""
        for counters in self._counters.values():
            for _ in range(min(len(counters), PRUNED_AT_ONCE)):
                if not next(iter(counters.values())).is_old(now):
                    break
                counters.popitem(last=False)


class SteadyClock:
    """The time in seconds since 1970, which never goes back and never stands still.

    A wall clock that is put forward is followed; when it is put back, time goes on from where it
    was. A day's count would else be taken for another day's, or wait for the old time to return.

    Args:
        wall: Tells the time in seconds since 1970.
        monotonic: Seconds since any moment, which nobody puts forward or back.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset_seconds = -math.inf

    def __call__(self) -> float:
        """Return the time."""
        monotonic = self._monotonic()
        self._offset_seconds = max(self._offset_seconds, self._wall() - monotonic)
        return monotonic + self._offset_seconds
