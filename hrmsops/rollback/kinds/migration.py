"""Schema or reversible data damage: the migrations are taken back, then the code that fits serves.

The order is the guide's: old code cannot reverse a new migration, so the code that has it does
that first, and the requests go to the older revision once the database says that it is done.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.migrate import MigrationUnderWay
from hrmsops.errors.migration_plan import TablesOfAnotherOwner
from hrmsops.errors.rehearsal import RehearsalFailed, ReverseDiffers
from hrmsops.errors.reversal import (
    CodeLacksMigrations,
    HalfReversed,
    NotBehind,
    ReverseIsFake,
    ReverseIsLossy,
    ReverseNotPossible,
    ReverseWouldFail,
)
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.errors.schema import SchemaDoesNotFit
from hrmsops.gcp.resources import Revision
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.losses import loses, lost, told
from hrmsops.rollback.migration_facts import ReversalFacts, Reverse, Traffic
from hrmsops.rollback.rehearsal_steps import rehearsing
from hrmsops.rollback.reversal_words import NO_BACKUP, because, headline, warnings
from hrmsops.rollback.schema_fit import applied_after
from hrmsops.steps.cloud_run.sequence import shifting, verifying
from hrmsops.steps.cloud_sql.take_backup import BackUpFirst
from hrmsops.steps.schema.agents import Migrating
from hrmsops.steps.schema.reverse_migration import ReverseLossyMigration, ReverseMigration
from hrmsops.steps.schema.settle_reversal import SettleReversal
from hrmsops.steps.schema.verify_reversal import VerifyReversal

ROLLBACK_MIGRATION = "rollback migration"
BACKUP_PURPOSE = "before migrations are taken back"


def plan(
    facts: ReversalFacts,
    traffic: Traffic,
    *,
    environment: Environment,
    reason: str,
    accepted: Collection[str],
    statement_ms: int,
    lock_ms: int,
) -> Plan:
    """The steps that take back what has to go; none where nothing has.

    Raises what `require` raises.
    """
    require(facts, traffic, environment=environment.name, accepted=accepted)
    run = new_run_id(facts.observed_at)
    serving = facts.service.newest_serving
    is_rehearsal = facts.is_rehearsal_alone
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_MIGRATION,
        environment=environment.name,
        reason=reason,
        headline=headline(facts, traffic),
        subject={
            "service": facts.service.service.name,
            "instance": facts.instance,
            "database": facts.database,
            "commit": facts.commit,
            "from": serving.name if serving else "",
            "to": traffic.choice.revision.name if traffic.choice and not is_rehearsal else "",
        },
        because=tuple(because(facts, traffic)),
        warnings=tuple(warnings(facts, traffic, environment, accepted)),
        undo=_undo(environment.name, run) if facts.reverses and not is_rehearsal else None,
        steps=_steps(facts, traffic, environment, run, accepted, statement_ms, lock_ms),
    )


def require(
    facts: ReversalFacts, traffic: Traffic, *, environment: str, accepted: Collection[str]
) -> None:
    """Raise what stands against it; the later ones can be accepted by their code."""
    require_possible(facts, environment=environment)
    if facts.is_rehearsal_alone:
        return  # Nothing real goes: what would is among the warnings.
    for problem in _problems(facts, traffic, environment):
        if problem.code not in accepted:
            raise problem


def require_possible(facts: ReversalFacts, *, environment: str) -> None:
    """Raise what no flag overrides; asked before a rehearsal, which would be in vain."""
    if facts.under_way:
        raise MigrationUnderWay(**facts.under_way)
    if facts.missing:
        raise CodeLacksMigrations(missing=facts.missing)
    if facts.owners:
        raise TablesOfAnotherOwner(role=facts.role, owners=facts.owners)
    if facts.forwards:
        raise NotBehind(app=facts.app, to=facts.to or facts.undo, forwards=facts.forwards)
    for each in (each for each in facts.reverses if each.kind == "irreversible"):
        why = each.why[0] if each.why else "Django has no reverse for it"
        raise ReverseNotPossible(migration=each.full_name, why=why, environment=environment)
    if found := told(facts, lambda each: [o.sentence() for o in each.obstacles if o.rows]):
        raise ReverseWouldFail(obstacles=found, first=facts.first, environment=environment)
    if facts.rehearsal.failed:
        raise RehearsalFailed(migration=facts.rehearsal.failed, why=facts.rehearsal.why)


def _problems(facts: ReversalFacts, traffic: Traffic, environment: str) -> Iterator[HrmsopsError]:
    """What can be overridden by its code."""
    if facts.half:
        yield HalfReversed(migration=facts.half[0].migration, run=facts.half[0].run)
    if fake := told(facts, lambda each: each.why[:1] if each.kind == "fake" else ()):
        yield ReverseIsFake(migrations=fake, first=facts.first, environment=environment)
    if lossy := told(facts, lost):
        yield ReverseIsLossy(losses=lossy)
    if facts.rehearsal.differs:
        yield ReverseDiffers(differences=facts.rehearsal.differs)
    fit = traffic.fit
    if traffic.choice and fit and fit.value is False:
        yield SchemaDoesNotFit(revision=traffic.choice.revision.name, why=fit.evidence)


def fitting(facts: ServiceFacts, reversal: ReversalFacts) -> ServiceFacts:
    """The service with only those earlier revisions that never had what goes."""
    schema = reversal.schema.value
    if schema is None:
        return facts
    serving = facts.newest_serving
    going = {each.full_name for each in reversal.reverses}

    def lacks(revision: Revision) -> bool:
        later = {each.migration for each in applied_after(revision, schema)}
        return going <= later

    kept = tuple(each for each in facts.revisions if each == serving or lacks(each))
    return msgspec.structs.replace(facts, revisions=kept)


def serves_already(facts: ServiceFacts, reversal: ReversalFacts) -> bool:
    """Whether what serves never had what goes: then the requests stay where they are."""
    serving, schema = facts.newest_serving, reversal.schema.value
    if serving is None or schema is None:
        return False
    later = {each.migration for each in applied_after(serving, schema)}
    return {each.full_name for each in reversal.reverses} <= later


def _steps(
    facts: ReversalFacts,
    traffic: Traffic,
    environment: Environment,
    run: str,
    accepted: Collection[str],
    statement_ms: int,
    lock_ms: int,
) -> tuple[Step[Any], ...]:
    if not facts.reverses:
        return ()
    how = Migrating(
        instance=facts.instance,
        app=facts.app,
        to=facts.to,
        statement_ms=statement_ms,
        lock_ms=lock_ms,
        image=facts.image,
        commit=facts.commit,
        repeats=HalfReversed.code in accepted,
        as_job=facts.as_job,
    )
    schema = facts.rehearsal.schema
    expected = msgspec.structs.replace(schema, expected=facts.rehearsal.differs)
    rehearsal = rehearsing(facts, how, run=run, project=environment.project, schema=expected)
    if facts.is_rehearsal_alone:
        return rehearsal
    first = BackUpFirst(instance=facts.instance, purpose=BACKUP_PURPOSE)
    before: tuple[Step[Any], ...] = (
        *rehearsal,
        *(() if NO_BACKUP in accepted else (first,)),
        *(_reverse(each, how) for each in facts.reverses),
        SettleReversal(how=how),
        VerifyReversal(how=how, known=facts.known, schema=expected),
    )
    return (*before, *_traffic(facts, traffic, environment, run, accepted, first=len(before) + 1))


def _reverse(each: Reverse, how: Migrating) -> ReverseMigration:
    kind = ReverseLossyMigration if loses(each) else ReverseMigration
    return kind(
        app=each.app,
        migration=each.name,
        replaces=each.replaces,
        is_atomic=each.is_atomic,
        operations=tuple(operation.text for operation in each.operations),
        fingerprint=each.fingerprint,
        kind=each.kind,
        how=how,
        lost={loss.thing: loss.about_how_many() for loss in each.losses if loss.count != 0},
    )


def _traffic(
    facts: ReversalFacts,
    traffic: Traffic,
    environment: Environment,
    run: str,
    accepted: Collection[str],
    *,
    first: int,
) -> tuple[Step[Any], ...]:
    service, paths = facts.service.service, environment.health.paths
    serving = facts.service.newest_serving
    if traffic.choice is None:
        if not (paths and serving):
            return ()
        return verifying(service, revision=serving.name, paths=paths, first=first)
    return shifting(
        service,
        to=traffic.choice.revision.name,
        want=service.traffic.all_to(traffic.choice.revision.name),
        run=run,
        paths=paths,
        host=environment.health.host,
        accept_unhealthy=CandidateUnhealthy.code in accepted,
        first=first,
    )


def _undo(environment: str, run: str) -> str:
    """The data as they were, in a new instance: nothing of the old one is touched by it."""
    words = ["hrmsops", "rollback", "pitr", "-e", environment, "--before-run", run]
    return shlex.join([*words, "--reason", f"undo {run}"])
