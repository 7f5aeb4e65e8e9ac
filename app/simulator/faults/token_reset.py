"""A token route whose line is reset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.answer import TokenFault, read_choice

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger

_PLACES: Final = {"before_answer": -1.0, "within_body": 0.5}


class TokenReset(TokenFault):
    """The request ends with a TCP reset, before any answer or in the middle of the body."""

    name: ClassVar[str] = "token_reset"
    form: ClassVar[str] = "one of: " + ", ".join(_PLACES)

    def __init__(self, text: str) -> None:
        self._reset_after = _PLACES[read_choice(text, self.name, tuple(_PLACES))]

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, cut."""
        del ledger
        return replace(answer, reset_after=self._reset_after)
