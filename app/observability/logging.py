"""What goes to the log, and what must not: of exceptions names and frames, never the text."""

import errno
import logging
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Final

import orjson

from app.errors import AppError

ROOT = Path(__file__).resolve().parents[2]
LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MAX_LIBRARY_TEXT: Final = 300
# Of an endless recursion the innermost frames tell all.
MAX_FRAMES: Final = 50
# What every record of the standard library has; all else on one is ours, passed as `extra`.
_RECORD_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_RAISED: Final = re.compile(r"^[A-Za-z_][\w.]*(?=:|$)", re.MULTILINE)
_COLOURS: Final = {"warning": "\033[33m", "error": "\033[31m", "critical": "\033[31m"}
MAX_LINES: Final = 8192
# One write for all lines of that time: under load a write a line cost a tenth of a token's CPU.
REST_SECONDS: Final = 0.05
CLOSE_SECONDS: Final = 1.0


class RequestsLog:
    """Writes the one line a request: `requests_log.write("info", {"status": 200, …})`.

    It is no logger of the standard library, which takes 9.5 µs a line where this takes 1.5
    (measured): the difference is 3 % of a token. Until `configure` has been called it writes to
    one, so that a test sees it.
    """

    def __init__(self) -> None:
        self.level = 0
        self.sink: Callable[[dict[str, Any]], None] = _to_standard_library

    def write(self, level: str, fields: dict[str, Any]) -> None:
        """Write the line of one request."""
        if LEVELS[level] >= self.level:
            self.sink({"time": _now(), "level": level, "event": "request", **fields})


class LineWriter:
    """A bounded queue of lines and the thread that writes them, so that nobody waits for a reader.

    A line that does not fit, or whose write failed (full disk, closed pipe), is dropped and
    counted; as soon as writing works again, one line says how many are missing.

    Args:
        descriptor: Where to write.
        notice: Makes the line that tells of a number of dropped ones.
        max_lines: How many may wait.
    """

    def __init__(
        self, descriptor: int, notice: Callable[[int], bytes], max_lines: int = MAX_LINES
    ) -> None:
        self._descriptor = descriptor
        self._notice = notice
        self._max_lines = max_lines
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = Lock()
        self._ending = Event()
        self._told = 0
        self._is_torn = False
        self.dropped = 0
        # Neither a stuck reader nor a full disk may keep the process from ending.
        self._thread = Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take a line, its line break included; never waits, from whichever thread."""
        if self._lines.qsize() < self._max_lines:
            self._lines.put(line)
        else:
            self._drop(1)

    def close(self) -> None:
        """Write what waits, for at most `CLOSE_SECONDS`."""
        self._ending.set()
        self._lines.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        is_open = True
        while is_open:
            count = max(1, self._lines.qsize())
            lines = [line for _ in range(count) if (line := self._lines.get()) is not None]
            is_open = len(lines) == count
            self._write_all(lines)
            self._ending.wait(REST_SECONDS)

    def _write_all(self, lines: list[bytes]) -> None:
        missing = self.dropped - self._told
        notice = [self._notice(missing)] if missing else []
        rest = memoryview(b"".join([b"\n" * self._is_torn, *notice, *lines]))
        total = len(rest)
        try:
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:  # a terminal that another program made non-blocking
                    time.sleep(REST_SECONDS)
        except OSError:
            self._is_torn = self._is_torn or len(rest) < total
            self._drop(len(lines))
        else:
            self._is_torn = False
            self._told += missing

    def _drop(self, count: int) -> None:
        with self._lock:
            self.dropped += count


class LineHandler(logging.Handler):
    """Hands the records of the standard library to the writer, in the form of all lines."""

    def __init__(self, render: Callable[[dict[str, Any]], bytes], writer: LineWriter) -> None:
        super().__init__()
        self._render = render
        self.writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; one that cannot be formatted is named by its place."""
        try:
            line = self._render(_fields(record))
        except Exception as error:  # noqa: BLE001 - a wrong log call must not fail a request
            place = f"{_short(record.pathname)}:{record.lineno}"
            event = f"a log record of {place} cannot be formatted: {type(error).__name__}"
            line = self._render(_line("error", __name__, event))
        self.writer.write(line)

    def close(self) -> None:
        """Write what waits, within a bound; the standard library calls it at exit."""
        self.writer.close()
        super().close()


