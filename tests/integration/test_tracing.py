"""Traces: what is in them, what never is, and that a collector's trouble is nobody else's."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.main import create_app
from tests.integration.raw_upstream import answer, raw_upstream
from tests.integration.test_server import GOOD, ROOT, finish, running, start
from tests.service import (
    KEY,
    NO_LIMITS,
    PAGE,
    TOKEN,
    answering,
    assert_problem,
    caller,
    make_settings,
    minting,
)

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

MINT = "/api/voice-token"
# Port 9 (discard) of this machine: nothing listens there.
NOWHERE = "http://127.0.0.1:9"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "tracestate": "who=tracestate-secret"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy of this machine stand between the service and the collector."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@asynccontextmanager
async def traced(
    transport: httpx.AsyncBaseTransport, **changes: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, InMemorySpanExporter]]:
    """Run the service with traces; yields a client of it and what keeps the spans as well."""
    settings = make_settings(**(NO_LIMITS | {"otel_exporter_otlp_endpoint": NOWHERE} | changes))
    app = create_app(settings, transport=transport)
    spans = InMemorySpanExporter()
    app.state.tracing._exporter.give_up()  # what a collector gets is for the tests below
    app.state.tracing.provider.add_span_processor(SimpleSpanProcessor(spans))
    async with app.router.lifespan_context(app), caller(app) as client:
        yield client, spans


def is_server(span: ReadableSpan) -> bool:
    """Tell whether a span is a request to us."""
    return span.kind is SpanKind.SERVER


async def test_mint_is_two_spans_of_fixed_words() -> None:
    """The request and the exchange below it; no query, address, key or token in either."""
    async with traced(minting()) as (client, exporter):
        response = await client.get(f"{MINT}?expires_in_seconds=61", headers={"X-A": "said"})
    child, span = exporter.get_finished_spans()

    assert (span.name, span.kind, span.parent) == (f"GET {MINT}", SpanKind.SERVER, None)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": MINT,
        "http.response.status_code": 200,
        "voicegate.request_id": response.headers["x-request-id"],
    }
    assert (child.name, child.kind, dict(child.attributes or {})) == (
        "agent service",
        SpanKind.CLIENT,
        {},
    )
    assert child.parent is not None
    assert child.parent.span_id == span.context.span_id
    assert child.start_time is not None
    assert child.end_time is not None
    assert child.start_time <= child.end_time
    assert span.resource.attributes["service.name"] == "voicegate"
    shown = span.to_json() + child.to_json()
    for secret in (KEY, TOKEN, "expires_in", "127.0.0.1", "said"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("path", "method", "upstream", "expected"),
    [
        (f"{MINT}?expires_in_seconds=0", "GET", 200, (f"GET {MINT}", 422, "invalid_request")),
        (MINT, "DELETE", 200, (f"DELETE {MINT}", 405, "method_not_allowed")),
        ("/api/any-secret", "GET", 200, ("GET", 404, "not_found")),
        ("/api/any-secret", "BREW", 200, ("HTTP", 404, "not_found")),
        (MINT, "GET", 402, (f"GET {MINT}", 503, "service_unavailable")),
        (MINT, "GET", 500, (f"GET {MINT}", 502, "upstream_unavailable")),
    ],
)
async def test_failure_is_its_status_and_code(
    path: str, method: str, upstream: int, expected: tuple[str, int, str]
) -> None:
    """What the caller reads as a problem stands in the span as the same code, and nothing else."""
    said = answering(lambda _: httpx.Response(upstream, text="upstream-words"))
    async with traced(said) as (client, exporter):
        response = await client.request(method, path)
    (span,) = filter(is_server, exporter.get_finished_spans())
    attributes = dict(span.attributes or {})

    assert_problem(response, *expected[1:])
    assert (span.name, *expected[1:]) == expected
    assert attributes["http.response.status_code"] == expected[1]
    assert attributes["voicegate.code"] == expected[2]
    is_ours = expected[1] >= 500
    assert (span.status.status_code is StatusCode.ERROR) == is_ours
    children = [span for span in exporter.get_finished_spans() if not is_server(span)]
    assert bool(children) == is_ours
    assert all(span.status.status_code is StatusCode.ERROR for span in children)
    shown = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "any-secret" not in shown
    assert "upstream-words" not in shown
    assert "BREW" not in shown


async def test_bug_is_a_span_without_its_text() -> None:
    """An exception that nobody expected ends the span, and says nothing in it."""

    def bug(request: httpx.Request) -> httpx.Response:
        raise ValueError(str(request.headers))

    async with traced(answering(bug)) as (client, exporter):
        response = await client.get(MINT)
    (span,) = filter(is_server, exporter.get_finished_spans())

    assert_problem(response, 500, "internal_error")
    assert (span.attributes or {})["voicegate.code"] == "internal_error"
    assert not span.events
    assert "ValueError" not in "".join(span.to_json() for span in exporter.get_finished_spans())


@pytest.mark.parametrize("proxies", ["", "127.0.0.1"])
async def test_parent_is_believed_from_a_trusted_proxy_only(proxies: str) -> None:
    """A caller cannot choose our trace; a tracestate goes nowhere, and nothing of it upstream."""
    asked: list[httpx.Request] = []

    def mint(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"token": TOKEN, "expires_in_seconds": 60})

    async with traced(answering(mint), trusted_proxies=proxies) as (client, exporter):
        await client.get(MINT, headers=PARENT)
    (span,) = filter(is_server, exporter.get_finished_spans())

    assert (f"{span.context.trace_id:032x}" == TRACE) == bool(proxies)
    assert (span.parent is not None) == bool(proxies)
    assert "tracestate-secret" not in span.to_json()
    assert not {"traceparent", "tracestate", "baggage"} & asked[0].headers.keys()


@pytest.mark.parametrize(
    "value", ["", "00-0-0-0", "x" * 10000, "\xff", f"00-{'0' * 32}-{'0' * 16}-01"]
)
async def test_odd_parent_begins_a_trace_of_our_own(value: str) -> None:
    """Nonsense from a proxy costs nobody an answer."""
    async with traced(minting(), trusted_proxies="127.0.0.1") as (client, exporter):
        headers = [(b"traceparent", value.encode("latin-1"))]
        response = await client.get(MINT, headers=headers)
    (span,) = filter(is_server, exporter.get_finished_spans())

    assert response.status_code == 200
    assert span.parent is None


async def test_pages_and_probes_are_not_traced() -> None:
    """What machines ask every few seconds would drown the rest."""
    async with traced(minting()) as (client, exporter):
        for path in ("/", "/healthz", "/readyz", "/docs", "/none"):
            await client.get(path)

    assert exporter.get_finished_spans() == ()


async def test_cut_off_request_ends_its_span() -> None:
    """A caller that goes away leaves no span open."""
    reached = asyncio.Event()

    async def never(_: StreamReader, __: StreamWriter, ___: int) -> None:
        reached.set()
        await asyncio.Event().wait()

    async with (
        raw_upstream(never) as upstream,
        traced(httpx.AsyncHTTPTransport(), upstream_url=upstream.url) as (client, exporter),
    ):
        asking = asyncio.create_task(client.get(MINT))
        await asyncio.wait_for(reached.wait(), 30)
        asking.cancel()
        await asyncio.wait([asking])
    (span,) = filter(is_server, exporter.get_finished_spans())

    assert (span.attributes or {})["voicegate.code"] == "aborted"
    assert "http.response.status_code" not in (span.attributes or {})


async def mints(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Answer every request with a token."""
    writer.write(GOOD)


