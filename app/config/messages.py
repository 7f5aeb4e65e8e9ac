"""One sentence for each wrong setting: which variable, what is allowed, and what it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

NUMERIC = {
    "finite_number",
    "float_parsing",
    "greater_than",
    "greater_than_equal",
    "int_from_float",
    "int_parsing",
    "int_parsing_size",
    "less_than_equal",
}
MAX_SHOWN = 60


def sentences(
    error: ValidationError,
    model: type[BaseModel],
    fields: Mapping[str, str],
    variable: Callable[[str], str],
) -> list[str]:
    """Return what is wrong; values of secret fields are left out.

    Args:
        error: What pydantic found.
        model: The settings class, for the bounds of its fields.
        fields: The field of each environment variable.
        variable: Gives the environment variable to name for a field.
    """
    return [_sentence(entry, model, variable, fields) for entry in error.errors(include_url=False)]


def _sentence(
    entry: ErrorDetails,
    model: type[BaseModel],
    variable: Callable[[str], str],
    fields: Mapping[str, str],
) -> str:
    if not entry["loc"]:
        return f"{_plain(entry['msg'])}."
    place = str(entry["loc"][0])
    name = fields.get(place, place)
    field = model.model_fields[name]
    is_secret = "SecretStr" in str(field.annotation)
    shown = "" if is_secret else f"; it is {_short(entry['input'])}"
    return f"{variable(name)} {_allowed(entry, field.annotation, field.metadata)}{shown}."


def _allowed(entry: ErrorDetails, annotation: Any, metadata: list[Any]) -> str:
    kind = entry["type"]
    if kind in NUMERIC:
        number = "a whole number" if annotation is int else "a number"
        return f"must be {number}{_range(metadata)}"
    if kind == "bool_parsing":
        return "must be true or false"
    if kind == "literal_error":
        return f"must be {entry['ctx']['expected']}"
    return _plain(entry["msg"]).replace("String should", "should").replace("Input should", "should")


def _range(metadata: list[Any]) -> str:
    bounds = {
        name: getattr(item, name)
        for item in metadata
        for name in ("ge", "gt", "le")
        if hasattr(item, name)
    }
    if "gt" in bounds:
        return f" above {bounds['gt']} and up to {bounds['le']}"
    return f" from {bounds['ge']} to {bounds['le']}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
