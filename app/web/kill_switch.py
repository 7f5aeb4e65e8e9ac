"""The operator's kill switch: no new token, at once, while everything else goes on."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from app.errors import StoppedByOperatorError
from app.usage.accounting import Accounting
from app.usage.ledger import StoreDownError

logger = logging.getLogger("voicegate.stop")

LOOK_EVERY_SECONDS: Final = 0.5
RETRY_AFTER_SECONDS: Final = 60
FILE: Final = "the stop file"
PAGE: Final = "the operator's page"
UNEXPLAINED: Final = "a session that no grant explains"


class KillSwitch:
    """Stops minting as long as a file is there, or the operator's page says so.

    Args:
        stop_file: The file, or whatever else is at this place; None for no such switch.
        accounting: Has what the page says; None where there is no such page.
        stops_at_unexplained: Whether a session that no grant explains stops minting for the day.
    """

    def __init__(
        self,
        stop_file: Path | None = None,
        accounting: Accounting | None = None,
        *,
        stops_at_unexplained: bool = False,
    ) -> None:
        self._file = stop_file
        self._accounting = accounting
        self._stops_at_unexplained = stops_at_unexplained
        self._stopped_by: dict[str, bool] = {}

    @property
    def is_stopped(self) -> bool:
        """Whether tokens are refused."""
        return any(self._stopped_by.values())

    @property
    def stopped_by(self) -> list[str]:
        """What stops minting now: the stop file, the operator's page, an unexplained session."""
        return [what for what, is_stopped in self._stopped_by.items() if is_stopped]

    def require_minting(self) -> None:
        """Raise `StoppedByOperatorError` while stopped."""
        if self.is_stopped:
            raise StoppedByOperatorError(
                "stopped by the operator", retry_after_seconds=RETRY_AFTER_SECONDS
            )

    def see_unexplained(self, there_are: bool) -> None:  # noqa: FBT001 - a callback's one argument
        """Take note whether there are sessions today that no grant explains."""
        self._note(UNEXPLAINED, is_stopped=there_are and self._stops_at_unexplained)

    async def look(self) -> None:
        """Look whether minting is stopped; a slow disk or store keeps nobody but this waiting.

        What cannot be asked may have said stop: what was known last of it stays true.
        """
        if self._file is not None:
            try:
                # Not `Path.exists`: Python 3.14's takes every failure for "no".
                await asyncio.to_thread(os.stat, self._file)
                self._note(FILE, is_stopped=True)
            except (FileNotFoundError, NotADirectoryError):
                self._note(FILE, is_stopped=False)
            except OSError as error:
                name = type(error).__name__
                logger.warning("the stop file cannot be looked for (%s)", name)
        if self._accounting is not None:
            # That the store is away is told by whoever needs it to mint.
            with contextlib.suppress(StoreDownError):
                self._note(PAGE, is_stopped=await self._accounting.is_stopped())

    def _note(self, what: str, *, is_stopped: bool) -> None:
        if is_stopped != self._stopped_by.get(what, False):
            self._stopped_by[what] = is_stopped
            logger.warning("minting %s by %s", "is stopped" if is_stopped else "goes on", what)

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look every half second while this is open, and once before."""
        if self._file is None and self._accounting is None:
            yield
            return
        await self.look()
        ending = asyncio.Event()
        watching = asyncio.create_task(self._watch(ending))
        try:
            yield
        finally:
            # Not cancelled, see `Accounting.serving`.
            ending.set()
            await watching

    async def _watch(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await ending.wait()
                    return
            await self.look()
