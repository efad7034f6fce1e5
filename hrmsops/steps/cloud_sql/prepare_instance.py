"""Give a recovered instance what the old one had and a clone comes up without."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.engine.waiting import wait_for
from hrmsops.errors.cloud import EtagStale
from hrmsops.errors.cutover import InstanceNotChanged
from hrmsops.errors.pitr import InstanceStopped
from hrmsops.gcp.sql_resources import Instance
from hrmsops.steps.cloud_sql.asking import POLL, ask_once
from hrmsops.steps.cloud_sql.made_instance import is_busy, seen
from hrmsops.world import World

Json = dict[str, Any]

DEADLINE = timedelta(hours=1)
TRIES_MAX = 5
UPDATE = "UPDATE"
SUPERSEDED = "hrmsops-superseded-by"

# Taken over where they differ; what is left out is the clone's own (its zone, its version).
_CARRIED = (
    "tier",
    "databaseFlags",
    "availabilityType",
    "dataDiskType",
    "storageAutoResize",
    "storageAutoResizeLimit",
    "maintenanceWindow",
    "denyMaintenancePeriods",
    "insightsConfig",
    "passwordValidationPolicy",
    "retainBackupsOnDelete",
    "ipConfiguration",
)
_OF_BACKUPS = (
    "startTime",
    "location",
    "transactionLogRetentionDays",
    "backupRetentionSettings",
)


class PrepareInstance(Step[World], frozen=True, kw_only=True):
    """Backups, point-in-time recovery, deletion protection, and the settings of `source`.

    Asked for in one patch and read back. Where the old instance is gone, only the first three.
    Source: instances.patch, Cloud SQL Admin API v1.
    """

    name: ClassVar[str] = "prepare-instance"

    instance: str
    source: str

    def sentence(self) -> str:
        return f"Give {self.instance} backups, logs, protection, and the old one's settings"

    def find(self, world: World, run: Run) -> Result | None:
        found = world.cloud_sql.instance(self.instance)
        if self._lacking(world, found) or is_busy(self.instance, world):
            return None
        changed = run.noted(run.at_step).get("changed", [])
        return {"changed": changed, "findings": [f"set: {', '.join(changed) or 'nothing'}"]}

    def apply(self, world: World, run: Run) -> Result:
        for _attempt in range(TRIES_MAX):
            found = world.cloud_sql.instance(self.instance)
            _require_running(found)
            lacking = self._lacking(world, found)
            if not lacking:
                break
            run.note(changed=sorted(lacking))
            with suppress(EtagStale):  # settingsVersion: somebody changed it meanwhile.
                self._ask(world, run, lacking, found)
                self._wait(world, run)
                break
        self._read_back(world, run)
        return {}

    def revert(self, world: World, run: Run) -> bool:
        """Settings of an instance that serves nobody may stay as they are."""
        return True

    def _ask(self, world: World, run: Run, lacking: Json, found: Instance) -> None:
        settings = {**lacking, "settingsVersion": str(found.settings_version)}
        ask_once(
            lambda: world.cloud_sql.patch(self.instance, settings),
            is_there=lambda: not self._lacking(world, world.cloud_sql.instance(self.instance)),
            world=world,
            run=run,
        )

    def _wait(self, world: World, run: Run) -> None:
        def over() -> bool | None:
            for operation in world.cloud_sql.operations(self.instance):
                if operation.name == run.noted(run.at_step).get("operation") and operation.error:
                    raise InstanceNotChanged(
                        instance=self.instance, why=operation.error, run=run.id
                    )
            return None if is_busy(self.instance, world) else True

        wait_for(
            f"Cloud SQL changes {self.instance}",
            over,
            run=run,
            clock=world.clock,
            patience=world.patience,
            deadline=DEADLINE,
            every=POLL,
        )

    def _read_back(self, world: World, run: Run) -> None:
        if lacking := self._lacking(world, world.cloud_sql.instance(self.instance)):
            why = f"Read back and still different: {', '.join(sorted(lacking))}."
            raise InstanceNotChanged(instance=self.instance, why=why, run=run.id)

    def _lacking(self, world: World, found: Instance) -> Json:
        source = seen(self.source, world)
        return lacking_settings(found.settings, source=source.settings if source else {})


def lacking_settings(settings: Json, *, source: Json) -> Json:
    """What to patch into `settings` so that an instance like `source` can serve; empty: nothing."""
    wanted = {name: source[name] for name in _CARRIED if name in source}
    found = {name: value for name, value in wanted.items() if not _holds(settings.get(name), value)}
    kept = source.get("backupConfiguration", {})
    backups = {name: kept[name] for name in _OF_BACKUPS if name in kept}
    backups |= {"enabled": True, "pointInTimeRecoveryEnabled": True}
    if not _holds(settings.get("backupConfiguration"), backups):
        found["backupConfiguration"] = backups
    if not settings.get("deletionProtectionEnabled"):
        found["deletionProtectionEnabled"] = True
    labels = {**_labels(source), **_labels(settings)}
    if labels != _labels(settings):
        found["userLabels"] = labels
    return found


def _holds(value: Any, wanted: Any) -> bool:
    """Whether `value` says all that `wanted` says; Google adds fields of its own."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(_holds(value.get(k), v) for k, v in wanted.items())
    return bool(value == wanted)


def _labels(settings: Json) -> dict[str, str]:
    """Labels that describe the system; not those of the sandbox, nor of an instance's own fate."""
    return {
        name: value
        for name, value in settings.get("userLabels", {}).items()
        if not name.startswith("sandbox-") and name != SUPERSEDED
    }


def _require_running(seen: Instance) -> None:
    if not seen.is_running:
        raise InstanceStopped(instance=seen.name, state=seen.state, policy=seen.activation_policy)
