"""What the log says about exceptions."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import UpstreamUnavailableError
from app.observability.logging import causes, places

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


def written(code: str, *, log_format: str = "json", level: str = "debug") -> str:
    """Return what a fresh process writes to standard error."""
    begin = (
        "import asyncio, logging, sys, warnings; from app import log;"
        f"log.configure({level!r}, {log_format!r});"
    )
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", begin + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


def test_configure_keeps_httpx_quiet() -> None:
    """Httpx writes addresses and the upstream's words at INFO, which never reaches our log."""
    text = written(
        "logging.getLogger('httpx').info('of httpx');"
        "logging.getLogger('voicegate.access').info('of ours')"
    )

    assert "of ours" in text
    assert "of httpx" not in text


def test_a_request_is_one_line_of_json() -> None:
    """Time, level and event come first, then what is told; nothing else is on the line."""
    text = written("log.requests_logger().info('request', status=200, code='ok')")

    line = json.loads(text)
    assert text.count("\n") == 1
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "info", "event": "request", "status": 200, "code": "ok"}


def test_loggers_of_the_standard_library_write_the_same_form() -> None:
    """Failures and libraries' warnings can be read by what reads the requests."""
    text = written(
        "logging.getLogger('voicegate.x').error('it %s', 'broke', extra={'code': 'overloaded'});"
        "logging.getLogger('uvicorn.error').warning('odd\\nsecond line')"
    )

    ours, theirs = map(json.loads, text.splitlines())
    assert ours["event"] == "it broke"
    assert (ours["level"], ours["logger"], ours["code"]) == ("error", "voicegate.x", "overloaded")
    assert theirs["event"] == "odd"
    assert {"time", "level", "logger", "event"} == theirs.keys()


def test_levels_hold_for_both() -> None:
    """What is below the level is not written, whoever writes it."""
    text = written(
        "log.requests_logger().info('request');log.requests_logger().warning('shown');"
        "logging.getLogger('voicegate.x').info('hidden')",
        level="warning",
    )

    assert [json.loads(line)["event"] for line in text.splitlines()] == ["shown"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_exceptions_of_libraries_are_placed_and_not_quoted(log_format: str) -> None:
    """uvicorn, asyncio and warnings hand whole exceptions to the log; their texts stay out."""
    text = written(
        f"""
try:
    raise ValueError({SECRET!r})
except ValueError as error:
    logging.getLogger("uvicorn.error").error("failed", exc_info=error)
async def main():
    async def broken():
        raise KeyError({SECRET!r})
    task = asyncio.create_task(broken())
    await asyncio.wait([task])
    del task
    import gc; gc.collect()
asyncio.run(main())
logging.getLogger("asyncio").error("Task exception\\nfuture: " + {SECRET!r})
""",
        log_format=log_format,
    )

    assert "ValueError" in text
    assert "KeyError" in text
    assert "in broken" in text
    assert SECRET not in text


def test_console_is_for_people() -> None:
    """The other form has the same words and no braces."""
    text = written("log.requests_logger().info('request', status=200)", log_format="console")

    assert "request" in text
    assert "status=200" in text
    assert "{" not in text


def test_auto_is_json_where_nobody_looks() -> None:
    """Standard error that is no terminal gets what machines read."""
    assert json.loads(written("log.requests_logger().info('request')", log_format="auto"))


def test_what_json_cannot_hold_is_named_by_its_type() -> None:
    """An object on a line cannot break the log, nor print itself."""
    text = written("log.requests_logger().info('request', value=object())")

    assert json.loads(text)["value"] == "<object>"
