"""HTTP/1.1 framing for a proxy: headers from hop to hop, bodies as streams (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

BLOCK_BYTES = 1 << 16
LINE_BYTES_MAX = 1 << 12
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_SIZE = re.compile(rb"[0-9a-fA-F]{1,12}")


class MalformedRequest(Exception):
    """A request whose end cannot be told: to guess would let one request hide another."""


def end_to_end(headers: Message) -> list[tuple[str, str]]:
    """Headers without those that are meant for one hop alone (RFC 9110, 7.6.1)."""
    named = ",".join(headers.get_all("Connection", [])).split(",")
    dropped = HOP_BY_HOP.union(name.strip().lower() for name in named)
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]


def chunk(block: bytes) -> bytes:
    """One chunk of a chunked body; of no bytes, its end."""
    return b"%x\r\n%b\r\n" % (len(block), block)


class RequestBody:
    """A request's body as it comes in, to be passed on block by block."""

    def __init__(self, headers: Message, stream: BufferedIOBase) -> None:
        """MalformedRequest where the two ways to tell a length are at odds or not understood."""
        self._stream = stream
        codings = headers.get_all("Transfer-Encoding", [])
        lengths = set(headers.get_all("Content-Length", []))
        self.is_chunked = bool(codings)
        if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
            raise MalformedRequest("its transfer encoding is not chunked alone")
        if len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
            raise MalformedRequest("its content length is no number")
        self._left = int(lengths.pop()) if lengths else 0
        self.has_begun = False
        self.has_ended = not self.is_chunked and self._left == 0

    def framed(self) -> Iterator[bytes]:
        """The blocks as they go on to the next hop; MalformedRequest when the client breaks off."""
        blocks = self._chunks() if self.is_chunked else self._counted()
        for block in blocks:
            self.has_begun = True
            yield chunk(block) if self.is_chunked else block
        self.has_ended = True
        if self.is_chunked:
            yield chunk(b"")

    def _counted(self) -> Iterator[bytes]:
        while self._left:
            yield self._read(min(self._left, BLOCK_BYTES))

    def _chunks(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            self._left = size
            yield from self._counted()
            if self._line():
                raise MalformedRequest("a chunk is longer than it says")
        while self._line():  # Trailers are for one hop alone.
            continue

    def _chunk_size(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        if not _SIZE.fullmatch(digits):
            raise MalformedRequest("a chunk's size is no number")
        return int(digits, 16)

    def _line(self) -> bytes:
        line = self._stream.readline(LINE_BYTES_MAX)
        if not line.endswith(b"\n"):
            raise MalformedRequest("a line is too long or broken off")
        return line.rstrip(b"\r\n")

    def _read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._left -= len(block)
        if len(block) < size:
            raise MalformedRequest("the client broke off")
        return block
