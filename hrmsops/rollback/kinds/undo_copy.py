"""Rows that were copied back made as they were before: the way back from `--tables`."""

from __future__ import annotations

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.run import Run
from hrmsops.errors.tables import NothingCopied
from hrmsops.postgres.changes import Manifest
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.steps.rows.copy_rows import CopyRows
from hrmsops.steps.rows.undo_copy import UndoCopy

COMMAND = "rollback undo-copy"


class CopyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A finished copy, as its run tells."""

    run: str
    instance: str
    tables: tuple[str, ...]


def copy_made(run: Run) -> CopyMade:
    """What a run copied; raises NothingCopied."""
    for number, step in enumerate(run.plan.steps, start=1):
        if isinstance(step, CopyRows):
            if not run.has_finished(number):
                raise NothingCopied(run=run.id, why=f"Its step {number} is not finished.")
            return CopyMade(run=run.id, instance=step.into, tables=step.tables)
    raise NothingCopied(run=run.id, why=f"It is a {run.plan.command}.")


def plan(
    facts: ServiceFacts,
    made: CopyMade,
    *,
    undo: Manifest,
    environment: Environment,
    reason: str,
) -> Plan:
    """One step, which leaves alone what was written since the copy. Pure."""
    rows = undo.count("update") + undo.count("delete")
    step = UndoCopy(copied_by=made.run, instance=made.instance, undo=undo.plan, rows=rows)
    return Plan(
        run=new_run_id(facts.observed_at),
        made_at=facts.observed_at,
        command=COMMAND,
        environment=environment.name,
        reason=reason,
        headline=f"Rows of {', '.join(made.tables)} are as before run {made.run}",
        subject={
            "service": facts.service.name,
            "instance": made.instance,
            "undoes": made.run,
        },
        because=tuple(
            f"{each.table}: {each.counts.get('update', 0)} rows become as they were, "
            f"{each.counts.get('delete', 0)} that came back go again"
            for each in undo.tables
        ),
        warnings=("Rows that were written since the copy stay as they are, and are listed",),
        undo=None,
        steps=(step,),
    )
