"""The only reader of the environment; one field here is one line of `.env.example`."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.config.messages import PREFIX, is_from_cluster, sentence, unknown
from app.config.types import (
    ApiKey,
    Codes,
    HttpsUrl,
    Limit,
    LowerCase,
    Networks,
    Origins,
    RedisUrl,
    Seconds,
    Secret,
    UpstreamUrl,
    Words,
    WsUrl,
    is_loopback,
    split,
)
from app.errors import ConfigurationError

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

# Each of these may stand in a file of its own instead, which the setting `<name>_file` names.
SECRETS: Final[dict[str, TypeAdapter[Any]]] = {
    "assemblyai_api_key": TypeAdapter(ApiKey),
    "spare_api_key": TypeAdapter(ApiKey),
    "secret": TypeAdapter(Secret),
    "access_codes": TypeAdapter(Codes),
    "jwt_secret": TypeAdapter(Secret),
    "redis_url": TypeAdapter(RedisUrl),
    "metrics_token": TypeAdapter(Secret),
}

EditableField = Literal["voice", "system_prompt", "greeting"]
Editable = Annotated[tuple[EditableField, ...], NoDecode, BeforeValidator(split)]


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

    assemblyai_api_key: ApiKey | None = Field(default=None, validation_alias="ASSEMBLYAI_API_KEY")
    assemblyai_api_key_file: Path | None = Field(
        default=None, validation_alias="ASSEMBLYAI_API_KEY_FILE"
    )
    spare_api_key: ApiKey | None = None
    spare_api_key_file: Path | None = None
    upstream_url: UpstreamUrl = "https://agents.assemblyai.com"
    upstream_ws_url: WsUrl | None = None

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    # PORT is what platforms set; the other is for who sets all in one way.
    port: int = Field(
        default=8000, ge=0, le=65535, validation_alias=AliasChoices("VOICEGATE_PORT", "PORT")
    )

    default_expires_in_seconds: int = Field(default=60, ge=1, le=600)
    max_expires_in_seconds: int = Field(default=600, ge=1, le=600)
    default_session_duration_seconds: int = Field(default=900, ge=60, le=10800)
    max_session_duration_seconds: int = Field(default=10800, ge=60, le=10800)

    upstream_connect_seconds: Seconds = 3
    upstream_read_seconds: Seconds = 8
    upstream_total_seconds: Seconds = 10
    upstream_max_in_flight: int = Field(default=4096, ge=1, le=10000)
    upstream_max_waiting: int = Field(default=4096, ge=0, le=100000)

    allowed_origins: Origins = ()
    trusted_proxies: Networks = ()
    frame_ancestors: Origins = ()

    access: Literal["open", "code", "jwt"] = "open"
    access_codes: Codes = ()
    access_codes_file: Path | None = None
    jwt_secret: Secret | None = None
    jwt_secret_file: Path | None = None
    jwt_jwks_url: HttpsUrl | None = None
    jwt_issuer: str = Field(default="", max_length=500)
    jwt_audience: str = Field(default="", max_length=500)
    jwt_cookie: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    secret: Secret | None = None
    secret_file: Path | None = None

    mints_per_minute: Limit = 120
    caller_mints_per_minute: Limit = 10
    caller_mints_per_hour: Limit = 60
    minutes_per_day: Limit = 1200
    caller_minutes_per_day: Limit = 240
    sessions_at_once: Limit = 100
    caller_sessions_at_once: Limit = 8
    callers_per_address: int = Field(default=4, ge=1, le=1000)
    price_per_hour_usd: float = Field(default=4.5, ge=0, le=1000, allow_inf_nan=False)
    redis_url: RedisUrl | None = None
    redis_url_file: Path | None = None
    minting: bool = True
    stop_file: Path | None = None

    agents_file: Path | None = None
    agent_system_prompt: str = Field(default=DEFAULT_SYSTEM_PROMPT, max_length=20000)
    agent_greeting: str = Field(default=DEFAULT_GREETING, max_length=2000)
    agent_voice: str = Field(default="alba", min_length=1, max_length=64)
    agent_voices: Words = DEFAULT_VOICES
    agent_editable: Editable = ("voice", "system_prompt", "greeting")
    notice: str = Field(default="", max_length=500)

    docs: bool = True
    plain_scripts: bool = False
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    metrics_host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    metrics_token: Secret | None = None
    metrics_token_file: Path | None = None
    log_format: Annotated[Literal["auto", "json", "console"], LowerCase] = "auto"
    log_addresses: bool = False
    shutdown_delay_seconds: int = Field(default=0, ge=0, le=600)
    shutdown_grace_seconds: int = Field(default=10, ge=0, le=600)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - all are passed by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave out what a cluster sets: its `VOICEGATE_PORT` is an address."""
        for source in (env_settings, dotenv_settings):
            if isinstance(source, EnvSettingsSource):
                source.env_vars = {
                    name: value
                    for name, value in source.env_vars.items()
                    if not is_from_cluster(name, value)
                }
        return init_settings, env_settings, dotenv_settings

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
        for secret in SECRETS:
            if getattr(self, secret) and getattr(self, f"{secret}_file"):
                names = f"{variable(secret)} or {variable(f'{secret}_file')}"
                raise ValueError(f"Set {names}, not both")
        self._check_access()
        agent_fields = {name for name in self.model_fields_set if name.startswith("agent_")}
        if self.agents_file and agent_fields:
            names = ", ".join(sorted(variable(name) for name in agent_fields))
            raise ValueError(f"{names} has no effect beside {variable('agents_file')}: remove one")
        return self

    def _check_access(self) -> None:
        if self.access == "code" and not (self.access_codes or self.access_codes_file):
            raise ValueError("VOICEGATE_ACCESS is code: set VOICEGATE_ACCESS_CODES")
        if self.access == "open" and (self.access_codes or self.access_codes_file):
            raise ValueError(
                "VOICEGATE_ACCESS_CODES has no effect where VOICEGATE_ACCESS is open: "
                "set VOICEGATE_ACCESS=code, or remove it"
            )
        has_secret = bool(self.jwt_secret or self.jwt_secret_file)
        if self.access == "jwt" and has_secret == bool(self.jwt_jwks_url):
            raise ValueError(
                "VOICEGATE_ACCESS is jwt: set either VOICEGATE_JWT_SECRET or VOICEGATE_JWT_JWKS_URL"
            )
        if self.access == "jwt" and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError(
                "VOICEGATE_ACCESS is jwt: set VOICEGATE_JWT_ISSUER and VOICEGATE_JWT_AUDIENCE"
            )
        is_shared = bool(self.redis_url or self.redis_url_file)
        if is_shared and not (self.secret or self.secret_file):
            raise ValueError(
                "VOICEGATE_REDIS_URL shares limits: set one VOICEGATE_SECRET for all processes"
            )

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

    @property
    def is_reachable(self) -> bool:
        """Whether others than this machine can reach the service, itself or through a proxy."""
        return not is_loopback(self.host) or bool(self.trusted_proxies)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("settings hold the API key and are never serialised")


