"""Fixtures for every test."""

import logging
import os
from collections.abc import Iterator

import pytest

from tests.service import KEY, TOKEN


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that the service uses."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        is_setting = name in {"PORT", "WEB_CONCURRENCY", "CREDENTIALS_DIRECTORY"}
        if is_setting or name.startswith(("VOICEGATE_", "ASSEMBLYAI_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _patient_with_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Redis as long as a busy machine may stand still: its answers are what is tested."""
    monkeypatch.setattr("app.usage.ledger_redis.PATIENCE_SECONDS", 30.0)


@pytest.fixture(autouse=True)
def _no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Look through all that any test logs, whatever it is about: no key and no token is in it."""
    yield
    formatter = logging.Formatter()
    lines = [formatter.format(record) for record in caplog.get_records("call")]
    assert not [line for line in lines if KEY in line or TOKEN in line]
