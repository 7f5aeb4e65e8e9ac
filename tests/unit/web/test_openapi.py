"""The description of the API."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from app.errors import AppError
from app.main import create_app
from app.tokens.service import MINT_PATH
from app.web.connections import DETAILS
from app.web.routes.body import SENTENCES
from tests.service import SERVICE, caller, make_settings, minting

PROBLEM = "application/problem+json"
# Said where there is no route at all.
OF_NO_ROUTE = {"not_found"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def documented(operation: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the example problems of an operation by status."""
    return {
        status: [example["value"] for example in response["content"][PROBLEM]["examples"].values()]
        for status, response in operation["responses"].items()
        if PROBLEM in response.get("content", {})
    }


def kinds(kind: type[AppError]) -> Iterator[type[AppError]]:
    """Yield a failure and all that are more exactly it."""
    yield kind
    for more in kind.__subclasses__():
        yield from kinds(more)


@pytest.fixture(params=["open", "code", "jwt"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the description as each mode of access makes it."""
    modes: dict[str, dict[str, Any]] = {
        "open": {},
        "code": {"access": "code", "access_codes": ["code-0123456789"]},
        "jwt": {
            "access": "jwt",
            "jwt_key": "s" * 32,
            "jwt_issuer": "https://login.test",
            "jwt_audience": "voicegate",
        },
    }
    settings = make_settings(secret="s" * 32, feedback_url="log", **modes[request.param])
    return create_app(settings).openapi()


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({}, 6000, id="defaults"),
        pytest.param({"minutes_per_day": 50}, 3000, id="day-of-all"),
        pytest.param({"minutes_per_day": 0, "caller_minutes_per_day": 0}, 10_800, id="no-day"),
        pytest.param({"max_session_duration_seconds": 1800}, 1800, id="set"),
    ],
)
async def test_longest_session_is_what_a_day_holds(changes: dict[str, Any], seconds: int) -> None:
    """The same in the description, in the page made of it, in the refusal, and in what is given."""
    app = create_app(make_settings(**changes), transport=minting())
    path = f"{MINT_PATH}?max_session_duration_seconds="
    async with app.router.lifespan_context(app), caller(app) as client:
        described = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
        fine = await client.get(f"{path}{seconds}")
        over = await client.get(f"{path}{seconds + 1}")

    duration = described["paths"][MINT_PATH]["get"]["parameters"][1]
    assert duration["name"] == "max_session_duration_seconds"
    assert duration["schema"]["maximum"] == seconds
    assert f"60 to {seconds}" in " ".join(page.text.split())
    assert (fine.status_code, over.status_code) == (200, 422)
    assert over.json()["errors"][0]["allowed"] == f"an integer from 60 to {seconds}"


def test_openapi_names_bounds_and_problems() -> None:
    """Ranges, defaults (the operator's) and every problem are in the description."""
    document = create_app(make_settings(max_session_duration_seconds=1800)).openapi()
    mint = document["paths"]["/api/voice-token"]["get"]
    expires, duration = mint["parameters"][:2]
    codes = {
        code
        for response in mint["responses"].values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }

    assert expires["schema"] | {"minimum": 1, "maximum": 600, "default": 60} == expires["schema"]
    ours = {"minimum": 60, "maximum": 1800, "default": 900}
    assert duration["schema"] | ours == duration["schema"]
    assert expires["required"] is False
    assert {"200", "401", "403", "405", "422", "429", "500", "502", "503", "504"} == set(
        mint["responses"]
    )
    assert {"invalid_request", "upstream_busy", "overloaded", "draining"} <= codes
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_openapi_has_no_dangling_references() -> None:
    """Every schema that is referred to is there, so that generators of clients can read it."""
    document = create_app(make_settings()).openapi()
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.update({node["$ref"]} if "$ref" in node else ())
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(document)
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert found <= schemas


def test_openapi_shows_every_problem_of_the_taxonomy(document: dict[str, Any]) -> None:
    """There is no code that a program meets before its author could have read of it."""
    shown = {
        example["code"]
        for _, _, operation in operations(document)
        for examples in documented(operation).values()
        for example in examples
    }
    codes = {kind.code for kind in kinds(AppError)}

    assert shown == codes - OF_NO_ROUTE
    other = document["components"]["responses"]["NotFound"]["content"][PROBLEM]["examples"]
    assert set(other) == OF_NO_ROUTE


def test_openapi_says_of_every_operation_what_any_may_answer(document: dict[str, Any]) -> None:
    """Wrong method and own fault are possible everywhere, a foreign page wherever there is one."""
    for _, path, operation in operations(document):
        codes = {example["code"] for group in documented(operation).values() for example in group}
        expected = {"method_not_allowed", "internal_error"}
        if path.startswith("/api/"):
            expected.add("origin_not_allowed")
        assert expected <= codes, path


def test_openapi_examples_are_whole(document: dict[str, Any]) -> None:
    """Each problem is shown under its own status, with every member that it really has."""
    for method, path, operation in operations(document):
        for status, examples in documented(operation).items():
            for example in examples:
                assert str(example["status"]) == status, (method, path)
                assert example["type"] == f"/docs#{example['code']}"
                assert {"title", "detail", "request_id"} <= example.keys()
                assert bool(example.get("errors")) <= (example["code"] == "invalid_request")


def test_openapi_has_an_example_of_every_body(document: dict[str, Any]) -> None:
    """Whatever is sent or answered in JSON is shown once, with the members of its schema."""
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [
            operation["responses"][status]
            for status in ("200", "202")
            if status in operation["responses"]
        ]
        for body in bodies:
            content = body["content"]["application/json"]
            reference = content["schema"].get("$ref", "")
            schema = schemas[reference.rpartition("/")[2]] if reference else content["schema"]
            example = content.get("example") or schema["examples"][0]
            assert set(schema.get("required", ())) <= example.keys() <= set(schema["properties"]), (
                method,
                path,
            )


async def test_docs_page_explains_every_code() -> None:
    """The `type` of each problem leads to a row of its own."""
    app = create_app(make_settings())
    async with app.router.lifespan_context(app), caller(app) as client:
        page = (await client.get(f"{SERVICE}/docs")).text

    ids = re.findall(r'id="([^"]*)"', page)
    assert {kind.code for kind in kinds(AppError)} <= set(ids)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]*)"', page))
    assert links <= set(ids)


async def test_docs_page_names_every_cause_of_a_code_with_several() -> None:
    """Each status that comes with `invalid_request`, each way in which no token can be had."""
    app = create_app(make_settings())
    async with app.router.lifespan_context(app), caller(app) as client:
        page = (await client.get(f"{SERVICE}/docs")).text

    invalid, unavailable = (
        page.partition(f'id="{code}"')[2].partition("</div>")[0]
        for code in ("invalid_request", "service_unavailable")
    )
    for status in {HTTPStatus.MISDIRECTED_REQUEST, *SENTENCES, *DETAILS}:
        assert str(status.value) in invalid
    for cause in ("stopped", "no grant explains", "store", "keys", "account"):
        assert cause in unavailable


async def test_docs_page_shows_the_type_and_default_of_each_member() -> None:
    """Where null may stand as well, both; an empty default is none to show."""
    app = create_app(make_settings(feedback_url="log"))
    async with app.router.lifespan_context(app), caller(app) as client:
        page = (await client.get(f"{SERVICE}/docs")).text
    plain = re.sub(r"<wbr>|</?code>", "", page)
    rows = re.findall(
        r"<dt>(\w+)</dt>\s*<dd>\s*<p class=\"rows__facts\">(.*?)</p>", plain, re.DOTALL
    )
    facts = {(name, " ".join(fact.split())) for name, fact in rows}

    assert {
        ("session_id", "string or null, optional"),
        ("unused", "boolean or null, optional"),
        ("price_per_hour_usd", "number or null"),
        ("receipt", "string, at most 200 characters, optional"),
        ("receipt", "string, at most 200 characters, required"),
        ("rating", "string, one of up, down, required"),
        ("duration_seconds", "integer, 0 to 86400, required"),
        ("expires_in_seconds", "integer, 1 to 600, default 60, optional"),
    } <= facts
    assert "/operator" in plain
    assert "/api/webhooks/assemblyai" in plain
