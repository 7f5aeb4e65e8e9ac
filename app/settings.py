"""The only reader of the environment; one field here is one line of `.env.example`."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import ConfigurationError
from app.origins import normalise_origin
from app.sentences import sentences

PREFIX = "VOICEGATE_"

DEFAULT_SYSTEM_PROMPT = (
    "You are a friendly voice assistant in a live conversation. "
    "Your words are spoken aloud, so talk the way people talk: short, plain sentences, "
    "no lists, no markup, no emoji. "
    "Answer in one or two sentences, then let the other person speak. "
    "Say numbers, dates and abbreviations as words. "
    "If you did not understand, say so and ask one short question. "
    "If you do not know something, say that plainly instead of guessing."
)
DEFAULT_GREETING = "Hi there! I'm your voice agent. Say something, and I'll answer."
# The voices in the public documents. They change upstream: a start for the list, not a limit.
# Source: AssemblyAI documentation, session configuration, September 2026.
DEFAULT_VOICES = (
    *("alba", "anna", "charles", "estelle", "eve", "george", "giovanni", "jane"),
    *("jean", "juergen", "lola", "mary", "michael", "paul", "rafael", "vera"),
)

EditableField = Literal["voice", "system_prompt", "greeting"]


def _split(value: Any) -> Any:
    """Turn `a, b` into its parts; anything but text passes through."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _network(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("must hold addresses or networks, such as 10.0.0.0/8") from None


def _base_url(value: str, schemes: tuple[str, str], *, path: bool) -> str:
    """Check a URL down to what may stand in a Content-Security-Policy."""
    text = value.strip()
    parts = urlsplit(text)
    origin = normalise_origin(f"{parts.scheme}://{parts.netloc}")
    extra = parts.path.rstrip("/")
    if parts.scheme not in schemes or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError
    if extra and not (path and re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", extra)):
        raise ValueError
    return origin + extra


def _upstream_url(value: str) -> str:
    try:
        return _base_url(value, ("https", "http"), path=False)
    except ValueError:
        raise ValueError("must be https://HOST[:PORT] without path or query") from None


def _ws_url(value: str) -> str:
    try:
        return _base_url(value, ("wss", "ws"), path=True)
    except ValueError:
        raise ValueError("must be wss://HOST[:PORT]/PATH without query") from None


def _key(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().strip()
    # It becomes a header's value: anything else would be refused far from here, or be unsafe.
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", key):
        raise ValueError("must be one word of at most 512 visible ASCII characters")
    return SecretStr(key)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(normalise_origin)], ...], NoDecode, BeforeValidator(_split)
]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...],
    NoDecode,
    BeforeValidator(_split),
]
Editable = Annotated[tuple[EditableField, ...], NoDecode, BeforeValidator(_split)]
Seconds = Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)]


class Settings(BaseSettings):
    """What the operator decides; read once, at start, from the environment and from `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    assemblyai_api_key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        default=None, validation_alias="ASSEMBLYAI_API_KEY"
    )
    assemblyai_api_key_file: Path | None = Field(
        default=None, validation_alias="ASSEMBLYAI_API_KEY_FILE"
    )
    upstream_url: Annotated[str, AfterValidator(_upstream_url)] = "https://agents.assemblyai.com"
    upstream_ws_url: Annotated[str, AfterValidator(_ws_url)] | None = None

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="PORT")

    default_expires_in_seconds: int = Field(default=60, ge=1, le=600)
    max_expires_in_seconds: int = Field(default=600, ge=1, le=600)
    default_session_duration_seconds: int = Field(default=900, ge=60, le=10800)
    max_session_duration_seconds: int = Field(default=10800, ge=60, le=10800)

    upstream_connect_seconds: Seconds = 3
    upstream_read_seconds: Seconds = 8
    upstream_total_seconds: Seconds = 10
    upstream_max_in_flight: int = Field(default=512, ge=1, le=10000)
    upstream_max_waiting: int = Field(default=512, ge=0, le=100000)

    allowed_origins: Origins = ()
    trusted_proxies: Networks = ()

    agents_file: Path | None = None
    agent_system_prompt: str = Field(default=DEFAULT_SYSTEM_PROMPT, max_length=20000)
    agent_greeting: str = Field(default=DEFAULT_GREETING, max_length=2000)
    agent_voice: str = Field(default="alba", min_length=1, max_length=64)
    agent_voices: Words = DEFAULT_VOICES
    agent_editable: Editable = ("voice", "system_prompt", "greeting")
    notice: str = Field(default="", max_length=500)

    docs: bool = True
    shutdown_grace_seconds: int = Field(default=10, ge=0, le=600)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        "info"
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        pairs = (
            ("default_expires_in_seconds", "max_expires_in_seconds"),
            ("default_session_duration_seconds", "max_session_duration_seconds"),
            ("upstream_connect_seconds", "upstream_total_seconds"),
        )
        for low, high in pairs:
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{variable(low)} ({getattr(self, low)}) must not be more than "
                    f"{variable(high)} ({getattr(self, high)})"
                )
        if self.assemblyai_api_key and self.assemblyai_api_key_file:
            raise ValueError("Set ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE, not both")
        agent_fields = {name for name in self.model_fields_set if name.startswith("agent_")}
        if self.agents_file and agent_fields:
            names = ", ".join(sorted(variable(name) for name in agent_fields))
            raise ValueError(f"{names} has no effect beside {variable('agents_file')}: remove one")
        return self

    @property
    def ws_url(self) -> str:
        """Where a token of this upstream is to be used."""
        if self.upstream_ws_url:
            return self.upstream_ws_url
        return "ws" + self.upstream_url.removeprefix("http") + "/v1/ws"

    @property
    def ws_origin(self) -> str:
        """The only foreign origin to which our page may connect."""
        parts = urlsplit(self.ws_url)
        return f"{parts.scheme}://{parts.netloc}"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("settings hold the API key and are never serialised")


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def load_settings() -> Settings:
    """Read the environment, `.env` and the key's file.

    Raises:
        ConfigurationError: One sentence for each thing that is wrong; never a secret's value.
    """
    try:
        settings = Settings()
        if settings.assemblyai_api_key_file is None:
            return settings
        key = _read_key(settings.assemblyai_api_key_file)
    except ValidationError as error:
        raise ConfigurationError(*sentences(error, Settings, variable)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file .env cannot be read ({type(error).__name__})."
        ) from None
    return settings.model_copy(update={"assemblyai_api_key": key})


def _read_key(path: Path) -> SecretStr:
    try:
        return _key(SecretStr(path.read_text(encoding="ascii")))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except ValueError:
        problem = "must hold the key alone, as visible ASCII"
    raise ConfigurationError(f"ASSEMBLYAI_API_KEY_FILE names {path}, which {problem}.") from None
