"""A token route whose body trickles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.answer import TokenFault
from app.simulator.faults.stage import read_seconds

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger


class TokenSlowBody(TokenFault):
    """The headers come at once and the body in small pieces, which outwits a timeout per read."""

    name: ClassVar[str] = "token_slow_body"
    form: ClassVar[str] = "SECONDS from the headers to the last byte"

    def __init__(self, text: str) -> None:
        self._seconds = read_seconds(text, self.name, 600)

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, its body slow."""
        del ledger
        return replace(answer, body_seconds=self._seconds)
