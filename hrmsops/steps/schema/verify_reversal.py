"""Look whether the database is as it should be after its migrations were taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.rehearsal import ReversalUnverified
from hrmsops.steps.schema.agents import Migrating, agent_of, dismiss, target_of
from hrmsops.steps.schema.listening import Listening
from hrmsops.steps.schema.reverse_migration import reverses_of
from hrmsops.steps.schema.schema_fits import SchemaWanted, differing
from hrmsops.steps.schema.verify_migrations import in_words
from hrmsops.world import World


class VerifyReversal(Step[World], frozen=True, kw_only=True):
    """None of them is recorded as applied, the ledger agrees, and the schema is what it should be.

    `schema` is compared with the catalog: tables, columns, indexes, constraints, sequences.
    Indexes and constraints are looked at, and the application's roles on each table and sequence.
    `known` is what was so before the run: told, and not counted.
    """

    name: ClassVar[str] = "verify-reversal"
    changes: ClassVar[bool] = False

    how: Migrating
    known: tuple[str, ...]
    schema: SchemaWanted = SchemaWanted()

    def sentence(self) -> str:
        schema = "the schema is that of before" if self.schema.is_known else "indexes, constraints"
        return f"Verify: none of them is recorded, the ledger agrees, {schema}, rights"

    def apply(self, world: World, run: Run) -> Result:
        listening = Listening(world, run, "verify")
        names = [each.full_name for each in reverses_of(run)]
        try:
            agent = agent_of(world, run, self.how, listening)
            answer = agent.ask("verify-reversed", listening, migrations=names)
        finally:
            dismiss(world, run)
        found = found_after(world, run, self.how, answer, names, self.schema)
        known = (*self.known, *self.schema.uncounted)
        if new := tuple(each for each in found if each not in known):
            raise ReversalUnverified(findings=new, run=run.id)
        told = [f"{each} (as before)" for each in found] or ["everything is as it should be"]
        return {"findings": [*told, *([self.schema.why] if self.schema.why else [])]}


def looks(answer: dict[str, Any]) -> list[str]:
    """The findings about the database; what is left to apply is none: it was taken back."""
    return in_words({**answer, "left": ()})


def found_after(
    world: World,
    run: Run,
    how: Migrating,
    answer: dict[str, Any],
    names: list[str],
    schema: SchemaWanted,
) -> list[str]:
    """All that is not as it should be in `how.instance`, whatever was so before."""
    return [
        *_differing(world, run, how, answer, names),
        *looks(answer),
        *differing(target_of(world, run, how), schema),
    ]


def _differing(
    world: World, run: Run, how: Migrating, answer: dict[str, Any], names: list[str]
) -> list[str]:
    """What django_migrations and the ledger's newest row do not say alike."""
    from hrmsops.postgres.ledger import REVERSED, read_ledger
    from hrmsops.postgres.session import connect

    with connect(target_of(world, run, how), read_only=True) as session:
        newest = {each.migration: each for each in read_ledger(session, reverses=True)}
    found = [f"{name} is still recorded as applied" for name in answer["left"]]
    silent = [name for name in names if name not in newest or newest[name].outcome != REVERSED]
    return found + [f"the ledger does not have the reverse of {name}" for name in silent]
