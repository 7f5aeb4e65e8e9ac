# ruff: noqa: INP001 (a script of the benchmark, not a module of a package)
"""A TCP relay on loopback that can make its connections half-open, as a lost network does.

On the line "swallow" from its parent it has the kernel drop every packet that still arrives on
the connections there are: nothing is acknowledged, nothing is closed, and only the sender's own
kernel knows. Connections made later are sound. It ends when its standard input does.

Needs no privileges: a socket filter of one instruction drops everything. Source: Linux,
socket(7), SO_ATTACH_FILTER. Segments are 1,448 bytes, as on Ethernet: the sender's buffers grow
with their size, and loopback's 64 kB would hide a minute of audio in them.
"""

import asyncio
import ctypes
import socket
import struct
import sys
import time
from contextlib import suppress

SO_ATTACH_FILTER = 26
SEGMENT_BYTES = 1_448
RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET: keep 0 bytes of the packet


class Relay:
    """Every connection to it is carried on to `target_port`.

    Args:
        target_port: On loopback.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._sound: set[asyncio.StreamWriter] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways until either side closes it."""
        self._sound.add(writer)
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._target_port)
        ways = [
            asyncio.create_task(self._copy(reader, onward, writer)),
            asyncio.create_task(self._copy(onward_reader, writer, writer)),
        ]
        with suppress(asyncio.CancelledError):  # the program ends
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        self._sound.discard(writer)
        onward.close()
        writer.close()

    def swallow(self) -> None:
        """From now on nothing that is sent on the present connections arrives, either way."""
        instruction = ctypes.create_string_buffer(RETURN_NOTHING, len(RETURN_NOTHING))
        program = struct.pack("HL", 1, ctypes.addressof(instruction))
        for writer in self._sound:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        self._sound.clear()

    async def _copy(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
    ) -> None:
        while data := await source.read(65_536):
            if client in self._sound:
                target.write(data)


async def main() -> None:
    """Relay until standard input ends."""
    relay = Relay(int(sys.argv[1]))
    listener = socket.socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(relay.carry, sock=listener)
    print(listener.getsockname()[1], flush=True)
    async with server:
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip() == "swallow":
                relay.swallow()
                print(round(time.time() * 1000), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
