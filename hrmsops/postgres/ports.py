"""Loopback ports that nobody listens on."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Container

LOOPBACK = "127.0.0.1"
# Below the kernel's own range for outgoing connections, so that none of those takes one meanwhile.
FIRST, LAST = 20_000, 32_000
ATTEMPTS_MAX = 200


def free_port(*, besides: Container[int] = ()) -> int:
    """A port of 127.0.0.1 that could be listened on just now and is not in `besides`.

    Another process may take it before the caller does: be ready to ask again. OSError when none of
    the ports that were tried is free.
    """
    for _ in range(ATTEMPTS_MAX):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in besides and can_listen(port):
            return port
    raise OSError(f"no free port between {FIRST} and {LAST} on {LOOPBACK}")


def can_listen(port: int, *, address: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port of an address of this machine now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((address, port))
            candidate.listen(1)
        except OSError:
            return False
        return True
