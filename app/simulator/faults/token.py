"""Faults of `GET /v1/token`: what happens to its answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from app.simulator.faults.chain import read_choice, read_seconds, read_whole
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

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return what is answered instead."""
        raise NotImplementedError


class TokenExpired(TokenFault):
    """The answer looks as always, but the window of its token is already over."""

    name: ClassVar[str] = "token_expired"
    form: ClassVar[str] = "true"

    def __init__(self, text: str) -> None:
        read_choice(text, self.name, ("true",))

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, its token made useless."""
        token = answer.content.get("token")
        if token is not None:
            ledger.expire(token)
        return answer


_CHARACTERS: Final = "+/=&%?# %2B\u00e9"
"""Each of them means something else, or ends the token, when it stands in a URL as it is."""


class TokenCharacters(TokenFault):
    """Good tokens full of characters that a client must encode. Live ones need none so far."""

    name: ClassVar[str] = "token_characters"
    form: ClassVar[str] = "true"

    def __init__(self, text: str) -> None:
        read_choice(text, self.name, ("true",))

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer with another, equally good token."""
        token = answer.content.get("token")
        if token is None:
            return answer
        renamed = token[:20] + _CHARACTERS + token[20:]
        ledger.rename(token, renamed)
        return replace(answer, content=answer.content | {"token": renamed})


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

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the status with a body that says nothing."""
        content = {"detail": "Simulated"}
        return replace(answer, status=self._status, content=content, headers=self._headers)


class TokenRedirect(TokenFault):
    """Status 307 and a `Location`; who follows it to another host takes the API key there."""

    name: ClassVar[str] = "token_redirect"
    form: ClassVar[str] = "URL or path of the Location"

    def __init__(self, text: str) -> None:
        if not re.fullmatch("[!-~]{1,2000}", text):
            raise ValueError(f"token_redirect must be a URL or a path; not {text!r}")
        self._location = text

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the redirect."""
        return replace(answer, status=307, raw_body=b"", headers={"Location": self._location})


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

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer with another body."""
        media_type = "text/html" if self._kind == "html" else "application/json"
        headers = answer.headers | {"Content-Type": media_type}
        return replace(answer, raw_body=_BODIES[self._kind](answer.body), headers=headers)


class TokenDelay(TokenFault):
    """Nothing comes for some seconds, then the whole answer. Live: 0.2 s warm, 1.2 s cold."""

    name: ClassVar[str] = "token_delay"
    form: ClassVar[str] = "SECONDS"

    def __init__(self, text: str) -> None:
        self._seconds = read_seconds(text, self.name, 600)

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, later."""
        return replace(answer, wait_seconds=self._seconds)


class TokenSlowBody(TokenFault):
    """The headers come at once and the body in small pieces, which outwits a timeout per read."""

    name: ClassVar[str] = "token_slow_body"
    form: ClassVar[str] = "SECONDS from the headers to the last byte"

    def __init__(self, text: str) -> None:
        self._seconds = read_seconds(text, self.name, 600)

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, its body slow."""
        return replace(answer, body_seconds=self._seconds)


_PLACES: Final = {"before_answer": -1.0, "within_body": 0.5}


class TokenReset(TokenFault):
    """The request ends with a TCP reset, before any answer or in the middle of the body."""

    name: ClassVar[str] = "token_reset"
    form: ClassVar[str] = "one of: " + ", ".join(_PLACES)

    def __init__(self, text: str) -> None:
        self._reset_after = _PLACES[read_choice(text, self.name, tuple(_PLACES))]

    def apply(self, answer: TokenAnswer, ledger: TokenLedger) -> TokenAnswer:
        """Return the same answer, cut."""
        return replace(answer, reset_after=self._reset_after)
