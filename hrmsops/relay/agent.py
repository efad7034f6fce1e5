"""The relay's far end, run inside the cloud with `python -c`: the standard library alone.

One WebSocket is one TCP connection to the one database that it was told of. It logs in nowhere,
keeps nothing, and knows no password: what passes through is PostgreSQL's own protocol.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import signal
from asyncio import StreamReader, StreamWriter

TARGET = os.environ["HRMSOPS_RELAY_TARGET"]
BIND = os.environ.get("HRMSOPS_RELAY_BIND", "0.0.0.0")  # Cloud Run asks for every interface.
PORT = int(os.environ.get("PORT", "8080"))
DATABASE_PORT = int(os.environ.get("PGPORT", "5432"))
CONNECT_SECONDS_MAX = 8
HEAD_BYTES_MAX = 16384
BLOCK_BYTES = 65536
FRAME_BYTES_MAX = 1 << 24
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


async def serve_one(reader: StreamReader, writer: StreamWriter) -> None:
    """One request: an upgrade becomes a connection to the database, anything else is 200."""
    broken = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
    with contextlib.suppress(*broken):
        headers = head_of(await reader.readuntil(b"\r\n\r\n"))
        key = headers.get("sec-websocket-key", "")
        if not key:
            writer.write(answer("200 OK", "hrmsops relay"))
            await writer.drain()
        else:
            await relay(key, reader, writer)
    writer.close()


async def relay(key: str, reader: StreamReader, writer: StreamWriter) -> None:
    """Connect to the database before the upgrade is answered: a refusal can still be said."""
    try:
        database = await asyncio.wait_for(connect(), CONNECT_SECONDS_MAX)
    except (OSError, asyncio.TimeoutError) as error:
        why = str(error) or "no answer within %d s" % CONNECT_SECONDS_MAX
        writer.write(answer("502 Bad Gateway", why))
        await writer.drain()
        return
    accept = base64.b64encode(hashlib.sha1(key.encode() + MAGIC).digest()).decode()
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept)
    writer.write(head("101 Switching Protocols", *upgrade))
    both = [
        asyncio.ensure_future(inwards(reader, writer, database[1])),
        asyncio.ensure_future(outwards(database[0], writer)),
    ]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for each in both:
        each.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    database[1].close()


async def connect() -> tuple[StreamReader, StreamWriter]:
    if TARGET.startswith("/"):  # Cloud Run's own way to an instance: a folder with a socket.
        return await asyncio.open_unix_connection("%s/.s.PGSQL.%d" % (TARGET, DATABASE_PORT))
    return await asyncio.open_connection(TARGET, DATABASE_PORT)


async def inwards(reader: StreamReader, writer: StreamWriter, database: StreamWriter) -> None:
    """From the client's frames to the database."""
    while True:
        kind, content = await frame(reader)
        if kind == CLOSE:
            writer.write(framed(CLOSE, content[:2]))
            await writer.drain()
            return
        if kind == PING:
            writer.write(framed(PONG, content))
        elif kind in (CONTINUATION, TEXT, BINARY):
            database.write(content)
            await database.drain()


async def outwards(database: StreamReader, writer: StreamWriter) -> None:
    """From the database to the client, block by block."""
    while block := await database.read(BLOCK_BYTES):
        writer.write(framed(BINARY, block))
        await writer.drain()
    writer.write(framed(CLOSE, (1000).to_bytes(2, "big")))
    await writer.drain()


async def frame(reader: StreamReader) -> tuple[int, bytes]:
    """The kind and the unmasked content of one frame; RFC 6455, 5.2."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    if length > FRAME_BYTES_MAX or not second & 0x80:
        raise OSError("a frame is too long or not masked")
    mask = await reader.readexactly(4)
    content = await reader.readexactly(length)
    repeated = (mask * (length // 4 + 1))[:length]
    plain = int.from_bytes(content, "big") ^ int.from_bytes(repeated, "big")
    return first & 0x0F, plain.to_bytes(length, "big")


def framed(kind: int, content: bytes) -> bytes:
    length = len(content)
    if length < 126:
        start = bytes((0x80 | kind, length))
    elif length < 65536:
        start = bytes((0x80 | kind, 126)) + length.to_bytes(2, "big")
    else:
        start = bytes((0x80 | kind, 127)) + length.to_bytes(8, "big")
    return start + content


def head_of(text: bytes) -> dict[str, str]:
    lines = text.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def head(status: str, *lines: str) -> bytes:
    return ("\r\n".join(("HTTP/1.1 " + status, *lines)) + "\r\n\r\n").encode("latin-1")


def answer(status: str, text: str) -> bytes:
    """`X-Hrmsops-Relay` tells this answer from one that a proxy gives in its place."""
    body = text.encode()
    lines = ("Content-Type: text/plain; charset=utf-8", "X-Hrmsops-Relay: 1", "Connection: close")
    return head(status, "Content-Length: %d" % len(body), *lines) + body


async def main() -> None:
    server = await asyncio.start_server(serve_one, BIND, PORT, limit=HEAD_BYTES_MAX)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
