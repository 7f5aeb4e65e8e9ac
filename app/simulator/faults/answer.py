"""What the token route is about to answer, and what a fault of it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from app.simulator.token_ledger import TokenLedger


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """An answer as a value; the server sends it."""

    status: int
    content: Any
    """The JSON value of the body."""
    headers: dict[str, str] = field(default_factory=dict)
    raw_body: bytes | None = None
    """When not None, the body in the place of `content`."""
    wait_seconds: float = 0
    """Before the status line."""
    body_seconds: float = 0
    """From the headers to the last byte of the body."""
    reset_after: float | None = None
    """How much of the body comes, 0 to 1, before a TCP reset; negative: not even the headers."""

    @property
    def body(self) -> bytes:
        """The bytes of the body."""
        return json.dumps(self.content).encode() if self.raw_body is None else self.raw_body


class TokenFault:
    """One misbehaviour of `GET /v1/token`.

    Args:
        text: the setting, in the form that `form` tells.

    Raises:
        ValueError: the setting is wrong; the message says what is allowed.
    """

    name: ClassVar[str]
    form: ClassVar[str]

    def __init__(self, text: str) -> None:
        raise NotImplementedError

    def spoil(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return what is answered instead."""
        raise NotImplementedError


def read_choice(text: str, name: str, choices: tuple[str, ...]) -> str:
    """Return one of some words.

    Raises:
        ValueError: it is none of them; the message lists them.
    """
    if text not in choices:
        raise ValueError(f"{name} must be one of: {', '.join(choices)}; not {text!r}")
    return text
