"""The last resort: the database as a backup holds it, as a new instance."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_resources import Backup, Instance
from hrmsops.rollback.backup_choice import in_words, other_version
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.kinds.pitr import name_of_clone
from hrmsops.steps.cloud_sql.note_instance import NoteInstance
from hrmsops.steps.cloud_sql.note_loss import NoteLoss
from hrmsops.steps.cloud_sql.restore_backup import RestoreBackup
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone

ROLLBACK_BACKUP = "rollback backup"
TAKEN_OVER = (
    "tier",
    "edition",
    "availabilityType",
    "databaseFlags",
    "ipConfiguration",
    "backupConfiguration",
    "maintenanceWindow",
    "insightsConfig",
    "deletionProtectionEnabled",
    "retainBackupsOnDelete",
)
"""Settings of today's instance that a restored one has as well; its disk's size is the backup's."""


def plan(
    facts: ServiceFacts,
    database: BackupFacts,
    *,
    backup: Backup,
    environment: Environment,
    reason: str,
    clone_name: str | None,
    hold: HoldFirst,
) -> Plan:
    """Hold, restore, wait, verify, and stop there: nothing that serves is touched."""
    run = new_run_id(facts.observed_at)
    source = database.active
    into = name_of_clone(clone_name or source, run=run, project=environment.project)
    settings = settings_beside(backup, database.instance)
    steps: list[Step[Any]] = [*hold.steps]
    if database.is_running:
        steps.append(NoteInstance(instance=source))
    steps += [
        NoteLoss(instance=source, since=sure_until(backup)),
        RestoreBackup(
            backup=backup.name,
            number=backup.id,
            of=backup.instance,
            into=into,
            settings=settings,
        ),
        VerifyClone(source=source, clone=into, checks=tuple(sorted(environment.checks.items()))),
    ]
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_BACKUP,
        environment=environment.name,
        reason=reason,
        headline=f"A new instance {into} with the data of backup {backup.id}",
        subject={
            "service": facts.service.name,
            "instance": source,
            "clone": into,
            "backup": backup.id,
            "at": sure_until(backup).isoformat(),
        },
        because=(
            *because(facts, database, backup),
            "The old instance keeps what was written since"
            if database.is_running
            else "What was written since is nowhere but in the application's own log",
        ),
        warnings=(*hold.warnings, *warnings(database, backup), *_settings_in_words(settings)),
        undo=shlex.join(["gcloud", "sql", "instances", "delete", into]),
        steps=tuple(steps),
    )


def sure_until(backup: Backup) -> datetime:
    """The moment up to which a backup holds all that was written: when it began.

    What was written while it was taken may be in it or not.
    """
    moment = backup.began_at or backup.ended_at
    assert moment is not None, "A successful backup has begun and ended."
    return moment


def settings_beside(backup: Backup, instance: Instance | None) -> dict[str, Any]:
    """What today's instance has otherwise than the backup knows; nothing where it is gone."""
    today = instance.settings if instance else {}
    return {
        name: today[name]
        for name in TAKEN_OVER
        if name in today and today[name] != backup.settings.get(name)
    }


def because(facts: ServiceFacts, database: BackupFacts, backup: Backup) -> tuple[str, ...]:
    """What serves and from what, and what the backup is."""
    size = f", {backup.bytes_max / 1e6:,.0f} MB" if backup.bytes_max else ""
    return (
        f"{short(facts.service.name)} serves from {database.active}{_state(database)}",
        f"Backup {in_words(backup)} ({backup.kind}{size})",
        f"It holds what was written until {sure_until(backup):%Y-%m-%d %H:%M:%S} UTC",
    )


def warnings(database: BackupFacts, backup: Backup) -> tuple[str, ...]:
    """What was accepted, and what the configuration does not know yet."""
    found = []
    configured, name = database.configured, database.active
    if configured and configured != name:
        found.append(f'hrmsops.toml names {configured}; set instance = "{name}"')
    if not database.is_own(backup):
        found.append(f"The backup is of {backup.instance}, which is not this service's own")
    if version := other_version(database, backup):
        found.append(f"The backup is of {backup.database_version}; {name} runs {version}")
    return tuple(found)


def _state(database: BackupFacts) -> str:
    instance = database.instance
    if instance is None:
        return ", which is gone"
    if instance.is_running:
        return ""
    stopped = "stopped by its owner" if instance.activation_policy == "NEVER" else instance.state
    return f", which does not run ({stopped or 'state unknown'})"


def _settings_in_words(settings: dict[str, Any]) -> tuple[str, ...]:
    if not settings:
        return ()
    return (f"As they are today, not as in the backup: {', '.join(settings)}",)
