"""Content codings: which one a caller takes, and the bytes in it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from app.web.weighted import weighted

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response

IDENTITY: Final = ""
# The smaller first.
CODINGS: Final = ("br", "gzip")
# For what pages load; for files that are asked for one by one; for pages, each time anew.
THOROUGH: Final = 11
FAIR: Final = 9
QUICK: Final = 5


def choose_coding(headers: Headers) -> str:
    """Return what to compress an answer with: `br`, `gzip`, or nothing.

    Source: RFC 9110, section 12.5.3.
    """
    weights = dict(weighted(",".join(headers.getlist("accept-encoding")).lower()))
    others = weights.get("*", 0.0)
    return next((coding for coding in CODINGS if weights.get(coding, others) > 0), IDENTITY)


def compress(body: bytes, coding: str, quality: int = THOROUGH) -> bytes:
    """Return a body in a coding; quality is brotli's, gzip takes up to 9."""
    if coding == "br":
        import brotli  # type: ignore[import-untyped]  # noqa: PLC0415

        return bytes(brotli.compress(body, quality=quality))
    if coding == "gzip":
        return gzip.compress(body, min(quality, 9), mtime=0)
    return body


def agree(response: Response, headers: Headers) -> str:
    """Return the coding of an answer that caches are to keep apart by it."""
    response.headers.add_vary_header("Accept-Encoding")
    return choose_coding(headers)


def compress_response(response: Response, headers: Headers) -> None:
    """Compress a whole answer that was made for one caller."""
    if coding := agree(response, headers):
        replace_body(response, compress(bytes(response.body), coding, QUICK), coding)


def replace_body(response: Response, body: bytes, coding: str) -> None:
    """Let an answer go out with a body in a coding."""
    response.body = body
    response.headers["Content-Encoding"] = coding
    response.headers["Content-Length"] = str(len(body))
