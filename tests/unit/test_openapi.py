"""The description of the API."""

from __future__ import annotations

from app.main import create_app
from tests.service import make_settings


def test_openapi_names_bounds_and_problems() -> None:
    """Ranges, defaults (the operator's) and every problem are in the description."""
    document = create_app(make_settings(max_expires_in_seconds=300)).openapi()
    mint = document["paths"]["/api/voice-token"]["get"]
    expires = next(p for p in mint["parameters"] if p["name"] == "expires_in_seconds")
    codes = {
        code
        for response in mint["responses"].values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }

    assert expires["schema"] | {"minimum": 1, "maximum": 300, "default": 60} == expires["schema"]
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
