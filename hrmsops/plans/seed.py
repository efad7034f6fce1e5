"""What is written of the reference data, on what evidence, and what is left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.failure_words import listed
from hrmsops.errors.seed import DatabaseIsProduction, FixtureNotForKind
from hrmsops.plans.seed_facts import SeedFacts
from hrmsops.seed.catalogue import ADMINISTRATOR, Spec
from hrmsops.seed.difference import (
    ADD,
    ADOPT,
    CHANGE,
    DATED,
    FOREIGN,
    HAND,
    KEPT,
    REMOVED,
    Difference,
)
from hrmsops.steps.rows.seed_tables import OverwriteTables, Seeded, SeedTables

SEED = "seed"


def require_kind(specs: tuple[Spec, ...], environment: Environment) -> None:
    """Raise FixtureNotForKind where a fixture was named that does not belong there."""
    for each in specs:
        if environment.kind not in each.kinds:
            raise FixtureNotForKind(
                fixture=each.fixture,
                environment=environment.name,
                kind=environment.kind,
                kinds=each.kinds,
            )


def plan(facts: SeedFacts, *, environment: Environment, reason: str) -> Plan:
    """One step that writes everything in one transaction; none where nothing is due.

    Raises DatabaseIsProduction.
    """
    is_made = any(each.table == ADMINISTRATOR for each in facts.differences)
    if facts.sign and is_made:
        raise DatabaseIsProduction(
            environment=environment.name, instance=facts.instance, sign=facts.sign
        )
    return Plan(
        run=new_run_id(facts.observed_at),
        made_at=facts.observed_at,
        command=SEED,
        environment=environment.name,
        reason=reason,
        headline=_headline(facts),
        subject={
            "service": facts.service,
            "instance": facts.instance,
            "database": facts.database,
            "as": facts.kind,
        },
        because=tuple(_because(facts)),
        warnings=tuple(_warnings(facts)),
        undo=None,
        steps=_steps(facts, environment),
    )


def _steps(facts: SeedFacts, environment: Environment) -> tuple[Step[Any], ...]:
    tables = tuple(_seeded(each, facts) for each in facts.differences)
    if not any(each.added or each.changed or each.noted for each in tables):
        return ()
    lost = (HAND, FOREIGN, DATED)
    overwrites = facts.overwrite and any(each.count(*lost) for each in facts.differences)
    kind = OverwriteTables if overwrites else SeedTables
    return (
        kind(
            instance=facts.instance,
            environment=environment.name,
            kind=facts.kind,
            only=facts.only,
            overwrite=facts.overwrite,
            tables=tables,
        ),
    )


def _is_due(difference: Difference, facts: SeedFacts) -> bool:
    seeded = _seeded(difference, facts)
    return bool(seeded.added or seeded.changed)


def _seeded(difference: Difference, facts: SeedFacts) -> Seeded:
    over = (HAND, FOREIGN, DATED) if facts.overwrite else ()
    again = (REMOVED,) if facts.overwrite else ()
    return Seeded(
        table=difference.table,
        added=difference.count(ADD, *again),
        changed=difference.count(CHANGE, *over),
        noted=difference.count(ADOPT),
        digest=difference.digest,
    )


def _headline(facts: SeedFacts) -> str:
    tables = [_seeded(each, facts) for each in facts.differences]
    added, changed = sum(each.added for each in tables), sum(each.changed for each in tables)
    noted = sum(each.noted for each in tables)
    if added or changed:
        return f"Seed {facts.instance} as {facts.kind}: add {_rows(added)}, change {changed:,}"
    if noted:
        return f"Note that {_rows(noted)} of {facts.instance} are as they are seeded"
    return f"The reference data of {facts.instance} are as they are seeded"


def _because(facts: SeedFacts) -> Iterator[str]:
    yield (
        f"Database: {facts.database} of {facts.instance} as {facts.role}, PostgreSQL {facts.server}"
    )
    yield f"Kind: {facts.kind}, which decides what is seeded"
    if facts.only:
        yield f"Only: {', '.join(facts.only)}"


def _warnings(facts: SeedFacts) -> Iterator[str]:
    due = {each.table for each in facts.differences if _is_due(each, facts)}
    if reviews := [each for each in facts.reviews if each.table in due]:
        count = _rows(sum(each.rows for each in reviews))
        names = ", ".join(each.table for each in reviews)
        yield f"{count} to be reviewed by HR or payroll (hrmsops seed --list): {names}"
    for difference in facts.differences:
        for state, why in KEPT.items():
            if keys := [c.key for c in difference.changes if c.state == state]:
                fate = "overwritten" if facts.overwrite else "left as it is"
                if difference.table == ADMINISTRATOR:
                    keys = ["the test administrator"]
                yield f"{difference.table}: {listed(keys)}, {why}: {fate}"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
