"""The way to one instance through a port of this machine, whoever leads on from there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from hrmsops.errors.base import HrmsopsError
from hrmsops.tunnel.local_port import LOOPBACK, Dialer, LocalPort


@dataclass(kw_only=True)
class TunnelWay:
    """Encrypted from this machine to the instance's server side proxy, by `dialer`.

    `on_first_use` is told once, before anything is opened that must be let go of at the end.
    """

    dialer: Dialer
    on_first_use: Callable[[], None]
    _is_proven: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_encrypted(self) -> bool:
        """Up to the server side proxy, which stands before the database itself."""
        return True

    @property
    def host(self) -> str:
        """Where this end listens: this machine's loopback."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The port of it."""
        return self._local.port

    @property
    def address(self) -> str:
        """The instance, for people: its address is the dialer's business."""
        return self.dialer.instance

    @property
    def trouble(self) -> HrmsopsError | None:
        """Why the last connection was not led on."""
        return self._local.trouble

    def open(self) -> None:
        """Return once a stream through it has come about; raises what the dialer raises."""
        with self._lock:
            if not self._is_proven:
                self._local.probe()
                self._is_proven = True

    def close(self) -> None:
        """Listen no more, and let go of what leads on; nothing is left in the cloud."""
        if "_local" in vars(self):
            self._local.close()
            del self._local
        self._is_proven = False

    @cached_property
    def _local(self) -> LocalPort:
        self.on_first_use()
        return LocalPort(self.dialer)
