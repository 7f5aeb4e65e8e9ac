"""What goes to the log, and what must not: exceptions are named and placed, never quoted."""

from __future__ import annotations

import errno
import logging
import logging.config
import traceback
from pathlib import Path

from app.errors import AppError

ROOT = Path(__file__).resolve().parents[1]


def configure(level: str) -> None:
    """Send everything to standard error, one line a record."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "voicegate": {"level": level.upper()},
                # httpx and aiohttp write addresses and the upstream's words: only their warnings.
                **{name: {"level": "WARNING"} for name in ("uvicorn", "httpx", "aiohttp")},
            },
        }
    )


def causes(error: BaseException) -> str:
    """Name an exception and what caused it, outermost first.

    Only our own exceptions and `errno` speak: the text of others may quote a request or an answer.
    """
    return " <- ".join(_name(link) for link in _chain(error))


def places(error: BaseException) -> str:
    """Name an exception, its causes and the frames that they passed, without any of their text."""
    lines = []
    for link in _chain(error):
        lines.append(_name(link))
        frames = traceback.extract_tb(link.__traceback__)
        lines += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join(lines)


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        suppressed = link.__suppress_context__
        link = link.__cause__ or (None if suppressed else link.__context__)
    return chain


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
