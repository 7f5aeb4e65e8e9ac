"""A TCP reset."""

from __future__ import annotations

from typing import ClassVar

from app.simulator.faults.moment import MOMENT_FORM, Ending, Moment
from app.simulator.faults.stage import Reset


class ResetAt(Ending):
    """The line ends with a TCP reset; a browser sees close code 1006."""

    name: ClassVar[str] = "reset"
    form: ClassVar[str] = f"MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__(Moment(text or "0s"), Reset())
