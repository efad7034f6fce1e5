"""A clone that a run makes for itself alone, and takes away again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import Patience, wait_for
from hrmsops.errors.cloud import CallRefused, EtagStale, NotAuthorised
from hrmsops.errors.cloud_sql import InstanceMissing
from hrmsops.errors.pitr import CloneFailed
from hrmsops.errors.rehearsal import CloneNotDeleted
from hrmsops.gcp.sql_resources import Instance
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.steps.cloud_sql.by_hand import deletion
from hrmsops.steps.cloud_sql.made_instance import DEADLINE, found, is_busy, make, seen
from hrmsops.world import World

MARK = "rehearsal"
TRIES_MAX = 5
DELETION = timedelta(minutes=30)
PENDING_DELETE = "PENDING_DELETE"


def is_own(name: str, run: str) -> bool:
    """Whether an instance is this run's own: nothing else is ever deleted."""
    return name.endswith(f"-{MARK}-{run}")


class CloneForRehearsal(Step[World], frozen=True, kw_only=True):
    """Clone `source` as it is now into `into`, which nobody else knows of or writes to.

    Its name carries the run's id: it is asked for once, found again, and deleted when the run
    fails before its first real change. `last_seconds` is what an earlier clone took, None where
    none is on record. Source: instances.clone, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "clone-for-rehearsal"
    is_scaffold: ClassVar[bool] = True

    source: str
    into: str
    last_seconds: int | None

    def sentence(self) -> str:
        return f"Clone {self.source} as it is now into {self.into}, for the rehearsal alone"

    def find(self, world: World, run: Run) -> Result | None:
        return found(self.into, world)

    def apply(self, world: World, run: Run) -> Result:
        last = self.last_seconds
        make(
            self.into,
            lambda: world.cloud_sql.clone(self.source, into=self.into, at=None),
            failed=lambda why: CloneFailed(clone=self.into, why=why),
            world=world,
            run=run,
            estimate="" if last is None else f"; the last one took {last} s",
        )
        return {}

    def revert(self, world: World, run: Run) -> bool:
        take_away(self.into, world, run)
        return seen(self.into, world) is None


class DeleteOwnClone(Step[World], frozen=True, kw_only=True):
    """Delete the clone that this run made. A scaffold too: it undoes nothing that serves.

    Whoever may make a clone may lack the right to delete it: then that is left to do, and said.
    """

    name: ClassVar[str] = "delete-own-clone"
    is_scaffold: ClassVar[bool] = True

    clone: str

    def sentence(self) -> str:
        return f"Delete {self.clone}"

    def find(self, world: World, run: Run) -> Result | None:
        if refused := run.noted(run.at_step).get("refused"):
            by_hand = deletion(self.clone, project=world.environment.project)
            return {"findings": [f"it was not deleted: {refused}"], "to_do": [by_hand]}
        return {} if seen(self.clone, world) is None else None

    def apply(self, world: World, run: Run) -> Result:
        try:
            take_away(self.clone, world, run)
        except NotAuthorised as error:
            run.note(refused=error.why)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Nothing is brought back: it served nobody."""
        return True


def take_away(name: str, world: World, run: Run) -> None:
    """Delete an instance of this run's own, whatever became of it; returns once it is gone.

    Waits as long as it takes, also for whoever is going home: what nobody needs must not stay.
    """
    assert is_own(name, run.id), f"{name} is not of run {run.id}"

    def ready() -> bool | None:
        return None if seen(name, world) and is_busy(name, world) else True

    _wait(f"Something is at work on {name}, which is to be deleted", ready, DEADLINE, world, run)
    for _attempt in range(TRIES_MAX):
        instance = seen(name, world)
        if instance is None or instance.state == PENDING_DELETE:
            break
        with suppress(EtagStale):  # settingsVersion: Cloud SQL itself changed it meanwhile.
            with suppress(CallRefused):  # One that has failed takes no settings any more.
                _unprotect(instance, world, run)
            _ask(name, world, run)
            break
    _wait(f"Cloud SQL deletes {name}", lambda: _gone(name, world, run), DELETION, world, run)


def _unprotect(instance: Instance, world: World, run: Run) -> None:
    """A clone of a protected instance can be protected too, and told to leave a backup behind."""
    settings = dict[str, object]()
    if instance.has_deletion_protection:
        settings["deletionProtectionEnabled"] = False
    if instance.settings.get("finalBackupConfig", {}).get("enabled"):
        settings["finalBackupConfig"] = {"enabled": False}
    if not settings:
        return
    settings["settingsVersion"] = str(instance.settings_version)

    def is_off() -> bool:
        found = seen(instance.name, world)
        return found is None or not found.has_deletion_protection

    ask_once(
        lambda: world.cloud_sql.patch(instance.name, settings),
        is_there=is_off,
        world=world,
        run=run,
    )

    def idle() -> bool | None:
        return None if is_busy(instance.name, world) else True

    _wait(f"Cloud SQL takes the protection off {instance.name}", idle, DELETION, world, run)


def _ask(name: str, world: World, run: Run) -> None:
    def is_going() -> bool:
        instance = seen(name, world)
        return instance is None or instance.state == PENDING_DELETE

    with suppress(InstanceMissing):
        ask_once(lambda: world.cloud_sql.delete(name), is_there=is_going, world=world, run=run)


def _gone(name: str, world: World, run: Run) -> bool | None:
    if seen(name, world) is None:
        return True
    asked = [each for each in world.cloud_sql.operations(name) if each.kind == "DELETE"]
    if asked and asked[0].error:
        raise CloneNotDeleted(clone=name, why=asked[0].error, run=run.id)
    return None


def _wait(
    what: str, look: Callable[[], bool | None], deadline: timedelta, world: World, run: Run
) -> None:
    wait_for(
        what,
        look,
        run=run,
        clock=world.clock,
        patience=Patience(),
        deadline=deadline,
        every=POLL,
    )
