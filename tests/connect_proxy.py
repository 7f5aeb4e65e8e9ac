"""A proxy on loopback that knows CONNECT and a password, as companies have them."""

import asyncio
import base64
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CREDENTIALS = "ada:pass%40word"
PASSED = b"Proxy-Authorization: Basic " + base64.b64encode(b"ada:pass@word")


class ConnectProxy:
    """Opens a way to any port of loopback.

    Args:
        wants_password: Whether it answers 407 to whoever brings no, or another, name and password.
        status: What it answers instead of opening a way.
    """

    def __init__(self, *, wants_password: bool = False, status: str = "") -> None:
        self.targets: list[str] = []
        """Where callers wanted to go."""
        self.url = ""
        self._wants_password = wants_password
        self._status = status

    async def handle(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ")[1].decode()
        self.targets.append(target)
        status = self._status
        if self._wants_password and PASSED not in head:
            status = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x"
        if status:
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()
            return
        host, _, port = target.rpartition(":")
        there, back = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def connect_proxy(
    *, wants_password: bool = False, status: str = ""
) -> AsyncIterator[ConnectProxy]:
    """Run one until the end of the block."""
    proxy = ConnectProxy(wants_password=wants_password, status=status)
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
