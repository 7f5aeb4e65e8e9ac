"""`python -m app --check`: shows what is set, tries what can be tried, and says what is wrong."""

import json
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

import httpx
from pydantic import SecretStr
from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import AuthenticationError, MovedError, NoPermissionError, ReadOnlyError

from app.access.jwks import FETCH_SECONDS, Jwks, UnreadableKeysError
from app.config.agents import former_voices, load_agents
from app.config.messages import NO_KEY
from app.config.risks import risks
from app.config.settings import Settings, variable
from app.config.types import is_url
from app.errors import (
    AccountUnavailableError,
    AppError,
    UpstreamBusyError,
    UpstreamRejectedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
    shorten,
)
from app.observability.logging import causes, chain
from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient, Budget
from app.upstream.transport import CurlTransport, ProxyRefusedError
from app.usage.accounting import Accounting
from app.usage.ledger import StoreDownError
from app.usage.pricing import BASES, cost_sentence
from app.web.kill_switch import KillSwitch

MAX_VALUE_CHARACTERS: Final = 100
# The least there is: what is tried here opens no session.
TRIAL: Final = {"expires_in_seconds": 1, "max_session_duration_seconds": 60}
MODES: Final = {
    "open": "Access: open. Programs may start calls, and pages of this origin and of "
    "VOICEGATE_ALLOWED_ORIGINS.",
    "code": "Access: code. Whoever knows an access code may start calls.",
    "jwt": "Access: jwt. Whoever your login vouches for may start calls.",
}


ANSWERS: Final[dict[type[AppError], str]] = {
    UpstreamRejectedError: "{url} refuses it ({reason}): check ASSEMBLYAI_API_KEY, and that the "
    "key is of this zone.",
    AccountUnavailableError: "{url} does not serve the account ({reason}): look at its balance.",
    UpstreamBusyError: "{url} takes no more now ({reason}): it may be good; try in a minute.",
    UpstreamTimeoutError: "{url} did not answer in time: check the network, firewall and proxy.",
    UpstreamUnreadableError: "{url} gives no token ({reason}): check VOICEGATE_UPSTREAM_URL.",
}
# Why a connection failed, the special before the general.
CAUSES: Final[dict[type[BaseException], str]] = {
    ssl.SSLError: "{url} shows no certificate that is trusted: check the clock; where a proxy "
    "looks into TLS, name its authority's file in VOICEGATE_UPSTREAM_CA_FILE.",
    socket.gaierror: "the name of {first} is not found: check {setting} and the DNS; where only a "
    "proxy leads out, name it in HTTPS_PROXY.",
    OSError: "{first} cannot be reached ({cause}): check {setting}, network and firewall; where "
    "only a proxy leads out, name it in HTTPS_PROXY.",
}
PROXY_ANSWERS: Final = {
    407: "{first} wants another name and password (407): write it as "
    "http://NAME:PASSWORD@HOST:PORT.",
    403: "{first} does not let us through to {url} (403): have it allowed there.",
}
STORE_REFUSALS: Final[dict[type[BaseException], str]] = {
    AuthenticationError: "Redis refuses the password in VOICEGATE_REDIS_URL.",
    MasterNotFoundError: "no sentinel in VOICEGATE_REDIS_URL tells of a primary that is up under "
    "that name: check their addresses, the name, and sentinel_password where they want one.",
    MovedError: "Redis is a cluster, and VOICEGATE_REDIS_URL names a node that does not hold our "
    "keys: name a Redis that stands alone.",
    ReadOnlyError: "VOICEGATE_REDIS_URL names a replica, which writes nothing: name the primary.",
    NoPermissionError: "the user in VOICEGATE_REDIS_URL may not run our script: allow EVALSHA, "
    "SCRIPT LOAD and what they call, on keys that begin with {voicegate}:.",
}
PROXY_ANSWER: Final = "{first} did not get through to {url} ({status}): look into its log."


async def check(
    settings: Settings, say: Callable[[str], None] = print, budget: Budget | None = None
) -> int:
    """Say what the settings are and whether they work; return 0, or 1 if something does not.

    Raises:
        ConfigurationError: An agent is wrong.
    """
    for line in describe(settings):
        say(line)
    agents = load_agents(settings)
    default = agents.public()["default"]
    say(f"Agents: {', '.join(agents.agents)}; a page starts with {default}.")
    say(MODES[settings.access])
    if settings.token_access is None:  # else the general service's tokens bound no session
        say(
            f"Sessions: 60 to {settings.longest_session_seconds} s as the caller asks, "
            f"{settings.default_session_duration_seconds} s if it does not."
        )
    say(cost_sentence(settings))
    for risk in (*risks(settings), *former_voices(agents)):
        say(risk)
    kill_switch = KillSwitch(settings.stop_file)
    await kill_switch.look()
    if kill_switch.is_stopped:
        say(f"{settings.stop_file} is there: nobody gets a token until it is gone.")
    results = [
        *await _try_store(settings),
        *await _try_login(settings),
        *await _try_keys(settings, budget or Budget()),
    ]
    for _, line in results:
        say(line)
    is_good = all(worked for worked, _ in results)
    say("All is well." if is_good else "Something has to be put right.")
    return 0 if is_good else 1


def describe(settings: Settings) -> list[str]:
    """Return one line a setting, as it is in effect; of a secret only whether there is one."""
    return [f"{variable(name)}={_short(getattr(settings, name))}" for name in Settings.model_fields]


