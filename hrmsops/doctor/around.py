"""What several checks look at, each looked at once, when the first one asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hrmsops.doctor.seen import DatabaseSeen
from hrmsops.errors.base import HrmsopsError
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import History, of_service
from hrmsops.rollback.observing import aside
from hrmsops.rollback.observing_database import active_instance

if TYPE_CHECKING:
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.run import Run
    from hrmsops.gcp.sql_resources import Backup, Instance, Window
    from hrmsops.world import World

T = TypeVar("T")


class Around:
    """One environment, looked at by many threads: each look goes out once.

    A look that fails raises the very same error for everyone who asks. `commands` are those that
    are to work; `journal` opens the record, which may be what is wrong.
    """

    def __init__(
        self, world: World, journal: Callable[[], Journal], commands: frozenset[str]
    ) -> None:
        self.world, self.commands, self._journal = world, commands, journal
        self._looks: dict[str, Future[Any]] = {}
        self._mutex = threading.Lock()

    @property
    def service(self) -> ServiceFacts:
        """The service, its revisions, and what the record says of them."""
        return self._once("service", self._service)

    @property
    def instance_name(self) -> str:
        """What the serving revision is bound to, else what is configured."""
        return self._once("name", lambda: active_instance(self.world, self.service))

    @property
    def instance(self) -> Instance:
        return self._once("instance", lambda: self.world.cloud_sql.instance(self.instance_name))

    @property
    def backups(self) -> tuple[Backup, ...]:
        """Those of the instance, newest first."""
        return self._once("backups", lambda: self.world.cloud_sql.backups(self.instance_name))

    @property
    def window(self) -> Window | None:
        """What a point-in-time recovery can reach; None where it is off, or nothing runs."""
        return self._once("window", self._window)

    @property
    def runs(self) -> list[Run]:
        """Of this service, oldest first."""
        return self._once("runs", self._runs)

    @property
    def database(self) -> DatabaseSeen:
        """One session's look; nothing is made for it, so a relay is not tried."""
        return self._once("database", self._database)

    @property
    def clock_ahead(self) -> timedelta:
        """How far the cloud's clock is ahead of this machine's, by a reply that came."""
        _ = self.service
        return self.world.clients.cloud_clock.ahead

    def _service(self) -> ServiceFacts:
        """Where the record cannot be read, Cloud Run still can."""
        world, cloud_run = self.world, self.world.cloud_run
        revisions = aside(lambda: cloud_run.revisions(world.service_name))
        service = cloud_run.service(world.service_name)
        try:
            history = of_service(self.runs, world.service_name)
        except HrmsopsError:
            history = History()
        return ServiceFacts(
            observed_at=world.clock.now(),
            service=service,
            revisions=revisions.result(),
            history=history,
        )

    def _window(self) -> Window | None:
        instance = self.instance
        has_window = instance.has_pitr and instance.is_running
        return self.world.cloud_sql.window(instance.name) if has_window else None

    def _runs(self) -> list[Run]:
        name = self.world.service_name
        return [run for run in self._journal().runs() if run.plan.subject.get("service") == name]

    def _database(self) -> DatabaseSeen:
        from hrmsops.doctor.reaching import reach

        return reach(self.world, self.instance)

    def _once(self, name: str, look: Callable[[], T]) -> T:
        with self._mutex:
            if name not in self._looks:
                self._looks[name] = aside(look)
            asked = self._looks[name]
        seen: T = asked.result()
        return seen
