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
from hrmsops.errors.reversal import (
    CodeLacksMigrations,
    HalfReversed,
    NotBehind,
    RehearsalFailed,
    ReverseIsFake,
    ReverseIsLossy,
    ReverseNotPossible,
    ReverseWouldFail,
)
from hrmsops.errors.rollback import CandidateUnhealthy
from hrmsops.errors.schema import SchemaDoesNotFit
from hrmsops.gcp.resources import Revision, short
from hrmsops.rollback.candidates import Choice
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.known import Known
from hrmsops.rollback.migration_facts import Rehearsal, ReversalFacts, Reverse
from hrmsops.rollback.schema_fit import applied_after
from hrmsops.steps.cloud_run.sequence import shifting, verifying
from hrmsops.steps.cloud_sql.take_backup import BackUpFirst
from hrmsops.steps.schema.agents import Migrating
from hrmsops.steps.schema.reverse_migration import ReverseLossyMigration, ReverseMigration
from hrmsops.steps.schema.settle_reversal import SettleReversal
from hrmsops.steps.schema.verify_reversal import VerifyReversal

ROLLBACK_MIGRATION = "rollback migration"
NO_BACKUP = "no-backup"
BACKUP_PURPOSE = "before migrations are taken back"


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Which revision serves afterwards and whether its code fits; None: traffic stays as it is."""

    choice: Choice | None
    fit: Known | None = None
    why: str = ""
    """Of traffic that stays: for what reason."""


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
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=ROLLBACK_MIGRATION,
        environment=environment.name,
        reason=reason,
        headline=_headline(facts, traffic),
        subject={
            "service": facts.service.service.name,
            "instance": facts.instance,
            "database": facts.database,
            "commit": facts.commit,
            "from": serving.name if serving else "",
            "to": traffic.choice.revision.name if traffic.choice else "",
        },
        because=tuple(_because(facts, traffic)),
        warnings=tuple(_warnings(facts, traffic, environment, accepted)),
        undo=_undo(environment.name, run) if facts.reverses else None,
        steps=_steps(facts, traffic, environment, run, accepted, statement_ms, lock_ms),
    )


def require(
    facts: ReversalFacts, traffic: Traffic, *, environment: str, accepted: Collection[str]
) -> None:
    """Raise what stands against it; the later ones can be accepted by their code."""
    require_possible(facts, environment=environment)
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
    if found := _told(facts, lambda each: [o.sentence() for o in each.obstacles if o.rows]):
        raise ReverseWouldFail(obstacles=found, first=facts.first, environment=environment)
    if facts.rehearsal.failed:
        raise RehearsalFailed(migration=facts.rehearsal.failed, why=facts.rehearsal.why)


def _problems(facts: ReversalFacts, traffic: Traffic, environment: str) -> Iterator[HrmsopsError]:
    """What can be overridden by its code."""
    if facts.half:
        yield HalfReversed(migration=facts.half[0].migration, run=facts.half[0].run)
    if fake := _told(facts, lambda each: each.why[:1] if each.kind == "fake" else ()):
        yield ReverseIsFake(migrations=fake, first=facts.first, environment=environment)
    if lossy := _told(facts, _lost):
        yield ReverseIsLossy(losses=lossy)
    fit = traffic.fit
    if traffic.choice and fit and fit.value is False:
        yield SchemaDoesNotFit(revision=traffic.choice.revision.name, why=fit.evidence)


def _told(facts: ReversalFacts, look: Any) -> tuple[str, ...]:
    return tuple(f"{each.full_name}: {words}" for each in facts.reverses for words in look(each))


def _lost(each: Reverse) -> list[str]:
    """What goes with it, counted; nothing of a kind that loses nothing that is there."""
    return _told_of(each, [loss.sentence() for loss in each.losses if loss.count != 0])


def _told_of(each: Reverse, counted: list[str]) -> list[str]:
    if not loses(each):
        return []
    empty = [why for why in each.why if "comes back empty" in why]
    return counted + empty or list(each.why[:1])


def loses(each: Reverse) -> bool:
    """Whether data that are there would go: a fake reverse can drop a column beside."""
    if each.kind == "lossy":
        return not each.loses_nothing
    return any(loss.count != 0 for loss in each.losses)


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
    first = BackUpFirst(instance=facts.instance, purpose=BACKUP_PURPOSE)
    before: tuple[Step[Any], ...] = (
        *(() if NO_BACKUP in accepted else (first,)),
        *(_reverse(each, how) for each in facts.reverses),
        SettleReversal(how=how),
        VerifyReversal(how=how, known=facts.known),
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


def _headline(facts: ReversalFacts, traffic: Traffic) -> str:
    count = len(facts.reverses)
    if not count:
        what = facts.undo or f"everything after {facts.to}"
        return f"{facts.app} {what} is not applied"
    newest, oldest = facts.reverses[0].full_name, facts.reverses[-1].full_name
    what = oldest if count == 1 else f"{count} migrations, {newest} to {oldest},"
    then = f"; then {traffic.choice.revision.name} serves" if traffic.choice else ""
    return f"Take back {what} of {facts.instance}{then}"


def _because(facts: ReversalFacts, traffic: Traffic) -> Iterator[str]:
    code = f"commit {facts.commit}" if facts.commit else "no git commit"
    if facts.as_job:
        code = f"that of {facts.image}, as a Cloud Run job"
    yield f"Code: {code}, Django {facts.django}; it has every applied migration"
    where = f"{facts.database} of {facts.instance} as {facts.role}"
    yield f"Database: {where}, PostgreSQL {facts.server}"
    for each in facts.reverses:
        yield _class_of(each)
    yield _rehearsed(facts.rehearsal)
    if traffic.choice:
        yield f"{traffic.choice.revision.name}: {traffic.choice.evidence}"
        if traffic.fit and traffic.fit.is_yes:
            yield f"It fits the schema afterwards: {traffic.fit.evidence}"
    else:
        yield f"The requests stay where they are: {traffic.why}"


def _class_of(each: Reverse) -> str:
    """ "employees.0003_x: lossy, payslip.net comes back empty"."""
    why = f", {each.why[0]}" if each.why else ""
    nothing = "; nothing is there to lose" if each.loses_nothing else ""
    return f"{each.full_name}: {each.kind}{why}{nothing}"


def _rehearsed(rehearsal: Rehearsal) -> str:
    if rehearsal.is_done:
        return "Rehearsed on an empty copy of the schema: it went through"
    return f"Not rehearsed: {rehearsal.why}"


def _warnings(
    facts: ReversalFacts, traffic: Traffic, environment: Environment, accepted: Collection[str]
) -> Iterator[str]:
    for each in facts.reverses:
        yield from _of_data(each)
    alone = [each.full_name for each in facts.reverses if not each.is_atomic]
    if alone:
        yield f"Without a transaction, so a failure can leave a part: {', '.join(alone)}"
    if facts.reverses and NO_BACKUP in accepted:
        yield "No backup is taken first (--accept no-backup)"
    if facts.schema.value is None:
        yield f"Not known which code fits the schema afterwards: {facts.schema.why}"
    if traffic.choice:
        yield from _of_traffic(facts, traffic, environment)
    if accepted:
        yield f"Accepted: {', '.join(sorted(set(accepted)))}"


def _of_data(each: Reverse) -> Iterator[str]:
    if loses(each):
        counted = [loss.about() for loss in each.losses if loss.count != 0]
        yield f"Goes with {each.full_name}: {', '.join(_told_of(each, counted))}"
    if each.kind == "fake":
        yield f"{each.full_name} leaves what it did to the data: {each.why[0]}"
    for obstacle in each.obstacles:
        yield f"{each.full_name}, not known: {obstacle.sentence()}"


def _of_traffic(facts: ReversalFacts, traffic: Traffic, environment: Environment) -> Iterator[str]:
    if traffic.fit and not traffic.fit.is_yes:
        word = "Accepted although" if traffic.fit.value is False else "Not known whether it fits:"
        yield f"{word} {traffic.fit.evidence}"
    if not environment.health.paths:
        yield "No health paths are configured: nothing is probed before or after."
    name = short(facts.service.service.name)
    yield f"Until the requests of {name} are shifted, the newer code meets the older schema."
