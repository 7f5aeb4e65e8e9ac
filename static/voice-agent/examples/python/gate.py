"""What Voicegate is asked over HTTP: the operator's agents, a token, and a session's end."""

import contextlib
import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 15


class GateError(Exception):
    """Something that a person can be told in one sentence."""


class Gate:
    """A Voicegate.

    Args:
        url: Where it is, such as `https://gate.example`.
        credential: An access code, or a token of the operator's login.
    """

    def __init__(self, url: str, credential: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {credential}"} if credential else {}

    def agent_session(self, name: str | None) -> dict[str, Any]:
        """Return the `session` of an agent that the operator offers; of the default one."""
        offered = self._ask("GET", "/api/agents")
        sought = name or offered["default"]
        for agent in offered["agents"]:
            if agent["name"] == sought:
                # None for whoever may not mint, which is told when a token is asked for.
                return dict(agent["session"] or {})
        names = ", ".join(agent["name"] for agent in offered["agents"])
        raise GateError(f"There is no agent {sought!r} here; there are: {names}.")

    def token(self) -> dict[str, Any]:
        """Return a fresh token; it opens one session, and only at its `ws_url`."""
        return self._ask("GET", "/api/voice-token")

    def report_end(self, session_id: str, receipt: str) -> None:
        """Give back the time that the session did not use; nobody is told if that fails."""
        body = {"session_id": session_id, "receipt": receipt}
        with contextlib.suppress(GateError):
            self._ask("POST", "/api/session-ends", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._url.startswith(("http://", "https://")):
            raise GateError(f"{self._url} is no address: it must begin with https:// or http://.")
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if data else {})
        try:
            request = Request(self._url + path, data, headers, method=method)  # noqa: S310 - http(s)
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                answer = json.load(response)
        except HTTPError as error:
            raise GateError(_refusal(error)) from None
        except (OSError, URLError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise GateError(f"Voicegate cannot be reached at {self._url}: {reason}.") from None
        except ValueError:
            raise GateError(f"What answers at {self._url} is no Voicegate.") from None
        if not isinstance(answer, dict):
            raise GateError(f"What answers at {self._url} is no Voicegate.")
        return answer


def _refusal(error: HTTPError) -> str:
    """Return the sentence of a problem document (RFC 9457), and what helps against it."""
    try:
        problem = json.load(error)
    except ValueError:
        problem = {}
    problem = problem if isinstance(problem, dict) else {}
    sentence = str(problem.get("detail") or f"Voicegate answered with status {error.code}.")
    if problem.get("code") in {"forbidden", "unauthenticated"}:
        sentence += " Give an access code or a token of its login with --access."
    if wait := error.headers.get("Retry-After"):
        sentence += f" Try again in {wait} seconds."
    return sentence
