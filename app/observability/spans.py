"""What OpenTelemetry's SDK does for us: spans of fixed words, sent in batches by a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from app.observability.stopwatch import Exchange

logger = logging.getLogger("voicegate.tracing")

MAX_WAITING_SPANS: Final = 2048
MAX_BATCH_SPANS: Final = 512
SEND_EVERY_MS: Final = 5000
# For a batch, all attempts together.
SEND_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 2.0
SERVER_ERROR: Final = 500
# They quote what the collector said, or the header that did not fit: we say it in our own words.
TALKATIVE: Final = ("opentelemetry.exporter", "opentelemetry.util.re")


class Tracing:
    """Makes the spans of one application; never the process's global tracer.

    What else in the process knows OpenTelemetry, such as the framework, thus adds nothing to them.

    Args:
        endpoint: The collector's address, to which OTLP's own path is added.
            Source: OpenTelemetry Protocol Exporter, "Endpoint URLs for OTLP/HTTP".
    """

    def __init__(self, endpoint: str) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._exporter = _Exporter(f"{endpoint}/v1/traces")
        own = Resource.create({"service.name": "voicegate", "service.version": __version__})
        self.provider = TracerProvider(
            resource=own.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        # What does not fit is dropped, the oldest first: a collector that is away costs no memory.
        self.provider.add_span_processor(
            BatchSpanProcessor(
                self._exporter,
                max_queue_size=MAX_WAITING_SPANS,
                schedule_delay_millis=SEND_EVERY_MS,
                max_export_batch_size=MAX_BATCH_SPANS,
            )
        )
        self._tracer = self.provider.get_tracer("voicegate", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def begin(
        self, method: str | None, route: str | None, request_id: str, traceparent: str | None
    ) -> Span:
        """Begin the span of a request.

        Args:
            method: The verb; None if it is none that we know.
            route: The template of its route; None if it has none.
            request_id: The name of the request.
            traceparent: The span that it belongs to, as a trusted proxy says.
        """
        # Of no other field: a tracestate may hold anything.
        carrier = {"traceparent": traceparent} if traceparent else {}
        parent = self._propagator.extract(carrier, Context())
        # Source: OpenTelemetry semantic conventions, "HTTP spans": names of spans and attributes.
        attributes = {
            "http.request.method": method or "_OTHER",
            "voicegate.request_id": request_id,
        }
        if route is not None:
            attributes["http.route"] = route
        name = f"{method or 'HTTP'} {route or ''}".rstrip()
        return self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)

    def end(self, span: Span, status: int | None, code: str, exchanges: Iterable[Exchange]) -> None:
        """End the span of a request, with one below it for each exchange with the agent service.

        Args:
            span: What `begin` returned.
            status: The answer's status; None if there was no answer.
            code: The problem's code, or nothing.
            exchanges: What was asked on the request's behalf.
        """
        # The stopwatch counts from anywhere; a span wants the time of day.
        zero_ns = time.time_ns() - round(time.perf_counter() * 1e9)
        for exchange in exchanges:
            begin_ns = zero_ns + round(exchange.started * 1e9)
            child = self._tracer.start_span(
                "agent service",
                set_span_in_context(span, Context()),
                SpanKind.CLIENT,
                start_time=begin_ns,
            )
            if exchange.outcome != "ok":
                child.set_attribute("voicegate.code", exchange.outcome)
                child.set_status(Status(StatusCode.ERROR))
            child.end(begin_ns + round(exchange.seconds * 1e9))
        if status is not None:
            span.set_attribute("http.response.status_code", status)
        if code:
            span.set_attribute("voicegate.code", code)
        if status is None or status >= SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    async def close(self) -> None:
        """Send what is left, for two seconds at most; no event loop or process waits longer."""
        # A thread of our own: the interpreter waits for those of asyncio, however long they take.
        closing = threading.Thread(target=self.provider.shutdown, name="close-traces", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSE_SECONDS)
        if closing.is_alive():
            logger.warning("the last traces were not sent: the collector took too long")
            self._exporter.give_up()


class _Exporter(SpanExporter):
    """Sends batches; says once when that begins to fail, and once when it works again."""

    def __init__(self, url: str) -> None:
        self._inner = OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS)
        self._fails = False
        self._is_over = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE if self._is_over else self._inner.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            logger.warning(
                "traces do not reach the collector: check OTEL_EXPORTER_OTLP_ENDPOINT, "
                "which must speak OTLP over HTTP"
            )
        if self._fails and not fails:
            logger.warning("traces reach the collector again")
        self._fails = fails
        return result

    def give_up(self) -> None:
        """Try nothing more; ends the pause before the next attempt too."""
        self._is_over = True
        self._inner.shutdown()  # type: ignore[no-untyped-call]

    def shutdown(self) -> None:
        if not self._is_over:
            self.give_up()
