"""Tables that are partitioned by the steps of a plan, with a database alone as the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from hrmsops import steps
from hrmsops.config import Environment
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.executor import execute
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.store import LocalStore
from hrmsops.partition.periods import Every
from hrmsops.plans import keeping, partition, partition_back, partition_cut
from hrmsops.plans.observing_keeping import observe_kept
from hrmsops.plans.observing_partition import observe_cut, observe_table
from hrmsops.postgres.session import Target
from hrmsops.world import World

ENVIRONMENT = Environment(
    name="production", kind="production", project="p", region="r", service="s"
)
OPERATOR = Operator(account="oncall@nhia.example", host="test")


@dataclass(frozen=True)
class _Instances:
    """Of Cloud SQL only that an instance is what its name says."""

    def instance(self, name: str) -> str:
        return name


@dataclass
class Bench:
    """A database, and runs against it whose record is in a folder."""

    target: Target
    folder: Path
    clock: Any = field(default_factory=SystemClock)
    service_name: str = "s"
    environment: Environment = ENVIRONMENT
    cloud_sql: _Instances = field(default_factory=_Instances)

    def world(self) -> World:
        """It has what the steps of partitioning ask a world for."""
        return cast(World, _Reaching(self))

    def plan(
        self,
        table: str,
        column: str = "created_at",
        *,
        every: Every = Every.MONTH,
        method: Literal["attach", "copy"] = "attach",
        ahead: int | None = 2,
    ) -> Plan:
        facts = observe_table(self.world(), instance="i", table=table, column=column)
        asked = partition_cut.Asked(column=column, every=every, method=method, ahead=ahead)
        return partition.plan(facts, asked, environment=ENVIRONMENT, reason="test")

    def back(self, table: str) -> Plan:
        facts = observe_cut(self.world(), instance="i", table=table)
        return partition_back.back(facts, environment=ENVIRONMENT, reason="test")

    def finish(self, table: str) -> Plan:
        facts = observe_cut(self.world(), instance="i", table=table)
        return partition_back.finish(facts, environment=ENVIRONMENT, reason="test")

    def keep(
        self, table: str | None, *, now: datetime, retain: int | None = None, archive: str = ""
    ) -> Plan:
        found = observe_kept(
            self.world(), instance="i", table=table, now=now, ahead=1, archive=archive
        )
        return keeping.plan(
            found,
            now=now,
            service="s",
            instance="i",
            environment=ENVIRONMENT,
            reason="test",
            retain=retain,
            archive=archive,
        )

    def run(self, plan: Plan) -> Run:
        """All of it, recorded; raises what stops it."""
        with self.lease().acquire(run=plan.run, why="test", take_over=False) as lease:
            run = self.journal().begin(plan, fence=lease.fence)
            execute(run, self.world(), lease=lease)
        return run

    def resume(self, run_id: str) -> Run:
        with self.lease().acquire(run=run_id, why="test", take_over=False) as lease:
            run = self.journal().reopen(run_id, fence=lease.fence)
            execute(run, self.world(), lease=lease)
        return run

    def journal(self) -> Journal:
        return Journal(LocalStore(self.folder), steps.catalog(), self.clock, OPERATOR)

    def lease(self) -> Lease:
        return Lease(LocalStore(self.folder), self.clock, OPERATOR, scope="test")


class Leaping(SystemClock):
    """Minutes pass while one waits."""

    def __init__(self, leap: timedelta = timedelta(minutes=1)) -> None:
        self._leap, self._ahead = leap, timedelta(0)

    def now(self) -> datetime:
        return super().now() + self._ahead

    def sleep(self, duration: timedelta) -> None:
        self._ahead += self._leap


class _Reaching:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def target(self, instance: object, *, application_name: str) -> Target:
        assert instance == "i"
        return replace(self._bench.target, application_name=application_name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bench, name)
