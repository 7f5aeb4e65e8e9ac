"""What Prometheus reads: counts and times, every label out of a fixed set."""

import logging
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app import __version__
from app.errors import LIMITS, AppError
from app.observability.logging import LineHandler

BUCKETS_SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
STATIC: Final = "/static"
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "POST")
STATUSES: Final = (
    *(200, 202, 204, 206, 304),
    *(400, 401, 403, 404, 405, 408, 413, 415, 416, 421, 422, 429, 431),
    *(500, 501, 502, 503, 504),
)
PAGES: Final = ("/", "/docs")
STORES: Final = ("rate-limits", "quota", "code-attempts")
KEYS: Final = ("first", "spare")
# Why access is refused: also the text of the errors that say so.
AccessReason = Literal[
    "no-credential", "bad-credential", "expired", "code", "origin", "unavailable"
]

# A second series for each, telling when it was made, would double the answer for nothing.
disable_created_metrics()  # type: ignore[no-untyped-call]


class LabelledCounter:
    """A counter of one label; what is none of its values counts as `other`."""

    def __init__(self, counter: Counter, values: Iterable[str]) -> None:
        self._counter = counter
        # All from the start, so that each has a 0 to rise from.
        self._children = {value: counter.labels(value) for value in values}
        self._other = counter.labels(OTHER)

    def count(self, value: str) -> None:
        """Count one more of a value."""
        self._children.get(value, self._other).inc()

    @property
    def counts(self) -> dict[str, int]:
        """What was counted of each value, of those that were."""
        (family,) = self._counter.collect()
        values = {next(iter(each.labels.values())): int(each.value) for each in family.samples}
        return {value: count for value, count in values.items() if count}


class Metrics:
    """The numbers of one application, in a registry of its own."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        # Of several processes, counts are in files, which one of them adds up; where there is one,
        # it has them itself.
        is_one = "PROMETHEUS_MULTIPROC_DIR" not in os.environ  # noqa: TID251 - see app/web/workers.py
        counts = registry if is_one else None
        if is_one:
            ProcessCollector(registry=registry)
            registry.register(_LinesDropped())
        else:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        # The paths that may stand in the label `route`.
        self.routes: frozenset[str] = frozenset()
        counter = partial(Counter, namespace="voicegate", registry=counts)
        histogram = partial(
            Histogram, namespace="voicegate", buckets=BUCKETS_SECONDS, registry=counts
        )
        self.in_flight = Gauge(
            "voicegate_requests_in_flight",
            "Requests being answered now.",
            registry=counts,
            multiprocess_mode="livesum",
        )
        Info("voicegate_build", "What runs.", registry=registry).info(
            {"version": __version__, "python": platform.python_version()}
        )

        self._requests = counter("requests", "Answers.", ("route", "method", "status"))
        self._request_seconds = histogram("request_seconds", "To answer.", ("route",))
        # Looking a child up by its labels costs as much as counting.
        self._request_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        pages = counter("pages", "Pages that were shown.", ("page",))
        self._pages = {page: pages.labels(page) for page in PAGES}

        def labelled(name: str, text: str, label: str, values: Iterable[str]) -> LabelledCounter:
            return LabelledCounter(counter(name, text, (label,)), values)

        outcomes = ("ok", "aborted", *_codes(AppError))
        self.mints = labelled("mints", "Requests for a token.", "outcome", outcomes)
        self.mint_seconds = histogram("mint_seconds", "To answer one of them.")
        self.upstream_requests = labelled(
            "upstream_requests", "Exchanges with the agent service.", "outcome", outcomes
        )
        self.upstream_seconds = histogram("upstream_seconds", "Each of them.")
        # How the last of them went, and when, in seconds since 1970.
        self.upstream_latest: tuple[str, float] | None = None
        self.limited = labelled("limited", "Refused by a limit.", "limit", LIMITS)
        self.store_failures = labelled(
            "store_failures", "The store of limits was away.", "kind", STORES
        )
        self.connections_closed = counter(
            "connections_closed", "Idle connections, closed to make room for new ones."
        )
        self.granted_seconds = counter("granted_seconds", "Seconds of sessions granted.")
        self.day_share = Gauge(
            "voicegate_day_share",
            "Of the day's minutes, used or reserved: 1 is all.",
            registry=counts,
            multiprocess_mode="livemostrecent",
        )
        self.returned_seconds = counter("returned_seconds", "Of these, proven to be unused.")
        self.audit_readings = labelled(
            "audit_readings", "Readings of the list of sessions.", "outcome", ("ok", "failed")
        )
        self.unexplained_sessions = counter(
            "unexplained_sessions", "Sessions in that list that no grant explains."
        )
        self.key_refusals = labelled(
            "key_refusals", "The agent service refused a key.", "key", KEYS
        )
        self.feedback = labelled("feedback", "Feedback on calls.", "outcome", ("taken", "failed"))
        self.access_refusals = labelled(
            "access_refusals", "Callers turned away.", "reason", get_args(AccessReason)
        )

    def route_of(self, path: str) -> str:
        """Return the template of the route that a path belongs to, or `other`."""
        if path in self.routes:
            return path
        return STATIC if path.startswith(STATIC + "/") else OTHER

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. Args: its route's template, verb, status and seconds it took."""
        key = (route, method, status)
        count, times = self._request_children.get(key) or self._new_request_children(key)
        count.inc()
        times.observe(seconds)
        if route in self._pages and status == 200 and method == "GET":  # noqa: PLR2004 - OK
            self._pages[route].inc()

    def show(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Have a gauge read when it is shown, in the process that is asked."""
        self._registry.register(_Reading(f"voicegate_{name}", text, read))

    def exposition(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Answer Prometheus on a port of its own, in a thread of its own; yields the port.

        Args:
            host: An address or a name.
            port: 0 for a free one.

        Raises:
            OSError: The port is taken, or the address is not ours to use.
        """
        server, thread = start_http_server(port, host, self._registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _new_request_children(self, key: tuple[str, str, int]) -> tuple[Counter, Histogram]:
        """Return count and times of these labels, unknown ones as `other`.

        Kept only if all are known: else a caller could fill memory.
        """
        route, method, status = key
        known = (
            route if route in self.routes else OTHER,
            method if method in METHODS else OTHER,
            str(status) if status in STATUSES else OTHER,
        )
        children = (self._requests.labels(*known), self._request_seconds.labels(known[0]))
        if known == (route, method, str(status)):
            self._request_children[key] = children
        return children


class _Reading(Collector):
    """A gauge that is a function. One of the library's would leave a 0 in the files of counts."""

    def __init__(self, name: str, text: str, read: Callable[[], float]) -> None:
        self._name, self._text, self._read = name, text, read

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(self._name, self._text, value=self._read())


class _LinesDropped(Collector):
    """Reads what the log counts itself."""

    def collect(self) -> Iterable[Metric]:
        handlers = logging.getLogger().handlers
        dropped = sum(each.writer.dropped for each in handlers if isinstance(each, LineHandler))
        yield CounterMetricFamily("voicegate_log_lines_dropped", "Not written.", value=dropped)


def _codes(error: type[AppError]) -> set[str]:
    return {error.code}.union(*(_codes(kind) for kind in error.__subclasses__()))
