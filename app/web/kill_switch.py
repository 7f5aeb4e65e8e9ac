"""The operator's kill switch: no new token, at once, while everything else goes on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from app.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

logger = logging.getLogger("voicegate.stop")

LOOK_EVERY_SECONDS: Final = 0.5
RETRY_AFTER_SECONDS: Final = 60


class StopSwitch:
    """Off by a setting or a signal, or as long as a file is there; each is enough.

    Args:
        minting: Whether tokens are minted from the start.
        stop_file: Stops minting as long as it exists.
    """

    def __init__(self, *, minting: bool = True, stop_file: Path | None = None) -> None:
        self._told = not minting
        self._file_is_there = False
        self._file = stop_file

    @property
    def is_stopped(self) -> bool:
        """Whether tokens are refused."""
        return self._told or self._file_is_there

    def require_minting(self) -> None:
        """Raise `StoppedError` while stopped."""
        if self.is_stopped:
            raise StoppedError("stopped by the operator", retry_after_seconds=RETRY_AFTER_SECONDS)

    def stop(self) -> None:
        """Mint no more; call it on the event loop."""
        self._change(told=True, file_is_there=self._file_is_there, why="a signal")

    def go_on(self) -> None:
        """Mint again, unless the file says otherwise; call it on the event loop."""
        self._change(told=False, file_is_there=self._file_is_there, why="a signal")

    async def look(self) -> None:
        """Look whether the file is there; a slow disk keeps nobody but this waiting."""
        if self._file is None:
            return
        try:
            is_there = await asyncio.to_thread(self._file.exists)
        except OSError as error:
            # Whoever cannot be asked may have said stop; what was known last stays true.
            logger.warning("the stop file cannot be looked for (%s)", type(error).__name__)
            return
        self._change(told=self._told, file_is_there=is_there, why="the stop file")

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look for the file every half second while this is open, and once before."""
        if self.is_stopped:
            logger.warning("minting is stopped by VOICEGATE_MINTING")
        if self._file is None:
            yield
            return
        await self.look()
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self.look()

    def _change(self, *, told: bool, file_is_there: bool, why: str) -> None:
        was_stopped = self.is_stopped
        self._told, self._file_is_there = told, file_is_there
        if self.is_stopped == was_stopped:
            return
        if self.is_stopped:
            logger.warning("minting is stopped by %s", why)
        else:
            logger.warning("minting goes on by %s", why)
