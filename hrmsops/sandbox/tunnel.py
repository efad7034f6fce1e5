"""A WebSocket through the ingress: after the upgrade, bytes both ways, as far away as told.

Unlike Cloud Run: one that lasts longer than the revision's request timeout is cut at its next byte.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable

BLOCK_BYTES = 1 << 16
HEAD_BYTES_MAX = 1 << 16
CONNECT_SECONDS_MAX = 10.0

Read = Callable[[], bytes]
"""The next bytes; none at the end."""


class UpgradeRefused(Exception):
    """The revision answered, and not with an upgrade: `answer` is what it said, whole."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer[:64])
        self.answer = answer

    @property
    def status(self) -> int:
        """The status of its answer; 502 where it made none."""
        words = self.answer.split(None, 2)
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 502


def upgraded(
    address: tuple[str, int], target: str, headers: Iterable[tuple[str, str]], *, seconds: float
) -> tuple[socket.socket, bytes]:
    """The revision's connection after its 101, and the bytes that it sent so far, head first.

    Raises UpgradeRefused, OSError.
    """
    backend = socket.create_connection(address, timeout=CONNECT_SECONDS_MAX)
    backend.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    backend.settimeout(seconds)
    try:
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        backend.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < HEAD_BYTES_MAX:
            block = backend.recv(BLOCK_BYTES)
            if not block:
                break
            answer += block
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise UpgradeRefused(answer + _rest(backend))
    except BaseException:
        backend.close()
        raise
    return backend, answer


def joined(read: Read, client: socket.socket, backend: socket.socket, *, delay: float) -> None:
    """Pass on what either says, `delay` seconds late, until one of them ends."""

    def inwards() -> None:
        _pass_on(read, backend, delay)

    there = threading.Thread(target=inwards, daemon=True)
    there.start()
    _pass_on(lambda: backend.recv(BLOCK_BYTES), client, delay)
    there.join()
    backend.close()


def _pass_on(read: Read, to: socket.socket, delay: float) -> None:
    """One direction; reading goes on while what was read is still on its way."""
    on_its_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def arrive() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, block = on_its_way.get()
                time.sleep(max(due - time.monotonic(), 0))
                if not block:
                    break
                to.sendall(block)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)  # Ends the other direction as well.

    arriving = threading.Thread(target=arrive, daemon=True)
    arriving.start()
    with contextlib.suppress(OSError):
        while block := read():
            on_its_way.put((time.monotonic() + delay, block))
    on_its_way.put((time.monotonic() + delay, b""))
    arriving.join()


def _rest(backend: socket.socket) -> bytes:
    """What is left of an answer that ends with its connection."""
    rest = b""
    with contextlib.suppress(OSError):
        backend.settimeout(CONNECT_SECONDS_MAX)
        while (block := backend.recv(BLOCK_BYTES)) and len(rest) < HEAD_BYTES_MAX:
            rest += block
    return rest
