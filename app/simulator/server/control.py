"""What tests may do to a running simulator: `POST /_control`, which exists only on request."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.simulator.behaviour.profiles import Profile, with_switches
from app.simulator.faults import check_fault
from app.simulator.faults.line import CLOSE_CODES
from app.simulator.server.sockets import Socket

_STATUSES: Final = range(200, 600)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e]{0,1000}")


@dataclass(slots=True)
class Controls:
    """The state that a test may change while the simulator runs."""

    profile: Profile
    token_status: int | None = None
    """When set, the token route answers with it and nothing else."""
    token_headers: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    """Those that are set, by name."""
    sockets: set[Socket] = field(default_factory=set)
    """The open ones."""

    def apply(self, command: object) -> None:
        """Do what a command says.

        Raises:
            ValueError: it is not one of the commands; nothing was done.
        """
        if not isinstance(command, dict) or not command:
            raise ValueError(f"a command is an object with one of: {', '.join(_COMMANDS)}")
        prepared: list[Callable[[], None]] = []
        for name, value in command.items():
            if name == "token_headers" and "token_status" in command:
                continue
            if name not in _COMMANDS:
                raise ValueError(
                    f"no command is called {name!r}; there are: {', '.join(_COMMANDS)}"
                )
            prepared.append(_COMMANDS[name](self, value, command))
        for act in prepared:
            act()

    def drop(self, value: Any, _command: Mapping[str, Any]) -> Callable[[], None]:
        """Prepare to cut the line of every open socket."""
        if value is not True:
            raise ValueError("drop must be true")
        if not all(socket.can_be_cut for socket in self.sockets):
            raise ValueError("this server cannot cut a line; run it with CuttableWebSocketProtocol")
        return lambda: self._for_each(Socket.cut)

    def close(self, value: Any, _command: Mapping[str, Any]) -> Callable[[], None]:
        """Prepare to close every open socket with a code."""
        if not _is_whole(value) or value not in CLOSE_CODES:
            raise ValueError("close must be a code that a close frame may carry, such as 1011")
        return lambda: self._for_each(lambda socket: socket.close(value))

    def switch(self, value: Any, _command: Mapping[str, Any]) -> Callable[[], None]:
        """Prepare to set switches for what comes next; open sockets keep theirs."""
        if not isinstance(value, dict):  # a command from outside, not a mistake in a call
            raise ValueError(  # noqa: TRY004
                'set must be an object such as {"resume": "ok"}'
            )
        texts = {str(name): _switch_text(setting) for name, setting in value.items()}
        profile = with_switches(self.profile, texts)
        return lambda: setattr(self, "profile", profile)

    def answer_tokens(self, value: Any, command: Mapping[str, Any]) -> Callable[[], None]:
        """Prepare to answer token requests with a status until it is set to null."""
        headers = command.get("token_headers", {})
        if value is not None and (not _is_whole(value) or value not in _STATUSES):
            raise ValueError("token_status must be an HTTP status from 200 to 599 or null")
        if not isinstance(headers, dict) or not all(_is_header(*pair) for pair in headers.items()):
            raise ValueError("token_headers must be an object of header names and values")

        def act() -> None:
            self.token_status, self.token_headers = value, headers

        return act

    def set_faults(self, value: Any, _command: Mapping[str, Any]) -> Callable[[], None]:
        """Prepare to set faults by name, or to take them away: one with null, all with null."""
        if value is None:
            value = dict.fromkeys(self.faults)
        if not isinstance(value, dict):  # a command from outside, not a mistake in a call
            raise ValueError(  # noqa: TRY004
                'faults must be an object such as {"stall": "3@2s"}, or null'
            )
        changes = {str(k): None if v is None else _switch_text(v) for k, v in value.items()}
        for name, text in changes.items():
            check_fault(name, text)

        def act() -> None:
            merged = {**self.faults, **changes}
            self.faults = {name: text for name, text in merged.items() if text is not None}
            for name, text in changes.items():
                self._for_each(lambda socket, name=name, text=text: socket.set_fault(name, text))  # type: ignore[misc]

        return act

    def _for_each(self, act: Callable[[Socket], None]) -> None:
        for socket in tuple(self.sockets):
            act(socket)


_COMMANDS: Final[Mapping[str, Callable[[Controls, Any, Mapping[str, Any]], Callable[[], None]]]] = {
    "drop": Controls.drop,
    "close": Controls.close,
    "set": Controls.switch,
    "token_status": Controls.answer_tokens,
    "faults": Controls.set_faults,
}


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_header(name: str, value: object) -> bool:
    is_value = isinstance(value, str) and _HEADER_VALUE.fullmatch(value) is not None
    return is_value and _HEADER_NAME.fullmatch(name) is not None


def _switch_text(value: object) -> str:
    """Return a JSON value as it would be written on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)
