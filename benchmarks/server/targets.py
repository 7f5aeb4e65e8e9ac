"""What the service has to reach, each time against a peer of the same run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.server.cells import Results, Sample
from benchmarks.server.peers import Peer

US, EXPRESS = Peer.VOICEGATE, Peer.EXPRESS


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


def judge(results: Results) -> Iterator[Target]:
    """Yield the targets of all that was measured, with their values."""
    loads = results.loads
    for name in ("16", "256"):
        if name not in loads:
            continue
        cell = loads[name]
        cpu = _ratios(cell, _cpu)
        yield Target(f"{name} clients, CPU a token / Express", 1.0, cpu(US, EXPRESS))
        yield Target("… with a query / Express", 1.0, cpu(Peer.QUERY, EXPRESS))
        if Peer.REDIS in cell:
            yield Target("… with Redis / in memory", 1.8, cpu(Peer.REDIS, US))
            values = _ratios(cell, _tokens)(Peer.REDIS, US)
            yield Target("… with Redis, tokens/s / in memory", 0.6, values, is_most=False)
    for name in ("500", "2000"):
        if name not in loads:
            continue
        cell, ours = loads[name], loads[name][US]
        values = _ratios(cell, _tokens)(US, EXPRESS)
        yield Target(f"{name} clients, tokens/s / Express", 1.0, values, is_most=False)
        yield Target("… errors", 0, [sum(sample.errors.values()) for sample in ours])
    if "2000" in loads:
        slowest = [sample.slowest_ms / 1000 for sample in loads["2000"][US]]
        yield Target("… slowest answer, s", 1.5, slowest)
    if "500" in loads:
        memory = _ratios(loads["500"], lambda sample: sample.memory_bytes)
        yield Target("memory after 500 clients / Express", 0.7, memory(US, EXPRESS))
    if results.starts:
        pairs = zip(results.starts[US], results.starts[EXPRESS], strict=True)
        yield Target("start to the first token / Express", 2.0, [a / b for a, b in pairs])
    duplicates = [s.duplicates for cell in loads.values() for p in cell for s in cell[p]]
    if duplicates:
        yield Target("repeated tokens, in all loads", 0, duplicates)


def _cpu(sample: Sample) -> float:
    return sample.cpu_us_per_token


def _tokens(sample: Sample) -> float:
    return sample.tokens_per_second


def _ratios(
    cell: dict[Peer, list[Sample]], read: Callable[[Sample], float]
) -> Callable[[Peer, Peer], list[float]]:
    """Return what compares two peers of a cell, repetition by repetition."""

    def compare(ours: Peer, theirs: Peer) -> list[float]:
        return [read(a) / read(b) for a, b in zip(cell[ours], cell[theirs], strict=True)]

    return compare
