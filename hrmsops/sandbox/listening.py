"""A server that costs nothing while nobody calls, and still closes at once."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer

from hrmsops.postgres.ports import LOOPBACK

_LOOK_SECONDS = 3600.0
_TRY_SECONDS = 0.1


class Listening(ThreadingHTTPServer):
    """HTTP/1.1 on loopback, a thread a connection.

    `serve_forever` wakes up each time its poll interval has passed, to see whether it is to end;
    with dozens of them that alone keeps a small machine busy. Here a call of our own wakes it.
    """

    daemon_threads = True
    # More callers at once would wait a second for their handshake to be tried again.
    request_queue_size = 128

    def serve_forever(self, poll_interval: float = _LOOK_SECONDS) -> None:
        """Until `shutdown`."""
        super().serve_forever(poll_interval)

    def shutdown(self) -> None:
        """End `serve_forever`; returns when it has."""
        ending = threading.Thread(target=super().shutdown)
        ending.start()
        while ending.is_alive():
            with suppress(OSError):
                socket.create_connection((LOOPBACK, self.server_port), _TRY_SECONDS).close()
            ending.join(_TRY_SECONDS)
