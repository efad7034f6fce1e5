"""One client of an instance's proxy: let in by its certificate, led to the instance's server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from hrmsops.postgres.ports import LOOPBACK

HANDSHAKE_SECONDS_MAX = 20.0
_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Door:
    """What a session needs of its instance, asked for as each client comes."""

    context: Callable[[], ssl.SSLContext]
    """May take its time: the first one makes the keys."""
    port: Callable[[], int]


async def serve(client: socket.socket, door: Door) -> None:
    """One session from the handshake to its end; a stranger's ends there."""
    loop = asyncio.get_running_loop()
    context = await loop.run_in_executor(None, door.context)
    with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
        inside = await _handshaken(client, context)
        try:
            outside = await asyncio.open_connection(LOOPBACK, door.port())
        except BaseException:
            inside[1].close()
            raise
        await asyncio.gather(_pass_on(inside[0], outside[1]), _pass_on(outside[0], inside[1]))


async def _handshaken(
    client: socket.socket, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, client, ssl=context, ssl_handshake_timeout=HANDSHAKE_SECONDS_MAX
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until one of its ends ends; the other direction ends with it."""
    try:
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    finally:
        writer.close()