def configure(level: str, log_format: str = "auto") -> None:
    """Send everything to standard error, one line a record, by a thread that may fall behind.

    Args:
        level: `debug`, `info`, `warning` or `error`, for what is ours; of libraries only warnings.
        log_format: `json`, `console`, or `auto`: console where standard error is a terminal.
    """
    if sys.stderr is None:  # closed by whoever started us
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)
        requests_log.level = sys.maxsize
        return
    is_terminal = sys.stderr.isatty()
    is_console = log_format == "console" or (log_format == "auto" and is_terminal)
    render = (_coloured_text if is_terminal else _text) if is_console else _json
    writer = LineWriter(
        sys.stderr.fileno(),
        lambda lines: render(
            _line("warning", "voicegate.log", "log lines were dropped", lines=lines)
        ),
    )
    # httpx and uvicorn write addresses and the upstream's words: only their warnings.
    logging.basicConfig(handlers=[LineHandler(render, writer)], level="WARNING", force=True)
    logging.getLogger("voicegate").setLevel(LEVELS[level])
    logging.captureWarnings(capture=True)
    requests_log.level = LEVELS[level]
    requests_log.sink = lambda fields: writer.write(render(fields))


def causes(error: BaseException) -> str:
    """Name an exception and what caused it, outermost first.

    Only our own exceptions and `errno` speak: the text of others may quote a request or an answer.
    """
    return " <- ".join(_name(link) for link in chain(error))


def frames_of(error: BaseException) -> str:
    """Name an exception, its causes and the frames that they passed, without any of their text."""
    lines = []
    for link in chain(error):
        lines.append(_name(link))
        frames = traceback.extract_tb(link.__traceback__, limit=-MAX_FRAMES)
        lines += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join(lines)


def chain(error: BaseException) -> list[BaseException]:
    """Return an exception and what caused it, outermost first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        suppressed = link.__suppress_context__
        link = link.__cause__ or (None if suppressed else link.__context__)
    return links


def _name(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, AppError):
        return f"{name} ({error})"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name} ({errno.errorcode.get(error.errno, error.errno)})"
    return name


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _now() -> str:
    """Return the time in UTC."""
    now = time.time()
    second = int(now)
    return f"{_second_as_text(second)}.{int((now - second) * 1000):03d}Z"


@lru_cache(maxsize=1)
def _second_as_text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _line(level: str, logger: str, event: str, **fields: Any) -> dict[str, Any]:
    return {"time": _now(), "level": level, "logger": logger, "event": event, **fields}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return a record's fields: of an exception its frames, of a library's text the beginning."""
    event = record.getMessage()
    if not record.name.startswith("voicegate"):
        first, _, rest = event.partition("\n")
        # Of a traceback, as uvicorn tells it of a start that failed, the exception's name as well.
        raised = _RAISED.search(rest) if first.startswith("Traceback ") else None
        event = f"{first} {raised[0]}" if raised else first[:MAX_LIBRARY_TEXT]
    extra = {name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS}
    line = _line(record.levelname.lower(), record.name, event, **extra)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        line["places"] = frames_of(error)
    return line


def _json(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(fields, default=_type_name, option=orjson.OPT_APPEND_NEWLINE)


def _text(fields: dict[str, Any]) -> bytes:
    """Return a line for people; only the frames of an exception stand below it."""
    rest = dict(fields)
    words = [f"{rest.pop('time')} {rest.pop('level'):8} {rest.pop('event')}"]
    below = [rest.pop("places")] if "places" in rest else []
    words += [f"{name}={_value(value)}" for name, value in rest.items()]
    return "\n".join([" ".join(words), *below, ""]).encode(errors="backslashreplace")


def _coloured_text(fields: dict[str, Any]) -> bytes:
    colour = _COLOURS.get(fields["level"])
    line = _text(fields)
    return f"{colour}".encode() + line.rstrip() + b"\033[0m\n" if colour else line


def _value(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float | None) else _type_name(value)


def _type_name(value: Any) -> str:
    """Return what stands for a value that JSON cannot hold; its text may tell a secret."""
    return f"<{type(value).__name__}>"


def _to_standard_library(fields: dict[str, Any]) -> None:
    logging.getLogger("voicegate.access").log(LEVELS[fields["level"]], "%s", _json(fields).decode())


requests_log = RequestsLog()
