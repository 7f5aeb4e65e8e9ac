"""Who may watch the simulator: every frame both ways, every request, every socket."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Protocol

from app.simulator.token_ledger import TokenLedger


class Observer(Protocol):
    """Is told what goes over the wire, as it happens; must be quick."""

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Take note.

        Args:
            direction: `c2s` and `s2c` for frames; `http`, `socket` for what is no frame.
            session_id: None before there is a session.
            frame: the decoded frame; for `http` {"request", "status"}, for `socket` {"event"} with
                "code" at its close. Carries no token and no key.
            at: epoch seconds.
        """
        ...


class Statistics:
    """Counts; the body of `GET /_stats`."""

    def __init__(self) -> None:
        self._frames_in: Counter[str] = Counter()
        self._frames_out: Counter[str] = Counter()
        self._closes: Counter[str] = Counter()
        self._sessions: set[str] = set()
        self._opened = 0
        self._closed = 0

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Count one event."""
        del at
        if direction == "c2s":
            self._frames_in[_countable(frame.get("type"), self._frames_in)] += 1
        elif direction == "s2c":
            self._frames_out[_countable(frame.get("type"), self._frames_out)] += 1
            self._note_session(session_id, frame)
        elif direction == "socket" and frame["event"] == "open":
            self._opened += 1
        elif direction == "socket":
            self._closed += 1
            self._closes[str(frame["code"])] += 1

    def _note_session(self, session_id: str | None, frame: Mapping[str, Any]) -> None:
        """Remember a session by its id: one that is resumed does not start again."""
        is_ready = frame.get("type") == "session.ready"
        if is_ready and session_id and len(self._sessions) < _SESSIONS_LIMIT:
            self._sessions.add(session_id)

    def report(self, ledger: TokenLedger, violations: Mapping[str, int]) -> dict[str, Any]:
        """Return all counts since the start."""
        of_tokens = {"token_used_twice": ledger.reused, "key_in_url": ledger.keys_in_urls}
        return {
            "tokens_minted": ledger.minted,
            "tokens_redeemed": ledger.redeemed,
            "tokens_refused": ledger.refused,
            "tokens_spared": ledger.spared,
            "sockets_opened": self._opened,
            "sockets_open": self._opened - self._closed,
            "sessions_started": len(self._sessions),
            "frames_in": dict(self._frames_in),
            "frames_out": dict(self._frames_out),
            "closes": dict(self._closes),
            "violations": {**violations, **{k: n for k, n in of_tokens.items() if n}},
        }


_SESSIONS_LIMIT: Final = 100_000
_KINDS_LIMIT: Final = 50
_KIND_LENGTH_LIMIT: Final = 100


def _countable(kind: object, counts: Counter[str]) -> str:
    """Return the name to count a message under; strangers cannot make the list grow for ever."""
    if not isinstance(kind, str):
        return "unreadable"
    has_room = len(counts) < _KINDS_LIMIT and len(kind) <= _KIND_LENGTH_LIMIT
    # What is not printable might not be text at all: half a surrogate cannot be sent.
    return kind if kind in counts or (has_room and kind.isprintable()) else "other"
