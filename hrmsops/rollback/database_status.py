"""What is of the database: its instance, what it can go back to, what was left and goes on costing.

Each look may fail or be late by itself; the status does not wait for more than a few seconds.
"""

from __future__ import annotations

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from hrmsops.engine.journal import Journal
from hrmsops.errors.base import HrmsopsError
from hrmsops.gcp.sql_resources import Backup, Instance, Window
from hrmsops.rollback.backfill_status import under_way
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.observing import aside
from hrmsops.rollback.observing_database import active_instance
from hrmsops.rollback.partition_status import running_out
from hrmsops.steps.cloud_sql.prepare_instance import SUPERSEDED
from hrmsops.world import World

SECONDS_MAX = 5.0
GONE = "gone"

T = TypeVar("T")


class DatabaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is Cloud SQL's word, "stopped by its owner", "gone", or "" where it is unknown.

    `instance` is "" where only an address is known and that could not be looked up. `window` None:
    no point-in-time recovery, or unknown. `backup` is the newest good one. `superseded` are
    instances that a cutover has left. `running_out` warns of partitions that end soon; `backfills`
    are those that are not at their end. `unknown` says what could not be read.
    """

    instance: str
    state: str
    window: Window | None = None
    backup: Backup | None = None
    superseded: tuple[str, ...] = ()
    running_out: tuple[str, ...] = ()
    backfills: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The looks under way, and the moment (monotonic) until which they are waited for."""

    name: Future[str]
    instances: Future[tuple[Instance, ...]]
    window: Future[Window]
    backups: Future[tuple[Backup, ...]]
    running_out: Future[tuple[str, ...]]
    backfills: Future[tuple[str, ...]]
    until: float


def ask(world: World, facts: ServiceFacts, journal: Journal) -> Asked | None:
    """Begin to look; None where no database is known. Returns at once."""
    serving = facts.newest_serving
    if not (serving and serving.bound_to) and not world.environment.instance:
        return None
    name = aside(lambda: active_instance(world, facts))
    return Asked(
        name=name,
        instances=aside(world.cloud_sql.instances),
        window=aside(lambda: world.cloud_sql.window(name.result())),
        backups=aside(world.cloud_sql.kept_backups),
        running_out=aside(lambda: running_out(world, name.result())),
        backfills=aside(lambda: under_way(world, journal, name.result())),
        until=time.monotonic() + SECONDS_MAX,
    )


def answered(asked: Asked) -> DatabaseStatus:
    """What came of the looks in time."""
    unknown: list[str] = []
    name = _of(asked.name, asked.until, "which instance it is", unknown) or ""
    instances = _of(asked.instances, asked.until, "the instance", unknown)
    backups = _of(asked.backups, asked.until, "its backups", unknown)
    found = next((each for each in instances or () if each.name == name), None)
    has_window = found is not None and found.has_pitr and found.is_running
    return DatabaseStatus(
        instance=name,
        state="" if instances is None or not name else _state(found),
        window=_of(asked.window, asked.until, "its logs", unknown) if has_window else None,
        backup=_newest(backups or (), name),
        superseded=tuple(each.name for each in instances or () if SUPERSEDED in each.labels),
        # That nobody here may log in is no trouble of the database's.
        running_out=_of(asked.running_out, asked.until, "its partitions", []) or (),
        backfills=_of(asked.backfills, asked.until, "its backfills", []) or (),
        unknown=tuple(unknown),
    )


def _of(look: Future[T], until: float, what: str, unknown: list[str]) -> T | None:
    try:
        return look.result(timeout=max(until - time.monotonic(), 0.05))
    except TookTooLong:
        unknown.append(f"{what}: Cloud SQL did not answer in {SECONDS_MAX:g} s")
    except HrmsopsError as error:
        unknown.append(f"{what}: {error.what} {error.why}")
    return None


def _state(instance: Instance | None) -> str:
    return GONE if instance is None else instance.condition


def _newest(backups: tuple[Backup, ...], instance: str) -> Backup | None:
    good = (each for each in backups if each.is_good and each.instance == instance)
    return next(good, None)
