"""The numbers: counted once, out of fixed sets, and shown only to whom they are for."""

import re
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from app.observability.metrics import Metrics
from tests.service import assert_problem, caller, make_settings, minting, refusing, service

GUIDE = Path(__file__).resolve().parents[3] / "docs/operating.md"
METRICS_TOKEN = "metrics-token-0123456789abcdef-0123"


def read(metrics: Metrics) -> dict[str, float]:
    """Return every sample by its name and labels, as Prometheus would store them."""
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_labels_come_from_fixed_sets() -> None:
    """Whatever callers send, the number of series is bounded: strangers are all `other`."""
    metrics = Metrics()
    metrics.routes = frozenset({"/", "/api/voice-token"})
    metrics.request("/api/voice-token", "GET", 200, 0.01)
    before = len(read(metrics))
    for number in range(1000):
        metrics.request(f"/{number}", f"X{number}", 1000 + number, 0.01)
        for counter in (
            *(metrics.limited, metrics.store_failures, metrics.key_refusals),
            *(metrics.access_refusals, metrics.mints, metrics.upstream_requests),
        ):
            counter.count(f"word-{number}")
    samples = read(metrics)

    assert len(samples) - before < 20
    assert samples["voicegate_requests_total{method=other,route=other,status=other}"] == 1000
    assert samples["voicegate_mints_total{outcome=other}"] == 1000


def test_times_are_cumulative_as_prometheus_reads_them() -> None:
    """Each bucket holds those below it, the last holds all, and the sum is theirs."""
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.3, 99.0):
        metrics.mint_seconds.observe(seconds)
    samples = read(metrics)

    assert samples["voicegate_mint_seconds_bucket{le=0.001}"] == 2
    assert samples["voicegate_mint_seconds_bucket{le=0.25}"] == 2
    assert samples["voicegate_mint_seconds_bucket{le=0.5}"] == 3
    assert samples["voicegate_mint_seconds_bucket{le=10.0}"] == 3
    assert samples["voicegate_mint_seconds_bucket{le=+Inf}"] == 4
    assert samples["voicegate_mint_seconds_count{}"] == 4
    assert samples["voicegate_mint_seconds_sum{}"] == pytest.approx(99.3015)


def test_every_counter_counts() -> None:
    """Each attribute of the object moves the number that is named after it."""
    metrics = Metrics()
    metrics.limited.count("caller-minute")
    metrics.store_failures.count("quota")
    metrics.granted_seconds.inc(900)
    metrics.granted_seconds.inc(60)
    metrics.returned_seconds.inc(300)
    metrics.key_refusals.count("spare")
    metrics.access_refusals.count("origin")
    samples = read(metrics)

    assert samples["voicegate_limited_total{limit=caller-minute}"] == 1
    assert samples["voicegate_store_failures_total{kind=quota}"] == 1
    assert samples["voicegate_granted_seconds_total{}"] == 960
    assert samples["voicegate_returned_seconds_total{}"] == 300
    assert samples["voicegate_key_refusals_total{key=spare}"] == 1
    assert samples["voicegate_access_refusals_total{reason=origin}"] == 1


def test_applications_do_not_share_numbers() -> None:
    """Two in one process, as in a test, each count their own."""
    first, second = Metrics(), Metrics()
    first.granted_seconds.inc(60)

    assert read(second)["voicegate_granted_seconds_total{}"] == 0


async def test_application_counts_what_it_answers() -> None:
    """Tokens, refusals, pages and strange paths each show up once, under their template."""
    app = create_app(make_settings(), transport=minting())
    page = {"Origin": "http://voicegate.test", "Sec-Fetch-Site": "same-origin"}
    async with app.router.lifespan_context(app), caller(app) as client:
        await client.get("/api/voice-token", headers=page)
        await client.get("/api/voice-token?expires_in_seconds=0", headers=page)
        await client.get("/")
        await client.get("/static/none.js")
        await client.get("/wp-admin.php")
        samples = read(app.state.services.metrics)

    assert samples["voicegate_mints_total{outcome=ok}"] == 1
    assert samples["voicegate_mints_total{outcome=invalid_request}"] == 1
    assert samples["voicegate_upstream_requests_total{outcome=ok}"] == 1
    assert samples["voicegate_upstream_seconds_count{}"] == 1
    assert samples["voicegate_pages_total{page=/}"] == 1
    token = "method=GET,route=/api/voice-token"
    assert samples[f"voicegate_requests_total{{{token},status=200}}"] == 1
    assert samples[f"voicegate_requests_total{{{token},status=422}}"] == 1
    assert samples["voicegate_requests_total{method=GET,route=/static,status=404}"] == 1
    assert samples["voicegate_requests_total{method=GET,route=other,status=404}"] == 1
    assert samples["voicegate_requests_in_flight{}"] == 0
    assert samples["voicegate_minting{}"] == 1
    assert any(name.startswith("voicegate_build_info{") for name in samples)


