"""A load that runs beside a scene, and what became of its requests."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.scale.layout import Layout
from benchmarks.scale.load import LOST, MINT
from benchmarks.scale.programs import talking

LAST_ANSWERS_SECONDS = 60


class Request(NamedTuple):
    """One request; times are of `time.monotonic`."""

    path: str
    outcome: str
    asked_at: float
    answered_at: float
    told: str
    """The token, or the code of the problem."""
    grant_id: str
    """The name of the token's grant in the ledger."""

    @property
    def is_token(self) -> bool:
        """Whether it got what it asked for, and that was a token."""
        return self.path == MINT and self.outcome == "200"


@dataclass(slots=True)
class Asked:
    """All requests of a load, once it is over."""

    requests: list[Request]

    @property
    def tokens(self) -> list[Request]:
        """Those that got a token."""
        return [request for request in self.requests if request.is_token]

    @property
    def duplicates(self) -> int:
        """How many tokens had been handed out before."""
        return len(self.tokens) - len({request.told for request in self.tokens})

    @property
    def failed(self) -> list[Request]:
        """Those that got nothing, or an error."""
        return [r for r in self.requests if r.outcome == LOST or r.outcome >= "400"]

    def outcomes(self) -> str:
        """Say how often what happened."""
        named = Counter(f"{r.outcome} {'' if r.is_token else r.told}".strip() for r in self.failed)
        return ", ".join(f"{count} of {name}" for name, count in named.most_common()) or "none"


@contextmanager
def load(
    layout: Layout,
    *,
    clients: int,
    paths: str = MINT,
    pause_seconds: float = 0.0,
    max_requests: int = 20_000,
    max_seconds: float = 120,
) -> Iterator[Asked]:
    """Ask in a process of its own as long as the block runs; the list fills when it is over."""
    options = {
        "--authority": layout.authority,
        "--paths": paths,
        "--clients": clients,
        "--pause-seconds": pause_seconds,
        "--max-requests": max_requests,
        "--max-seconds": max_seconds,
    }
    told = [str(part) for option in options.items() for part in option]
    asked = Asked([])
    with talking("benchmarks.scale.load", layout.origin, *told) as process:
        yield asked
        # Closes its standard input, by which it knows.
        said, _ = process.communicate(timeout=max_seconds + LAST_ANSWERS_SECONDS)
        asked.requests += [Request(*record) for record in json.loads(said)]


def ask(layout: Layout, *, clients: int, requests: int) -> Asked:
    """Ask so many times, as fast as the clients can, and return what became of it."""
    # `communicate` would end it early: it is left to its own bound.
    with load(layout, clients=clients, max_requests=requests) as asked:
        wait_for(layout, requests)
    return asked


def wait_for(layout: Layout, answers: int) -> None:
    """Return once the replicas have answered so many requests for a token."""
    give_up_at = time.monotonic() + LAST_ANSWERS_SECONDS
    while sum(replica.asked for replica in layout.replicas) < answers:
        if time.monotonic() > give_up_at:
            raise RuntimeError("the load does not get on")
        time.sleep(0.02)
