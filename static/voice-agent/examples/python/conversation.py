"""One conversation with the agent over its WebSocket, from a fresh token to the end."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import websockets
from gate import Gate
from sound import FileSound, MachineSound

OPEN_SECONDS = 10
READY_SECONDS = 10
GOODBYE_SECONDS = 3
# A file was said, and nobody has said or played anything for so long: the conversation is over.
QUIET_SECONDS = 3.0
MAX_AFTER_SECONDS = 120.0


class TalkError(Exception):
    """Why there is no conversation, or no more, in one sentence."""


class Conversation:
    """Talks until the file is answered, the agent ends it, or the task is cancelled.

    Args:
        sound: Microphone and loudspeaker.
        tell: Called with each line of the conversation.
    """

    def __init__(self, sound: FileSound | MachineSound, tell: Callable[[str], None]) -> None:
        self._sound = sound
        self._tell = tell
        self._session_id = ""
        self._replies = 0  # under way
        self._is_heard = False  # somebody is speaking to the agent
        self._last_moment = 0.0
        self._cut: set[str] = set()
        self._is_greeted = asyncio.Event()

    async def run(self, gate: Gate, session: dict[str, Any]) -> None:
        """Talk.

        Raises:
            GateError: There is no token.
            TalkError: The agent said no, or the line broke.
        """
        token = await asyncio.to_thread(gate.token)
        url = f"{token['ws_url']}?{urlencode({'token': token['token']})}"
        try:
            async with websockets.connect(url, open_timeout=OPEN_SECONDS) as socket:
                await self._talk(socket, session)
        except websockets.ConnectionClosed:
            raise TalkError("The connection to the agent was lost.") from None
        except (OSError, TimeoutError, websockets.WebSocketException):
            raise TalkError("The agent could not be reached.") from None
        finally:
            if self._session_id:
                receipt = token.get("receipt", "")
                await asyncio.to_thread(gate.report_end, self._session_id, receipt)

    async def _talk(self, socket: websockets.ClientConnection, session: dict[str, Any]) -> None:
        await _send(socket, {"type": "session.update", "session": session})
        if not session.get("greeting"):
            self._is_greeted.set()
        async with asyncio.timeout(READY_SECONDS):
            while not self._session_id:
                self._hear(json.loads(await socket.recv()))
        tasks = [
            asyncio.create_task(work)
            for work in (self._listen(socket), self._speak(socket), self._until_answered())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._say_goodbye(socket)
        for task in done:
            task.result()

    async def _speak(self, socket: websockets.ClientConnection) -> None:
        async for frame in self._sound.frames():
            audio = base64.b64encode(frame).decode()
            await _send(socket, {"type": "input.audio", "audio": audio})

    async def _listen(self, socket: websockets.ClientConnection) -> None:
        async for text in socket:
            event = json.loads(text)
            if event.get("type") == "session.ended":
                return
            self._hear(event)
        raise TalkError("The agent has ended the connection.")

    def _hear(self, event: dict[str, Any]) -> None:
        """Do what an event asks for; those that nobody knows mean nothing to us."""
        self._last_moment = asyncio.get_running_loop().time()
        match event.get("type"):
            case "session.ready":
                self._session_id = str(event["session_id"])
            case "session.error" | "error" if not self._session_id:
                raise TalkError(f"The agent refused: {event.get('message', 'no reason given')}")
            case "session.error" | "error":
                self._tell(f"(The agent complains: {event.get('message')})")
            case "input.speech.started":
                self._is_heard = True
            case "input.speech.stopped":
                self._is_heard = False
            case "transcript.user":
                self._tell(f"You:   {event.get('text', '')}")
            case _:
                self._hear_reply(event)

    def _hear_reply(self, event: dict[str, Any]) -> None:
        reply_id = event.get("reply_id", "")
        match event.get("type"):
            case "reply.started":
                self._replies += 1
            case "reply.audio" if reply_id not in self._cut:
                self._sound.playback.add(base64.b64decode(event["data"]))
            case "reply.done":
                self._replies = max(0, self._replies - 1)
                self._is_greeted.set()
                if event.get("status") == "interrupted":
                    self._cut.add(reply_id)
                    self._sound.playback.cut()  # what is queued of it must not sound
            case "transcript.agent":
                was_cut = " (interrupted)" if event.get("interrupted") else ""
                self._tell(f"Agent: {event.get('text', '')}{was_cut}")

    async def _until_answered(self) -> None:
        """Let the file speak after the greeting; return once it is answered and all is quiet."""
        loop = asyncio.get_running_loop()
        await self._is_greeted.wait()
        await self._sound.playback.heard()
        self._sound.may_speak.set()
        await self._sound.has_spoken.wait()
        self._last_moment = spoken_at = loop.time()
        while loop.time() - spoken_at < MAX_AFTER_SECONDS:
            is_busy = self._replies or self._is_heard or not self._sound.playback.is_empty
            if is_busy:
                self._last_moment = loop.time()
            if loop.time() - self._last_moment >= QUIET_SECONDS:
                return
            await asyncio.sleep(0.05)

    async def _say_goodbye(self, socket: websockets.ClientConnection) -> None:
        """End the session on every way out: one that is left open is paid for."""
        with contextlib.suppress(websockets.ConnectionClosed, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await _send(socket, {"type": "session.end"})
                async for text in socket:
                    if json.loads(text).get("type") == "session.ended":
                        return


async def _send(socket: websockets.ClientConnection, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))