async def test_every_route_of_the_description_has_its_label() -> None:
    """A new route is counted under its own name without anybody having to remember."""
    app = create_app(make_settings(), transport=refusing())
    paths = [*app.openapi()["paths"], "/", "/docs"]

    assert [path for path in paths if app.state.services.metrics.route_of(path) != path] == []


async def test_metrics_are_off_by_default() -> None:
    """Nobody who did not ask for it has this path, with or without a token."""
    async with service(refusing()) as client:
        assert_problem(await client.get("/metrics"), 404, "not_found")
        response = await client.get("/metrics", headers={"Authorization": "Bearer "})

    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize(
    "credential",
    [
        *("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {METRICS_TOKEN}", METRICS_TOKEN),
        *(f"Bearer {METRICS_TOKEN}x", f"Bearer {METRICS_TOKEN[:-1]}", "Bearer \xe9"),
    ],
)
async def test_metrics_need_their_token(credential: str) -> None:
    """Numbers about callers are the operator's: 401 with a challenge to anybody else."""
    async with service(refusing(), operator_token=METRICS_TOKEN) as client:
        header = {b"Authorization": credential.encode("latin-1")}
        response = await client.get("/metrics", headers=header)

    assert_problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith('Bearer realm="voicegate"')
    assert "voicegate_" not in response.text


async def test_metrics_are_shown_to_the_token() -> None:
    """Prometheus' text, never stored, without the token in it."""
    async with service(refusing(), operator_token=METRICS_TOKEN) as client:
        header = {"Authorization": f"bearer {METRICS_TOKEN}"}
        response = await client.get("/metrics", headers=header)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "voicegate_build_info" in response.text
    assert METRICS_TOKEN not in response.text


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 405), ("DELETE", 405)])
def test_own_port_only_shows(method: str, status: int) -> None:
    """The port of the metrics answers who reads them, and has nothing that can be changed."""
    with Metrics().served("127.0.0.1", 0) as port:
        response = httpx.request(method, f"http://127.0.0.1:{port}/metrics")

    assert response.status_code == status
    assert ("voicegate_build_info" in response.text) is (status == 200)


def test_own_port_is_free_again_at_the_end() -> None:
    """Stopping closes it; whoever comes later finds nobody, and the next process a port."""
    with Metrics().served("127.0.0.1", 0) as port:
        pass

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")
    with Metrics().served("127.0.0.1", port) as again:
        assert again == port


def test_crowd_on_the_own_port_keeps_nobody_waiting() -> None:
    """Connections that say nothing have threads of their own; the next one is served."""
    with Metrics().served("127.0.0.1", 0) as port, ExitStack() as crowd:
        for _ in range(32):
            crowd.enter_context(socket.create_connection(("127.0.0.1", port)))
        response = httpx.get(f"http://127.0.0.1:{port}/metrics")

    assert response.status_code == 200


@pytest.fixture
def guide() -> str:
    """Return what operators read of the metrics."""
    return GUIDE.read_text(encoding="utf-8")


async def test_guide_lists_every_metric_with_its_labels(guide: str) -> None:
    """By the name that a dashboard asks for; `voicegate_day_share` is one of the alerts."""
    app = create_app(make_settings(), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        await client.get("/healthz")  # so that there are labels of requests
        text = app.state.services.metrics.exposition().decode()
    shown = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    rows = [line.split("|") for line in guide.splitlines()]
    listed = {
        name: set(re.findall(r"`(\w+)`", row[2].partition(":")[0]))
        for row in rows
        if len(row) > 3
        for name in re.findall(r"`(voicegate_\w+)`", row[1])
    }

    assert listed == {name: shown[name] for name in shown if name.startswith("voicegate_")}
