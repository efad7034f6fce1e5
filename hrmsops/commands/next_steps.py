"""Where a run that is done leads on to, as commands to type."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.engine.run import Run


def ways_on(run: Run) -> tuple[str, ...]:
    """From a cutover to what users wrote since, from a verified clone either way on."""
    from hrmsops.errors.cutover import RunNotContinuable
    from hrmsops.rollback.continuing import recovered_by
    from hrmsops.steps.rows.capture import CaptureDifferences

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


def _tables_that_lost_rows(run: Run) -> tuple[str, ...]:
    results = (run.result(number) or {} for number in range(1, len(run.plan.steps) + 1))
    compared = (table for result in results for table in result.get("tables", ()))
    return tuple(each["table"] for each in compared if each.get("only_clone"))
