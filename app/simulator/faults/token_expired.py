"""Tokens that are of no use any more when they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.answer import TokenFault, read_choice

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger


class TokenExpired(TokenFault):
    """The answer looks as always, but the window of its token is already over."""

    name: ClassVar[str] = "token_expired"
    form: ClassVar[str] = "true"

    def __init__(self, text: str) -> None:
        read_choice(text, self.name, ("true",))

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, and spoil its token."""
        token = answer.content.get("token")
        if token is not None:
            ledger.expire(token)
        return answer
