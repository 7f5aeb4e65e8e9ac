"""The cookies of this service: signed, out of reach of scripts, and bound to the host under TLS."""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from starlette.types import Scope

from app.access.credentials import read_cookie
from app.access.signing import Signer

# The page that is made for frames.
EMBED_PATH = "/embed"
# What only the operator sees.
OPERATOR_PATH = "/operator"
VISITOR_COOKIE = "voicegate_visitor"
ACCESS_COOKIE = "voicegate_access"
LIFETIME_SECONDS = 30 * 86400
RENEW_AFTER_SECONDS = 7 * 86400
MAX_COOKIE_CHARACTERS = 512


@dataclass(frozen=True, slots=True)
class Cookie:
    """One kind of cookie; `same_site` says whether links from other sites bring it along.

    One of a path of its own is sent there and below, and never from a frame of another site.
    """

    name: str
    same_site: Literal["Strict", "Lax"]
    path: str = "/"

    def name_in(self, scope: Scope) -> str:
        """Return its name on the wire.

        Browsers take a `__Host-` cookie only from this very host over TLS, so that no neighbour
        below the same domain can plant one; of a path of its own, `__Secure-` is all there is.
        Source: RFC 6265bis, section 4.1.3.
        """
        if scope["scheme"] != "https":
            return self.name
        return f"__Host-{self.name}" if self.path == "/" else f"__Secure-{self.name}"

    def read(self, scope: Scope) -> str | None:
        """Return its value, if it came and is of a size that we make."""
        text = read_cookie(scope, self.name_in(scope))
        return text if text is not None and len(text) <= MAX_COOKIE_CHARACTERS else None

    def header(self, scope: Scope, value: str, *, max_age_seconds: int = LIFETIME_SECONDS) -> str:
        """Return the value of `Set-Cookie`; 0 seconds forgets it.

        In a frame of another site, browsers keep only a partitioned cookie, which no other site's
        frame brings along. Source: Cookies Having Independent Partitioned State (CHIPS), 2023.
        """
        kind = f"SameSite={self.same_site}"
        if scope["scheme"] == "https":
            is_framed = self.path == "/" and _is_embed(scope)
            kind = "SameSite=None; Secure; Partitioned" if is_framed else f"{kind}; Secure"
        name = self.name_in(scope)
        path = self.path if self.path == "/" else scope.get("root_path", "") + self.path
        return f"{name}={value}; Path={path}; Max-Age={max_age_seconds}; HttpOnly; {kind}"


VISITOR = Cookie(VISITOR_COOKIE, "Lax")
ACCESS = Cookie(ACCESS_COOKIE, "Strict")
OPERATOR = Cookie("voicegate_operator", "Strict", OPERATOR_PATH)


def _is_embed(scope: Scope) -> bool:
    """Tell whether a request is for the page that is made for frames, or comes from it."""
    return scope.get("path") == EMBED_PATH or any(
        name == b"referer" and value.partition(b"?")[0].endswith(EMBED_PATH.encode())
        for name, value in scope["headers"]
    )


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_urlsafe(16)


class Visitors:
    """Knows a browser again by a cookie that says nothing about its owner."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def recognise(self, scope: Scope, max_age_seconds: int = LIFETIME_SECONDS) -> str | None:
        """Return the id in the cookie, if it is one of ours and not older."""
        text = VISITOR.read(scope)
        if text is None:
            return None
        value: Any = self._signer.read(VISITOR_COOKIE, text, max_age_seconds=max_age_seconds)
        return value if isinstance(value, str) else None

    def set_cookie(self, scope: Scope) -> str | None:
        """Return the `Set-Cookie` that the page's answer needs; None while the cookie is fresh."""
        if self.recognise(scope, RENEW_AFTER_SECONDS) is not None:
            return None
        visitor = self.recognise(scope) or new_id()
        return VISITOR.header(scope, self._signer.sign(VISITOR_COOKIE, visitor))
