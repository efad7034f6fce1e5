"""Forwards only: what would be applied, after what it takes, and with what looks afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.failure_words import listed
from hrmsops.errors.migrate import MigrationUnderWay
from hrmsops.errors.migration_plan import (
    BackwardRefused,
    CodeBehindDatabase,
    HalfApplied,
    ModelsWithoutMigration,
    SystemChecksFailed,
    TablesOfAnotherOwner,
    UnsafeMigrations,
)
from hrmsops.plans.migration_facts import Danger, MigrationFacts, Pending, TableSize
from hrmsops.steps.cloud_sql.take_backup import TakeBackup
from hrmsops.steps.schema.agents import Migrating
from hrmsops.steps.schema.apply_migration import ApplyMigration
from hrmsops.steps.schema.settle_migrations import SettleMigrations
from hrmsops.steps.schema.verify_migrations import VerifyMigrations

MIGRATE = "migrate"
NO_BACKUP = "no-backup"
BACKUP_PURPOSE = "before its migrations"
TABLES_SHOWN = 8


def plan(
    facts: MigrationFacts,
    *,
    environment: Environment,
    reason: str,
    accepted: tuple[str, ...],
    statement_ms: int,
    lock_ms: int,
) -> Plan:
    """The steps that apply what is pending; none where nothing is.

    Raises the refusals below; `accepted` overrides those that can be.
    """
    require(facts, accepted, environment=environment.name)
    how = Migrating(
        instance=facts.instance,
        app=facts.app,
        to=facts.to,
        statement_ms=statement_ms,
        lock_ms=lock_ms,
        image=facts.image,
        commit=facts.commit,
        repeats=HalfApplied.code in accepted,
        as_job=facts.as_job,
    )
    run = new_run_id(facts.observed_at)
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=MIGRATE,
        environment=environment.name,
        reason=reason,
        headline=_headline(facts),
        subject={
            "service": facts.service,
            "instance": facts.instance,
            "database": facts.database,
            "commit": facts.commit,
        },
        because=tuple(_because(facts, how, accepted)),
        warnings=tuple(_warnings(facts, accepted)),
        undo=_undo(environment.name, run) if facts.pending else None,
        steps=_steps(facts, how, accepted),
    )


def require(facts: MigrationFacts, accepted: tuple[str, ...], *, environment: str) -> None:
    """Raise what stands against applying anything at all."""
    if facts.under_way:
        raise MigrationUnderWay(**facts.under_way)
    if facts.owners:
        raise TablesOfAnotherOwner(role=facts.role, owners=facts.owners)
    if facts.backwards:
        raise BackwardRefused(
            app=facts.app, to=facts.to, backwards=facts.backwards, environment=environment
        )
    for problem in _problems(facts):
        if problem.code not in accepted:
            raise problem
    if dangers := dangerous(facts, accepted):
        raise UnsafeMigrations(
            findings=tuple((each.rule, each.sentence(), each.instead) for each in dangers)
        )


def _problems(facts: MigrationFacts) -> Iterator[HrmsopsError]:
    """What can be overridden by its code."""
    if facts.unknown:
        yield CodeBehindDatabase(unknown=facts.unknown)
    if facts.half:
        first = facts.half[0]
        yield HalfApplied(migration=first.migration, run=first.run, operation=first.operation)
    if facts.checks:
        yield SystemChecksFailed(checks=facts.checks)
    if facts.changes:
        yield ModelsWithoutMigration(changes=facts.changes)


def dangerous(facts: MigrationFacts, accepted: tuple[str, ...]) -> list[Danger]:
    """What the check calls a danger and nobody has accepted; an empty database has no data."""
    if not facts.applied:
        return []
    return [
        each for each in facts.findings if each.severity == "danger" and each.rule not in accepted
    ]


def _steps(
    facts: MigrationFacts, how: Migrating, accepted: tuple[str, ...]
) -> tuple[Step[Any], ...]:
    if not facts.pending:
        return ()
    takes_backup = destroys(facts) and NO_BACKUP not in accepted
    backup = (TakeBackup(instance=facts.instance, purpose=BACKUP_PURPOSE),) if takes_backup else ()
    return (
        *backup,
        *(_apply(each, how) for each in facts.pending),
        SettleMigrations(how=how),
        VerifyMigrations(how=how, known=facts.known),
    )


def _apply(pending: Pending, how: Migrating) -> ApplyMigration:
    return ApplyMigration(
        app=pending.app,
        migration=pending.name,
        replaces=pending.replaces,
        is_atomic=pending.is_atomic,
        operations=tuple(each.text for each in pending.operations),
        fingerprint=pending.fingerprint,
        how=how,
    )


def _undo(environment: str, run: str) -> str:
    """The data as they were, in a new instance: nothing of the old one is touched by it."""
    words = ["hrmsops", "rollback", "pitr", "-e", environment, "--before-run", run]
    return shlex.join([*words, "--reason", f"undo {run}"])


def destroys(facts: MigrationFacts) -> bool:
    """Whether data that are there could be lost; an empty database has none."""
    return facts.applied > 0 and any(each.destroys for each in facts.pending)


def _headline(facts: MigrationFacts) -> str:
    count = len(facts.pending)
    where = f" of {facts.app}" if facts.app else ""
    if not count:
        return f"Every migration{where} is applied"
    first, last = facts.pending[0].full_name, facts.pending[-1].full_name
    if count == 1:
        return f"Apply {first} to {facts.instance}"
    return f"Apply {count} migrations{where} to {facts.instance}, {first} to {last}"


def _because(facts: MigrationFacts, how: Migrating, accepted: tuple[str, ...]) -> list[str]:
    code = f"commit {facts.commit}" if facts.commit else "no git commit"
    image = f", image {facts.image}" if facts.image else ""
    if facts.as_job:
        code, image = f"that of {facts.image or 'the serving revision'}, as a Cloud Run job", ""
    told = [
        f"Code: {code}{image}, Django {facts.django}",
        f"Database: {facts.database} of {facts.instance} as {facts.role}, "
        f"PostgreSQL {facts.server}; {facts.applied} migrations are applied",
        f"Timeouts: {how.statement_ms / 1000:g} s a statement; locks are tried for from 0.1 s up "
        f"to {how.lock_ms / 1000:g} s",
    ]
    tables = [_table(facts, name, lock) for name, lock in sorted(locks(facts.pending).items())]
    told += tables[:TABLES_SHOWN]
    if len(tables) > TABLES_SHOWN:
        told.append(f"and {len(tables) - TABLES_SHOWN} more tables")
    if accepted:
        told.append(f"Accepted: {', '.join(sorted(set(accepted)))}")
    return told


def locks(pending: tuple[Pending, ...]) -> dict[str, str]:
    """Every existing table that is touched, with its lock; the later statement's where two are."""
    found: dict[str, str] = {}
    for each in pending:
        for table, lock in each.locks.items():
            if found.get(table) != "ACCESS EXCLUSIVE":
                found[table] = lock
    return found


