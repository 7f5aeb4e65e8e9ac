"""ASGI middleware: requests for a host that is not the service's get 421."""

import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import UnreadError

# Asked by machines under whatever name they have for this one; nothing in there is a page's to see.
PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
DETAIL: Final = (
    "The service does not answer to this name; its operator lists its own in VOICEGATE_PUBLIC_URL."
)
_HOST: Final = re.compile(r"([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")


class AllowedHosts:
    """Refuses hosts other than the service's own: whoever owns a name could point it here.

    To a browser, its page would then be ours, and could mint with the cookies and from within the
    network of whoever looks at it (DNS rebinding). An address cannot be pointed elsewhere, and
    `localhost` leads to the visitor's own machine, so these are always good.

    Args:
        app: What is inside.
        public_urls: Where callers reach the service; `*.` stands for one label.
    """

    def __init__(self, app: ASGIApp, public_urls: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(urlsplit(url).hostname or "" for url in public_urls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is for us.

        Raises:
            UnreadError: It is for somebody else, or does not say for whom.
        """
        if scope["type"] == "http" and scope["path"] not in PROBES:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not is_own(hosts[0], self._names):
                raise UnreadError(HTTPStatus.MISDIRECTED_REQUEST, DETAIL)
        await self._app(scope, receive, send)


@lru_cache(maxsize=256)
def is_own(host: bytes, names: frozenset[str]) -> bool:
    """Tell whether a `Host` field names this service."""
    match = _HOST.fullmatch(host.decode("latin-1").lower())
    if match is None:
        return False
    name = match[1].removesuffix(".")
    if name == "localhost" or name in names or f"*.{name.partition('.')[2]}" in names:
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
