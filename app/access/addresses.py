"""Where a caller calls from, as one bucket: what one household or host can have only one of."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

UNKNOWN = "unknown"


@lru_cache(maxsize=4096)
def bucket(host: str | None) -> str:
    """Return what an address counts as: itself for IPv4, its /64 for IPv6.

    Whoever has one address of a /64 has them all (RFC 6177), so they are one caller. IPv4 written
    as IPv6 is IPv4. Whatever is no address shares one bucket.
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else f"{address.packed[:8].hex()}/64"
