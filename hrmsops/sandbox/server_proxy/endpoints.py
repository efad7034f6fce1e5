"""The listening end of each instance's proxy: open exactly while its server runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from hrmsops.sandbox.instances import Instances
from hrmsops.sandbox.own_address import listener
from hrmsops.sandbox.server_proxy.authorities import Authorities
from hrmsops.sandbox.server_proxy.sessions import Door, serve

Result = TypeVar("Result")
_CLOSE_SECONDS_MAX = 10.0


@dataclass(frozen=True, kw_only=True)
class _Open:
    address: str
    listening: socket.socket
    accepting: asyncio.Task[None]


class Endpoints:
    """Every instance's proxy on `ADDRESS:3307`, in one event loop; safe to use from many threads.

    Sessions end with the instance's server, or with the daemon; they are not adopted.
    """

    def __init__(self, instances: Instances, authorities: Authorities) -> None:
        self._instances, self._authorities = instances, authorities
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def settle(self, name: str) -> None:
        """Open the instance's end, or close it, as its server runs or not.

        What does not come about is no failure of the instance's: connectSettings tells the
        clients of an address, and they find nobody there.
        """
        with self._lock, contextlib.suppress(OSError):
            address = self._wanted(name)
            opened = self._open.get(name)
            if opened and opened.address != address:
                self._do(_closed(self._open.pop(name)))
                opened = None
            if address and not opened:
                self._open[name] = self._do(self._opened(name, address, listener(address)))

    def is_open(self, name: str) -> bool:
        """Whether a client can come in."""
        with self._lock:
            return name in self._open

    def close(self) -> None:
        """Let go of every address, and of the sessions."""
        with self._lock:
            for name in list(self._open):
                self._do(_closed(self._open.pop(name)))
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    def _wanted(self, name: str) -> str:
        """Where it is to listen, "" while it rests."""
        if name not in self._instances.names() or not self._instances.is_running(name):
            return ""
        return self._instances.own_address(name)

    async def _opened(self, name: str, address: str, listening: socket.socket) -> _Open:
        door = Door(
            context=lambda: self._authorities.server_context(name),
            port=lambda: self._instances.port(name),
        )
        accepting = asyncio.get_running_loop().create_task(_accept(listening, door))
        return _Open(address=address, listening=listening, accepting=accepting)

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            # A session that breaks off is the business of its two ends.
            self._loop.set_exception_handler(lambda _loop, _context: None)
            threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CLOSE_SECONDS_MAX)


async def _accept(listening: socket.socket, door: Door) -> None:
    loop, sessions = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    while True:
        try:
            client, _ = await loop.sock_accept(listening)
        except OSError:  # Too many files are open, say.
            await asyncio.sleep(0.1)
            continue
        session = loop.create_task(serve(client, door))
        sessions.add(session)
        session.add_done_callback(sessions.discard)


async def _closed(opened: _Open) -> None:
    opened.accepting.cancel()
    await asyncio.wait([opened.accepting])
    opened.listening.close()
