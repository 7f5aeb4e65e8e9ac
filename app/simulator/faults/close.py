"""A close with any code at any time."""

from __future__ import annotations

from typing import ClassVar, Final

from app.simulator.conversation.session import Close
from app.simulator.faults.moment import MOMENT_FORM, Ending, split_moment

CLOSE_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Those that may stand in a close frame. Source: RFC 6455, section 7.4, and its registry."""


class CloseAt(Ending):
    """The service closes the socket with a code, without a word before it."""

    name: ClassVar[str] = "close"
    form: ClassVar[str] = f"CODE or CODE@MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        code, moment = split_moment(text)
        if not code.isascii() or not code.isdigit() or int(code[:6]) not in CLOSE_CODES:
            raise ValueError(
                f"close must be a code that a close frame may carry, such as 1011@2s; not {text!r}"
            )
        super().__init__(moment, Close(int(code)))
