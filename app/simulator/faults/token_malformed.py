"""Token answers that are no token answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.answer import TokenFault, read_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.simulator.faults.answer import TokenAnswer
    from app.simulator.token_ledger import TokenLedger

_HUGE_BYTES: Final = 8 * 2**20
_PAGE: Final = b"<!doctype html><title>Sign in</title><p>Welcome to the airport's network."
_BODIES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "html": lambda _: _PAGE,
    "empty": lambda _: b"",
    "not_json": lambda whole: whole[: len(whole) // 2],
    "not_utf8": lambda _: b'{"token": "\xff\xfe", "expires_in_seconds": 60}',
    "no_token": lambda _: b'{"expires_in_seconds": 60}',
    "token_not_string": lambda _: b'{"token": 5, "expires_in_seconds": 60}',
    "token_null": lambda _: b'{"token": null, "expires_in_seconds": 60}',
    "token_empty": lambda _: b'{"token": "", "expires_in_seconds": 60}',
    "array": lambda _: b'["token"]',
    "deep": lambda _: b"[" * 50_000,
    "huge": lambda _: b'{"token": "' + b"a" * _HUGE_BYTES + b'", "expires_in_seconds": 60}',
}


class TokenMalformed(TokenFault):
    """The status is right and the body is not: a captive portal's page, half a JSON, no token."""

    name: ClassVar[str] = "token_malformed"
    form: ClassVar[str] = "one of: " + ", ".join(_BODIES)

    def __init__(self, text: str) -> None:
        self._kind = read_choice(text, self.name, tuple(_BODIES))

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer with another body."""
        del ledger
        media_type = "text/html" if self._kind == "html" else "application/json"
        headers = answer.headers | {"Content-Type": media_type}
        return replace(answer, raw_body=_BODIES[self._kind](answer.body), headers=headers)
