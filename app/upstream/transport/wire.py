"""A request as it stands on the wire, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from typing import Final

# HEAD is not among them: its answer names the length of a body that does not come.
METHODS: Final = {"GET", "POST"}
MAX_REQUEST_BYTES: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Whom a connection is with."""

    is_secure: bool
    host: str
    port: int


def origin_of(url: httpx.URL) -> Origin:
    """Return whom a URL's requests go to.

    Raises:
        UnsupportedProtocol: It is neither http nor https.
    """
    scheme = url.scheme
    if scheme not in _PORTS:
        raise httpx.UnsupportedProtocol("only http and https are spoken")
    return Origin(scheme == "https", url.raw_host.decode("ascii"), url.port or _PORTS[scheme])


def encode(request: httpx.Request) -> bytes:
    """Return the bytes of a request; its body, if any, must be in memory.

    Raises:
        LocalProtocolError: It cannot be sent as it is, or is too long.
    """
    if request.method not in METHODS:
        raise httpx.LocalProtocolError("only GET and POST are spoken")
    if "transfer-encoding" in request.headers:
        raise httpx.LocalProtocolError("a body of unknown length is not sent")
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%b: %b" % header for header in request.headers.raw]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    breaks = len(lines) + 1
    if not head.count(b"\r") == head.count(b"\n") == breaks:
        raise httpx.LocalProtocolError("a header holds a line break")
    data = head + request.content
    if len(data) > MAX_REQUEST_BYTES:
        raise httpx.LocalProtocolError("the request is too long")
    return data
