"""Bounds on what a connection may send, on how long it may take, and on how many there are.

uvicorn waits for a request's head for ever, takes one of any length, keeps a connection whose
caller reads nothing, and takes connections until no descriptor is left.
"""

import asyncio
import logging
import re
import sys
import time
from collections import Counter, OrderedDict, defaultdict
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.access.credentials import address_bucket
from app.errors import UnreadError
from app.observability.metrics import OTHER, Metrics
from app.web.middleware.request_context import HEADER, new_request_id
from app.web.middleware.security_headers import BARE
from app.web.problem_details import problem_response

# Of a head; of a body too, the longest of which that any route reads is a webhook's.
MAX_BYTES: Final = 32 * 1024
# For a head from its first byte, and for what is left of a body once its request was answered.
REQUEST_SECONDS: Final = 10
# For a caller to read anything of what waits for it.
STALL_SECONDS: Final = 30
# Closing on bytes that are still coming resets the connection, and the caller never reads why.
LINGER_SECONDS: Final = 1
SWEEP_SECONDS: Final = 1
# What was accepted at most, as far as descriptors allow; each takes some 30 KiB.
MOST: Final = 10_000
# Of these one address may have one in so many, unless it may be a proxy's.
SHARES: Final = 4
DETAILS: Final = {
    HTTPStatus.BAD_REQUEST: "The request is not HTTP.",
    HTTPStatus.NOT_IMPLEMENTED: "The service does not know this method.",
    HTTPStatus.REQUEST_TIMEOUT: f"The request's head took more than {REQUEST_SECONDS} s.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The request's body has more than {MAX_BYTES:,} bytes.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"The request's head has more than {MAX_BYTES:,} bytes."
    ),
}
# The parser takes what is no HTTP for a method that it does not know.
REQUEST_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~\w-]+ \S+ HTTP/1\.[01]\r?\n", re.ASCII)
UNKNOWN_METHOD: Final = "Invalid method"
# Of the requests that one line of the log counts.
MAX_NAMED: Final = 5

# Ordered, and whose first is had at once, which a dict's is not after many removals.
Queue = OrderedDict["Connection", None]

logger = logging.getLogger("voicegate.connections")
silent = logging.getLogger("voicegate.silent")
silent.disabled = True


