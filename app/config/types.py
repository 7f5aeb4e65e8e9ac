"""The kinds of values that settings have, each with a sentence for what is not one."""

import json
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from app.config.origins import listed_origin, normalise_origin


def split(value: Any) -> Any:
    """Turn `a, b` into its parts; anything but text passes through."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect to an address or name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    sentence = "must hold addresses or networks, separated by commas, such as 10.0.0.0/8,127.0.0.1"
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(sentence) from None
    if "/" in value and ip_interface(value).ip != network.network_address:
        raise ValueError(f"{sentence}; the network of {value} is written {network}")
    return network


def _base_url(*schemes: str, path: str, sentence: str) -> AfterValidator:
    """Return a check of a URL, down to what may stand in a Content-Security-Policy."""

    def check(value: str) -> str:
        text = value.strip()
        try:
            parts = urlsplit(text)
            origin = normalise_origin(f"{parts.scheme}://{parts.netloc}")
        except ValueError:
            raise ValueError(sentence) from None
        extra = parts.path.rstrip("/")
        is_bare = "?" not in text and "#" not in text
        if parts.scheme not in schemes or not is_bare or not re.fullmatch(path, extra):
            raise ValueError(sentence)
        return origin + extra

    return AfterValidator(check)


def _hidden(pattern: str, sentence: str) -> AfterValidator:
    """Return a check of a secret, whose ends are stripped; the sentence does not repeat it."""

    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not re.fullmatch(pattern, text, re.DOTALL):
            raise ValueError(sentence)
        return SecretStr(text)

    return AfterValidator(check)


def _jwt_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    is_good = _is_private(text) if is_url(text) else len(text) >= MIN_SECRET_CHARACTERS
    if not is_good:
        raise ValueError(
            "must be a key of at least 32 characters, or the https:// address of public keys "
            "(http:// on this machine only)"
        )
    return SecretStr(text)


def _redis_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    sentinels = SENTINEL_URL.fullmatch(text)
    urls = [f"redis://{place}" for place in sentinels["hosts"].split(",")] if sentinels else [text]
    if not all(map(_is_redis, urls)):
        raise ValueError(
            "must be redis://[:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS, or "
            "redis+sentinel://[:PASSWORD@]HOST[:PORT],HOST[:PORT]/SERVICE[/DATABASE], with a "
            "number for DATABASE; in a password / ? # and @ are written %2F %3F %23 and %40"
        )
    return SecretStr(text)


def _is_redis(url: str) -> bool:
    from redis.asyncio import ConnectionPool  # noqa: PLC0415 - only for whoever uses Redis
    from redis.exceptions import RedisError  # noqa: PLC0415

    try:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname or parts.port == 0:
            return False
        if not re.fullmatch(r"/?|/\d+/?", parts.path):  # the library takes the first database
            return False
        # It opens none, but reads the options.
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, RedisError):
        return False  # the error may tell a part of a password
    return True


def is_url(text: str) -> bool:
    """Tell whether this is where keys are, and no key."""
    return text.startswith(("https://", "http://"))


def _is_private(url: str) -> bool:
    """Tell whether a URL can be used, and nobody reads along: by TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        # Either takes what the other refuses; requests are made with the second.
        port, host = parts.port, httpx.URL(url).host
    except (ValueError, httpx.InvalidURL):
        return False
    return bool(host) and port != 0 and (parts.scheme == "https" or is_loopback(host))


def _token_service(value: str) -> str:
    name, _, access = value.strip().partition(" ")
    if (name == "general" and read_json(access)) or (name, access) == ("agents", ""):
        return value.strip()
    raise ValueError(
        "must be agents, or general and after a space what tokens are narrowed to: a JSON object "
        "or array that is not empty"
    )


def read_json(text: str) -> Any:
    """Return the value of an object or array in JSON; None for anything else."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")  # which Python reads and writes


def _feedback_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if text != LOG and not (is_url(text) and text.isascii() and _is_private(text)):
        raise ValueError("must be log, or an https:// address (http:// on this machine only)")
    return SecretStr(text)


Origins = Annotated[
    tuple[Annotated[str, AfterValidator(listed_origin)], ...], NoDecode, BeforeValidator(split)
]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...],
    NoDecode,
    BeforeValidator(split),
]
_PLACE = r"([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?"
SENTINEL_URL = re.compile(
    r"(?P<scheme>rediss?)\+sentinel://"
    r"((?P<username>[^:@/?#]*):(?P<password>[^@/?#]*)@)?"
    rf"(?P<hosts>{_PLACE}(,{_PLACE})*)"
    r"/(?P<service>[\w.-]+)(/(?P<database>\d+))?"
    r"(\?sentinel_password=(?P<sentinel_password>[^&#]+))?"
)
# Source: RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
MIN_SECRET_CHARACTERS = 32
Secret = Annotated[SecretStr, _hidden(r".{32,}", "must have at least 32 characters")]
# Where feedback goes that goes nowhere else.
LOG = "log"
# A secret, as addresses that take messages often hold one.
FeedbackUrl = Annotated[SecretStr, AfterValidator(_feedback_url)]
JwtKey = Annotated[SecretStr, AfterValidator(_jwt_key)]
_CODE = _hidden(
    r"[\x21-\x7e]{8,128}", "must hold codes of 8 to 128 visible ASCII characters without spaces"
)
Codes = Annotated[tuple[Annotated[SecretStr, _CODE], ...], NoDecode, BeforeValidator(split)]
# 0 takes the limit away.
Limit = Annotated[int, Field(ge=0, le=10_000_000)]
IdleSeconds = Annotated[int, Field(ge=0, le=86_400)]
# It becomes a header's value: anything else would be refused far from here, or be unsafe.
_WORD = _hidden(r"[\x21-\x7e]{1,512}", "must be one word of at most 512 visible ASCII characters")
ApiKeys = Annotated[tuple[Annotated[SecretStr, _WORD], ...], NoDecode, BeforeValidator(split)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
_UPSTREAM = _base_url(
    "https", "http", path="", sentence="must be https://HOST[:PORT] without path or query"
)
UpstreamUrl = Annotated[str, _UPSTREAM]
_SOCKET = _base_url(
    *("wss", "ws"),
    path=r"(/[A-Za-z0-9._~-]+)*",
    sentence="must be wss://HOST[:PORT]/PATH without query",
)
WsUrl = Annotated[str, _SOCKET]
TokenServiceName = Annotated[str, AfterValidator(_token_service)]
# Words may be written in capitals too.
LowerCase = BeforeValidator(str.lower)
