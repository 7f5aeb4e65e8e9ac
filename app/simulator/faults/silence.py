"""Half-open silence."""

from __future__ import annotations

from typing import ClassVar

from app.simulator.faults.moment import MOMENT_FORM, Ending, Moment
from app.simulator.faults.stage import Freeze


class SilenceAt(Ending):
    """The line stays open, but nothing is answered any more: no event, no pong, no close."""

    name: ClassVar[str] = "silence"
    form: ClassVar[str] = f"MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__(Moment(text or "0s"), Freeze())
