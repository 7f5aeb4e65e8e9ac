"""HEAD, on every route that answers GET."""

from typing import Any

import pytest
from starlette.routing import Route

from app.main import create_app
from tests.service import assert_problem, caller, make_settings, refusing, service

TOKEN = "m" * 40
PATHS = sorted(
    {
        route.path
        for route in create_app(make_settings(operator_token=TOKEN)).routes
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }
    | {"/static/voice-agent/index.js"}
)
# What differs from one answer to the next, or is for one visitor.
OWN = ("x-request-id", "set-cookie")


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/api/voice-token"])
async def test_head_says_what_get_says(path: str) -> None:
    """Status and fields are those of GET, so that a monitor may ask without the body."""
    app = create_app(make_settings(operator_token=TOKEN), transport=refusing())
    headers = {"Authorization": f"Bearer {TOKEN}", "Sec-Fetch-Site": "same-origin"}
    answers = []
    async with app.router.lifespan_context(app):
        for method in ("GET", "HEAD"):
            async with caller(app, headers=headers) as client:  # without the other's cookies
                answers.append(await client.request(method, path))
    got, head = answers

    def fields(response: Any) -> list[tuple[str, str]]:
        own = OWN if path != "/metrics" else (*OWN, "content-length")
        return sorted((k, v) for k, v in response.headers.multi_items() if k not in own)

    assert head.status_code == got.status_code == 200
    assert fields(head) == fields(got)


async def test_head_mints_nothing() -> None:
    """A token that nobody reads costs as much: the token route answers GET and POST alone."""
    async with service(refusing()) as client:
        response = await client.head("/api/voice-token")

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/", "/api/agents", "/healthz"])
async def test_wrong_method_is_told_all_that_are_right(path: str) -> None:
    """`Allow` lists every method of a path, whatever the route that noticed."""
    async with service(refusing()) as client:
        response = await client.put(path)

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD"
