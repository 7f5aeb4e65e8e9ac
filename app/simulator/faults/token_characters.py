"""Tokens that must be encoded to stand in a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.answer import TokenFault, read_choice

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger

_CHARACTERS: Final = "+/=&%?# %2B\u00e9"
"""Each of them means something else, or ends the token, when it stands in a URL as it is."""


class TokenCharacters(TokenFault):
    """Good tokens full of characters that a client must encode. Live ones need none so far."""

    name: ClassVar[str] = "token_characters"
    form: ClassVar[str] = "true"

    def __init__(self, text: str) -> None:
        read_choice(text, self.name, ("true",))

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer with another, equally good token."""
        token = answer.content.get("token")
        if token is None:
            return answer
        renamed = token[:20] + _CHARACTERS + token[20:]
        ledger.rename(token, renamed)
        return replace(answer, content=answer.content | {"token": renamed})
