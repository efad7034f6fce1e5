"""A backup over the data of the instance that serves: the bridge is burnt behind it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.backup import (
    BackupOfAnotherVersion,
    NoFreshBackup,
    NothingToRestoreInto,
    ReplicasInTheWay,
)
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.gcp.sql_resources import Backup
from hrmsops.rollback.backup_choice import other_version
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.candidates import Choice
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.kinds.backup import ROLLBACK_BACKUP, because, sure_until, warnings
from hrmsops.steps.cloud_run.sequence import shifting
from hrmsops.steps.cloud_sql.note_instance import NoteInstance
from hrmsops.steps.cloud_sql.note_loss import NoteLoss
from hrmsops.steps.cloud_sql.restore_in_place import RestoreInPlace
from hrmsops.steps.cloud_sql.take_backup import TakeBackup
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone


def plan(
    facts: ServiceFacts,
    database: BackupFacts,
    *,
    backup: Backup,
    revision: Choice | None,
    environment: Environment,
    reason: str,
    accepted: Collection[str],
    hold: HoldFirst,
) -> Plan:
    """A fresh backup first, then the restore, a backup of what it made, and the matching revision.

    Raises NothingToRestoreInto, BackupOfAnotherVersion, ReplicasInTheWay, NoFreshBackup.
    """
    require_place(database, backup, accepted)
    run = new_run_id(facts.observed_at)
    name = database.active
    before = (
        NoteInstance(instance=name),
        NoteLoss(instance=name, since=sure_until(backup)),
        TakeBackup(instance=name, purpose="before it is restored in place"),
    )
    steps: list[Step[Any]] = [
        *hold.steps,
        *(before if database.is_running else before[1:2]),
        RestoreInPlace(instance=name, backup=backup.id, of=backup.instance),
        TakeBackup(instance=name, purpose="after it was restored in place"),
        VerifyClone(source="", clone=name, checks=tuple(sorted(environment.checks.items()))),
    ]
    if revision:
        steps += _matching(facts, revision, run, environment, accepted, first=len(steps) + 1)
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_BACKUP,
        environment=environment.name,
        reason=reason,
        headline=f"All data of {name} is replaced by backup {backup.id}",
        subject={
            "service": facts.service.name,
            "instance": name,
            "overwrites": name,
            "backup": backup.id,
            "at": sure_until(backup).isoformat(),
        },
        because=(
            *because(facts, database, backup),
            *(
                (f"To it belongs {revision.revision.name}: {revision.evidence}",)
                if revision
                else ()
            ),
        ),
        warnings=(
            *hold.warnings,
            "All that was written since is lost, and no point-in-time recovery reaches it any "
            f"more: the logs of {name} are burnt",
            "The service has no database while it is restored",
            *_without_net(database),
            *warnings(database, backup),
        ),
        undo=None,
        steps=tuple(steps),
    )


def require_place(database: BackupFacts, backup: Backup, accepted: Collection[str]) -> None:
    """Return where Cloud SQL would take a restore in place, and where it may be asked for."""
    instance = database.instance
    if instance is None:
        raise NothingToRestoreInto(instance=database.active)
    if version := other_version(database, backup):
        # Whatever was accepted: that is for a new instance.
        raise BackupOfAnotherVersion(
            backup=backup.id,
            version=backup.database_version,
            instance=instance.name,
            serving=version,
        )
    if instance.replicas:
        raise ReplicasInTheWay(instance=instance.name, replicas=instance.replicas)
    if not instance.is_running and NoFreshBackup.code not in accepted:
        raise NoFreshBackup(instance=instance.name, state=instance.state)


def _matching(
    facts: ServiceFacts,
    choice: Choice,
    run: str,
    environment: Environment,
    accepted: Collection[str],
    *,
    first: int,
) -> tuple[Step[Any], ...]:
    """An earlier revision as it is: its binding is right; nothing where it serves already."""
    service, to = facts.service, choice.revision.name
    want = service.traffic.all_to(to)
    if service.traffic == want and service.statuses.shares == want.shares:
        return ()
    return shifting(
        service,
        to=to,
        want=want,
        run=run,
        paths=environment.health.paths,
        host=environment.health.host,
        accept_unhealthy=CandidateUnhealthy.code in accepted,
        first=first,
    )


def _without_net(database: BackupFacts) -> tuple[str, ...]:
    if database.is_running:
        return ()
    return (f"No backup of {database.active} is taken first: nothing of today's data is left",)
