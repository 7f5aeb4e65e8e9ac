"""ASGI middleware: takes scheme, host and client address from the fields of trusted proxies."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

# In the state of a request that came through a proxy that we trust.
BEHIND_PROXY: Final = "behind_proxy"
Networks = tuple[IPv4Network | IPv6Network, ...]
_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


def is_trusted(address: str, networks: Networks) -> bool:
    """Tell whether an address lies in one of the networks."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return any(mapped in network for network in networks if network.version == mapped.version)


class TrustedProxies:
    """Sets scheme, host and client address from `X-Forwarded-*`, for trusted peers only.

    The outermost layer, so that all others see the request as the caller made it.
    """

    def __init__(self, app: ASGIApp, networks: Networks) -> None:
        self._app = app
        self._networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the scope where the peer may, and pass it on."""
        client = scope.get("client")
        if client and is_trusted(client[0], self._networks):
            scope = self._as_forwarded(scope)
        await self._app(scope, receive, send)

    def _as_forwarded(self, scope: Scope) -> Scope:
        # Each proxy appends, so the last value is the word of the peer that we trust.
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
        changed = dict(scope)
        scheme = _last(headers, b"x-forwarded-proto").lower()
        if scheme in {b"http", b"https"}:
            secure = scheme == b"https"
            names = ("wss", "ws") if scope["type"] == "websocket" else ("https", "http")
            changed["scheme"] = names[0] if secure else names[1]
        host = _last(headers, b"x-forwarded-host")
        if _HOST.fullmatch(host):
            rest = [pair for pair in headers if pair[0] != b"host"]
            changed["headers"] = [(b"host", host), *rest]
        client = self._client(headers)
        if client is not None:
            changed["client"] = (client, 0)
        changed["state"] = {**scope.get("state", {}), BEHIND_PROXY: True}
        return changed

    def _client(self, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        """Return the nearest address that is no trusted proxy, or the farthest if all are."""
        found = None
        for text in reversed(_values(headers, b"x-forwarded-for")):
            address = _strip_port(text.decode("latin-1"))
            try:
                found = str(ip_address(address))
            except ValueError:
                return found
            if not is_trusted(found, self._networks):
                return found
        return found


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    joined = b",".join(value for key, value in headers if key == name)
    return [part.strip() for part in joined.split(b",") if part.strip()]


def _last(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes:
    values = _values(headers, name)
    return values[-1] if values else b""


def _strip_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
