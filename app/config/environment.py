"""Variables under our prefix that are no settings: mistyped ones, and those that a cluster sets."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX: Final = "VOICEGATE_"
# Read by the example of a client in Python, which may share the service's environment.
_OF_CLIENTS: Final = {"VOICEGATE_URL", "VOICEGATE_CREDENTIAL"}
# What Kubernetes sets in each pod for services called voicegate, voicegate-metrics, …
# Source: Kubernetes documentation, "Service", environment variables, November 2026.
_CLUSTER_NAME: Final = re.compile(
    r"VOICEGATE(_[A-Z0-9_]+)?"
    r"(_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_CLUSTER_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")


def is_from_cluster(name: str, value: str | None) -> bool:
    """Tell whether Kubernetes sets this variable for a service whose name begins like ours."""
    name = name.upper()
    if name.startswith(PREFIX) and name.endswith("_PORT") and _CLUSTER_VALUE.match(value or ""):
        return True
    return _CLUSTER_NAME.fullmatch(name) is not None


def unknown(variables: Mapping[str, str | None], known: Iterable[str]) -> list[str]:
    """Return a sentence for each variable of our prefix that nothing reads."""
    names = list(known)
    return [
        _sentence(name, names)
        for name in sorted(map(str.upper, variables))
        if name.startswith(PREFIX) and name not in names and name not in _OF_CLIENTS
    ]


def _sentence(name: str, known: list[str]) -> str:
    # Compared without the prefix, which all have, and which makes everything look alike.
    by_rest = {variable.removeprefix(PREFIX): variable for variable in known}
    close = get_close_matches(name.removeprefix(PREFIX), by_rest, n=1)
    if close:
        return f"{name} is no setting: {by_rest[close[0]]} is probably meant."
    return f"{name} is no setting: remove it; .env.example lists all that there are."
