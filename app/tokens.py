"""What a caller may ask of a token, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.upstream import MintedToken


class TokenSource(Protocol):
    """Whoever can mint: the upstream's client, or a stand-in in a test."""

    async def mint(
        self, *, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> MintedToken:
        """Return a fresh token."""


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """The operator's defaults and ceilings, all in seconds, inside the upstream's own bounds.

    Source: AssemblyAI documentation, `GET /v1/token`, September 2026: a token opens a session
    within 1 to 600 s, and a session lasts 60 to 10800 s.
    """

    default_expires_in_seconds: int = 60
    max_expires_in_seconds: int = 600
    default_session_duration_seconds: int = 900
    max_session_duration_seconds: int = 10800
    min_expires_in_seconds: int = 1
    min_session_duration_seconds: int = 60


@dataclass(frozen=True, slots=True)
class VoiceToken:
    """What one caller gets, once: the token, its bounds, and where it must be used."""

    token: str = field(repr=False)
    expires_in_seconds: int
    max_session_duration_seconds: int
    ws_url: str


class TokenService:
    """Mints a fresh token for each call; keeps none."""

    def __init__(self, source: TokenSource, ws_url: str) -> None:
        self._source = source
        self._ws_url = ws_url

    async def mint(
        self, *, expires_in_seconds: int, max_session_duration_seconds: int
    ) -> VoiceToken:
        """Return a token for values that the policy allows.

        The upstream may shorten the time to redeem it; it is never reported longer than asked.

        Raises:
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        minted = await self._source.mint(
            expires_in_seconds=expires_in_seconds,
            max_session_duration_seconds=max_session_duration_seconds,
        )
        return VoiceToken(
            token=minted.token,
            expires_in_seconds=min(minted.expires_in_seconds, expires_in_seconds),
            max_session_duration_seconds=max_session_duration_seconds,
            ws_url=self._ws_url,
        )
