"""A port on loopback, each connection to it led on to a stream of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Protocol

from hrmsops.errors.base import HrmsopsError

LOOPBACK = "127.0.0.1"
BLOCK_BYTES = 1 << 16
CLOSE_SECONDS_MAX = 10.0
PROBE_SECONDS_MAX = 30.0
# What every server answers before anybody has said who he is (PostgreSQL, "SSLRequest").
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Dialer(Protocol):
    """What opens streams to one instance; everything of it runs in the port's event loop."""

    @property
    def instance(self) -> str:
        """The instance's name, for people."""
        ...

    async def dial(self) -> Streams:
        """A stream to the instance's server; raises HrmsopsError."""
        ...

    async def cut_off(self) -> HrmsopsError:
        """Why a stream ended before the database said a word; the next dial begins anew."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class LocalPort:
    """Listens from the first moment, and dials when somebody connects.

    TCP on loopback, as the Auth Proxy has it: any client can be handed it, the project's own
    manage.py too. Others on this machine may knock; the database asks them for a password.
    """

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self.trouble: HrmsopsError | None = None
        """Why the last connection was not led on; None where it was."""
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._closing = asyncio.Event()
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._live, name="tunnel", daemon=True)
        self._thread.start()

    def probe(self) -> None:
        """Dial once, hear a word of the database, hang up; raises what the dialer raises."""
        asyncio.run_coroutine_threadsafe(self._probed(), self._loop).result()

    def close(self) -> None:
        """Listen no more, end the connections, and let go of the dialer."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(CLOSE_SECONDS_MAX)

    def _live(self) -> None:
        with self._runner:  # Whose end cancels the sessions that are left.
            # A session that breaks off is the business of its two ends.
            self._loop.set_exception_handler(lambda _loop, _context: None)
            self._runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, sock=self._socket)
        await self._closing.wait()
        server.close()
        await self._dialer.close()

    async def _probed(self) -> None:
        reader, writer = await self._dialer.dial()
        try:
            writer.write(_SSL_REQUEST)
            word = await asyncio.wait_for(reader.read(1), PROBE_SECONDS_MAX)
        except (OSError, TimeoutError):
            word = b""
        finally:
            writer.close()
        if not word:
            raise await self._dialer.cut_off()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far = await self._dialer.dial()
        except HrmsopsError as error:
            self.trouble = error
            writer.close()
            return
        self.trouble = None
        outwards = asyncio.create_task(_passed_on(reader, far[1]))
        try:
            if not await _passed_on(far[0], writer):
                self.trouble = await self._dialer.cut_off()
        finally:
            outwards.cancel()
            for each in (far[1], writer):
                each.close()


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """One direction until it ends, and with it the other; how many bytes went."""
    passed = 0
    with contextlib.suppress(OSError):
        while block := await reader.read(BLOCK_BYTES):
            passed += len(block)
            writer.write(block)
            await writer.drain()
    writer.close()
    return passed
