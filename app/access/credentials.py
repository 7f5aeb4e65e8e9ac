"""Who asks: what a request brings to show it, and what it is told where that does not do."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Final, Literal

from starlette.types import Scope

from app.config.origins import Sender
from app.errors import ForbiddenError, UnauthenticatedError
from app.observability.metrics import AccessReason

REALM: Final = 'Bearer realm="voicegate"'
INVALID: Final = f'{REALM}, error="invalid_token"'
# Source: RFC 9110, section 11.4; what counts as a token here is any visible ASCII.
_BEARER: Final = re.compile(rb"bearer +([\x21-\x7e]{1,8192})", re.IGNORECASE)
_SCHEME: Final = re.compile(rb"bearer[ \t]", re.IGNORECASE)
NO_TOKEN: Final = ""
UNKNOWN_ADDRESS: Final = "unknown"
# Of the 16 digits of a caller, those that tell the address of a page without a cookie: 48 bits, in
# which no two callers are the same by chance.
ADDRESS_DIGITS: Final = 12


@dataclass(slots=True)  # not frozen: made for each token, in a third of the time
class Caller:
    """What the limits count by, and all that a log may say: nothing tells who it is.

    Args:
        kind: `subject` is vouched for by the operator's login; `visitor` brought a cookie that we
            signed; `address` is known by nothing but where it calls from.
        key: The hash of what it is known by.
        address_key: The hash of its address, or of its /64 of IPv6.
    """

    kind: Literal["subject", "visitor", "address"]
    key: str
    address_key: str


def address_bucket(host: str | None, ipv6_bits: int = 64) -> str:
    """Return what an address counts as: itself for IPv4, its /64 for IPv6.

    Whoever has one address of a /64 has them all (RFC 6177), so they are one caller. IPv4 written
    as IPv6 is IPv4. Whatever is no address shares one bucket.
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return UNKNOWN_ADDRESS
    if isinstance(address, IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else f"{address.packed[: ipv6_bits // 8].hex()}/{ipv6_bits}"


@dataclass(slots=True)
class RequestCredentials:
    """One request, as an authenticator looks at it.

    Args:
        scope: The request; its `client` is who the trusted proxies say.
        address_key: The hash of the bucket of its address.
        sender: What sent it, as far as a browser says.
        turn: Below `VOICEGATE_CALLERS_PER_ADDRESS`, another one for each request.
    """

    scope: Scope
    address_key: str
    sender: Sender
    turn: int = 0

    @property
    def is_from_page(self) -> bool:
        """Whether one of our pages, or of the operator's list, sent it.

        Cookies count only then: they come along with whatever a browser is made to send.
        """
        return self.sender == "page"

    def require_page(self, detail: str) -> None:
        """Raise `ForbiddenError` if anything but such a page sent it."""
        if not self.is_from_page:
            raise ForbiddenError("origin", detail=detail)

    @property
    def bearer(self) -> str | None:
        """The bearer token; `NO_TOKEN` if there is one that cannot be right, None without.

        Other schemes are not ours to judge: a proxy in front may use `Basic` for itself.
        """
        fields = [value for name, value in self.scope["headers"] if name == b"authorization"]
        bearers = [value for value in fields if _SCHEME.match(value)]
        if not bearers:
            return None
        match = _BEARER.fullmatch(bearers[0].strip())
        return match[1].decode() if match and len(bearers) == 1 else NO_TOKEN

    def cookie(self, name: str) -> str | None:
        """Return the value of the first cookie of this name, if cookies count here."""
        return read_cookie(self.scope, name) if self.is_from_page else None


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


def needs_credential(detail: str) -> UnauthenticatedError:
    """Return the answer to a request that brought nothing."""
    reason: AccessReason = "no-credential"
    return UnauthenticatedError(reason, detail=detail, challenge=REALM)


def not_valid(reason: AccessReason, detail: str) -> UnauthenticatedError:
    """Return the answer to a request that brought something that does not count."""
    return UnauthenticatedError(reason, detail=detail, challenge=INVALID)
