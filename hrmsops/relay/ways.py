"""Which ways to instances this process takes, and who takes relays away."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hrmsops.config import Environment
from hrmsops.engine import leaving
from hrmsops.engine.clock import Clock
from hrmsops.engine.holder import is_alive
from hrmsops.engine.plan import new_run_id
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.cloud import NotAuthorised
from hrmsops.relay.listener import LOOPBACK
from hrmsops.relay.way import RelayWay

if TYPE_CHECKING:
    from hrmsops.gcp.clients import Clients
    from hrmsops.gcp.relays import Host, Maker, Relay, Relays
    from hrmsops.gcp.sql_resources import Instance
    from hrmsops.tunnel.way import TunnelWay

EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - what Cloud Run asks of a container.


@dataclass(kw_only=True)
class Ways:
    """The ways to the instances of one environment where their own addresses are not taken.

    `host` tells what a relay is made of: what serves lends it.
    """

    environment: Environment
    clients: Clients
    clock: Clock
    host: Callable[[], Host]
    relays: Relays
    _known: dict[tuple[str, str], RelayWay] = field(default_factory=dict)
    _tunnels: dict[str, TunnelWay] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def to(self, instance: Instance, *, run: str) -> RelayWay | TunnelWay | None:
        """What leads to `instance` from here; None where its own address does.

        A relay that this process has taken already, else one of `run` ("" where there is none).
        """
        with self._lock:
            match self.kind(instance):
                case "direct":
                    return None
                case "relay":
                    return self._relay(instance, run)
            if instance.name not in self._tunnels:
                self._tunnels[instance.name] = self._tunnel(instance)
            return self._tunnels[instance.name]

    def kind(self, instance: Instance) -> str:
        """By which way it is reached: direct, relay, connector or proxy."""
        database = self.environment.database
        via = database.via if database else "direct"
        if via == "auto":
            return "direct" if instance.has_public_address else "relay"
        return via

    def needs_relay(self, instance: Instance) -> bool:
        """Whether a look at its database makes something in the cloud first."""
        return self.kind(instance) == "relay"

    def leave(self) -> tuple[str, ...]:
        """Let go of every way that this process took; a sentence for each relay that is left."""
        for tunnel in self._tunnels.values():
            tunnel.close()
        left = []
        for way in self._known.values():
            try:
                way.close()
            except HrmsopsError as error:
                left.append(f"{error.what} {error.why} {self.deletion(way.name)}")
        self._known.clear()
        return tuple(left)

    def swept(self, run: str) -> tuple[str, ...]:
        """Delete what earlier processes of `run`, and dead ones of this machine, left behind.

        What was made while a run was planned carries another id than the run's. An account that
        may not list services has made no relay either.
        """
        database = self.environment.database
        if database is None or database.via == "direct":
            return ()
        try:
            left = [each for each in self.relays.all() if each.run == run or self.is_orphan(each)]
        except NotAuthorised:
            return ()
        for relay in left:
            self.relays.delete(relay.name)
        return ()

    def is_orphan(self, relay: Relay) -> bool:
        """Whether the process that made it was one of this machine and is no more."""
        return relay.maker.host == self._maker.host and not is_alive(relay.maker.pid)

    def is_in_use(self, relay: Relay) -> bool:
        """Whether the process that made it is one of this machine and lives."""
        return relay.maker.host == self._maker.host and is_alive(relay.maker.pid)

    @cached_property
    def _maker(self) -> Maker:
        from hrmsops.gcp.relays import Maker

        name = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]
        return Maker(host=name, pid=os.getpid())

    def deletion(self, name: str) -> str:
        """The command that deletes a relay which nobody needs any more."""
        where = f"--region {self.environment.region} --project {self.environment.project}"
        return f"gcloud run services delete {name} {where}"

    def _tunnel(self, instance: Instance) -> TunnelWay:
        from hrmsops.tunnel.dialers import dialer_of
        from hrmsops.tunnel.way import TunnelWay

        database = self.environment.database
        assert database is not None, "What is reached by a tunnel is configured."
        return TunnelWay(
            dialer=dialer_of(database, self.clients, instance),
            on_first_use=lambda: leaving.at_the_end(self.leave),
        )

    def _relay(self, instance: Instance, run: str) -> RelayWay:
        for (name, _), way in self._known.items():
            if name == instance.name and way.is_taken:
                return way
        key = (instance.name, run)
        if key not in self._known:
            self._known[key] = self._new(instance, run)
        return self._known[key]

    def _new(self, instance: Instance, run: str) -> RelayWay:
        from hrmsops.gcp.identity import identity_token

        return RelayWay(
            relays=self.relays,
            run=run or new_run_id(self.clock.now()),
            maker=self._maker,
            instance=instance.name,
            target=instance.private_address or f"/cloudsql/{instance.connection_name}",
            address=f"{instance.private_address or instance.name}:5432",
            # A sandbox's far end is on this machine: its neighbours in the network stay out.
            bind=LOOPBACK if self.environment.endpoint else EVERY_INTERFACE,
            clock=self.clock,
            borrowed=self._host,
            token=lambda url: identity_token(self.clients, url),
            on_first_use=lambda: leaving.at_the_end(self.leave),
        )

    def _host(self) -> Host:
        import msgspec

        database = self.environment.database
        host = self.host()
        image = database.relay_image if database else ""
        return msgspec.structs.replace(host, image=image) if image else host
