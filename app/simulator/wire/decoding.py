"""From what arrives in a WebSocket frame to a message, however strange it is."""

import json
import math
from typing import Final, NoReturn

from app.simulator.errors import Refusal
from app.simulator.wire.messages import Frame

_DEPTH_LIMIT: Final = 64
"""Far beyond any schema of a tool; what is deeper could be read but not written again."""


def decode(data: str | bytes) -> Frame:
    """Return the message in a WebSocket frame: a JSON object with a text `type`.

    Raises:
        Refusal: `invalid_format`.
    """
    if isinstance(data, bytes):
        raise Refusal("invalid_format", "Binary frames are not accepted")
    try:
        message = json.loads(data, parse_constant=_refuse_constant, parse_float=_finite)
        if data.count("{") + data.count("[") > _DEPTH_LIMIT:
            _refuse_depth(message, _DEPTH_LIMIT)
    except (ValueError, RecursionError):
        raise Refusal("invalid_format", "Invalid JSON format.") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Refusal("invalid_format", "Invalid message format")
    return message


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """Return a number that can be written again, which 1e999 cannot."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse_depth(value: object, levels: int) -> None:
    if levels == 0:
        raise ValueError("too deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _refuse_depth(item, levels - 1)
