"""What the log says about exceptions."""

import errno
import fcntl
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import UpstreamUnavailableError
from app.observability.logging import LineWriter, causes, frames_of, requests_log

ROOT = Path(__file__).resolve().parents[3]
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
    text = frames_of(failing())

    assert SECRET not in text
    assert "tests/unit/observability/test_logging.py:" in text
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
        "import asyncio, logging, sys, warnings; from app.observability import logging as log;"
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
    text = written("log.requests_log.write('info', {'status': 200, 'code': 'ok'})")

    line = json.loads(text)
    assert text.count("\n") == 1
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "info", "event": "request", "status": 200, "code": "ok"}


def test_tracebacks_of_libraries_are_told_by_what_was_raised() -> None:
    """A start that failed comes from uvicorn as text; only the exception's name is told."""
    code = (
        "import traceback\ntry: int('secret\\nsecret: text')\n"
        "except ValueError: logging.getLogger('uvicorn.error').error(traceback.format_exc())"
    )
    line = json.loads(written(code))

    assert line["event"] == "Traceback (most recent call last): ValueError"


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
        "log.requests_log.write('info', {});log.requests_log.write('warning', {'shown': True});"
        "logging.getLogger('voicegate.x').info('hidden')",
        level="warning",
    )

    (line,) = map(json.loads, text.splitlines())
    assert line["shown"]


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
    text = written("log.requests_log.write('info', {'status': 200})", log_format="console")

    assert "request" in text
    assert "status=200" in text
    assert "{" not in text


def test_auto_is_json_where_nobody_looks() -> None:
    """Standard error that is no terminal gets what machines read."""
    assert json.loads(written("log.requests_log.write('info', {})", log_format="auto"))


def test_what_json_cannot_hold_is_named_by_its_type() -> None:
    """An object on a line cannot break the log, nor print itself."""
    text = written("log.requests_log.write('info', {'value': object()})")

    assert json.loads(text)["value"] == "<object>"


def test_wrong_log_call_is_one_line_and_no_failure() -> None:
    """Words that do not fit their arguments are named by their place, and go no further."""
    text = written(
        "logging.getLogger('voicegate.x').error('%d of %d', SECRET)".replace("SECRET", repr(SECRET))
    )

    line = json.loads(text)
    assert line["event"].startswith("a log record of <string>:1 cannot be formatted: TypeError")
    assert SECRET not in text


def test_log_level_of_what_is_not_configured(caplog: pytest.LogCaptureFixture) -> None:
    """Before `configure` the standard library gets the lines, so that a test sees them."""
    with caplog.at_level(logging.INFO):
        requests_log.write("info", {"status": 200})

    (record,) = caplog.records
    assert json.loads(record.getMessage())["status"] == 200


class Pipe:
    """A pipe of one page whose reader does nothing until it is asked to."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)
        self.lines = LineWriter(self.writer, lambda lines: b"%d missing\n" % lines, max_lines=10)

    def fill(self) -> None:
        """Write until lines are dropped."""
        while not self.lines.dropped:
            self.lines.write(b"x" * 999 + b"\n")

    def read_until(self, end: bytes) -> bytes:
        """Return what comes out, up to these words."""
        text = b""
        while end not in text:
            text += os.read(self.reader, 65536)
        return text


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Yield a pipe; closes it."""
    pipe = Pipe()
    yield pipe
    os.close(pipe.reader)
    pipe.lines.close()
    os.close(pipe.writer)


def test_lines_that_nobody_reads_are_dropped_counted_and_told(pipe: Pipe) -> None:
    """Whoever logs never waits; as soon as it moves again, one line says what is missing."""
    pipe.fill()
    dropped = pipe.lines.dropped
    text = pipe.read_until(b"missing\n")

    (told,) = re.findall(rb"^(\d+) missing$", text, re.MULTILINE)
    assert int(told) == dropped
    assert set(text.replace(b"%d missing" % dropped, b"").split()) == {b"x" * 999}
    pipe.lines.write(b"later\n")
    assert pipe.read_until(b"later\n").endswith(b"later\n")
    assert pipe.lines.dropped == dropped


def test_gone_reader_is_dropped_lines(pipe: Pipe) -> None:
    """A closed pipe raises nowhere."""
    os.close(pipe.reader)
    pipe.lines.write(b"line\n")
    pipe.lines.close()
    pipe.reader = os.open(os.devnull, os.O_RDONLY)

    assert pipe.lines.dropped == 1


def test_full_disk_is_dropped_lines_and_told_when_there_is_room(tmp_path: Path) -> None:
    """Lines after a full disk are whole, and say how many before them are missing."""
    full, room = os.open("/dev/full", os.O_WRONLY), tmp_path / "log"
    lines = LineWriter(full, lambda lines: b"%d missing\n" % lines)
    lines.write(b"lost\n")
    while not lines.dropped:
        time.sleep(0.001)
    with room.open("wb") as file:
        os.dup2(file.fileno(), full)
    lines.write(b"kept\n")
    lines.close()
    os.close(full)

    assert room.read_bytes() == b"1 missing\nkept\n"


def test_end_waits_for_nobody() -> None:
    """A reader that stopped reading holds the end of the process for a second at most."""
    code = (
        "import logging, os; from app.observability import logging as log;"
        "log.configure('info', 'json');"
        "[log.requests_log.write('info', {'text': 'x' * 1000}) for _ in range(20000)];"
        "os.write(1, b'end')"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen(  # noqa: S603 - fixed words
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=writer
    )
    out, _ = process.communicate(timeout=60)
    os.close(reader)
    os.close(writer)

    assert (process.returncode, out) == (0, b"end")
