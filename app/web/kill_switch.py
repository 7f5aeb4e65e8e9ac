"""The operator's kill switch: no new token, at once, while everything else goes on."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from app.errors import StoppedByOperatorError

logger = logging.getLogger("voicegate.stop")

LOOK_EVERY_SECONDS: Final = 0.5
RETRY_AFTER_SECONDS: Final = 60


class KillSwitch:
    """Stops minting as long as a file is there; needs no restart.

    Args:
        stop_file: The file, or whatever else is at this place; None for no switch.
    """

    def __init__(self, stop_file: Path | None = None) -> None:
        self._file = stop_file
        self._file_is_there = False

    @property
    def is_stopped(self) -> bool:
        """Whether tokens are refused."""
        return self._file_is_there

    def require_minting(self) -> None:
        """Raise `StoppedByOperatorError` while stopped."""
        if self.is_stopped:
            raise StoppedByOperatorError(
                "stopped by the operator", retry_after_seconds=RETRY_AFTER_SECONDS
            )

    async def look(self) -> None:
        """Look whether the file is there; a slow disk keeps nobody but this waiting."""
        if self._file is None:
            return
        try:
            # Not `Path.exists`: Python 3.14's takes every failure for "no".
            await asyncio.to_thread(os.stat, self._file)
            is_there = True
        except (FileNotFoundError, NotADirectoryError):
            is_there = False
        except OSError as error:
            # Whoever cannot be asked may have said stop; what was known last stays true.
            logger.warning("the stop file cannot be looked for (%s)", type(error).__name__)
            return
        if is_there != self._file_is_there:
            self._file_is_there = is_there
            logger.warning("minting %s by the stop file", "is stopped" if is_there else "goes on")

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look for the file every half second while this is open, and once before."""
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
