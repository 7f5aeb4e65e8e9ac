"""What a caller may ask of a token, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.access.caller import Caller
    from app.upstream.responses import MintedToken
    from app.usage.quota import Quota
    from app.usage.rate_limit_headers import LimitState
    from app.usage.receipts import Receipts

# The one route that costs money: whoever guards, counts or serves it means this.
MINT_PATH: Final = "/api/voice-token"


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
    """What one caller gets, once: the token, its bounds, and where it must be used.

    `receipt` names what was granted, so that what is not used of it can be given back.
    """

    token: str = field(repr=False)
    expires_in_seconds: int
    max_session_duration_seconds: int
    ws_url: str
    receipt: str


class TokenService:
    """Mints a fresh token for each call, if what it may cost is granted; keeps none.

    Args:
        source: Mints.
        ws_url: Where its tokens are used.
        quota: Grants what a token may use, before it is minted.
        receipts: Writes the receipt of a grant.
    """

    def __init__(
        self, source: TokenSource, ws_url: str, *, quota: Quota, receipts: Receipts
    ) -> None:
        self._source = source
        self._ws_url = ws_url
        self._quota = quota
        self._receipts = receipts

    async def mint(
        self,
        caller: Caller,
        *,
        expires_in_seconds: int,
        max_session_duration_seconds: int,
        note: Callable[[tuple[LimitState, ...]], None] = lambda _: None,
    ) -> VoiceToken:
        """Return a token for values that the policy allows.

        The upstream may shorten the time to redeem it; it is never reported longer than asked.

        Args:
            caller: Who asks, and is granted it.
            expires_in_seconds: In which the token must open a session.
            max_session_duration_seconds: After which that session ends.
            note: Is told how the caller's limits stand, also when the upstream gives no token.

        Raises:
            RateLimitedError: The caller asks too often.
            QuotaExhaustedError: The day's minutes are used up, or too many sessions are open.
            StoppedError: What is granted cannot be counted now.
            UpstreamError: The upstream refused, failed or talked nonsense.
            OverloadedError: Too many are asking already.
        """
        grant, states = await self._quota.take(
            caller,
            max_session_duration_seconds=max_session_duration_seconds,
            expires_in_seconds=expires_in_seconds,
        )
        note(states)
        try:
            minted = await self._source.mint(
                expires_in_seconds=expires_in_seconds,
                max_session_duration_seconds=max_session_duration_seconds,
            )
        except BaseException:
            # Also when the request is cancelled: nobody has this token.
            await self._quota.cancel(grant)
            raise
        return VoiceToken(
            token=minted.token,
            expires_in_seconds=min(minted.expires_in_seconds, expires_in_seconds),
            max_session_duration_seconds=max_session_duration_seconds,
            ws_url=self._ws_url,
            receipt=self._receipts.write(grant.grant_id),
        )
