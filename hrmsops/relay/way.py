"""The way to one instance through a relay: made when first taken, found again after a kill."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from hrmsops.engine.clock import Clock
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import CallNotAnswered, EtagStale
from hrmsops.errors.relay import RelayDidNotStart
from hrmsops.relay.dialing import dial
from hrmsops.relay.listener import LOOPBACK, Listener

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from hrmsops.gcp.relays import Host, Maker, Relay, Relays

START_DEADLINE = timedelta(minutes=5)
POLL = timedelta(seconds=1)
_UNPACK = "import base64,zlib;exec(zlib.decompress(base64.b85decode('{packed}')))"


def relay_name(run: str, instance: str) -> str:
    """Of at most 49 characters; whoever knows run and instance finds the relay again."""
    from hrmsops.gcp.relays import PREFIX

    return f"{PREFIX}{run}-{hashlib.sha256(instance.encode()).hexdigest()[:4]}"


def agent_command() -> tuple[str, ...]:
    """What starts the far end in any image that has a Python: the agent itself, packed."""
    source = importlib.resources.files("hrmsops.relay").joinpath("agent.py").read_bytes()
    packed = base64.b85encode(zlib.compress(source, 9)).decode()
    return ("python", "-c", _UNPACK.format(packed=packed))


@dataclass(kw_only=True)
class RelayWay:
    """One relay leads to one instance, and to no other; see the far end in `relay.agent`.

    `target` is where the far end connects to (an address, or Cloud Run's folder with a socket),
    `address` the same for people. `borrowed` is what it is made of.
    """

    relays: Relays
    run: str
    maker: Maker
    instance: str
    target: str
    address: str
    bind: str
    clock: Clock
    borrowed: Callable[[], Host]
    token: Callable[[str], str]
    on_first_use: Callable[[], None]
    _url: str = ""
    _is_asked_for: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return relay_name(self.run, self.instance)

    @property
    def is_taken(self) -> bool:
        """Whether its service was found or asked for by this process."""
        return self._is_asked_for

    @property
    def host(self) -> str:
        """Where this end listens: this machine's loopback."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The port of it."""
        return self._listener.port

    @property
    def is_encrypted(self) -> bool:
        """Within the network only where the database itself speaks TLS."""
        return False

    @property
    def trouble(self) -> HrmsopsError | None:
        """Why the last connection was not passed on."""
        return self._listener.trouble

    def open(self) -> None:
        """Return once a connection through it has come about.

        Raises RelayDidNotStart, RelayUnreachable, NotAuthorised, DatabaseUnreachable.
        """
        with self._lock:
            if not self._url:
                self.on_first_use()
                self._url = self._ready().uri
                self._dial().close()

    def close(self) -> None:
        """Delete the service, where one was found or asked for, and listen no more."""
        if "_listener" in vars(self):
            self._listener.close()
        if self._is_asked_for:
            self.relays.delete(self.name)
            self._is_asked_for = False

    @cached_property
    def _listener(self) -> Listener:
        return Listener(self._dialed)

    def _dialed(self) -> ClientConnection:
        self.open()
        return self._dial()

    def _dial(self) -> ClientConnection:
        token = self.token(self._url)
        return dial(self._url, relay=self.name, token=token, address=self.address)

    def _ready(self) -> Relay:
        if self.relays.find(self.name) is not None:
            self._is_asked_for = True
            return self._settled("its image")
        host = self.borrowed()
        self._make(host)
        return self._settled(host.image)

    def _make(self, host: Host) -> None:
        """Ask once; an answer that was lost is looked for and not asked again on trust."""
        env = {"HRMSOPS_RELAY_TARGET": self.target, "HRMSOPS_RELAY_BIND": self.bind}
        command = agent_command()
        try:
            self.relays.make(
                self.name, run=self.run, maker=self.maker, host=host, command=command, env=env
            )
        except EtagStale:
            pass  # The name is taken, and only we make such a name.
        except CallNotAnswered:
            if self.relays.find(self.name) is None:
                raise
        self._is_asked_for = True

    def _settled(self, image: str) -> Relay:
        until = self.clock.now() + START_DEADLINE
        pause = POLL / 10
        while True:
            seen = self.relays.find(self.name)
            if seen and seen.failure and not seen.is_reconciling:
                raise RelayDidNotStart(relay=self.name, image=image, why=seen.failure)
            if seen and seen.uri and not seen.is_reconciling:
                return seen
            if self.clock.now() >= until:
                why = f"It was not ready after {START_DEADLINE}."
                raise RelayDidNotStart(relay=self.name, image=image, why=why)
            self.clock.sleep(pause)
            pause = min(pause * 1.5, POLL)
