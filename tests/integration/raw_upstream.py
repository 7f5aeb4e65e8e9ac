"""An upstream made of plain sockets, for what no HTTP library would ever send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


# The service reads the list of sessions when it likes: what a test does to requests is for mints.
NO_SESSIONS = answer(b'{"sessions":[]}')


class RawUpstream:
    """A listening socket; `requests` holds the head of every request but those for the list."""

    def __init__(self, behave: Behaviour, sessions: bytes = NO_SESSIONS) -> None:
        self._behave = behave
        self._sessions = sessions
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests, one after the other, and do to each what the test wants."""
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET /v1/sessions?"):
                    writer.write(self._sessions)
                    continue
                self.requests.append(head)
                await self._behave(reader, writer, len(self.requests))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_upstream(
    behave: Behaviour, sessions: bytes = NO_SESSIONS
) -> AsyncIterator[RawUpstream]:
    """Listen on a free loopback port.

    Args:
        behave: Called with the reader, the writer and the number of the request, from 1.
        sessions: What the list of sessions is answered with.
    """
    upstream = RawUpstream(behave, sessions)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(upstream.handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # A crowd connects at once, and a connection that is not taken is tried again a second later.
    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
