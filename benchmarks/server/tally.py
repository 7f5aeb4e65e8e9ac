"""What a load counted, and what is kept of it."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field

from benchmarks.server.stub_upstream import NUMBER_DIGITS, TOKEN_CHARACTERS

HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One load on one server, counted from the end of the warm-up.

    Attributes:
        seconds: How long was measured.
        tokens: Distinct, complete tokens handed out in that time.
        errors: Answers other than a token, and connections lost with a request on them, by name.
        unanswered: Requests still without an answer when the load hung up.
        duplicates: Tokens that had been handed out before.
        p50_ms: Latency that half of the requests stayed below. A request that was never answered
            counts with its age at the end, which is less than it would have taken.
        p99_ms: Likewise for 99 of 100.
        server_cpu_seconds: User and system time of the server; NaN where that is unknown.
        load_cpu_seconds: Likewise of the load generator and the stub, which share a core.
        foreign_cpu_seconds: CPU time that went to anything but the benchmark, other machines on the
            same host included; to within a few ticks of 10 ms, so it may come out below 0.
        memory_bytes: What the server holds after the load, its clients still connected.
    """

    seconds: float
    tokens: int
    errors: dict[str, int]
    unanswered: int
    duplicates: int
    p50_ms: float
    p99_ms: float
    server_cpu_seconds: float
    load_cpu_seconds: float
    foreign_cpu_seconds: float
    memory_bytes: float

    @property
    def tokens_per_second(self) -> float:
        """Throughput."""
        return self.tokens / self.seconds

    @property
    def cpu_us_per_token(self) -> float:
        """The server's CPU time for one token, in microseconds."""
        return self.server_cpu_seconds / self.tokens * 1e6 if self.tokens else math.nan

    @property
    def load_cores(self) -> float:
        """How much of its core the load took; near 1 it would hold the server back."""
        return self.load_cpu_seconds / self.seconds

    @property
    def foreign_cores(self) -> float:
        """How many cores were taken by anything else meanwhile, on average."""
        return self.foreign_cpu_seconds / self.seconds


@dataclass(slots=True)
class Tally:
    """Counts while a load runs; duplicates from the first request on, the rest when measuring.

    Args:
        max_requests: After so many, nobody may ask any more.
    """

    max_requests: int
    _requests: int = 0
    _begin: float = math.inf
    _end: float = math.inf
    _tokens: int = 0
    _unanswered: int = 0
    _duplicates: int = 0
    _seen: set[int] = field(default_factory=set)
    _errors: dict[str, int] = field(default_factory=dict)
    _latencies: list[float] = field(default_factory=list)

    def begin(self, now: float) -> None:
        """End the warm-up."""
        self._begin = now

    def end(self, now: float) -> None:
        """Stop asking; answers to what was asked still count, in latency if not in throughput."""
        self._end = now

    def may_ask(self) -> bool:
        """Tell whether one more request may go out; it is counted if so."""
        if self._end < math.inf or self._requests >= self.max_requests:
            return False
        self._requests += 1
        return True

    def answered(self, status: int, body: bytes, asked_at: float) -> None:
        """Count an answer."""
        now = time.perf_counter()
        error = self._check_token(body) if status == HTTP_OK else str(status)
        if error:
            self._count_error(error)
        elif self._begin <= now <= self._end:
            self._tokens += 1
        self._count_latency(asked_at, now)

    def lost(self, asked_at: float) -> None:
        """Count a request whose connection ended before its answer."""
        self._count_error("connection lost")
        self._count_latency(asked_at, time.perf_counter())

    def unanswered(self, asked_at: float) -> None:
        """Count a request that nobody waits for any longer."""
        self._unanswered += 1
        self._count_latency(asked_at, time.perf_counter())

    def sample(self, **measured: float) -> Sample:
        """Return what is kept, with what was measured elsewhere: see `Sample`."""
        latencies = sorted(self._latencies)
        return Sample(
            seconds=self._end - self._begin,
            tokens=self._tokens,
            errors=self._errors,
            unanswered=self._unanswered,
            duplicates=self._duplicates,
            p50_ms=_percentile(latencies, 0.50) * 1000,
            p99_ms=_percentile(latencies, 0.99) * 1000,
            **measured,
        )

    def _check_token(self, body: bytes) -> str:
        """Return what is wrong with a token, or nothing."""
        token = json.loads(body).get("token", "")
        if len(token) != TOKEN_CHARACTERS:
            return "not a token"
        number = int(token[:NUMBER_DIGITS])
        if number in self._seen:
            self._duplicates += 1
            return "duplicate"
        self._seen.add(number)
        return ""

    def _count_error(self, name: str) -> None:
        if time.perf_counter() >= self._begin:
            self._errors[name] = self._errors.get(name, 0) + 1

    def _count_latency(self, asked_at: float, now: float) -> None:
        if now >= self._begin:
            self._latencies.append(now - asked_at)


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan
