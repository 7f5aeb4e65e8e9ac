"""Origins as browsers write them, and the rule for who may call the API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,31}")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\]")


def normalise_origin(text: str) -> str:
    """Return `scheme://host[:port]` in lower case, without the port that the scheme implies.

    Raises:
        ValueError: It is not exactly one origin (`null`, a wildcard, a path, credentials, ...).
    """
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise ValueError("must be an origin such as https://www.example.com") from None
    scheme, host = parts.scheme, parts.netloc.removesuffix(f":{port}" if port else "")
    exact = f"{parts.scheme}://{parts.netloc}" == text.strip().lower()
    if not (exact and _SCHEME.fullmatch(scheme) and _HOST.fullmatch(host)) or port == 0:
        raise ValueError("must be an origin such as https://www.example.com")
    return f"{scheme}://{host}" + (f":{port}" if port and port != DEFAULT_PORTS.get(scheme) else "")


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Which browser pages may use the API: the service's own, and those of `allowed`."""

    allowed: frozenset[str]

    def permits(self, headers: Mapping[str, str], own_origin: str) -> bool:
        """Tell whether a request may go on.

        A request without `Origin` is no cross-origin read, but may still be a foreign page's
        (an image, a link, a `no-cors` fetch): `Sec-Fetch-Site`, which pages cannot set, tells.
        """
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
        return self.lists(origin) or _equal(origin, own_origin)

    def lists(self, origin: str | None) -> bool:
        """Tell whether another front end's origin is on the operator's list."""
        if origin is None or not self.allowed:
            return False
        try:
            return normalise_origin(origin) in self.allowed
        except ValueError:
            return False


def _equal(origin: str, own_origin: str) -> bool:
    try:
        return normalise_origin(origin) == normalise_origin(own_origin)
    except ValueError:
        return False
