"""The last resort: the database as a backup holds it, as a new instance."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan
from hrmsops.engine.step import Step
from hrmsops.errors.fence import FenceImpossible
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_resources import Backup, Instance
from hrmsops.rollback.backup_choice import in_words, other_version
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.cutover_facts import CutoverFacts
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.recovery_end import recovery_end
from hrmsops.steps.cloud_sql.note_instance import NoteInstance
from hrmsops.steps.cloud_sql.note_loss import NoteLoss
from hrmsops.steps.cloud_sql.prepare_instance import lacking_settings
from hrmsops.steps.cloud_sql.restore_backup import RestoreBackup
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone

ROLLBACK_BACKUP = "rollback backup"
PROTECTED = "deletionProtectionEnabled"


def plan(
    facts: ServiceFacts,
    database: BackupFacts,
    *,
    backup: Backup,
    environment: Environment,
    reason: str,
    run: str,
    into: str,
    promotion: CutoverFacts | None,
    accepted: Collection[str],
    hold: HoldFirst,
) -> Plan:
    """Hold, restore, wait, verify, and stop there: nothing that serves is touched.

    With a `promotion`, which was observed for this `run` and its new instance `into`, it goes on to
    the cutover. Raises what `cutover_steps` raises.
    """
    source = database.active
    settings = settings_beside(backup, database.instance)
    restoring = _restoring(database, backup, environment, into=into, settings=settings)
    # Nobody can write to what is lost, so nobody needs to be kept from it.
    accepted = {*accepted, *({FenceImpossible.code} if database.is_lost else ())}
    first = len(hold.steps) + len(restoring) + 1
    end = recovery_end(
        promotion, into=into, environment=environment, run=run, accepted=accepted, first=first
    )
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_BACKUP,
        environment=environment.name,
        reason=reason,
        headline=f"A new instance {into} with the data of backup {backup.id}{end.headline}",
        subject={
            "service": facts.service.name,
            "instance": source,
            "clone": into,
            "backup": backup.id,
            "at": sure_until(backup).isoformat(),
            **end.subject,
        },
        because=(
            *because(facts, database, backup),
            *(end.because or (_what_of_the_rest(database),)),
        ),
        warnings=(
            *hold.warnings,
            *warnings(database, backup),
            *_settings_in_words(settings),
            *end.warnings,
        ),
        undo=end.undo,
        steps=(*hold.steps, *restoring, *end.steps),
    )


def _restoring(
    database: BackupFacts,
    backup: Backup,
    environment: Environment,
    *,
    into: str,
    settings: dict[str, Any],
) -> list[Step[Any]]:
    source = database.active
    noted = [NoteInstance(instance=source)] if database.is_running else []
    return [
        *noted,
        NoteLoss(instance=source, since=sure_until(backup)),
        RestoreBackup(
            backup=backup.name, called=backup.id, of=backup.instance, into=into, settings=settings
        ),
        VerifyClone(source=source, clone=into, checks=tuple(sorted(environment.checks.items()))),
    ]


def sure_until(backup: Backup) -> datetime:
    """The moment up to which a backup holds all that was written: when it began.

    What was written while it was taken may be in it or not.
    """
    moment = backup.began_at or backup.ended_at
    assert moment is not None, "A successful backup has begun and ended."
    return moment


def settings_beside(backup: Backup, instance: Instance | None) -> dict[str, Any]:
    """What the new instance has otherwise than the backup knows: today's settings, where known.

    It is not protected before it serves, so that the recovery can be taken back.
    """
    today = instance.settings if instance else {}
    return {**lacking_settings(backup.settings, source=today), PROTECTED: False}


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


def _what_of_the_rest(database: BackupFacts) -> str:
    if database.is_lost:
        return "What was written since is nowhere but in the application's own log"
    return "The old instance keeps what was written since"


def _settings_in_words(settings: dict[str, Any]) -> tuple[str, ...]:
    names = [name for name in settings if name != PROTECTED]
    return (f"As they are today, not as in the backup: {', '.join(names)}",) if names else ()
