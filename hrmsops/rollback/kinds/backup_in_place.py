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
from hrmsops.errors.fence import FenceImpossible
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.gcp.resources import short
from hrmsops.gcp.sql_resources import Backup
from hrmsops.rollback.backup_choice import other_version
from hrmsops.rollback.backup_facts import BackupFacts
from hrmsops.rollback.cutover import held_in_place
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.hold_first import HoldFirst
from hrmsops.rollback.kinds.backup import ROLLBACK_BACKUP, because, sure_until, warnings
from hrmsops.rollback.serving_at import ServedAt
from hrmsops.steps.cloud_run.create_revision import CreateRevision, name_of_revision
from hrmsops.steps.cloud_run.sequence import shifting, verifying
from hrmsops.steps.cloud_sql.note_instance import NoteInstance
from hrmsops.steps.cloud_sql.note_loss import NoteLoss
from hrmsops.steps.cloud_sql.restore_in_place import RestoreInPlace
from hrmsops.steps.cloud_sql.take_backup import BackUpFirst, TakeBackup
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone
from hrmsops.steps.rows.before_traffic import before_traffic
from hrmsops.steps.rows.close_for_restore import CloseForRestore
from hrmsops.steps.rows.irrevocable import ListIrrevocable, RequireAcknowledged
from hrmsops.steps.rows.roles import OpenDatabase


def plan(
    facts: ServiceFacts,
    database: BackupFacts,
    *,
    backup: Backup,
    served: ServedAt,
    trouble: str,
    environment: Environment,
    reason: str,
    accepted: Collection[str],
    hold: HoldFirst,
) -> Plan:
    """A hold, a fresh backup, the restore, the matching revision, a backup of what serves then.

    `trouble` says why the database cannot be reached, "" where it can. Raises NothingToRestoreInto,
    BackupOfAnotherVersion, ReplicasInTheWay, NoFreshBackup, FenceImpossible.
    """
    require_place(database, backup, accepted)
    if database.is_running and trouble and FenceImpossible.code not in accepted:
        raise FenceImpossible(instance=database.active, why=trouble)
    run = new_run_id(facts.observed_at)
    name = database.active
    steps = [*hold.steps]
    steps += _saving(facts, database, backup, environment, trouble=trouble, first=len(steps) + 1)
    steps += _restoring(name, backup, environment)
    first = len(steps) + 1
    steps += _matching(facts, served, run, environment, accepted, instance=name, first=first)
    # Last, since users wait for nothing more; point-in-time recovery begins anew with it.
    steps.append(TakeBackup(instance=name, purpose="after it was restored in place"))
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
            "to": _revision_then(facts, served, run),
        },
        because=(
            *because(facts, database, backup),
            f"{served.revision.name} served then: {served.evidence}",
        ),
        warnings=(
            *hold.warnings,
            "No point-in-time recovery reaches what is there now any more: its logs are burnt",
            "Users are without a database while it is restored",
            *_left_out(database, served, trouble),
            *warnings(database, backup),
        ),
        undo=None,
        steps=tuple(steps),
    )


def _saving(
    facts: ServiceFacts,
    database: BackupFacts,
    backup: Backup,
    environment: Environment,
    *,
    trouble: str,
    first: int,
) -> list[Step[Any]]:
    """What is looked at and kept of today's data, as far as there is anything to look at."""
    name, since = database.active, sure_until(backup)
    steps: list[Step[Any]] = [NoteInstance(instance=name)] if database.is_running else []
    steps.append(NoteLoss(instance=name, since=since))
    if queries := tuple(sorted(environment.irrevocable.items())):
        steps.append(ListIrrevocable(instance=name, since=since, queries=queries))
        steps.append(RequireAcknowledged(after=(first + len(steps) - 1,)))
    if database.is_running:
        if (roles := _roles(environment)) and not trouble:
            serving = facts.newest_serving
            revision = f"{facts.service.name}/revisions/{serving.name if serving else ''}"
            steps.append(CloseForRestore(instance=name, roles=roles, revision=revision))
        steps.append(BackUpFirst(instance=name, purpose="before it is restored in place"))
    return steps


def _restoring(name: str, backup: Backup, environment: Environment) -> list[Step[Any]]:
    """The restore, the look at what came of it, and the application's roles open again."""
    steps: list[Step[Any]] = [
        RestoreInPlace(instance=name, backup=backup.id, of=backup.instance),
        VerifyClone(source="", clone=name, checks=tuple(sorted(environment.checks.items()))),
        # There is no old database to compare with: `replay --from` works from this and a log.
        *before_traffic(old="", clone=name),
    ]
    if roles := _roles(environment):
        # A backup that was taken behind a fence has its roles closed.
        steps.append(OpenDatabase(instance=name, roles=roles))
    return steps


def _roles(environment: Environment) -> tuple[str, ...]:
    return environment.database.app_roles if environment.database else ()


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
    served: ServedAt,
    run: str,
    environment: Environment,
    accepted: Collection[str],
    *,
    instance: str,
    first: int,
) -> tuple[Step[Any], ...]:
    """The revision of then as it is, or a copy of it where it is bound to another instance."""
    service, paths = facts.service, environment.health.paths
    made, to = [], _revision_then(facts, served, run)
    if not _is_bound_as_now(facts, served):
        made = [_copy(facts, served, run, instance)]
        service = held_in_place(service)
    want, first = service.traffic.all_to(to), first + len(made)
    if service.statuses.shares == want.shares:
        return verifying(service, revision=to, paths=paths, first=first) if paths else ()
    shift = shifting(
        service,
        to=to,
        want=want,
        run=run,
        paths=paths,
        host=environment.health.host,
        accept_unhealthy=CandidateUnhealthy.code in accepted,
        first=first,
    )
    return (*made, *shift)


def _is_bound_as_now(facts: ServiceFacts, served: ServedAt) -> bool:
    serving = facts.newest_serving
    return serving is None or serving.bound_to == served.revision.bound_to


def _revision_then(facts: ServiceFacts, served: ServedAt, run: str) -> str:
    """What serves in the end: the revision of then, or the copy that this run makes of it."""
    is_there = _is_bound_as_now(facts, served)
    return served.revision.name if is_there else revision_name(facts, run)


def _copy(facts: ServiceFacts, served: ServedAt, run: str, instance: str) -> CreateRevision:
    service = facts.service
    return CreateRevision(
        service=service.name,
        revision=revision_name(facts, run),
        like=served.revision.name,
        old=served.revision.instance.rpartition(":")[2],
        instance=instance,
        before=service.traffic,
        traffic=held_in_place(service).traffic,
    )


def revision_name(facts: ServiceFacts, run: str) -> str:
    """Of the copy that this run makes, where it makes one."""
    return name_of_revision(short(facts.service.name), run=run)


def _left_out(database: BackupFacts, served: ServedAt, trouble: str) -> tuple[str, ...]:
    found = []
    if not database.is_running:
        found.append(f"No backup of {database.active} is taken first: nothing of it is left")
    elif trouble:
        found.append(f"{database.active} is NOT fenced meanwhile: {trouble}")
    if served.is_inferred:
        found.append("Which revision served then is a guess; --revision NAME says it")
    return tuple(found)
