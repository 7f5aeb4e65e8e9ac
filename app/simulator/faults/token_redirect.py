"""A token route that sends its callers elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.answer import TokenFault

if TYPE_CHECKING:
    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger


class TokenRedirect(TokenFault):
    """Status 307 and a `Location`; who follows it to another host takes the API key there."""

    name: ClassVar[str] = "token_redirect"
    form: ClassVar[str] = "URL or path of the Location"

    def __init__(self, text: str) -> None:
        if not re.fullmatch("[!-~]{1,2000}", text):
            raise ValueError(f"token_redirect must be a URL or a path; not {text!r}")
        self._location = text

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the redirect."""
        del ledger
        return replace(answer, status=307, raw_body=b"", headers={"Location": self._location})
