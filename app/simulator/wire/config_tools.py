"""What a tool in a session's configuration may hold.

Source: the pages "Tools" and "HTTP tools", live echoes and refusals, September 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.simulator.errors import Refusal
from app.simulator.wire.config_checks import number_from, object_or_null, one_of, text, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TIMEOUT_SECONDS: Final = 120
_INSTRUCTION_LIMIT: Final = 500
_URL_LIMIT: Final = 2048


def tools(path: str, value: Any) -> None:
    """Check a session's own tools."""
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise wrong_type()
    for number, tool in enumerate(value):
        refuse_bad_tool(f"{path}.{number}", tool, is_stored=False)


def refuse_bad_tool(path: str, tool: Mapping[str, Any], *, is_stored: bool) -> None:
    """Check one tool; only a stored agent's may call a URL."""
    if tool.get("type") != "function" or not isinstance(tool.get("name"), str) or not tool["name"]:
        raise wrong_type()
    text()(f"{path}.description", tool.get("description"))
    object_or_null(f"{path}.parameters", tool.get("parameters"))
    one_of("interactive", "hold")(f"{path}.execution_mode", tool.get("execution_mode"))
    number_from(1, 300)(f"{path}.timeout_seconds", tool.get("timeout_seconds"))
    object_or_null(f"{path}.response_instructions", tool.get("response_instructions"))
    for name in ("success", "error"):
        instruction = (tool.get("response_instructions") or {}).get(name)
        text(_INSTRUCTION_LIMIT)(f"{path}.response_instructions.{name}", instruction)
    if not isinstance((tool.get("parameters") or {}).get("properties", {}), dict):
        raise Refusal.value(f"{path}.parameters", "'properties' must be an object")
    if tool.get("http") is not None:
        _refuse_bad_http(f"{path}.http", tool["http"], is_stored=is_stored)


def _refuse_bad_http(path: str, http: Any, *, is_stored: bool) -> None:
    if not is_stored:
        raise Refusal.value(path, f"'{path}' can only be set on a stored agent")
    object_or_null(path, http)
    text(_URL_LIMIT, nullable=False)(f"{path}.url", http.get("url"))
    if not http["url"].startswith("https://"):
        raise Refusal.value(f"{path}.url", "An HTTP tool needs an https URL")
