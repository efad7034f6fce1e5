"""Where a run that is done leads on to, as commands to type."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.engine.run import Run


def ways_on(run: Run) -> tuple[str, ...]:
    """From a cutover to what users wrote since, from a verified clone either way on.

    From a rehearsal alone to what was rehearsed.
    """
    from hrmsops.errors.cutover import RunNotContinuable
    from hrmsops.rollback.continuing import recovered_by
    from hrmsops.steps.rows.capture import CaptureDifferences

    if rehearsed := _rehearsed(run):
        return (rehearsed,)
    captures = [step for step in run.plan.steps if isinstance(step, CaptureDifferences)]
    if captures:
        # Without the old database it takes a log of the application, whose name is not ours to say.
        return (f"hrmsops replay {run.id}",) if captures[0].old else ()
    try:
        recovered_by(run)
    except RunNotContinuable:
        return ()
    onwards = f"hrmsops {run.plan.command} --continue {run.id}"
    lost = ",".join(_tables_that_lost_rows(run))
    # Only a clone of the database that serves has rows that can be copied back one by one.
    copies = lost and run.plan.command == "rollback pitr"
    tables = (f"{onwards} --tables {shlex.quote(lost)}",) if copies else ()
    return (f"{onwards} --promote", *tables)


def _rehearsed(run: Run) -> str:
    """The command of a run that was nothing but a rehearsal; "" for any other."""
    from hrmsops.steps.schema.rehearse_reversal import RehearseReversal

    found = [step for step in run.plan.steps if isinstance(step, RehearseReversal)]
    if not found or not all(step.is_scaffold for step in run.plan.steps):
        return ""
    app, to = found[0].how.app, found[0].how.to
    own = [each.migration for each in found[0].reverses if each.app == app]
    which = ["--to", to] if to else ["--undo", own[-1]]
    words = ["hrmsops", "rollback", "migration", app, *which, "--reason", run.plan.reason]
    return shlex.join(words)


def _tables_that_lost_rows(run: Run) -> tuple[str, ...]:
    results = (run.result(number) or {} for number in range(1, len(run.plan.steps) + 1))
    compared = (table for result in results for table in result.get("tables", ()))
    return tuple(each["table"] for each in compared if each.get("only_clone"))
