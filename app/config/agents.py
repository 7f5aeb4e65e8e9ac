"""The operator's agents: read once at start, checked, and turned into what the browser sends."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from app.config.messages import closest, in_words
from app.config.origins import normalise_origin
from app.config.settings import Settings
from app.config.types import IdleSeconds
from app.errors import ConfigurationError

# Who a service without a file of its own has; a start for such a file.
DEFAULT_FILE = Path(__file__).with_name("agents.toml")
# What is known of voices, with its source; browsers have it of the same file. They change upstream:
# a start for the list, not a limit.
VOICES_FILE = Path(__file__).parents[2] / "static" / "voice-agent" / "voices.json"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Of a stored agent everything is decided upstream: its id must be sent alone.
# Source: AssemblyAI documentation, session configuration, September 2026.
STORED_AGENT_ALLOWS = {"agent_id", "title", "description", "idle_seconds"}
# What goes into a session as it is, and what goes into its `input`.
TOP_FIELDS = {"system_prompt", "greeting"}
INPUT_FIELDS = {
    *("key_terms", "transcription_mode", "transcription_prompt", "language_codes"),
    *("voice_focus", "voice_focus_threshold", "turn_detection"),
}


def _sample(value: str) -> str:
    """Check an address down to what may stand in a Content-Security-Policy."""
    if re.fullmatch(r"(/[A-Za-z0-9._~%-]+)+", value):
        return value
    try:
        parts = urlsplit(value)
        origin = normalise_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        origin = ""
    if not origin.startswith("https://"):
        raise ValueError("must be an https:// address, or a path of this service's origin")
    return value


Sample = Annotated[str, StringConstraints(max_length=500), AfterValidator(_sample)]
Voice = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\S+$")]
KeyTerm = Annotated[str, StringConstraints(min_length=1, max_length=50)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
SilenceMs = Annotated[int, Field(ge=50, le=10000)]


@cache
def catalogue(name: Literal["current", "quickstart"]) -> dict[str, str]:
    """Return voices, each with its language as BCP 47: the present ones, or those of before.

    None is in both.
    """
    voices: dict[str, str] = json.loads(VOICES_FILE.read_bytes())[name]["voices"]
    return voices


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TurnDetection(_Strict):
    """When a pause ends the caller's turn. Unset fields are left to the upstream, which adapts.

    The upstream's silences and its delay are milliseconds too.
    """

    vad_threshold: float | None = Field(default=None, ge=0, le=1)
    min_silence_ms: SilenceMs | None = Field(default=None, serialization_alias="min_silence")
    max_silence_ms: SilenceMs | None = Field(default=None, serialization_alias="max_silence")
    interruption_delay_ms: int | None = Field(
        default=None, ge=0, le=1000, serialization_alias="interruption_delay"
    )
    interrupt_response: bool | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        low, high = self.min_silence_ms, self.max_silence_ms
        if low is not None and high is not None and low >= high:
            raise ValueError("max_silence_ms must be more than min_silence_ms")
        return self


class Agent(_Strict):
    """One agent as the operator writes it."""

    title: str = Field(default="", max_length=100)
    description: str = Field(default="", max_length=500)
    agent_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")] | None = None
    system_prompt: str = Field(default="", max_length=20000)
    greeting: str = Field(default="", max_length=2000)
    voice: Voice = "alba"
    voices: list[Voice] = Field(default_factory=lambda: list(catalogue("current")))
    editable: list[Literal["voice", "system_prompt", "greeting"]] = []
    key_terms: list[KeyTerm] = Field(default=[], max_length=100, serialization_alias="keyterms")
    transcription_mode: Literal["min_latency", "balanced", "max_accuracy"] | None = None
    transcription_prompt: str = Field(default="", max_length=1750)
    language_codes: list[LanguageCode] = []
    voice_focus: Literal["near-field", "far-field"] | None = None
    voice_focus_threshold: float | None = Field(default=None, ge=0, le=1)
    volume: float | None = Field(default=None, ge=0, le=100)
    turn_detection: TurnDetection = TurnDetection()
    # Filled from the settings where the file says nothing.
    idle_seconds: IdleSeconds | None = None

    @model_validator(mode="after")
    def _check_stored_agent_alone(self) -> Self:
        others = self.model_fields_set - STORED_AGENT_ALLOWS
        if self.agent_id is not None and others:
            raise ValueError(f"agent_id stands alone: remove {', '.join(sorted(others))}")
        return self

    def session(self) -> dict[str, Any]:
        """Return the `session` object of the first `session.update`.

        A greeting is omitted rather than empty or null: without one the agent listens first.
        Source: AssemblyAI documentation and live answers, session configuration, September 2026.
        """
        if self.agent_id is not None:
            return {"agent_id": self.agent_id}
        top, inputs, volume = (
            self.model_dump(include=fields, by_alias=True, exclude_defaults=True)
            for fields in (TOP_FIELDS, INPUT_FIELDS, {"volume"})
        )
        output = {"voice": self.voice} | volume
        return top | ({"input": inputs} if inputs else {}) | {"output": output}

    def public(self, name: str, *, with_session: bool = True) -> dict[str, Any]:
        """Return what front ends may know; whoever may mint needs the session too."""
        stored = self.agent_id is not None
        return {
            "name": name,
            "title": self.title or name.replace("-", " ").replace("_", " ").capitalize(),
            "description": self.description,
            "session": self.session() if with_session else None,
            "voices": [] if stored else list(dict.fromkeys([self.voice, *self.voices])),
            "editable": list(dict.fromkeys(self.editable)),
            "idle_seconds": self.idle_seconds,
        }


class Agents(_Strict):
    """All configured agents, and what a page says beside them.

    `default` is the name of the one that a page starts with, `price_per_hour_usd` what callers are
    told that an hour costs, `voice_samples` where a recording of a voice is.
    """

    default: str = ""
    notice: str = Field(default="", max_length=500)
    price_per_hour_usd: float | None = Field(default=None, ge=0, le=1000, allow_inf_nan=False)
    voice_samples: dict[Voice, Sample] = {}
    agents: dict[str, Agent] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name in self.agents:
            if not NAME.fullmatch(name):
                raise ValueError("agents are named with a-z, 0-9, - and _")
        if self.default and self.default not in self.agents:
            raise ValueError(f"default must be one of {', '.join(self.agents)}")
        return self

    @property
    def sample_origins(self) -> list[str]:
        """Where pages may play samples from, besides the service's own origin."""
        places = map(urlsplit, self.voice_samples.values())
        origins = (normalise_origin(f"{p.scheme}://{p.netloc}") for p in places if p.netloc)
        return sorted(set(origins))

    def public(self, *, with_sessions: bool = True, takes_feedback: bool = False) -> dict[str, Any]:
        """Return the answer of `GET /api/agents`, for whoever may mint or for strangers."""
        return {
            "price_per_hour_usd": self.price_per_hour_usd,
            "feedback": takes_feedback,
            "voice_samples": self.voice_samples,
            "default": self.default or next(iter(self.agents)),
            "agents": [
                agent.public(name, with_session=with_sessions)
                for name, agent in self.agents.items()
            ],
        }


