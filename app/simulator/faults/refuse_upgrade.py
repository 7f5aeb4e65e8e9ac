"""An upgrade that is refused."""

from __future__ import annotations

from typing import ClassVar, Final

from app.simulator.faults.stage import SocketFault, read_whole

_LOWEST: Final = 400
_HIGHEST: Final = 599


class RefuseUpgrade(SocketFault):
    """No WebSocket opens: the upgrade is answered with an HTTP status; a browser sees 1006.

    The server looks for it before there is a socket; on an open one it does nothing.
    """

    name: ClassVar[str] = "refuse_upgrade"
    form: ClassVar[str] = "STATUS from 400 to 599"

    def __init__(self, text: str) -> None:
        self.status = read_whole(text, self.name, _LOWEST, _HIGHEST)
