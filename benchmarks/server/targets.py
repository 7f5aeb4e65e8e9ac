"""What the service has to reach, each time against a peer of the same run."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.server.peers import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.server.report import Results
    from benchmarks.server.tally import Sample


@dataclass(frozen=True, slots=True)
class Target:
    """One target, and what came of it, one value for each repetition.

    Attributes:
        what: What is compared with what.
        bound: What the median must not exceed, or must reach.
        values: What was measured.
        is_most: Whether `bound` is the most, not the least.
    """

    what: str
    bound: float
    values: Sequence[float]
    is_most: bool = True

    @property
    def is_met(self) -> bool:
        """Whether it was reached; never, if a value is unknown."""
        middle = median(self.values)
        return middle <= self.bound if self.is_most else middle >= self.bound


def judge(results: Results) -> list[Target]:
    """Return every target with its values."""
    steady, many, crowd = (results.loads[name] for name in ("steady", "many", "crowd"))
    us = Peer.VOICEGATE

    def cpu(sample: Sample) -> float:
        return sample.cpu_us_per_token

    def against(peer: Peer) -> list[float]:
        return _ratios(steady[us], steady[peer], cpu)

    return [
        Target("CPU a token / Express", 1.0, against(Peer.EXPRESS)),
        Target("CPU a token / httpx per request", 1 / 40, against(Peer.EACH)),
        Target("CPU a token / shared httpx", 1 / 4, against(Peer.SHARED)),
        Target("CPU a token / same route without middleware", 1.4, against(Peer.ROUTE)),
        Target("CPU a token, 256 clients / 16", 1.3, _ratios(many[us], steady[us], cpu)),
        Target(
            "500 clients, tokens/s / Express",
            1.0,
            _ratios(crowd[us], crowd[Peer.EXPRESS], lambda s: s.tokens_per_second),
            is_most=False,
        ),
        Target(
            "500 clients, errors and requests never answered",
            0,
            [sum(s.errors.values()) + s.unanswered for s in crowd[us]],
        ),
        Target("token after a pause / Express", 0.4, _shares(results.pauses)),
        Target("start to the first token / Express", 2.5, _shares(results.starts)),
        Target(
            "memory after 500 clients / Express",
            0.7,
            _ratios(crowd[us], crowd[Peer.EXPRESS], lambda s: s.memory_bytes),
        ),
        Target(
            "duplicate tokens, in all loads",
            0,
            [sum(s.duplicates for cell in results.loads.values() for s in cell[us])],
        ),
    ]


def _ratios(
    ours: Sequence[Sample], theirs: Sequence[Sample], read: Callable[[Sample], float]
) -> list[float]:
    return [read(a) / read(b) for a, b in zip(ours, theirs, strict=True)]


def _shares(seconds: dict[Peer, list[float]]) -> list[float]:
    ours, theirs = seconds[Peer.VOICEGATE], seconds[Peer.EXPRESS]
    return [a / b for a, b in zip(ours, theirs, strict=True)]
