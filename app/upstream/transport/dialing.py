"""From a host's name to a connection: the first of its addresses that takes one, then TLS."""

from __future__ import annotations

import asyncio
import socket
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import httpx

from app.upstream.transport.connection import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

# How long one address is tried before the next one is tried beside it; RFC 8305, section 8.
HEAD_START_SECONDS = 0.25

AddressInfo = tuple[Any, Any, int, str, Any]


async def connect(
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    seconds: float | None,
    on_lost: Callable[[Connection], None],
) -> Connection:
    """Open a connection; the time covers looking up the name, TCP and TLS.

    Raises:
        ConnectError: The name is not known, nobody listens, or the certificate is not right.
        ConnectTimeout: It took too long.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            line = await _dial(host, port)
            try:
                _, connection = await loop.create_connection(
                    lambda: Connection(on_lost),
                    sock=line,
                    ssl=context,
                    server_hostname=host if context else None,
                )
            except BaseException:
                line.close()
                raise
    except TimeoutError as cause:
        raise httpx.ConnectTimeout("no connection in time") from cause
    except (OSError, UnicodeError) as cause:
        raise httpx.ConnectError("no connection") from cause
    return connection


async def _dial(host: str, port: int) -> socket.socket:
    """Return a connected socket.

    Raises:
        OSError: The name is not known, or no address takes a connection.
    """
    loop = asyncio.get_running_loop()
    addresses = _by_turns(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    if len(addresses) == 1:
        return await _connect(addresses[0])
    attempts: list[asyncio.Task[socket.socket]] = []
    winner = None
    try:
        winner = await _race(addresses, attempts)
        return winner.result()
    finally:
        for attempt in attempts:
            if attempt is not winner:
                attempt.cancel()
                attempt.add_done_callback(_hang_up)


async def _race(
    addresses: list[AddressInfo], attempts: list[asyncio.Task[socket.socket]]
) -> asyncio.Task[socket.socket]:
    """Return the first attempt that succeeded, or the last one if all failed."""
    pending: set[asyncio.Task[socket.socket]] = set()
    while True:
        if len(attempts) < len(addresses):
            attempts.append(asyncio.create_task(_connect(addresses[len(attempts)])))
            pending.add(attempts[-1])
        is_last = len(attempts) == len(addresses)
        done, pending = await asyncio.wait(
            pending,
            timeout=None if is_last else HEAD_START_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        for attempt in done:
            if attempt.exception() is None or (is_last and not pending):
                return attempt


async def _connect(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, where = address
    connecting = socket.socket(family, kind, protocol)
    try:
        connecting.setblocking(False)  # noqa: FBT003 - the standard library's signature
        await asyncio.get_running_loop().sock_connect(connecting, where)
    except BaseException:
        connecting.close()
        raise
    return connecting


def _by_turns(addresses: list[AddressInfo]) -> list[AddressInfo]:
    """Return IPv6 and IPv4 by turns, beginning with the system's choice; RFC 8305, section 4."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    return [address for address in chain(*zip_longest(first, others)) if address]


def _hang_up(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
