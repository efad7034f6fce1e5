"""A relay between a client and a server that greets as a connection pooler does."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_KEY_DATA = b"K" + struct.pack("!I", 12)


@contextmanager
def pooler(port: int) -> Iterator[int]:
    """Relays to `port`, with a process id of its own in BackendKeyData; where it listens."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listening, port), daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.close()


def _accept(listening: socket.socket, port: int) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
        threading.Thread(target=_greet, args=(server, client), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with source, sink:
        while data := _read(source):
            _send(sink, data)


def _greet(source: socket.socket, sink: socket.socket) -> None:
    with source, sink:
        while data := _read(source):
            if (at := data.find(_KEY_DATA)) >= 0:
                data = data[: at + 5] + struct.pack("!I", 4711) + data[at + 9 :]
            _send(sink, data)


def _send(sink: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # Whoever was refused has gone.
        sink.sendall(data)


def _read(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
