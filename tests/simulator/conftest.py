"""A running simulator for tests over real sockets."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from app.simulator.server.app import create_simulator
from app.simulator.server.transport import MESSAGE_LIMIT_BYTES, CuttableWebSocketProtocol
from tests.contract.schema import check_live
from tests.support import serve

Serve = Callable[..., AbstractAsyncContextManager[str]]


class Witness:
    """An observer that checks what the simulator sends and keeps all it was told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, Mapping[str, Any]]] = []

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Take note, and check."""
        self.seen.append((direction, session_id, frame))
        if direction == "s2c":
            check_live(frame)


@pytest.fixture
def witness() -> Witness:
    """Return the observer of the simulator under test."""
    return Witness()


@pytest.fixture
def simulator(witness: Witness) -> Serve:
    """Return a context manager that serves a simulator and gives its base URL."""

    @asynccontextmanager
    async def served(**options: Any) -> AsyncIterator[str]:
        options = {"observe": witness, "control": True, **options}
        app = create_simulator(**options)
        async with serve(
            app, ws=CuttableWebSocketProtocol, ws_max_size=2 * MESSAGE_LIMIT_BYTES
        ) as url:
            yield url

    return served
