"""Who asks: what the limits count by, and all that a log may say about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller, without anything that tells who it is.

    Args:
        kind: `subject` is vouched for by the operator's login; `visitor` brought a cookie that we
            signed; `address` is known by nothing but where it calls from.
        key: The hash of what it is known by.
        address_key: The hash of its address, or of its /64 of IPv6.
    """

    kind: Literal["subject", "visitor", "address"]
    key: str
    address_key: str
