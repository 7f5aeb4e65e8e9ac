"""What the layers find out about one request, for each other and for the routes."""

from dataclasses import dataclass, field
from typing import Final

from starlette.types import Scope

from app.access.caller import Caller
from app.config.origins import Sender

Field = tuple[bytes, bytes]

KEY: Final = "context"


@dataclass(slots=True)
class RequestContext:
    """One request, as far as it is known.

    Args:
        request_id: Names it in its answer and in the log.
        response_headers: Fields of its answer, whoever answers; `ErrorMiddleware` adds them.
        reserved_names: Fields that an answer has from there only.
        sender: What sent it, as far as a browser says; known below `/api/`.
        caller: Who asks for a token, once that is known.
    """

    request_id: str
    response_headers: list[Field] = field(default_factory=list)
    reserved_names: frozenset[bytes] = frozenset()
    sender: Sender = "program"
    caller: Caller | None = None


def context_of(scope: Scope) -> RequestContext:
    """Return the context of a request that passed `RequestId`."""
    context: RequestContext = scope["state"][KEY]
    return context
