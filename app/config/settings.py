"""The only reader of the environment; one field here is one line of `.env.example`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from app.config.messages import PREFIX, is_from_cluster, sentence, unknown
from app.config.types import (
    ApiKeys,
    Codes,
    FeedbackUrl,
    IdleSeconds,
    JwtKey,
    Limit,
    LowerCase,
    Networks,
    Origins,
    RedisUrl,
    Secret,
    TokenServiceName,
    UpstreamUrl,
    WsUrl,
    is_loopback,
    read_json,
)
from app.errors import ConfigurationError

# The agent service's own bound. Source: AssemblyAI documentation, September 2026.
LONGEST_SESSION_SECONDS: Final = 10_800
DOTENV: Final = ".env"
# Where Docker puts secrets; systemd names its folder in CREDENTIALS_DIRECTORY.
DOCKER_SECRETS: Final = "/run/secrets"
# Fields that count only where another one has this value.
COUNT_WITH: Final[dict[tuple[str, Any], tuple[str, ...]]] = {
    ("access", "code"): ("access_codes",),
    ("access", "jwt"): ("jwt_key", "jwt_issuer", "jwt_audience", "jwt_cookie"),
    ("audit", True): ("on_unexplained", "webhook_secret"),
}


class Settings(BaseSettings):
    """What the operator decides; read once, at start, from the environment and from `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=DOTENV,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # The second, if any, is the spare one.
    assemblyai_api_key: ApiKeys = Field(
        default=(), max_length=2, validation_alias="ASSEMBLYAI_API_KEY"
    )
    upstream_url: UpstreamUrl = "https://agents.assemblyai.com"
    upstream_ws_url: WsUrl | None = None
    upstream_ca_file: Path | None = None
    token_service: TokenServiceName = "agents"  # noqa: S105 - a name

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    # PORT is what platforms set; the other is for who sets all in one way.
    port: int = Field(
        default=8000, ge=0, le=65535, validation_alias=AliasChoices("VOICEGATE_PORT", "PORT")
    )
    # WEB_CONCURRENCY is what platforms set.
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        validation_alias=AliasChoices("VOICEGATE_WORKERS", "WEB_CONCURRENCY"),
    )
    public_url: Origins = ()
    trusted_proxies: Networks = ()
    allowed_origins: Origins = ()

    access: Literal["open", "code", "jwt"] = "open"
    access_codes: Codes = ()
    jwt_key: JwtKey | None = None
    jwt_issuer: str = Field(default="", max_length=500)
    jwt_audience: str = Field(default="", max_length=500)
    jwt_cookie: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")

    minutes_per_day: Limit = 1200
    caller_minutes_per_day: Limit = 100
    sessions_at_once: Limit = 80
    caller_sessions_at_once: Limit = 6
    mints_per_minute: Limit = 120
    caller_mints_per_minute: Limit = 10
    callers_per_address: int = Field(default=3, ge=1, le=1000)
    default_session_duration_seconds: int = Field(default=900, ge=60, le=LONGEST_SESSION_SECONDS)
    max_session_duration_seconds: int = Field(
        default=LONGEST_SESSION_SECONDS, ge=60, le=LONGEST_SESSION_SECONDS
    )
    idle_seconds: IdleSeconds = 180
    price_per_hour_usd: float = Field(default=4.5, ge=0, le=1000, allow_inf_nan=False)
    audit: bool = True
    on_unexplained: Literal["log", "stop"] = "log"
    stop_file: Path | None = None

    redis_url: RedisUrl | None = None
    secret: Secret | None = None

    agents_file: Path | None = None
    feedback_url: FeedbackUrl | None = None

    log_level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = "info"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    operator_token: Secret | None = None
    webhook_secret: Secret | None = None
    shutdown_delay_seconds: int = Field(default=0, ge=0, le=600)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - it knows no folder
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add the files of secrets; leave out what a cluster sets."""
        variables: dict[str, str | None] = {}
        for source in (dotenv_settings, env_settings):
            if isinstance(source, EnvSettingsSource):
                source.env_vars = _ours(source.env_vars)
                variables |= source.env_vars
        files = SecretsSettingsSource(settings_cls, secrets_dir=_folders(variables))
        return init_settings, env_settings, dotenv_settings, files

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.default_session_duration_seconds > self.max_session_duration_seconds:
            raise ValueError(
                "VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS "
                f"({self.default_session_duration_seconds}) must not be more than "
                f"VOICEGATE_MAX_SESSION_DURATION_SECONDS ({self.max_session_duration_seconds})"
            )
        upstream = urlsplit(self.upstream_url)
        clear_ws_url = f"ws://{upstream.netloc}/"
        if (
            upstream.scheme == "http"
            and not is_loopback(upstream.hostname or "")
            and not (self.upstream_ws_url or "").startswith(clear_ws_url)
        ):
            raise ValueError(
                "VOICEGATE_UPSTREAM_URL is http:// to another machine, so that the API key would "
                "go there in clear: use https://, or, where that is meant, say so by "
                f"VOICEGATE_UPSTREAM_WS_URL={clear_ws_url}v1/ws"
            )
        self._check_token_service()
        self._check_day()
        self._check_effects()
        if self.access == "code" and not self.access_codes:
            raise ValueError("VOICEGATE_ACCESS is code: set VOICEGATE_ACCESS_CODES")
        if self.access == "jwt" and not (self.jwt_key and self.jwt_issuer and self.jwt_audience):
            raise ValueError(
                "VOICEGATE_ACCESS is jwt: set VOICEGATE_JWT_KEY, VOICEGATE_JWT_ISSUER and "
                "VOICEGATE_JWT_AUDIENCE"
            )
        if self.metrics_port and self.metrics_port == self.port:
            raise ValueError(
                f"{variable('port')} and VOICEGATE_METRICS_PORT are both {self.port}: set one of "
                "them to another port"
            )
        if self.workers > 1 and not self.redis_url:
            raise ValueError(
                f"{variable('workers')} is {self.workers}, and VOICEGATE_REDIS_URL not set: each "
                "process would allow the whole limit; set that too, or start one process"
            )
        if self.redis_url and not self.secret:
            raise ValueError(
                "VOICEGATE_REDIS_URL shares limits: set one VOICEGATE_SECRET for all processes"
            )
        return self

    def _check_token_service(self) -> None:
        if self.token_access is None:
            return
        for field in ("default_session_duration_seconds", "max_session_duration_seconds"):
            is_set = field in self.model_fields_set
            if is_set and getattr(self, field) < LONGEST_SESSION_SECONDS:
                raise ValueError(
                    f"{variable(field)} has no effect where VOICEGATE_TOKEN_SERVICE is general, "
                    "whose tokens bound no session: remove it"
                )

    def _check_day(self) -> None:
        """Refuse a day in which nobody's call has room."""
        remedy = "raise the minutes, or set 0"
        if self.token_access is not None:
            seconds = LONGEST_SESSION_SECONDS
            granted = (
                "VOICEGATE_TOKEN_SERVICE is general: each call is granted "
                f"{LONGEST_SESSION_SECONDS // 60} minutes"
            )
        else:
            seconds = self.default_session_duration_seconds
            granted = (
                f"VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS is {seconds}: each call is granted so "
                "many seconds unless it asks for fewer"
            )
            remedy = f"lower that, {remedy}"
        for field in ("minutes_per_day", "caller_minutes_per_day"):
            if 0 < getattr(self, field) * 60 < seconds:
                raise ValueError(
                    f"{granted}, which {variable(field)} ({getattr(self, field)}) does not allow; "
                    f"{remedy}"
                )

    def _check_effects(self) -> None:
        known = type(self).model_fields
        for (mode, value), fields in COUNT_WITH.items():
            now = getattr(self, mode)
            idle = [name for name in fields if getattr(self, name) != known[name].default]
            if idle and now != value:
                name_of_mode = variable(mode)  # reads `.env`, so only for what is told
                have, them = ("have", "them") if idle[1:] else ("has", "it")
                raise ValueError(
                    f"{' and '.join(map(variable, idle))} {have} no effect where {name_of_mode} is "
                    f"{str(now).lower()}: set {name_of_mode}={str(value).lower()}, or remove {them}"
                )

    @property
    def token_access(self) -> Any:
        """What tokens of the vendor's general service are narrowed to; None where none are."""
        return read_json(self.token_service.partition(" ")[2])

    @property
    def longest_session_seconds(self) -> int:
        """The longest session that anybody is granted: a day is never exceeded by one alone."""
        days = (self.minutes_per_day * 60, self.caller_minutes_per_day * 60)
        return min((self.max_session_duration_seconds, *filter(None, days)))

    @property
    def token_url(self) -> str:
        """Where tokens are minted: the general service of each zone has a host beside it."""
        if self.token_access is None:
            return self.upstream_url
        return self.upstream_url.replace("://agents.", "://token.", 1)

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
    environment = _ours(_environment())
    return next((name for name in names if name.lower() in environment), names[-1])


def variables(field: str) -> tuple[str, ...]:
    """Return all environment variables of a field, the one that wins first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return (alias if isinstance(alias, str) else PREFIX + field.upper(),)


def cluster_variables() -> list[str]:
    """Return the variables of our prefix that are ignored, as a cluster sets them."""
    return [name.upper() for name, value in _environment().items() if is_from_cluster(name, value)]


def _environment() -> dict[str, str | None]:
    """Return `.env` and over it the environment, in lower case, empty variables left out."""
    return {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}


def _ours(environment: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: value for name, value in environment.items() if not is_from_cluster(name, value)}


def _check_dotenv(by_variable: Mapping[str, str]) -> None:
    """Refuse what python-dotenv skips with a warning; a line may hold a secret, and is not shown.

    Raises:
        ConfigurationError: One sentence for each line that sets nothing.
    """
    path = Path(DOTENV)
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as stream:
        bindings = list(parse_stream(stream))
    problems = []
    for binding in bindings:
        # A bare name that is not ours is what Compose passes on.
        name = (binding.key or "").upper()
        is_ours = name.startswith(PREFIX) or name in by_variable
        if binding.error or (is_ours and binding.value is None):
            text, line = binding.original  # which begins with the empty lines before
            line += text[: -len(text.lstrip())].count("\n")
            problems.append(f"{DOTENV}: line {line} is not NAME=VALUE.")
    if problems:
        raise ConfigurationError(*problems)


def _folders(environment: Mapping[str, str | None]) -> list[Path]:
    named = (DOCKER_SECRETS, environment.get("credentials_directory"))
    return [Path(folder) for folder in named if folder and Path(folder).is_dir()]


def load_settings() -> Settings:
    """Read the environment, `.env` and the files of secrets.

    Raises:
        ConfigurationError: One sentence for each thing that is wrong; never a secret's value.
    """
    by_variable = {name: field for field in Settings.model_fields for name in variables(field)}
    try:
        _check_dotenv(by_variable)
        environment = _ours(_environment())
        files = [path.name for folder in _folders(environment) for path in folder.iterdir()]
        problems = unknown([*environment, *files], by_variable)
        settings = Settings()
    except ValidationError as error:
        problems += [
            sentence(entry, Settings, by_variable, variable)
            for entry in error.errors(include_url=False)
        ]
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        cause = error.__cause__ or error
        place = getattr(cause, "filename", None) or f"{DOTENV}, or a file of secrets,"
        raise ConfigurationError(f"{place} cannot be read ({type(cause).__name__}).") from None
    if problems:
        raise ConfigurationError(*problems)
    return settings
