"""What a caller may ask of a token, and what it gets."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from app.access.credentials import Caller
from app.access.signing import Signer
from app.config.settings import LONGEST_SESSION_SECONDS
from app.errors import AppError
from app.upstream.client import AgentsClient
from app.usage.quota import Quota
from app.usage.rate_limits import rate_limit_fields

# The one route that costs money: whoever guards, counts or serves it means this.
MINT_PATH: Final = "/api/voice-token"
SERVER_FAILS: Final = 500


@dataclass  # no slots: orjson writes it as fast as a dictionary (measured)
class VoiceTokenAnswer:
    """A fresh token. Use it once, at once, and only at `ws_url`."""

    __pydantic_config__ = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "AQICAHh4Rk...",
                    "expires_in_seconds": 60,
                    "max_session_duration_seconds": 900,
                    "ws_url": "wss://agents.assemblyai.com/v1/ws",
                    "receipt": "IjFkM2Y5...",
                }
            ]
        }
    )

    token: Annotated[str, Field(description="Opaque; percent-encode it into `?token=`.")] = field(
        repr=False
    )
    expires_in_seconds: Annotated[
        int, Field(ge=1, le=600, description="Seconds in which to open a session.")
    ]
    max_session_duration_seconds: Annotated[
        int, Field(ge=60, le=10800, description="Seconds after which the session ends.")
    ]
    ws_url: Annotated[str, Field(description="The WebSocket at which this token is good.")]
    receipt: Annotated[
        str,
        Field(
            description="Opaque; report it when the session is over, or go on with a lost one by "
            "it."
        ),
    ]


class Receipts:
    """Writes what comes with a token and names its grant when the session is over, and reads it.

    A receipt holds the grant's own random name and our signature: nothing of the caller, and no
    time, as the ledger knows how old a grant is.
    """

    def __init__(self, signer: Signer) -> None:
        self._hash = signer.hash

    def write(self, grant_id: str) -> str:
        """Return the receipt of a grant."""
        return f"{grant_id}.{self._hash(f'receipt:{grant_id}')}"

    def read(self, receipt: str) -> str | None:
        """Return the grant that a receipt names; None if we did not write it."""
        grant_id = receipt.partition(".")[0]
        is_ours = hmac.compare_digest(receipt.encode(), self.write(grant_id).encode())
        return grant_id if is_ours else None


class CallerGoneError(Exception):
    """Whoever asked for a token has hung up."""


class TokenService:
    """Mints a fresh token for each call, if what it may cost is granted; keeps none."""

    def __init__(
        self, client: AgentsClient, ws_url: str, *, quota: Quota, receipts: Receipts
    ) -> None:
        self._client = client
        self._ws_url = ws_url
        self._quota = quota
        self._receipts = receipts

    async def mint(
        self,
        caller: Caller,
        *,
        expires_in_seconds: int,
        max_session_duration_seconds: int,
        receipt: str = "",
        is_gone: Callable[[], bool] = lambda: False,
    ) -> tuple[VoiceTokenAnswer, list[tuple[bytes, bytes]]]:
        """Return a token for values that the policy allows, and the answer's fields about limits.

        The upstream may shorten the time to redeem it; it is never reported longer than asked.
        With the receipt of a token before it, it goes on with that one's call and has no more time
        than that has left. A receipt that is forged, another caller's or finished counts for
        nothing.

        Raises:
            AppError: As `Quota.take` and `AgentsClient.mint` raise it.
            CallerGoneError: Nobody is there any more to take the token.
        """
        if not self._client.bounds_sessions:
            # Its session may last as long as any, whatever was asked or is left of a call.
            max_session_duration_seconds, receipt = LONGEST_SESSION_SECONDS, ""
        admitted = await self._quota.take(
            caller,
            max_session_duration_seconds=max_session_duration_seconds,
            expires_in_seconds=expires_in_seconds,
            continues=self._receipts.read(receipt) or "",
        )
        seconds = admitted.grant.granted_seconds
        fields = rate_limit_fields(admitted.states)
        try:
            minted = await self._client.mint(
                expires_in_seconds=expires_in_seconds,
                max_session_duration_seconds=seconds,
            )
            if is_gone():
                raise CallerGoneError  # noqa: TRY301 - undone below like a mint that failed
        except BaseException as error:
            # Also when the request is cancelled: nobody has this token. Only a failure that is not
            # the caller's doing leaves it the right to ask again at once.
            is_failure = isinstance(error, AppError) and error.status >= SERVER_FAILS
            await self._quota.cancel(admitted.grant, admitted.counted if is_failure else ())
            if isinstance(error, AppError):
                error.add_fields(fields)
            raise
        answer = VoiceTokenAnswer(
            token=minted.token,
            expires_in_seconds=min(minted.expires_in_seconds, expires_in_seconds),
            max_session_duration_seconds=seconds,
            ws_url=self._ws_url,
            receipt=self._receipts.write(admitted.grant.grant_id),
        )
        return answer, fields
