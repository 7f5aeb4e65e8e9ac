"""Traces, if the operator names a collector; else nothing of it is loaded or made."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.config.settings import Settings
    from app.observability.spans import Tracing

NOT_INSTALLED: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
    "pip install --require-hashes -r requirements/otel.txt, or take the setting away."
)


def open_tracer(settings: Settings) -> Tracing | None:
    """Return what makes spans and sends them; None where no collector is set.

    Raises:
        ConfigurationError: A collector is set, and the extra `otel` is not installed.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    try:
        from app.observability.spans import Tracing  # noqa: PLC0415 - an extra, absent in most environments
    except ImportError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise ConfigurationError(NOT_INSTALLED) from None
    return Tracing(settings.otel_exporter_otlp_endpoint)


@asynccontextmanager
async def flushed(tracing: Tracing | None) -> AsyncIterator[None]:
    """Send what is left when this is closed."""
    try:
        yield
    finally:
        if tracing is not None:
            await tracing.close()
