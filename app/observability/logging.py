"""What goes to the log, and what must not: exceptions are named and placed, never quoted."""

from __future__ import annotations

import errno
import logging
import logging.config
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog

from app.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, Processor, WrappedLogger

ROOT = Path(__file__).resolve().parents[2]
LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
MAX_LIBRARY_TEXT = 300


def configure(level: str, log_format: str = "auto") -> None:
    """Send everything to standard error, one line a record.

    Args:
        level: `debug`, `info`, `warning` or `error`, for what is ours; of libraries only warnings.
        log_format: `json`, `console`, or `auto`: console where standard error is a terminal.
    """
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    render = _console() if is_console else _json_text
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        render,
                    ],
                    "foreign_pre_chain": [
                        structlog.stdlib.add_log_level,
                        structlog.stdlib.add_logger_name,
                        structlog.stdlib.ExtraAdder(),
                        _stamp,
                        _bound_libraries,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "voicegate": {"level": level.upper()},
                # httpx writes addresses and the upstream's words: only their warnings.
                **{name: {"level": "WARNING"} for name in ("uvicorn", "httpx")},
            },
        }
    )
    logging.captureWarnings(capture=True)
    processors: list[Processor] = [_line]
    factory: Callable[..., WrappedLogger] = structlog.BytesLoggerFactory(sys.stderr.buffer)
    if is_console:
        processors = [structlog.processors.add_log_level, _stamp, _console()]
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def requests_logger() -> Any:
    """Return the logger of the one line a request: `logger.info("request", status=200, …)`.

    Ask once and keep it. It is no logger of the standard library, which costs five times as much a
    line (measured); until `configure` has been called it writes to one, so that a test sees it.
    """
    return structlog.get_logger("voicegate.access").bind()


def causes(error: BaseException) -> str:
    """Name an exception and what caused it, outermost first.

    Only our own exceptions and `errno` speak: the text of others may quote a request or an answer.
    """
    return " <- ".join(_name(link) for link in chain(error))


def places(error: BaseException) -> str:
    """Name an exception, its causes and the frames that they passed, without any of their text."""
    lines = []
    for link in chain(error):
        lines.append(_name(link))
        frames = traceback.extract_tb(link.__traceback__)
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


class _Clock:
    """The time in UTC; the part before the milliseconds is made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def read(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return f"{self._text}{int((now - second) * 1000):03d}Z"


_clock = _Clock()


def _stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {"time": _clock.read(), **event}


def _line(_: WrappedLogger, level: str, event: EventDict) -> bytes:
    """Return a whole line at once: each processor of a chain costs as much as the JSON."""
    return orjson.dumps({"time": _clock.read(), "level": level, **event}, default=_type_name)


def _json_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=_type_name).decode()


def _type_name(value: Any) -> str:
    """Stand in for what JSON cannot hold: its text is nobody's business."""
    return f"<{type(value).__name__}>"


def _console() -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        timestamp_key="time",
        exception_formatter=structlog.dev.plain_traceback,
    )


def _bound_libraries(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take the text of exceptions out, and of libraries' messages all but the first words."""
    exception = event.pop("exc_info", None)
    error = exception[1] if isinstance(exception, tuple) else exception
    if isinstance(error, BaseException):
        event["places"] = places(error)
    event.pop("stack_info", None)
    if not str(event.get("logger", "")).startswith("voicegate"):
        event["event"] = str(event["event"]).partition("\n")[0][:MAX_LIBRARY_TEXT]
    return event


# As long as nobody has configured anything: to the standard library, as one JSON text a line.
structlog.configure(
    processors=[_json_text],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)
