"""The steps of a rehearsal on a clone: made, tried on, deleted. Pure."""

from __future__ import annotations

from typing import Any

from hrmsops.engine.step import Step
from hrmsops.rollback.kinds.pitr import name_of_clone
from hrmsops.rollback.migration_facts import ReversalFacts
from hrmsops.steps.cloud_sql.own_clone import MARK, CloneForRehearsal, DeleteOwnClone
from hrmsops.steps.schema.agents import Migrating
from hrmsops.steps.schema.rehearse_reversal import RehearseReversal, ToReverse
from hrmsops.steps.schema.schema_fits import SchemaWanted


def rehearsing(
    facts: ReversalFacts, how: Migrating, *, run: str, project: str, schema: SchemaWanted
) -> tuple[Step[Any], ...]:
    """None where no clone is wanted; all of them are scaffolds, and gone before anything real."""
    if facts.clone is None:
        return ()
    clone = name_of_rehearsal(facts.instance, run=run, project=project)
    reverses = tuple(
        ToReverse(app=each.app, migration=each.name, fingerprint=each.fingerprint)
        for each in facts.reverses
    )
    known = (*facts.known, *schema.uncounted)
    last = facts.clone.last_seconds
    return (
        CloneForRehearsal(source=facts.instance, into=clone, last_seconds=last),
        RehearseReversal(clone=clone, how=how, reverses=reverses, schema=schema, known=known),
        DeleteOwnClone(clone=clone),
    )


def name_of_rehearsal(instance: str, *, run: str, project: str) -> str:
    """`PREFIX-rehearsal-RUN`: it cannot be taken for a recovered instance."""
    return name_of_clone(instance, run=f"{MARK}-{run}", project=project)
