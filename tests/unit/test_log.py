"""What the log says about exceptions."""

from __future__ import annotations

import errno
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import UpstreamUnavailableError
from app.log import causes, places

ROOT = Path(__file__).resolve().parents[2]
SECRET = "text-that-must-not-be-logged"


def failing() -> UpstreamUnavailableError:
    """Return an error of ours with two foreign causes that quote a secret."""
    try:
        try:
            try:
                raise ConnectionRefusedError(errno.ECONNREFUSED, SECRET)
            except OSError as cause:
                raise ValueError(SECRET) from cause
        except ValueError as cause:
            raise UpstreamUnavailableError("the connection failed twice") from cause
    except UpstreamUnavailableError as error:
        return error


def test_causes_are_named_and_not_quoted() -> None:
    """Class names, our own words and errno are enough to act on; foreign text stays out."""
    assert causes(failing()) == (
        "UpstreamUnavailableError (the connection failed twice) <- ValueError "
        "<- ConnectionRefusedError (ECONNREFUSED)"
    )


def test_places_name_every_frame_without_text() -> None:
    """An unexpected failure can be found in the code from its frames alone."""
    text = places(failing())

    assert SECRET not in text
    assert "tests/unit/test_log.py:" in text
    assert "in failing" in text


def test_suppressed_causes_stay_suppressed() -> None:
    """`raise ... from None` is how the code says that a cause must not be looked at."""

    def fail() -> None:
        try:
            json.loads("{")
        except ValueError:
            raise UpstreamUnavailableError from None

    with pytest.raises(UpstreamUnavailableError) as raised:
        fail()

    assert causes(raised.value) == "UpstreamUnavailableError (upstream_unavailable)"


def test_configure_keeps_httpx_quiet() -> None:
    """Httpx writes addresses and the upstream's words at INFO, which never reaches our log."""
    code = (
        "import logging; from app import log; log.configure('debug');"
        "logging.getLogger('httpx').info('of httpx');"
        "logging.getLogger('voicegate.access').info('of ours')"
    )
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "of ours" in done.stderr
    assert "of httpx" not in done.stderr
    assert logging.getLogger("httpx").level in {logging.NOTSET, logging.WARNING}
