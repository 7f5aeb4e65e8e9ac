"""What is allowed and yet risky: named at start and by `--check`."""

import math
import string
from collections.abc import Iterator
from os.path import isdir  # `Path.is_dir` raises some failures before Python 3.14
from typing import Final
from urllib.parse import urlsplit

from app.config.settings import LONGEST_SESSION_SECONDS, Settings
from app.config.types import is_loopback

# What nobody guesses, at any number of tries that a service can answer.
MIN_CODE_BITS: Final = 64
ALPHABETS: Final = (
    *(string.digits, string.ascii_lowercase, string.ascii_uppercase),
    string.punctuation,
)
# Wider than what one cluster or one site has.
MIN_PREFIX_BITS: Final = {4: 16, 6: 48}


def risks(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each risk; of a code only its place in the list."""
    if settings.access == "open" and settings.is_reachable:
        yield (
            f"Open to all who can reach {settings.host}: VOICEGATE_ACCESS is open, so whoever asks "
            "gets tokens that the account pays for, within the limits; code or jwt lets in only "
            "whom you choose."
        )
    if settings.token_access is not None:
        yield (
            "VOICEGATE_TOKEN_SERVICE is general: a token opens any number of sessions while it is "
            "fresh, and bounds none of them. The day's limit holds for one session a token, of "
            f"{LONGEST_SESSION_SECONDS // 60} minutes; others count once they are listed."
        )
    yield from _of_addresses(settings)
    yield from _of_codes(settings)
    if settings.stop_file is not None and not isdir(settings.stop_file.parent):  # noqa: PTH112
        yield (
            f"VOICEGATE_STOP_FILE is {settings.stop_file}, whose folder is not there: in an "
            "emergency the file cannot be made; make the folder, or name another."
        )
    for network in settings.trusted_proxies:
        if network.prefixlen < MIN_PREFIX_BITS[network.version]:
            yield (
                f"VOICEGATE_TRUSTED_PROXIES holds {network}: whoever is in there can claim any "
                "address and name; list the proxies alone."
            )


def _of_addresses(settings: Settings) -> Iterator[str]:
    if settings.is_reachable and not settings.public_url:
        yield (
            "VOICEGATE_PUBLIC_URL is not set: only requests for localhost or an address are "
            "answered, others get 421; set it to where callers reach the service."
        )
    for origin in settings.public_url if settings.is_reachable else ():
        parts = urlsplit(origin)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield (
                f"VOICEGATE_PUBLIC_URL holds {origin}: browsers let no page that comes by http:// "
                "use the microphone; serve it by https://."
            )


def _of_codes(settings: Settings) -> Iterator[str]:
    if settings.access == "code" and settings.is_reachable and not settings.secret:
        yield (
            "VOICEGATE_SECRET is not set: after each restart visitors must type their access code "
            "again; set it to at least 32 random characters."
        )
    for number, code in enumerate(settings.access_codes, start=1):
        if (bits := code_bits(code.get_secret_value())) < MIN_CODE_BITS:
            yield (
                f"Access code {number} of VOICEGATE_ACCESS_CODES can be guessed: it has at most "
                f"{bits:.0f} bits of chance; make it of 16 random characters or more."
            )


def code_bits(code: str) -> float:
    """Return how many bits of chance a code can have at most, by its length and alphabets."""
    size = sum(len(alphabet) for alphabet in ALPHABETS if set(alphabet) & set(code))
    return len(code) * math.log2(size)