def environment(upstream: str, endpoint: str, **more: str) -> dict[str, str]:
    """Return the settings of a process that mints there and sends its traces here."""
    return {
        "ASSEMBLYAI_API_KEY": KEY,
        "VOICEGATE_UPSTREAM_URL": upstream,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        **more,
    }


async def mint_and_end(folder: Path, settings: dict[str, str]) -> tuple[httpx.Response, str]:
    """Run the process, mint once, end it; returns the answer and the log."""
    async with running(folder, **settings) as service:
        async with httpx.AsyncClient(base_url=service.url, headers=PAGE) as client:
            response = await client.get(f"{MINT}?expires_in_seconds=61")
        service.process.send_signal(signal.SIGTERM)
        code, _, err = await finish(service.process)
    assert code == 0, err
    return response, err


async def test_collector_gets_the_spans_and_no_secret(tmp_path: Path) -> None:
    """A process sends OTLP over HTTP at its end; key and token are not in it.

    Nor is what the framework would send, with queries in it: the environment cannot turn it on.
    """
    bodies: list[bytes] = []

    async def collect(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        head = collector.requests[number - 1]
        fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:-2])
        body = await reader.readexactly(int(fields["content-length"]))
        is_packed = fields.get("content-encoding") == "gzip"
        bodies.append(gzip.decompress(body) if is_packed else body)
        writer.write(answer(b""))

    async with raw_upstream(mints) as upstream, raw_upstream(collect) as collector:
        more = {
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_SERVICE_NAME": "gate-7",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=abc",
        }
        settings = environment(upstream.url, f"{collector.url}/otlp/", **more)
        response, _ = await mint_and_end(tmp_path, settings)

    spans = [
        (resource.resource, span)
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sorted(span.name for _, span in spans) == [f"GET {MINT}", "agent service"]
    assert {head.split(b" HTTP")[0] for head in collector.requests} == {b"POST /otlp/v1/traces"}
    assert b"x-collector-key: abc" in collector.requests[0].lower()
    names = {pair.key: pair.value.string_value for pair in spans[0][0].attributes}
    assert names["service.name"] == "gate-7"
    everything = b"".join(bodies + collector.requests)
    assert response.headers["x-request-id"].encode() in everything
    for secret in (KEY, TOKEN, "expires_in_seconds"):
        assert secret.encode() not in everything
    assert all(b"traceparent" not in head.lower() for head in upstream.requests)


@pytest.mark.parametrize("trouble", ["away", "silent", "refusing"])
async def test_collector_in_trouble_keeps_nobody_waiting(tmp_path: Path, trouble: str) -> None:
    """Tokens are minted, the process ends with success, and the log says it in our words."""

    async def behave(_: StreamReader, writer: StreamWriter, __: int) -> None:
        if trouble == "silent":
            await asyncio.Event().wait()
        writer.write(answer(b"collector-words", "403 collector-words", "Connection: close"))

    async with raw_upstream(mints) as upstream, raw_upstream(behave) as collector:
        endpoint = NOWHERE if trouble == "away" else collector.url
        more = {"OTEL_EXPORTER_OTLP_HEADERS": "x-collector-key=collector-secret"}
        response, err = await mint_and_end(tmp_path, environment(upstream.url, endpoint, **more))

    assert response.json()["token"] == TOKEN
    events = [json.loads(line) for line in err.splitlines()]
    said = [line["event"] for line in events if line.get("logger") == "voicegate.tracing"]
    word = "were not sent" if trouble == "silent" else "do not reach"
    assert any(word in event for event in said), err
    for secret in ("collector-words", "collector-secret", KEY, TOKEN, "Traceback"):
        assert secret not in err


@pytest.mark.parametrize("arguments", [(), ("--check",)])
async def test_extra_that_is_not_installed_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Who asks for traces without the packages is told which are missing; nothing is served."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['opentelemetry.exporter'] = None\n"
    )
    settings = environment("http://127.0.0.1:9", NOWHERE, PYTHONPATH=f"{tmp_path}:{ROOT}")
    code, out, err = await finish(await start(tmp_path, *arguments, **settings))

    assert (code, out) == (2, "")
    assert err.startswith("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed")
    assert "requirements/otel.txt" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "value", ["collector:4318", "ftp://a.test", "http://u:p@a.test", "http://a.test/?k=1"]
)
async def test_wrong_endpoint_is_one_sentence(tmp_path: Path, value: str) -> None:
    """An address that cannot be, or that would hold a password, is refused at start."""
    settings = environment("http://127.0.0.1:9", value)
    code, out, err = await finish(await start(tmp_path, **settings))

    assert (code, out) == (2, "")
    assert err.startswith("OTEL_EXPORTER_OTLP_ENDPOINT must be https://HOST")
    assert err.count("\n") == 1


def test_without_an_endpoint_nothing_of_it_is_there() -> None:
    """No layer in the stack, and nothing of ours or of the exporter in the process."""
    code = """
import sys
from app.main import create_app
from app.settings import Settings
app = create_app(Settings(_env_file=None, assemblyai_api_key="key"))
print(app.state.tracing, [m.cls.__name__ for m in app.user_middleware].count("Traces"))
# The store's client looks for the SDK by itself; where it finds it, that is loaded, and idle.
late = ("opentelemetry.exporter", "app.observability.spans")
print([name for name in sys.modules if name.startswith(late)])
"""
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "None 0\n[]\n"