class Connections:
    """Makes the protocols of connections, and looks at all that are open.

    Args:
        metrics: Told of what no route sees.
        most: How many may be open; for one more, that which has been idle longest is closed.
        most_of_one: How many of these one address may have; for one more, likewise one of its own.
    """

    def __init__(self, metrics: Metrics, most: int, most_of_one: int) -> None:
        self._metrics = metrics
        self._most = most
        self._most_of_one = most_of_one
        self._counts: Counter[str] = Counter()
        # Those that may be idle, the longest first, and likewise by address.
        self._idle = Queue()
        self._idle_of: defaultdict[str, Queue] = defaultdict(Queue)
        self._refused = self._closed = 0
        self._named: list[str] = []
        self._is_sweeping = False

    def protocol(self, **options: Any) -> "Connection":
        """Return the protocol of one connection; uvicorn calls it as it would call its own."""
        return Connection(self, **options)

    def add(self, connection: "Connection") -> None:
        """Count one that was opened, and make room for it where there are too many."""
        opened, address = connection.connections, connection.address
        self._counts[address] += 1
        self.rest(connection)
        if self._counts[address] > self._most_of_one:
            self._make_room(self._idle_of[address])
        elif len(opened) > self._most:
            self._make_room(self._idle)
        self._watch(opened)

    def rest(self, connection: "Connection") -> None:
        """Count one as idle from now on, unless it ended before its answer did."""
        if connection not in connection.connections:
            return
        for queue in (self._idle, self._idle_of[connection.address]):
            queue[connection] = None
            queue.move_to_end(connection)

    def remove(self, connection: "Connection") -> None:
        """Count one that was closed."""
        address = connection.address
        for queue in (self._idle, self._idle_of[address]):
            queue.pop(connection, None)
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address], self._idle_of[address]

    def count_refusal(self, status: HTTPStatus, seconds: float, request_id: str) -> None:
        """Count what no route will ever see."""
        self._refused += 1
        if len(self._named) < MAX_NAMED:
            self._named.append(request_id)
        self._metrics.request(OTHER, OTHER, status, seconds)

    def _make_room(self, queue: Queue) -> None:
        """Close the one that has been idle longest; a busy one leaves, and comes back by `rest`."""
        while queue:
            connection, _ = queue.popitem(last=False)
            if connection.is_idle:
                connection.abort()
                self._closed += 1
                self._metrics.connections_closed.inc()
                return

    def _watch(self, opened: "set[Connection]") -> None:
        """Look at uvicorn's set every `SWEEP_SECONDS` until it is empty."""
        if not self._is_sweeping:
            self._is_sweeping = True
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep, opened)

    def _sweep(self, opened: "set[Connection]") -> None:
        now = time.monotonic()
        for connection in list(opened):
            if isinstance(connection, Connection):  # and not the call of a demo
                connection.check(now)
        if self._refused:
            # One line for all of a second: a flood must not become a flood of lines.
            what = "that were too long, too slow or no HTTP"
            logger.warning(
                "refused %d requests %s: %s", self._refused, what, ", ".join(self._named)
            )
            self._refused = 0
            self._named.clear()
        if self._closed:
            logger.warning("closed %d idle connections to make room for new ones", self._closed)
            self._closed = 0
        self._is_sweeping = False
        if opened:
            self._watch(opened)


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """One connection, as long as it is in bounds."""

    def __init__(self, watcher: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._watcher = watcher
        self.since = self._unsent_since = time.monotonic()
        self._bytes = self._unsent = 0
        self._latest = b""
        self._is_refused = False
        # uvicorn's own lines, one for each request that it cannot read, say no more than ours.
        self.logger = silent

    @property
    def is_idle(self) -> bool:
        """Whether it is open, and nothing was asked that is not answered."""
        return not (self._is_answering or self._transport.is_closing())

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what uvicorn cannot read in our way, and count it."""
        del msg
        is_method = UNKNOWN_METHOD in str(sys.exception()) and REQUEST_LINE.match(self._latest)
        self._refuse(HTTPStatus.NOT_IMPLEMENTED if is_method else HTTPStatus.BAD_REQUEST)

    @property
    def _is_answering(self) -> bool:
        """Whether a head came whole, and its answer did not yet: the service may take its time."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the first head."""
        self._transport = transport
        super().connection_made(JoinedWrites(transport))
        self.address = address_bucket(self.client[0] if self.client else None)
        self._watcher.add(self)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Let a call of a demo go on by itself: whoever is bounded here answers requests."""
        self._watcher.remove(self)
        self.transport = self._transport
        super().handle_websocket_upgrade(*event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the bounds that it is gone."""
        self._watcher.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless head or body grow too long."""
        if self._is_refused:
            return
        if not self._bytes:
            self.since = time.monotonic()
        left = MAX_BYTES - self._bytes
        self._bytes += len(data)
        if self._bytes <= MAX_BYTES:
            before = self.cycle
            self._latest = data
            super().data_received(data)
            self._latest = b""
            if self.cycle is not before:  # the head is whole, and the body counts for itself
                self._bytes = 0
        elif b"\r\n\r\n" in data[:left]:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_response_complete(self) -> None:
        """Begin to wait for the next head, or for what is left of a body."""
        self._bytes = 0
        self.since = time.monotonic()
        self._watcher.rest(self)
        super().on_response_complete()

    def check(self, now: float) -> None:
        """Close if something takes too long; called every `SWEEP_SECONDS`."""
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent = unsent
            self._unsent_since = now
        seconds = now - self.since
        if unsent and now - self._unsent_since > STALL_SECONDS:
            self._transport.abort()
        elif self._is_refused:
            if seconds > LINGER_SECONDS:
                self._transport.close()
        elif not self._is_answering and seconds > REQUEST_SECONDS:
            if self.cycle is not None and self.cycle.more_body:
                self._transport.close()
            elif self.cycle is None or self._bytes:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        if self._transport.is_closing():
            return
        now = time.monotonic()
        request_id = new_request_id()
        self._watcher.count_refusal(status, now - self.since, request_id)
        self._is_refused = True
        self.since = now
        if self._is_answering:  # half an answer may be out
            self._transport.close()
            return
        answer = problem_response(UnreadError(status, DETAILS[status]), request_id, BARE)
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        fields = [(HEADER, request_id.encode()), *answer.raw_headers]
        head += [name + b": " + value for name, value in fields]
        self._transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self._transport.write_eof()


class JoinedWrites:
    """A transport whose writes of one turn of the loop leave as one packet.

    uvicorn writes the head of an answer and its body apart; to wake a caller for the head alone
    costs both sides a system call more (measured).
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._call_soon = asyncio.get_running_loop().call_soon
        self._parts: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Take a part of what this turn sends."""
        if not self._parts:
            self._call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what was taken, and close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Send what can be sent at once of what was taken, and close."""
        self._flush()
        self._transport.abort()

    def _flush(self) -> None:
        if self._parts and not self._transport.is_closing():
            self._transport.writelines(self._parts)
        self._parts.clear()
