"""Token requests that are answered with a status."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.answer import TokenFault
from app.simulator.faults.stage import read_whole

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger


class TokenStatus(TokenFault):
    """Any status, with or without `Retry-After`; a token in the answer is worth nothing then."""

    name: ClassVar[str] = "token_status"
    form: ClassVar[str] = "STATUS from 200 to 599, or STATUS,SECONDS with Retry-After"

    def __init__(self, text: str) -> None:
        status, _, seconds = text.partition(",")
        self._status = read_whole(status, self.name, 200, 599)
        if seconds and not re.fullmatch("[ -~]{1,100}", seconds):
            raise ValueError(f"Retry-After must be seconds or a date; not {seconds!r}")
        self._headers = {"Retry-After": seconds.strip()} if seconds else {}

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the status with a body that says nothing."""
        del ledger
        content = {"detail": "Simulated"}
        return replace(answer, status=self._status, content=content, headers=self._headers)
