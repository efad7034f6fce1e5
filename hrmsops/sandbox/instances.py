"""Cloud SQL instances: each a PostgreSQL cluster of its own, archiving from birth."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import msgspec

from hrmsops.errors.postgres import SandboxInstanceExists
from hrmsops.errors.sandbox import SandboxDataGone
from hrmsops.postgres.binaries import Binaries, find_binaries
from hrmsops.postgres.cloud_sql_roles import create_database, create_roles
from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.ports import LOOPBACK
from hrmsops.postgres.server_account import ServerAccount, orphaned_stand_ins, remove_stand_in
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.own_address import is_own, own_address

START_SECONDS_MAX = 60.0
_NAME = re.compile(r"[a-z][a-z0-9-]{0,96}")


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A role that clients log in as; never a superuser."""

    name: str
    password: str
    member_of: tuple[str, ...] = ()


class InstanceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an instance besides its folder; written when it is complete."""

    folder: str
    binaries: str
    version: int
    release: str
    superuser_password: str
    address: str = LOOPBACK
    """Where it listens besides 127.0.0.1: a loopback address that no other instance has."""


class Instances:
    """The instances of one sandbox, by name; safe to use from many threads."""

    def __init__(self, home: Home) -> None:
        self.on_change: Callable[[str], None] = lambda name: None
        """Hears of an instance that may have begun or ceased to run, from any thread."""
        self._records = home.root.absolute() / "instances"
        self._clusters: dict[str, Cluster] = {}
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._lock = threading.Lock()

    def create(self, name: str, *, database: str, owner: str, users: tuple[User, ...]) -> int:
        """Make and start an instance; its port.

        It has Cloud SQL's roles, those of `users`, and one database that belongs to `owner`, or
        none where `database` is empty. Raises SandboxInstanceExists, ValueError for a name that
        Cloud SQL would not take, and the errors of finding and starting a server; nothing is left
        then.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for an instance")

        def build(cluster: Cluster) -> None:
            cluster.create(timeout_seconds=START_SECONDS_MAX)
            with cluster.connect("postgres") as session:
                create_roles(session, users)
                if database:
                    create_database(session, database, owner=owner)

        return self.create_from(name, build)

    def create_from(
        self, name: str, build: Callable[[Cluster], None], *, version: int | None = None
    ) -> int:
        """Make an instance of what `build` makes of a cluster without data; its port.

        `build` leaves the cluster running, and may raise: nothing is left then. `version` is the
        major version of the data. Raises SandboxInstanceExists and PostgresNotFound.
        """
        with self._lock_of(name):
            if self._path(name).exists():
                raise SandboxInstanceExists(name=name)
            account = ServerAccount.of_this_process()
            binaries = find_binaries(account, version=version)
            password = secrets.token_urlsafe(24)
            folder = account.folder_for(self._records) / name
            cluster = Cluster(
                folder,
                binaries=binaries,
                account=account,
                password=password,
                address=(address := own_address()),
            )
            try:
                cluster.destroy()  # What a daemon that was killed had begun.
                build(cluster)
            except BaseException:
                cluster.destroy()
                raise
            self._keep(name, cluster, password, address)
        self.on_change(name)
        return cluster.port

    @contextmanager
    def held(self, name: str) -> Iterator[Cluster]:
        """The instance's cluster, which nobody else starts, stops or replaces meanwhile."""
        with self._lock_of(name):
            try:
                yield self._cluster(name)
            finally:
                self.on_change(name)

    def record(self, name: str) -> InstanceRecord:
        """What is kept of the instance, its superuser's password with it; KeyError without."""
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=InstanceRecord)
        except FileNotFoundError:
            raise KeyError(name) from None

    def start(self, name: str) -> int:
        """Start the instance unless it runs; its port, which is another if its own was taken."""
        with self._lock_of(name):
            if not self.is_running(name):
                self.on_change(name)  # Its server may have ended by itself: its address is free.
                self._renew_address(name)
            port = self._cluster(name).start(timeout_seconds=START_SECONDS_MAX)
        self.on_change(name)
        return port

    def require_data(self, name: str) -> None:
        """Raise SandboxDataGone where somebody has removed the instance's files."""
        data = self._cluster(name).data
        if not (data / "PG_VERSION").is_file():
            raise SandboxDataGone(folder=self._records.parent, instance=name, data=data)

    def stop(self, name: str) -> None:
        """End the instance's server; its data stays."""
        with self._lock_of(name):
            self._cluster(name).stop()
        self.on_change(name)

    def delete(self, name: str) -> None:
        """Remove the instance with its data and its archive; absent is fine."""
        with self._lock_of(name):
            if name in self.names():
                self._cluster(name).destroy()
                self._path(name).unlink()
                self._clusters.pop(name, None)
        self.on_change(name)
        remove_stand_in(self._records)

    @cached_property
    def version(self) -> int:
        """The major version of a new instance's server."""
        return find_binaries(ServerAccount.of_this_process()).version

    def names(self) -> list[str]:
        """Every instance, whether it runs or not."""
        return sorted(path.stem for path in self._records.glob("*.json"))

    def port(self, name: str) -> int:
        """Where the instance listens on 127.0.0.1, or did when it ran last; KeyError without."""
        return self._cluster(name).port

    def address(self, name: str) -> str:
        """The instance's own address of this machine; 127.0.0.1 where it could have none."""
        return self.record(name).address

    def own_address(self, name: str) -> str:
        """The same, "" where it has none of its own."""
        address = self.address(name)
        return "" if address == LOOPBACK else address

    def is_running(self, name: str) -> bool:
        """Whether the instance's server runs: asked of the kernel."""
        return self._cluster(name).pid() is not None

    def private_addresses(self) -> dict[str, tuple[str, int]]:
        """Host and port behind the private address of each instance."""
        return {private_address(name): (LOOPBACK, self.port(name)) for name in self.names()}

    def connect_info(self, connection_name: str) -> tuple[str, int] | None:
        """Host and port behind `PROJECT:REGION:INSTANCE`; None where there is none."""
        name = connection_name.rpartition(":")[2]
        return (LOOPBACK, self.port(name)) if name in self.names() else None

    def adopt(self) -> list[str]:
        """Names of instances whose servers an earlier daemon left running, and that go on.

        Servers that belong to no instance are ended: of a creation that was cut short, and of
        sandboxes whose folders are gone.
        """
        account = ServerAccount.of_this_process()
        known = set(self.names())
        if self._records.exists():
            for folder in account.folder_for(self._records).glob("*/data"):
                if folder.parent.name not in known:
                    _nameless(folder.parent, account).destroy()
        for stand_in in orphaned_stand_ins():
            for folder in stand_in.glob("*/data"):
                _nameless(folder.parent, account).destroy()
            shutil.rmtree(stand_in, ignore_errors=True)
        return [name for name in sorted(known) if self.is_running(name)]

    def stop_all(self) -> None:
        """End every server of this sandbox, side by side."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(self.stop, self.names()))

    def _keep(self, name: str, cluster: Cluster, password: str, address: str) -> None:
        record = InstanceRecord(
            folder=str(cluster.folder),
            binaries=str(cluster.binaries.folder),
            version=cluster.binaries.version,
            release=cluster.binaries.release,
            superuser_password=password,
            address=address,
        )
        self._write(name, record)
        self._clusters[name] = cluster

    def _write(self, name: str, record: InstanceRecord) -> None:
        written = self._path(name).with_suffix(".new")
        written.touch(mode=0o600)
        written.write_bytes(msgspec.json.encode(record))
        written.replace(self._path(name))

    def _renew_address(self, name: str) -> None:
        """Give one that rests another address, where somebody took its own or it never had one."""
        record = self.record(name)
        if not is_own(record.address):
            self._write(name, msgspec.structs.replace(record, address=own_address()))
            with self._lock:
                self._clusters.pop(name, None)

    def _cluster(self, name: str) -> Cluster:
        with self._lock:  # Not the instance's own: a backup or a restore holds that for long.
            if name not in self._clusters:
                self._clusters[name] = self._remembered(name)
            return self._clusters[name]

    def _remembered(self, name: str) -> Cluster:
        record = self.record(name)
        account, folder = ServerAccount.of_this_process(), Path(record.binaries)
        binaries = Binaries(folder=folder, version=record.version, release=record.release)
        if not (
            folder / "postgres"
        ).exists():  # An upgrade of the machine; its data needs the same.
            binaries = find_binaries(account, version=record.version)
        return Cluster(
            Path(record.folder),
            binaries=binaries,
            account=account,
            password=record.superuser_password,
            address=record.address,
        )

    def _path(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def _lock_of(self, name: str) -> threading.RLock:
        with self._lock:
            return self._locks[name]


def private_address(name: str) -> str:
    """The address that an instance has in its network; nothing of this machine listens there."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 1_000_000
    return f"10.87.{number // 250 % 250}.{number % 250 + 2}"


def _nameless(folder: Path, account: ServerAccount) -> Cluster:
    """A cluster that is only good to be ended."""
    none = Binaries(folder=folder, version=0, release="")
    return Cluster(folder, binaries=none, account=account, password="")
