"""schemathesis over the whole description, against the running app and a simulator with faults."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, load_all_checks

from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from tests.service import NO_LIMITS, make_settings
from tests.support import serve

CODE = "code-0123456789"
SECRET = "secret-0123456789-0123456789-0123"
# The token route's faults, one server each; none of them may become 500 or an unknown answer.
FAULTS: dict[str, dict[str, str]] = {
    "none": {},
    "unpaid": {"token_status": "402"},
    "failing": {"token_status": "503"},
    "busy": {"token_status": "429,5"},
    "lying": {"token_malformed": "html"},
    "resetting": {"token_reset": "before_answer"},
}
EXAMPLES = 15


class Loop:
    """An event loop in a thread of its own: what drives schemathesis is not asynchronous."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(30)
        self.loop.close()

    def run(self, coroutine: Any) -> Any:
        """Return what a coroutine returns on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    @contextmanager
    def entered(self, context: Any) -> Iterator[Any]:
        """Hold an asynchronous context manager open."""
        value = self.run(context.__aenter__())
        try:
            yield value
        finally:
            self.run(context.__aexit__(None, None, None))


@contextmanager
def running(faults: dict[str, str], **changes: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve a simulator and the app in front of it; yields the app's URL and its description."""
    with Loop() as loop, ExitStack() as stack:
        simulator = create_simulator(faults=faults)
        upstream = stack.enter_context(loop.entered(serve(simulator, **SERVER_OPTIONS)))
        app = create_app(
            make_settings(
                upstream_url=upstream,
                secret=SECRET,
                feedback_url="log",
                **NO_LIMITS,
                **changes,
            )
        )
        url = stack.enter_context(loop.entered(serve(app, ws="none")))
        yield url, app.openapi()


def documented_codes(document: dict[str, Any], case: Any, status: int) -> set[str]:
    """Return the codes that the description shows for an operation and a status."""
    operation = document["paths"][case.operation.path][case.operation.method]
    problems = operation["responses"][str(status)]["content"]["application/problem+json"]
    return {example["value"]["code"] for example in problems["examples"].values()}


def conforms(url: str, document: dict[str, Any], headers: dict[str, str]) -> dict[str, set[int]]:
    """Ask every operation in many ways and check each answer; returns the statuses seen."""
    load_all_checks()
    schema = schemathesis.openapi.from_dict(document)
    checks = CHECKS.get_by_names(
        [
            *("status_code_conformance", "content_type_conformance"),
            *("response_headers_conformance", "response_schema_conformance"),
        ]
    )

    def ask(operation: Any) -> set[int]:
        statuses = set()

        @seed(5)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def each(case: Any) -> None:
            response = case.call(base_url=url, headers=headers, timeout=30)
            statuses.add(response.status_code)
            case.validate_response(response, checks=checks)
            # 502 to 504 are documented answers here; 500 alone is our own fault.
            assert response.status_code != 500
            if response.status_code >= 400:
                assert response.headers["content-type"] == ["application/problem+json"]
                problem = response.json()
                assert problem["status"] == response.status_code
                assert problem["code"] in documented_codes(document, case, problem["status"])

        each()
        return statuses

    operations: list[Any] = list(schema.get_all_operations())
    found = [result.ok() for result in operations]
    return {f"{each.method.upper()} {each.path}": ask(each) for each in found}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_answer_conforms_to_the_description(fault: str) -> None:
    """Whatever is asked, and whatever goes wrong upstream, the answer is one that is described."""
    with running(FAULTS[fault]) as (url, document):
        seen = conforms(url, document, {})

    assert set(seen) >= {"GET /api/agents", "GET /healthz", "GET /readyz"}
    assert set(seen) >= {"GET /api/voice-token", "POST /api/voice-token"}
    assert all(seen.values())


def test_every_answer_conforms_where_a_code_is_needed() -> None:
    """The routes that come with access control are described as they answer, too."""
    with running({}, access="code", access_codes=CODE) as (url, document):
        seen = conforms(url, document, {"Origin": url, "Sec-Fetch-Site": "same-origin"})

    for verb in ("GET", "POST"):
        # 429 once it has tried too many codes.
        assert seen[f"{verb} /api/voice-token"] <= {401, 422, 429}
    assert any(name.startswith("POST /api/access") for name in seen)
