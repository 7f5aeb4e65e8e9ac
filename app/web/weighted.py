"""Lists with weights, as the `Accept` fields of HTTP have them."""

from __future__ import annotations


def weighted(field: str) -> list[tuple[str, float]]:
    """Return each entry of a field with its weight, from 0 to 1; one that cannot be read is 0.

    Source: RFC 9110, section 12.4.2.
    """
    entries = (entry.partition(";") for entry in field.split(","))
    return [(name.strip(), _weight(parameter)) for name, _, parameter in entries]


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
