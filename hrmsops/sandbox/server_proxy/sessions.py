"""One client of an instance's proxy: let in by its certificate, led to the instance's server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass

from hrmsops.postgres.ports import LOOPBACK
from hrmsops.sandbox.server_proxy import certificates

HANDSHAKE_SECONDS_MAX = 20.0
_BLOCK_BYTES = 1 << 16
_NO = b"N"
"""The server's answer to a client that asks whether it encrypts."""
_ASKS = b"R" + struct.pack("!ii", 8, 3)
"""AuthenticationCleartextPassword of PostgreSQL's protocol."""


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
        await asyncio.gather(_pass_on(inside[0], outside[1]), _answers(outside, inside[1]))


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


async def _answers(
    outside: tuple[asyncio.StreamReader, asyncio.StreamWriter], client: asyncio.StreamWriter
) -> None:
    """What the server says; its question for an account's token is answered from the certificate.

    Cloud SQL's proxy does so where a client asks for that (`enable_iam_auth` of its connectors).
    """
    reader, server = outside
    shown = client.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if token := certificates.token_in(shown):
        try:
            first = await reader.readexactly(1)
            while first == _NO:
                client.write(first)
                first = await reader.readexactly(1)
            asked = first + (
                await reader.readexactly(len(_ASKS) - 1) if first == _ASKS[:1] else b""
            )
        except BaseException:
            client.close()
            raise
        if asked == _ASKS:
            server.write(b"p" + struct.pack("!i", len(token) + 5) + token.encode() + b"\0")
        else:
            client.write(asked)
    await _pass_on(reader, client)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until one of its ends ends; the other direction ends with it."""
    try:
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    finally:
        writer.close()