def variable(field: str) -> str:
    """Return the environment variable of a field, of several that which is set."""
    names = variables(field)
    if len(names) == 1:
        return names[0]
    environment = {name.upper() for name in _environment() if name}
    return next((name for name in names if name in environment), names[-1])


def cluster_variables() -> list[str]:
    """Return the variables of our prefix that are ignored, as a cluster sets them."""
    return [name.upper() for name, value in _read_all().items() if is_from_cluster(name, value)]


def variables(field: str) -> tuple[str, ...]:
    """Return all environment variables of a field, the one that wins first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return (alias if isinstance(alias, str) else PREFIX + field.upper(),)


def _read_all() -> dict[str, str | None]:
    """Return `.env` and over it the environment, empty variables left out."""
    return {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}


def _environment() -> dict[str, str | None]:
    return {name: value for name, value in _read_all().items() if not is_from_cluster(name, value)}


def load_settings() -> Settings:
    """Read the environment, `.env` and the files of secrets.

    Raises:
        ConfigurationError: One sentence for each thing that is wrong; never a secret's value.
    """
    by_variable = {name: field for field in Settings.model_fields for name in variables(field)}
    try:
        problems = unknown(_environment(), by_variable)
        settings = Settings()
    except ValidationError as error:
        problems += [
            sentence(entry, Settings, by_variable, variable)
            for entry in error.errors(include_url=False)
        ]
        raise ConfigurationError(*problems) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file .env cannot be read ({type(error).__name__})."
        ) from None
    if problems:
        raise ConfigurationError(*problems)
    files: dict[str, Path] = {
        name: path for name in SECRETS if (path := getattr(settings, f"{name}_file"))
    }
    if not files:
        return settings
    update = {name: _read_secret(name, path) for name, path in files.items()}
    return settings.model_copy(update=update)


def _read_secret(name: str, path: Path) -> Any:
    try:
        return SECRETS[name].validate_python(path.read_text(encoding="ascii").strip())
    except OSError as error:
        problem = f"which cannot be read ({error.strerror})"
    except ValidationError as error:
        message = error.errors(include_input=False)[0]["msg"]
        problem = f"whose content {message.removeprefix('Value error, ')}"
    except ValueError:
        problem = "whose content must be visible ASCII"
    raise ConfigurationError(f"{variable(f'{name}_file')} names {path}, {problem}.") from None
