"""The outside as every step sees it, made lazily from an environment."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from hrmsops.access import logins
from hrmsops.config import Config, Environment
from hrmsops.config.database_settings import Database
from hrmsops.engine.clock import Clock, ShiftedClock, SystemClock
from hrmsops.engine.local import local_store
from hrmsops.engine.waiting import Patience
from hrmsops.errors.environments import (
    DatabaseNotConfigured,
    PasswordMissing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hrmsops.access.access import Access
    from hrmsops.access.logins import Login
    from hrmsops.django.blockers import Blocker
    from hrmsops.django.bridge import Migrator, Project
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.lease import Lease
    from hrmsops.engine.run import Operator
    from hrmsops.engine.step import StepCatalog
    from hrmsops.engine.store import Store
    from hrmsops.gcp.clients import Clients
    from hrmsops.gcp.cloud_run import CloudRun
    from hrmsops.gcp.cloud_scheduler import CloudScheduler
    from hrmsops.gcp.cloud_sql import CloudSql
    from hrmsops.gcp.cloud_tasks import CloudTasks
    from hrmsops.gcp.jobs import Jobs
    from hrmsops.gcp.monitoring import Monitoring
    from hrmsops.gcp.relays import Host
    from hrmsops.gcp.run_documents import RunDocuments
    from hrmsops.gcp.secret_manager import SecretManager
    from hrmsops.gcp.sql_resources import Instance
    from hrmsops.gcp.workers import Workers
    from hrmsops.postgres.session import Target
    from hrmsops.probe import Prober
    from hrmsops.relay.ways import Ways


@dataclass
class World:
    """One environment: Cloud Run, its URLs, the record, the clock. No call before it is used."""

    environment: Environment
    clock: Clock = field(default_factory=SystemClock)
    patience: Patience = field(default_factory=Patience)
    config: Config = field(default_factory=Config)
    """The file that the environment is from: its Django project, its timeouts."""
    agents: dict[str, Migrator] = field(default_factory=dict)
    """By run: the process that migrates; it keeps the lock from one step to the next."""
    on_blocked: Callable[[Sequence[Blocker]], None] | None = None
    """Told who holds up a migration, where somebody sits there to decide; else None."""

    way: str = ""
    """By which way databases are reached where it was asked for; "" as it is configured."""
    on_silent: Callable[[str], None] | None = None
    """Told once why the record's bucket is asked again, where somebody waits for it."""
    is_hurried: bool = False
    """Nothing is begun: a record that gives no answer is done without after a moment."""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """What was typed or generated for this process: it goes into no record."""

    @property
    def project(self) -> Project:
        """The HRMS's code at hand; raises DjangoNotConfigured."""
        from hrmsops.django.project import project_of

        return project_of(self.config)

    def cloud_now(self) -> datetime:
        """The moment by the cloud's clock, as its last reply told it: what moments are named by."""
        return self.clock.now() + self.clients.cloud_clock.ahead

    @property
    def service_name(self) -> str:
        """The service in full: `projects/P/locations/R/services/S`."""
        return self.full_name("services", self.environment.service)

    def full_name(self, kind: str, name: str) -> str:
        """A resource of this environment's place: `projects/P/locations/R/KIND/NAME`."""
        return (
            f"projects/{self.environment.project}/locations/{self.environment.region}/{kind}/{name}"
        )

    @cached_property
    def clients(self) -> Clients:
        from hrmsops.gcp.clients import Clients

        return Clients(self.environment.endpoint)

    @cached_property
    def cloud_run(self) -> CloudRun:
        from hrmsops.gcp.cloud_run import CloudRun

        return CloudRun(self.clients)

    @cached_property
    def cloud_sql(self) -> CloudSql:
        from hrmsops.gcp.cloud_sql import CloudSql

        return CloudSql(self.clients, project=self.environment.project)

    @cached_property
    def cloud_scheduler(self) -> CloudScheduler:
        from hrmsops.gcp.cloud_scheduler import CloudScheduler

        return CloudScheduler(self.clients)

    @cached_property
    def cloud_tasks(self) -> CloudTasks:
        from hrmsops.gcp.cloud_tasks import CloudTasks

        return CloudTasks(self.clients)

    @cached_property
    def workers(self) -> Workers:
        from hrmsops.gcp.workers import Workers

        return Workers(self.clients)

    @cached_property
    def monitoring(self) -> Monitoring:
        from hrmsops.gcp.monitoring import Monitoring

        return Monitoring(self.clients, project=self.environment.project)

    @cached_property
    def jobs(self) -> Jobs:
        """The temporary jobs of runs."""
        from hrmsops.gcp.jobs import Jobs

        return Jobs(self.clients, parent=self.service_name.partition("/services/")[0])

    @cached_property
    def secret_manager(self) -> SecretManager:
        from hrmsops.gcp.secret_manager import SecretManager

        return SecretManager(self.clients, project=self.environment.project)

    @cached_property
    def run_documents(self) -> RunDocuments:
        from hrmsops.gcp.run_documents import RunDocuments

        return RunDocuments(self.clients)

    def target(self, instance: Instance, *, application_name: str) -> Target:
        """How the database of `instance` is reached; the one place where that is decided.

        `host` and `port` are good for any client of this process, or of one that it started. Where
        a relay leads there it is made at the first connection, and deleted when the process ends.
        Raises DatabaseNotConfigured, PasswordMissing.
        """
        reader = self._login(logins.own(self._database), instance, application_name)
        return replace(reader, owner_role=self._database.owner_role)

    def require_login(self) -> None:
        """Return where a database could be logged in to: asked before a wait of forty minutes.

        Raises DatabaseNotConfigured, PasswordMissing.
        """
        self.access.password(logins.own(self._database), None)

    def admin_target(self, instance: Instance, *, application_name: str) -> Target:
        """The same as the role that may close and open the application's roles.

        Raises DatabaseNotConfigured, PasswordMissing.
        """
        return self._login(logins.admin(self._database), instance, application_name)

    def routes(
        self, instance: Instance, role: str, *, passwords: dict[str, str], application_name: str
    ) -> tuple[Target, ...]:
        """Each way in which an application's role could log in at `instance`.

        Its password is that of the configured variable, of `passwords` (what its revision has) or
        of another source; without one there is no way, and so no proof.
        """
        login = logins.of_application(self._database, role, given=passwords.get(role, ""))
        try:
            return (self._login(login, instance, application_name),)
        except PasswordMissing:
            return ()

    @cached_property
    def access(self) -> Access:
        """How this environment's databases are logged in to; raises DatabaseNotConfigured."""
        from hrmsops.access import rehearsal
        from hrmsops.access.access import Access
        from hrmsops.access.passwords import Passwords

        passwords = Passwords(
            clients=self.clients,
            secret_manager=self.secret_manager,
            mend=rehearsal.mend(self.environment, self.config.path),
        )
        return Access(database=self._database, passwords=passwords, ways=lambda: self.ways)

    @property
    def _database(self) -> Database:
        database = self.environment.database
        if database is None:
            raise DatabaseNotConfigured(environment=self.environment.name)
        return database

    def _login(self, login: Login, instance: Instance, application_name: str) -> Target:
        return self.access.target(login, instance, name=application_name)

    def go_by(self, way: str) -> None:
        """From now on databases are reached by this way: what a run began with, it goes on with."""
        from msgspec.structs import replace as changed

        if self.environment.database:
            database = changed(self.environment.database, via=way)
            self.environment = changed(self.environment, database=database)
            self.way = way
            self.__dict__.pop("ways", None)

    @property
    def typed(self) -> tuple[str, ...]:
        """What leads a command here: the environment, and the way where one was asked for."""
        return ("-e", self.environment.name, *(("--proxy",) if self.way else ()))

    def go_by_proxy(self) -> None:
        """From now on by the connector, or by what is configured in its place."""
        database = self.environment.database
        if database:
            named = database.via not in ("auto", "direct")
            self.go_by(database.via if named else "connector")

    @cached_property
    def ways(self) -> Ways:
        """What leads to instances whose own address is not taken."""
        from hrmsops.gcp.relays import Relays
        from hrmsops.relay.ways import Ways

        environment = self.environment
        parent = self.service_name.partition("/services/")[0]
        return Ways(
            environment=environment,
            clients=self.clients,
            clock=self.clock,
            host=self._relay_host,
            relays=Relays(self.clients, parent=parent, environment=environment.name),
        )

    def _relay_host(self) -> Host:
        """What serves lends a relay: its image, its network, its account."""
        from hrmsops.gcp.relays import Host

        serving = self.cloud_run.service(self.service_name).serving
        return Host.of(self.run_documents.template(f"{self.service_name}/revisions/{serving}"))

    @cached_property
    def prober(self) -> Prober:
        from hrmsops.probe import Prober

        return Prober()

    @cached_property
    def operator(self) -> Operator:
        from hrmsops.engine.run import Operator

        return Operator(account=self.clients.account, host=socket.gethostname())

    @cached_property
    def store(self) -> Store:
        """Where this environment's records live: this machine, or a bucket that many share."""
        return self.shared_store if self.has_shared_record else local_store()

    @property
    def has_shared_record(self) -> bool:
        """Whether the configuration has the record in a bucket, wherever this run's is kept."""
        return self.environment.store != "local"

    @cached_property
    def shared_store(self) -> Store:
        """The bucket that the configuration names."""
        from hrmsops.gcp.bucket import GcsStore

        store = GcsStore.at(
            self.environment.store,
            clients=self.clients,
            project=self.environment.project,
            patience=self.config.timeouts.record,
            on_silent=self.on_silent,
        )
        return store.hurried() if self.is_hurried else store

    @property
    def hurried_store(self) -> Store:
        """The same records, for a look that does without them after a moment."""
        if self.is_hurried or not self.store.is_shared:
            return self.store
        from hrmsops.gcp.bucket import GcsStore

        assert isinstance(self.store, GcsStore), "What is shared is a bucket."
        return self.store.hurried()

    def keep_record_here(self) -> None:
        """From now on the record is this machine's, whatever the configuration says."""
        self.store = local_store()

    @property
    def record_clock(self) -> Clock:
        """What tells the time in the record: where machines share it, the cloud's clock."""
        if not self.has_shared_record:
            return self.clock
        return ShiftedClock(self.clock, lambda: self.clients.cloud_clock.ahead)

    def journal(self, catalog: StepCatalog) -> Journal:
        """The record of runs, read with the steps that `catalog` knows."""
        from hrmsops.engine.journal import Journal

        return Journal(self.store, catalog, self.record_clock, self.operator)

    def lease(self) -> Lease:
        """The right to change this environment, where its record is."""
        from hrmsops.engine.lease import Lease

        # Processes of one machine have one clock, and each hears the cloud's at another moment.
        clock = self.record_clock if self.store.is_shared else self.clock
        return Lease(self.store, clock, self.operator, scope=self.scope, say=self.on_silent)

    @property
    def scope(self) -> str:
        """What one run at a time may change."""
        return f"{self.environment.project}/{self.environment.name}"
