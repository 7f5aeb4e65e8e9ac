"""What a request brings to show who sent it, read from its raw header fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.access.addresses import bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

# Source: RFC 9110, section 11.4; what counts as a token here is any visible ASCII.
_BEARER = re.compile(rb"bearer +([\x21-\x7e]{1,8192})", re.IGNORECASE)
_SCHEME = re.compile(rb"bearer[ \t]", re.IGNORECASE)
NONSENSE = ""


@dataclass(frozen=True, slots=True)
class Approach:
    """One request, as a mode of access looks at it.

    Args:
        scope: The request; its `client` is who `TrustedProxies` says.
        address_key: The hash of the bucket of its address.
        has_page: Whether one of our pages, or of the operator's list, sent it. Cookies count only
            then: they come along with whatever a browser is made to send.
    """

    scope: Scope
    address_key: str
    has_page: bool

    @property
    def bearer(self) -> str | None:
        """The bearer token; `NONSENSE` if there is one that cannot be right, None without.

        Other schemes are not ours to judge: a proxy in front may use `Basic` for itself.
        """
        fields = [value for name, value in self.scope["headers"] if name == b"authorization"]
        bearers = [value for value in fields if _SCHEME.match(value)]
        if not bearers:
            return None
        match = _BEARER.fullmatch(bearers[0].strip())
        return match[1].decode() if match and len(bearers) == 1 else NONSENSE

    def cookie(self, name: str) -> str | None:
        """Return the value of the first cookie of this name, if cookies count here."""
        return read_cookie(self.scope, name) if self.has_page else None


def read_cookie(scope: Scope, name: str) -> str | None:
    """Return the value of the first cookie of this name."""
    wanted = name.encode()
    for field, value in scope["headers"]:
        if field != b"cookie" or wanted not in value:
            continue
        for pair in value.split(b";"):
            key, _, content = pair.strip().partition(b"=")
            if key == wanted:
                return str(content.strip(b'"').decode("latin-1"))
    return None


def approach(scope: Scope, hash_of: Callable[[str], str], *, without_origin: bool) -> Approach:
    """Return what a mode of access has to know of a request.

    Args:
        scope: The request, after `TrustedProxies` and `OriginGuard`.
        hash_of: Hides an address.
        without_origin: Whether callers that no page sent are treated like pages.
    """
    client = scope.get("client")
    address_key = hash_of("address:" + bucket(client[0] if client else None))
    from_page = scope.get("state", {}).get("from_page") is True
    return Approach(scope, address_key, has_page=from_page or without_origin)
