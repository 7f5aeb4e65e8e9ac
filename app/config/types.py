"""The kinds of values that settings have, each with a sentence for what is not one."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from app.config.origins import listed_origin, normalise_origin

# Source: RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
MIN_SECRET_CHARACTERS = 32


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


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("must name folders that are there")
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


def _secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_SECRET_CHARACTERS:
        raise ValueError(f"must have at least {MIN_SECRET_CHARACTERS} characters")
    return value


def _https_url(value: str) -> str:
    parts = urlsplit(value.strip())
    local = is_loopback(parts.hostname or "")
    if (parts.scheme != "https" and not (parts.scheme == "http" and local)) or not parts.hostname:
        raise ValueError("must be an https:// address (http:// on this machine only)")
    return value.strip()


def _redis_url(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in {"redis", "rediss"}:
        raise ValueError("must be redis://[:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS")
    return value


def _codes(value: Any) -> Any:
    """Turn `a, b` into codes; each of them is a secret."""
    return tuple(map(SecretStr, split(value))) if isinstance(value, str) else value


def _code(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]{8,128}", value.get_secret_value()):
        raise ValueError("must hold codes of 8 to 128 visible ASCII characters without spaces")
    return value


def lower(value: Any) -> Any:
    """Let words be written in capitals too."""
    return value.lower() if isinstance(value, str) else value


Folders = Annotated[
    tuple[Annotated[Path, AfterValidator(_folder)], ...], NoDecode, BeforeValidator(split)
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(listed_origin)], ...], NoDecode, BeforeValidator(split)
]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...],
    NoDecode,
    BeforeValidator(split),
]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Codes = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_code)], ...], NoDecode, BeforeValidator(_codes)
]
# 0 takes the limit away.
Limit = Annotated[int, Field(ge=0, le=10_000_000)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
UpstreamUrl = Annotated[str, AfterValidator(_upstream_url)]
WsUrl = Annotated[str, AfterValidator(_ws_url)]
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
LowerCase = BeforeValidator(lower)
