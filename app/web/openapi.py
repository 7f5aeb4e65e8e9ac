"""The description of the API, which `/docs` shows and generators of clients read."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.errors import NotFoundError
from app.tokens.service import MINT_PATH
from app.web.routes.schemas import Problem, problem_description

DESCRIPTION = (
    "Puts a voice agent on any web page without giving the page the API key. "
    "Fetch a token, open `ws_url` with `?token=` in the browser, and talk: "
    "the audio never passes through this service. "
    "Every error, on every path, is `application/problem+json` (RFC 9457) with a stable `code`."
)


# What a request must bring, as the routes that need it name it.
BEARER = {"bearer": {"type": "http", "scheme": "bearer", "description": "A code or a JWT."}}


def describe(app: FastAPI, *, mode: str = "open", cookie: str = "") -> None:
    """Let `app.openapi()` return a description that has the problem details in it; made once.

    Args:
        app: The service.
        mode: How access to it is controlled.
        cookie: The cookie that holds a credential of that mode, if one can.
    """

    @cache
    def openapi() -> dict[str, Any]:
        document = _document(app)
        if mode != "open":
            _secure(document, cookie)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="Short-lived tokens for voice agents in the browser.",
        description=DESCRIPTION,
        routes=app.routes,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    template = "#/components/schemas/{model}"
    problem = Problem.model_json_schema(ref_template=template)
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    # Of no route: what any other path answers.
    document["components"]["responses"] = {"NotFound": problem_description(NotFoundError())}
    return document


def _secure(document: dict[str, Any], cookie: str) -> None:
    """Say what the routes that mint need."""
    schemes: dict[str, Any] = dict(BEARER)
    if cookie:
        schemes["cookie"] = {"type": "apiKey", "in": "cookie", "name": cookie}
    document["components"]["securitySchemes"] = schemes
    for operation in document["paths"][MINT_PATH].values():
        operation["security"] = [{name: []} for name in schemes]