def _short(value: Any) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    if parts in {(), (None,)}:
        return "not set"
    if isinstance(parts[0], SecretStr):
        return "set"
    if isinstance(value, bool):
        return str(value).lower()
    # JSON keeps line breaks and control characters out of a terminal.
    return shorten(json.dumps(",".join(map(str, parts)))[1:-1], MAX_VALUE_CHARACTERS)


async def _try_store(settings: Settings) -> list[tuple[bool, str]]:
    """Make the exchange that each mint makes; return whether it worked, and lines on the store."""
    if settings.redis_url is None:
        return [(True, "Store: in this process.")]
    accounting = Accounting(settings, Metrics())
    try:
        take_seconds, cancel_seconds = await accounting.quota.probe()
        risks_of_store = await accounting.store_risks()
    except StoreDownError as error:
        for kind, refusal in STORE_REFUSALS.items():
            if any(isinstance(link, kind) for link in chain(error)):
                return [(False, f"Store: {refusal}")]
        sentence = (
            f"Store: Redis does not answer ({causes(error)}): check VOICEGATE_REDIS_URL. "
            "Without it nobody gets a token."
        )
        return [(False, sentence)]
    finally:
        await accounting.close()
    timed = (
        f"Store: Redis answers; a grant took {take_seconds * 1000:.1f} ms, "
        f"giving it back {cancel_seconds * 1000:.1f} ms."
    )
    return [(True, timed), *((True, f"Store: {sentence}") for sentence in risks_of_store)]


async def _try_login(settings: Settings) -> list[tuple[bool, str]]:
    """Fetch the public keys of the operator's login, if it has some; as `_try_keys`."""
    url = settings.jwt_key.get_secret_value() if settings.jwt_key else ""
    if settings.access != "jwt" or not is_url(url):
        return []
    transport = CurlTransport(
        url,
        ca_file=settings.upstream_ca_file,
        connect_seconds=FETCH_SECONDS,
        read_seconds=FETCH_SECONDS,
    )
    keys = Jwks(url, transport)
    way = f"Way to the login: {transport.route}"
    async with keys.serving():
        try:
            await keys.download()
        except UnreadableKeysError as error:
            return [(False, f"{way}. Its keys cannot be used ({error}): check VOICEGATE_JWT_KEY.")]
        except (httpx.HTTPError, TimeoutError) as error:
            sentence = f"{way}. Its keys cannot be had ({causes(error)}): check VOICEGATE_JWT_KEY"
            return [(False, f"{sentence}, and the way.")]
    return [(True, f"{way}. It publishes keys that can be used.")]


async def _try_keys(settings: Settings, budget: Budget) -> list[tuple[bool, str]]:
    """Mint a token with each key; return whether each step worked, and a line on it."""
    if not settings.assemblyai_api_key:
        return [(False, f"Key: not set. {NO_KEY}")]
    transport = CurlTransport(
        settings.upstream_url,
        ca_file=settings.upstream_ca_file,
        connect_seconds=budget.connect_seconds,
        read_seconds=budget.read_seconds,
    )
    results = [(True, f"Way to {settings.upstream_url}: {transport.route}.")]
    async with transport:
        for what, key in zip(("First", "Spare"), settings.assemblyai_api_key, strict=False):
            client = AgentsClient(
                transport,
                base_url=settings.upstream_url,
                token_url=settings.token_url,
                token_access=settings.token_access,
                api_key=key.get_secret_value(),
                budget=budget,
                metrics=Metrics(),
            )
            problem = ""
            try:
                await client.mint(**TRIAL)
            except AppError as error:
                problem = in_words(error, settings.upstream_url, transport)
            results.append((not problem, f"{what} key: {problem or 'a token was minted.'}"))
            if settings.audit and not problem:
                results.append(await _try_list(client, what))
    return results


async def _try_list(client: AgentsClient, what: str) -> tuple[bool, str]:
    """Read the list of sessions; return whether that worked, and a line on it."""
    try:
        await client.sessions()
    except AppError as error:
        return False, (
            f"{what} key: the list of sessions cannot be read ({error}). "
            f"{BASES['reservations']} Where that is meant, set VOICEGATE_AUDIT=false."
        )
    return True, f"{what} key: the list of sessions can be read. {BASES['list']}"


def in_words(error: AppError, url: str, transport: CurlTransport) -> str:
    """Return a sentence on what went wrong and what to do."""
    links = chain(error)
    refused = next((link.status for link in links if isinstance(link, ProxyRefusedError)), 0)
    causes_of = CAUSES if isinstance(error, UpstreamUnavailableError) else {}
    sentences = [
        *([PROXY_ANSWERS.get(refused, PROXY_ANSWER)] if refused else []),
        *(text for kind, text in causes_of.items() if any(isinstance(e, kind) for e in links)),
        *(text for kind, text in ANSWERS.items() if isinstance(error, kind)),
        "{url} failed ({trail}): try again in a minute.",
    ]
    return sentences[0].format(
        url=url,
        first=transport.route if transport.has_proxy else url,
        setting="it" if transport.has_proxy else "VOICEGATE_UPSTREAM_URL",
        status=refused,
        reason=error,
        trail=causes(error),
        cause=causes(links[-1]),
    )
