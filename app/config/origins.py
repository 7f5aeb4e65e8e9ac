"""Origins as browsers write them, and the rule for who may call the API."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

# A page of ours or of the list; a page that may not; what a person typed into a browser; or what
# no browser sent, or one that says nothing.
Sender = Literal["page", "foreign", "address-bar", "program"]
MAX_ORIGIN_CHARACTERS = 300
NO_ORIGIN = "must be an origin such as https://www.example.com"
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,31}")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\]")

# Names under which hosters give each customer one. A mistake to be caught, not the whole list of
# public suffixes; that of countries (co.uk, com.au) is a rule.
SHARED_DOMAINS = frozenset(
    (
        *("azurestaticapps.net", "azurewebsites.net", "cloudfront.net", "csb.app", "fly.dev"),
        *("firebaseapp.com", "github.io", "gitlab.io", "herokuapp.com", "lovable.app"),
        *("netlify.app", "ngrok-free.app", "ngrok.app", "ngrok.io", "onrender.com", "pages.dev"),
        *("replit.app", "run.app", "surge.sh", "trycloudflare.com", "vercel.app", "web.app"),
        *("workers.dev",),
    )
)
_COUNTRY_SUFFIX = re.compile(r"(ac|co|com|edu|gov|ne|net|or|org)\.[a-z]{2}")


def normalise_origin(text: str) -> str:
    """Return `scheme://host[:port]` in lower case, without the port that the scheme implies.

    Raises:
        ValueError: It is not exactly one origin (`null`, a wildcard, a path, credentials, ...).
    """
    try:
        parts = urlsplit(text.lower())
        port = parts.port
    except ValueError:
        raise ValueError(NO_ORIGIN) from None
    scheme, host = parts.scheme, parts.netloc.removesuffix(f":{port}" if port else "")
    exact = text.isascii() and f"{parts.scheme}://{parts.netloc}" == text.lower()
    if not (exact and _SCHEME.fullmatch(scheme) and _HOST.fullmatch(host)) or port == 0:
        raise ValueError(NO_ORIGIN)
    return f"{scheme}://{host}" + (f":{port}" if port and port != DEFAULT_PORTS.get(scheme) else "")


def listed_origin(text: str) -> str:
    """Return an entry of the operator's list: an origin, or one whose host begins with `*.`.

    The `*` stands for exactly one label. A slash at the end, as address bars have it, is left out.

    Raises:
        ValueError: It is neither, or the wildcard takes in names that anybody can have.
    """
    text = text.strip().removesuffix("/")
    if any(map(str.isspace, text)):
        raise ValueError("must be separated by commas")
    scheme, wildcard, parent = text.partition("://*.")
    if not wildcard:
        return normalise_origin(text)
    origin = normalise_origin(f"{scheme}://{parent}")
    host = urlsplit(origin).hostname or ""
    labels = host.split(".")
    is_ours = len(labels) > 1 and all(labels) and not labels[-1].isdigit()
    if not is_ours or not origin.startswith(("http://", "https://")):
        raise ValueError("must have two labels or more after *., as https://*.preview.example.com")
    if host in SHARED_DOMAINS or _COUNTRY_SUFFIX.fullmatch(host):
        raise ValueError(f"must not hold *.{host}: anybody can have a page there")
    return origin.replace("://", "://*.", 1)


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """Which browser pages may use the API: the service's own, and those of `allowed`.

    Args:
        allowed: Entries in the form of `listed_origin`.
    """

    allowed: frozenset[str]

    def judge(self, origin: str | None, site: str | None, own_origin: str) -> Sender:
        """Tell who sent a request, as far as a browser says.

        `Sec-Fetch-Site` cannot be set by pages, and is there where `Origin` is not: on a page's
        own GET, and on what a foreign page makes without CORS (an image, a link, a `no-cors`
        fetch). Source: Fetch Metadata Request Headers, section 2.4.

        Args:
            origin: The `Origin` field; None if there is none.
            site: The `Sec-Fetch-Site` field; None if there is none.
            own_origin: Where the request arrived, as `scheme://host`.
        """
        if origin is not None:
            if self.lists(origin):
                return "page"
            normal = _normal(origin)  # of what is no origin, None
            is_own = normal is not None and normal == _normal(own_origin)
            return "page" if is_own and site in {None, "none", "same-origin"} else "foreign"
        if site is None:
            return "program"
        if site == "same-origin":
            return "page"
        return "address-bar" if site == "none" else "foreign"

    def lists(self, origin: str | None) -> bool:
        """Tell whether another front end's origin is on the operator's list."""
        normal = _normal(origin) if self.allowed and origin is not None else None
        if normal is None:
            return False
        scheme, _, host = normal.partition("://")
        # The one wildcard entry that takes it in has `*` for its first label.
        return not self.allowed.isdisjoint((normal, f"{scheme}://*.{host.partition('.')[2]}"))


def _normal(origin: str) -> str | None:
    return _cached_normal(origin) if len(origin) <= MAX_ORIGIN_CHARACTERS else None


@lru_cache(maxsize=256)
def _cached_normal(origin: str) -> str | None:
    try:
        return normalise_origin(origin)
    except ValueError:
        return None
