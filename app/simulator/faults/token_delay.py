"""A token route that is slow to answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.answer import TokenFault
from app.simulator.faults.stage import read_seconds

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger


class TokenDelay(TokenFault):
    """Nothing comes for some seconds, then the whole answer. Live: 0.2 s warm, 1.2 s cold."""

    name: ClassVar[str] = "token_delay"
    form: ClassVar[str] = "SECONDS"

    def __init__(self, text: str) -> None:
        self._seconds = read_seconds(text, self.name, 600)

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, later."""
        del ledger
        return replace(answer, wait_seconds=self._seconds)
