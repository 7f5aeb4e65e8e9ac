"""Webhooks: a signed POST to whoever subscribed, when a session begins and when it is over.

Source: AssemblyAI documentation, "Webhooks", June 2026. Of a delivery's body we know that an end
has duration and close reason; its form here is ours.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final

import httpx

from app.simulator.errors import invalid
from app.simulator.rest.sessions import SessionRecord

EVENTS: Final = ("session.started", "session.completed")
_SECRET_CHARACTERS: Final = range(32, 257)
_PATIENCE_SECONDS: Final = 10.0
_SUBSCRIPTIONS_LIMIT: Final = 100


class Webhooks:
    """The subscriptions; a delivery that fails is not tried again.

    Args:
        now: the time in seconds since 1970.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._subscriptions: list[dict[str, Any]] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    def subscribe(self, body: Any) -> dict[str, Any]:
        """Return a new subscription, as it is shown: without its secret.

        Raises:
            Problem: it is not well formed, or one too many.
        """
        fields = body if isinstance(body, dict) else {}
        url, events, secret = (fields.get(name) for name in ("url", "events", "secret"))
        if not isinstance(url, str) or not url.startswith(("https://", "http://127.0.0.1:")):
            raise invalid("url", "url must be https, or this machine's")
        if not isinstance(events, list) or not events or not set(EVENTS).issuperset(events):
            raise invalid("events", f"events must be some of: {', '.join(EVENTS)}")
        if not isinstance(secret, str) or len(secret) not in _SECRET_CHARACTERS:
            raise invalid("secret", "secret must have 32 to 256 characters")
        if len(self._subscriptions) >= _SUBSCRIPTIONS_LIMIT:
            raise invalid(None, "Too many subscriptions")
        self._subscriptions.append({"url": url, "events": events, "secret": secret})
        shown = {"id": f"webhook-{len(self._subscriptions)}", "url": url, "events": events}
        return shown | {"enabled": True, "secret_version": 1}

    def tell(self, event: str, record: SessionRecord) -> None:
        """Send an event to those who want it."""
        for each in self._subscriptions:
            if event in each["events"]:
                body = json.dumps({"event": event, "session": record.summary()}).encode()
                delivery = asyncio.create_task(self._deliver(each["url"], each["secret"], body))
                self._deliveries.add(delivery)
                delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, url: str, secret: str, body: bytes) -> None:
        sent_at = int(self._now())
        signature = hmac.new(secret.encode(), b"%d." % sent_at + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-AAI-Signature": f"t={sent_at},v1={signature}",
        }
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            try:
                await client.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                return
