"""Fixtures for every test."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that the service uses."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name == "PORT" or name.startswith(("VOICEGATE_", "ASSEMBLYAI_")):
            monkeypatch.delenv(name)
