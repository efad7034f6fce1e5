"""The ingress's side towards a revision's process: one request sent, one reply begun."""

from __future__ import annotations

import http.client
import select
import threading
import time
from collections.abc import Iterable

IDLE_SECONDS_MAX = 1.0
"""Less than any server's own keep-alive, so that it is we who close."""


class BackendConnection(http.client.HTTPConnection):
    """A connection to a revision's process that knows whether it can be used once more."""

    idle_since: float = 0.0

    def is_fresh(self) -> bool:
        """Whether it has been idle for a moment only, and the other side has not closed it."""
        if self.sock is None or time.monotonic() - self.idle_since > IDLE_SECONDS_MAX:
            return False
        readable = select.poll()
        readable.register(self.sock, select.POLLIN)
        return not readable.poll(0)

    def exchange(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: Iterable[bytes],
    ) -> http.client.HTTPResponse:
        """Send the request block by block, and return the reply with its body still to be read.

        `body` yields bytes as they go on the wire, framed already. A server may answer before it
        has read everything and close: then its answer counts.
        """
        self.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            self.putheader(name, value)
        blocks = iter(body)
        try:
            self.endheaders(next(blocks, b""))  # In one packet with the head.
            for block in blocks:
                self.send(block)
        except (BrokenPipeError, ConnectionResetError):
            if self.sock is None:
                raise
        return self.getresponse()


class BackendConnections:
    """Idle connections by port; safe to use from many threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[BackendConnection]] = {}
        self._lock = threading.Lock()

    def take(self, address: tuple[str, int], *, timeout_seconds: float) -> BackendConnection:
        """The connection that was used last, else a new one; OSError where nobody listens."""
        with self._lock:
            idle = self._idle.get(address, [])
            while idle:
                connection = idle.pop()
                if connection.is_fresh():
                    return connection
                connection.close()
        connection = BackendConnection(*address, timeout=timeout_seconds)
        connection.connect()  # It sets TCP_NODELAY.
        return connection

    def give_back(self, connection: BackendConnection) -> None:
        """Keep a connection whose reply was read to its end, and close those idle for too long."""
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault((connection.host, connection.port), []).append(connection)
            for idle in self._idle.values():
                while idle and connection.idle_since - idle[0].idle_since > IDLE_SECONDS_MAX:
                    idle.pop(0).close()

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            for connection in [each for idle in self._idle.values() for each in idle]:
                connection.close()
            self._idle.clear()
