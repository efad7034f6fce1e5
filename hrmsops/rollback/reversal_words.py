"""A reverse in words for people: what it comes to, what it rests on, what to mind. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hrmsops.config import Environment
from hrmsops.gcp.resources import short
from hrmsops.rollback.losses import about
from hrmsops.rollback.migration_facts import (
    CloneWanted,
    Rehearsal,
    ReversalFacts,
    Reverse,
    Traffic,
)

NO_BACKUP = "no-backup"
SHOWN_MAX = 3
A_CLONE_TAKES = "a small one can take 40 minutes"


def headline(facts: ReversalFacts, traffic: Traffic) -> str:
    """What the whole comes to; what of it is only a rehearsal says so."""
    count = len(facts.reverses)
    if not count:
        what = facts.undo or f"everything after {facts.to}"
        return f"{facts.app} {what} is not applied"
    newest, oldest = facts.reverses[0].full_name, facts.reverses[-1].full_name
    what = oldest if count == 1 else f"{count} migrations, {newest} to {oldest},"
    if facts.is_rehearsal_alone:
        return f"Rehearse on a clone of {facts.instance}: take back {what.rstrip(',')}"
    then = f"; then {traffic.choice.revision.name} serves" if traffic.choice else ""
    return f"Take back {what} of {facts.instance}{then}"


def because(facts: ReversalFacts, traffic: Traffic) -> Iterator[str]:
    code = f"commit {facts.commit}" if facts.commit else "no git commit"
    if facts.as_job:
        code = f"that of {facts.image}, as a Cloud Run job"
    yield f"Code: {code}, Django {facts.django}; it has every applied migration"
    where = f"{facts.database} of {facts.instance} as {facts.role}"
    yield f"Database: {where}, PostgreSQL {facts.server}"
    for each in facts.reverses:
        yield _class_of(each)
    yield _rehearsed(facts.rehearsal, facts.clone)
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


def _rehearsed(rehearsal: Rehearsal, clone: CloneWanted | None) -> str:
    if clone:
        last = clone.last_seconds
        took = f"the last one took {last} s" if last is not None else A_CLONE_TAKES
        return f"Rehearsed first on a clone of its own, which is deleted again; {took}"
    if rehearsal.is_done:
        return "Rehearsed on an empty copy of the schema: it went through"
    return f"Not rehearsed: {rehearsal.why}"


def warnings(
    facts: ReversalFacts, traffic: Traffic, environment: Environment, accepted: Collection[str]
) -> Iterator[str]:
    for each in facts.reverses:
        yield from _of_data(each)
    alone = [each.full_name for each in facts.reverses if not each.is_atomic]
    if alone:
        yield f"Without a transaction, so a failure can leave a part: {', '.join(alone)}"
    yield from _of_schema(facts.rehearsal)
    if facts.reverses and NO_BACKUP in accepted:
        yield "No backup is taken first (--accept no-backup)"
    if facts.schema.value is None:
        yield f"Not known which code fits the schema afterwards: {facts.schema.why}"
    if traffic.choice:
        yield from _of_traffic(facts, traffic, environment)
    if accepted:
        yield f"Accepted: {', '.join(sorted(set(accepted)))}"


def _of_data(each: Reverse) -> Iterator[str]:
    if goes := about(each):
        yield f"Goes with {each.full_name}: {', '.join(goes)}"
    if each.kind == "fake":
        yield f"{each.full_name} leaves what it did to the data: {each.why[0]}"
    for obstacle in each.obstacles:
        yield f"{each.full_name}, not known: {obstacle.sentence()}"


def _of_schema(rehearsal: Rehearsal) -> Iterator[str]:
    schema = rehearsal.schema
    if schema.drift:
        yield f"Already now the schema is not that of its migrations: {_some(schema.drift)}"
    if rehearsal.differs:
        yield f"Accepted, that the schema is not that of before: {_some(rehearsal.differs)}"


def _some(sentences: tuple[str, ...]) -> str:
    more = len(sentences) - SHOWN_MAX
    return "; ".join([*sentences[:SHOWN_MAX], *([f"and {more} more"] if more > 0 else [])])


def _of_traffic(facts: ReversalFacts, traffic: Traffic, environment: Environment) -> Iterator[str]:
    if traffic.fit and not traffic.fit.is_yes:
        word = "Accepted although" if traffic.fit.value is False else "Not known whether it fits:"
        yield f"{word} {traffic.fit.evidence}"
    if not environment.health.paths:
        yield "No health paths are configured: nothing is probed before or after."
    name = short(facts.service.service.name)
    yield f"Until the requests of {name} are shifted, the newer code meets the older schema."
