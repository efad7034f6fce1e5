"""A loopback address for each instance: its clients' proxies all connect to the same port."""

from __future__ import annotations

import secrets
import socket

from hrmsops.postgres.ports import LOOPBACK

PROXY_PORT = 3307
"""Where Cloud SQL's server side proxy listens: the clients know no other."""
_ATTEMPTS_MAX = 20


def own_address() -> str:
    """One of 127.0.0.0/8 on whose port 3307 nobody listens.

    127.0.0.1 where none can be had: on a machine that lends no other (macOS), and where a server
    has taken port 3307 on every address.
    """
    for _ in range(_ATTEMPTS_MAX):
        first, second, third = (1 + secrets.randbelow(254) for _ in range(3))
        address = f"127.{first}.{second}.{third}"
        if is_own(address):
            return address
    return LOOPBACK


def is_own(address: str) -> bool:
    """Whether this is no address of everybody's and a proxy could listen there now."""
    if address == LOOPBACK:
        return False
    try:
        listener(address).close()
    except OSError:
        return False
    return True


def listener(address: str) -> socket.socket:
    """A socket that listens on port 3307 of an address, without blocking; raises OSError."""
    listening = socket.socket()
    try:
        # A predecessor's sessions may still be waiting for their end.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, PROXY_PORT))
        listening.listen(128)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
