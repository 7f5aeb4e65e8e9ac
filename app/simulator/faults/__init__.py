"""What can go wrong on purpose: one misbehaviour per file, all of them listed here.

A new one is a class in a file of its own, its name in one of the lists below, and its line in
tests/simulator/test_faults.py, which fails until it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.simulator.faults.binary import Binary
from app.simulator.faults.close import CloseAt
from app.simulator.faults.duplicates import Duplicates
from app.simulator.faults.jitter import Jitter
from app.simulator.faults.late_audio import LateAudio
from app.simulator.faults.not_json import NotJson
from app.simulator.faults.odd_audio import OddAudio
from app.simulator.faults.refuse_upgrade import RefuseUpgrade
from app.simulator.faults.reset import ResetAt
from app.simulator.faults.silence import SilenceAt
from app.simulator.faults.slow_link import SlowLink
from app.simulator.faults.stall import Stall
from app.simulator.faults.token_characters import TokenCharacters
from app.simulator.faults.token_delay import TokenDelay
from app.simulator.faults.token_expired import TokenExpired
from app.simulator.faults.token_malformed import TokenMalformed
from app.simulator.faults.token_redirect import TokenRedirect
from app.simulator.faults.token_reset import TokenReset
from app.simulator.faults.token_slow_body import TokenSlowBody
from app.simulator.faults.token_status import TokenStatus
from app.simulator.faults.unknown_type import UnknownType
from app.simulator.faults.wrong_order import WrongOrder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.simulator.faults.answer import TokenFault
    from app.simulator.faults.stage import SocketFault

_TOKEN: Final[tuple[type[TokenFault], ...]] = (
    *(TokenExpired, TokenCharacters, TokenStatus, TokenRedirect, TokenMalformed),
    *(TokenDelay, TokenSlowBody, TokenReset),
)
_SOCKET: Final[tuple[type[SocketFault], ...]] = (
    # First what changes messages, then what makes them late, then what ends the line.
    *(LateAudio, OddAudio, UnknownType, NotJson, Binary, Duplicates, WrongOrder),
    *(SlowLink, Jitter, Stall),
    *(RefuseUpgrade, CloseAt, SilenceAt, ResetAt),
)
TOKEN_FAULTS: Final[Mapping[str, type[TokenFault]]] = {fault.name: fault for fault in _TOKEN}
"""Faults of `GET /v1/token` by name, in the order in which they spoil an answer."""
SOCKET_FAULTS: Final[Mapping[str, type[SocketFault]]] = {fault.name: fault for fault in _SOCKET}
"""Faults of a WebSocket by name, in the order in which messages pass them."""
FAULTS: Final[Mapping[str, type[TokenFault | SocketFault]]] = {**TOKEN_FAULTS, **SOCKET_FAULTS}


def check_fault(name: str, text: str | None) -> None:
    """Say what is wrong with a setting; None, which takes a fault away, is never wrong.

    Raises:
        ValueError: no fault has the name, or the setting is not one of its; the message says what
            there is.
    """
    if name not in FAULTS:
        raise ValueError(f"no fault is called {name!r}; there are: {', '.join(FAULTS)}")
    if text is None:
        return
    try:
        FAULTS[name](text)
    except ValueError as error:
        raise ValueError(f"fault {name}: {error} (form: {FAULTS[name].form})") from None
