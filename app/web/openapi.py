"""The description of the API, which `/docs` shows and generators of clients read."""

from typing import Any, Final

from app.access.control import Access
from app.errors import NotFoundError
from app.tokens.service import MINT_PATH
from app.web.routes.api import FEEDBACK_PATH
from app.web.routes.schemas import Problem, problem_description

SUMMARY: Final = "Short-lived tokens for voice agents in the browser."
DESCRIPTION: Final = (
    "Puts a voice agent on any web page without giving the page the API key. "
    "Fetch a token, open `ws_url` with `?token=` in the browser, and talk: "
    "the audio never passes through this service. "
    "Every error, on every path, is `application/problem+json` (RFC 9457) with a stable `code`."
)


def complete(document: dict[str, Any], access: Access) -> dict[str, Any]:
    """Add to FastAPI's description what it does not know: problem details and credentials."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = document["components"]
    components["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    # Of no route: what any other path answers.
    components["responses"] = {"NotFound": problem_description(NotFoundError())}
    if access.mode != "open":
        schemes: dict[str, Any] = {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A code or a JWT."}
        }
        if access.cookie_name:
            schemes["cookie"] = {"type": "apiKey", "in": "cookie", "name": access.cookie_name}
        components["securitySchemes"] = schemes
        for path in (MINT_PATH, FEEDBACK_PATH):
            for operation in document["paths"].get(path, {}).values():
                operation["security"] = [{name: []} for name in schemes]
    return document
