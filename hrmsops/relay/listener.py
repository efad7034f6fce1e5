"""The relay's near end: a port on loopback, each connection to it a WebSocket to the far end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from hrmsops.errors.base import HrmsopsError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

BLOCK_BYTES = 1 << 16
LOOPBACK = "127.0.0.1"

Dial = Callable[[], "ClientConnection"]
"""Opens one WebSocket to the far end; raises HrmsopsError."""


class Listener:
    """Listens from the first moment, and dials when somebody connects.

    TCP and no socket in a folder: libpq speaks TLS with the database over TCP alone. Like the
    Cloud SQL Auth Proxy it lets in whoever is on this machine; the database asks for a password.
    """

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._socket = socket.create_server((LOOPBACK, 0))
        self.trouble: HrmsopsError | None = None
        """Why the last connection was not passed on; None where it was."""
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def close(self) -> None:
        """Accept nobody any more; connections that are open go on until either side ends them."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # Wakes the thread that accepts.
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            far_end = self._dial()
        except HrmsopsError as error:
            self.trouble = error
            client.close()
            return
        self.trouble = None
        threading.Thread(target=_inwards, args=(far_end, client), daemon=True).start()
        _outwards(client, far_end)


def _outwards(client: socket.socket, far_end: ClientConnection) -> None:
    """From here to the database, until the client has said all."""
    from websockets.exceptions import ConnectionClosed

    with contextlib.suppress(OSError, ConnectionClosed):
        while block := client.recv(BLOCK_BYTES):
            far_end.send(block)
    far_end.close()


def _inwards(far_end: ClientConnection, client: socket.socket) -> None:
    """From the database to here, until either end is gone."""
    from websockets.exceptions import ConnectionClosed

    with contextlib.suppress(OSError, ConnectionClosed):
        while True:
            client.sendall(far_end.recv(decode=False))
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    client.close()
