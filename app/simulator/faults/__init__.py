"""What can go wrong on purpose, one class a fault, all of them listed here.

Faults of the token route are in `token.py`; of those of sockets `message.py` has what changes
messages and `line.py` what makes them late or ends the line. A new one needs its name in a list
below and a scenario: tests/simulator/test_faults.py fails until both are there.
"""

from collections.abc import Mapping
from typing import Final

from app.simulator.faults.chain import SocketFault
from app.simulator.faults.line import (
    CloseAt,
    Jitter,
    RefuseUpgrade,
    ResetAt,
    SilenceAt,
    SlowLink,
    Stall,
)
from app.simulator.faults.message import (
    Binary,
    Duplicates,
    LateAudio,
    NotJson,
    OddAudio,
    UnknownType,
    WrongOrder,
)
from app.simulator.faults.token import (
    TokenCharacters,
    TokenDelay,
    TokenExpired,
    TokenFault,
    TokenMalformed,
    TokenRedirect,
    TokenReset,
    TokenSlowBody,
    TokenStatus,
)

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
"""Faults of `GET /v1/token` by name, in the order in which they are applied to an answer."""
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