def former_voices(agents: Agents) -> Iterator[str]:
    """Yield a sentence for each agent whose voice the agent service had and has no more."""
    tags = catalogue("current")
    for name, agent in agents.agents.items():
        tag = catalogue("quickstart").get(agent.voice)
        if tag is None:
            continue
        alike = [voice for voice in tags if tags[voice][:2] == tag[:2]]
        same_accent = [voice for voice in alike if tags[voice] == tag]
        nearest = next(iter(same_accent + alike), "none of them")
        yield (
            f"Agent {name}: the agent service has no voice {agent.voice} any more; "
            f"the nearest in the same language ({tag[:2]}) is {nearest}."
        )


def load_agents(settings: Settings) -> Agents:
    """Return the agents of the operator's file, or of ours.

    Raises:
        ConfigurationError: One sentence for each thing that is wrong.
    """
    path = settings.agents_file or DEFAULT_FILE
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(
            f"VOICEGATE_AGENTS_FILE names {path}, which cannot be read: {error.strerror}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.") from None
    try:
        found = Agents.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(*_sentences(path, error)) from None
    filled = {"idle_seconds": settings.idle_seconds}
    agents = {
        name: agent.model_copy(update=filled) if agent.idle_seconds is None else agent
        for name, agent in found.agents.items()
    }
    return found.model_copy(update={"agents": agents})


def _sentences(where: Path, error: ValidationError) -> list[str]:
    sentences = []
    for entry in error.errors(include_url=False):
        place = ".".join(str(part) for part in entry["loc"])
        message = in_words(entry)
        if entry["type"] == "extra_forbidden":
            models: dict[int, type[_Strict]] = {1: Agents, 3: Agent}
            model = models.get(len(entry["loc"]), TurnDetection)
            meant = closest(str(entry["loc"][-1]), model.model_fields)
            message = "there is no such field" + (f"; {meant} is probably meant" if meant else "")
        sentences.append(f"{where}: {place + ': ' if place else ''}{message}.")
    return sentences
