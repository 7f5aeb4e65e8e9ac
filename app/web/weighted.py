"""Lists with weights, as the `Accept` fields of HTTP have them."""

from collections.abc import Iterable

from starlette.datastructures import Headers


def weighted(field: str) -> list[tuple[str, float]]:
    """Return each entry of a field with its weight, from 0 to 1; one that cannot be read is 0.

    Source: RFC 9110, section 12.4.2.
    """
    entries = (entry.partition(";") for entry in field.split(","))
    return [(name.strip(), _weight(parameter)) for name, _, parameter in entries]


def choose_coding(headers: Headers, offered: Iterable[str]) -> str:
    """Return the first offered content coding that the caller takes, or "" where it takes none.

    Source: RFC 9110, section 12.5.3.
    """
    weights = dict(weighted(",".join(headers.getlist("accept-encoding")).lower()))
    others = weights.get("*", 0.0)
    return next((coding for coding in offered if weights.get(coding, others) > 0), "")


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
