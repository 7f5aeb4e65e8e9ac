"""One answer, read as it comes in: httptools parses, and what it may hold is bounded."""

from __future__ import annotations

import httpx
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD_BYTES = 32 * 1024
_FRAMING = {b"content-length", b"transfer-encoding"}
_FIRST_STATUS, _FIRST_FINAL_STATUS, _SWITCHING_PROTOCOLS = 100, 200, 101


class Answer:
    """What came back for one request; a new one for each, so that nothing is left of the last.

    Attributes:
        status: Of the final answer; 0 until its head is complete.
        headers: As they came.
        body: What came of it and was not taken yet.
        has_begun: Whether any byte came.
        is_complete: Whether all of it came.
        may_follow: Whether the connection can take another request after it.
    """

    __slots__ = (
        *("status", "headers", "body", "has_begun", "is_complete", "may_follow"),
        *("_parser", "_is_framed", "_head_bytes", "_bytes_without_body"),
    )

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.has_begun = self.is_complete = self.may_follow = False
        self._parser = HttpResponseParser(self)
        self._is_framed = False
        self._head_bytes = self._bytes_without_body = 0

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            RemoteProtocolError: It is not HTTP, or its head, its trailers or what stands between
                its chunks is too long.
        """
        self.has_begun = True
        self._bytes_without_body += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self.is_complete:
                raise httpx.RemoteProtocolError("the answer is not HTTP") from None
            self.may_follow = False
        if self._bytes_without_body > MAX_HEAD_BYTES and not self.is_complete:
            raise httpx.RemoteProtocolError("the answer's head is too long")

    def end(self, *, is_clean: bool) -> None:
        """Take the end of the connection; unless it broke, it ends a body that has no other end.

        Raises:
            RemoteProtocolError: The answer had begun, and more was due.
            ReadError: Nothing had come.
        """
        if self.is_complete:
            return
        if not self.has_begun:
            raise httpx.ReadError("the connection ended before an answer")
        if not is_clean or not self.status or self._is_framed:
            raise httpx.RemoteProtocolError("the answer broke off")
        self.is_complete = True

    def take_body(self) -> bytes:
        """Return what came of the body since the last time."""
        taken = bytes(self.body)
        self.body.clear()
        return taken

    # What follows is called by the parser; what is raised there stops it.

    def on_message_begin(self) -> None:
        """Notice a second answer, which nobody asked for."""
        if self.is_complete:
            raise httpx.RemoteProtocolError("two answers to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer's time is over."""
        if self.status:
            return
        self._head_bytes += len(name) + len(value) + len(": \r\n")
        self.headers.append((name, value))
        if name.lower() in _FRAMING:
            self._is_framed = True

    def on_headers_complete(self) -> None:
        """Keep the status, or forget an interim answer, as 103 is one; its bytes still count."""
        status = self._parser.get_status_code()
        if status < _FIRST_STATUS or status == _SWITCHING_PROTOCOLS:
            raise httpx.RemoteProtocolError("a status that was not asked for")
        self._head_bytes += len("HTTP/1.1 200\r\n\r\n")
        if self._head_bytes > MAX_HEAD_BYTES:
            raise httpx.RemoteProtocolError("the answer's head is too long")
        if status < _FIRST_FINAL_STATUS:
            self.headers.clear()
            self._is_framed = False
        else:
            self.status = status

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self.body += data
        self._bytes_without_body = 0

    def on_message_complete(self) -> None:
        """Note the end, unless it is that of an interim answer."""
        if self.status:
            self.is_complete = True
            self.may_follow = self._parser.should_keep_alive()