def _table(facts: MigrationFacts, name: str, lock: str) -> str:
    size = facts.sizes.get(name)
    return f"{name}: {lock}, {_size(size) if size else 'a table of this run'}"


def _size(size: TableSize) -> str:
    """In round numbers: a plan that was approved is the same plan after another hundred rows."""
    if size.rows is None:
        return "never analysed"
    digits = len(str(size.rows)) - 1
    return f"about {round(size.rows, -digits):,} rows" if size.rows else "no rows"


def _warnings(facts: MigrationFacts, accepted: tuple[str, ...]) -> list[str]:
    found = [f"{each.severity}: {each.sentence()}" for each in facts.findings if facts.applied]
    if facts.unchecked:
        found.append(f"Not checked, as they are not in the project: {listed(facts.unchecked)}")
    found += [f"Already so: {each}" for each in facts.known]
    alone = [each.full_name for each in facts.pending if not each.is_atomic]
    if alone:
        found.append(f"Without a transaction, so a failure can leave a part: {', '.join(alone)}")
    fixed = [
        each.full_name
        for each in facts.pending
        if any(not operation.is_reversible for operation in each.operations)
    ]
    if fixed:
        found.append(f"Cannot be reversed: {', '.join(fixed)}")
    if destroys(facts) and NO_BACKUP in accepted:
        found.append("Data can be lost, and no backup is taken first (--accept no-backup)")
    return found
