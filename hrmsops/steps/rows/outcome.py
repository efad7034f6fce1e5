"""What came of changes that were applied in batches, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result

if TYPE_CHECKING:
    from hrmsops.postgres.apply import Applied, TableApplied
    from hrmsops.postgres.catalog import TableName
    from hrmsops.postgres.session import Target


def applied(folder: Path, target: Target) -> Result | None:
    """What the target says of a folder's changes, None while they are not all behind it."""
    from hrmsops.postgres.apply import outcome

    found = outcome(folder, target)
    return None if found is None else result_of(found)


def result_of(found: Applied) -> Result:
    """Counts by table; what was left with its reasons."""
    return {
        "applied": sum(each.applied for each in found.tables),
        "already": sum(each.already for each in found.tables),
        "left": found.left,
        "tables": [
            {
                "table": str(each.table),
                "applied": each.applied,
                "already": each.already,
                "left": dict(Counter(left.reason for left in each.left)),
            }
            for each in found.tables
        ],
        "findings": [_finding(each) for each in found.tables] or ["there was nothing to do"],
    }


def tell(run: Run) -> Callable[[TableName, int], None]:
    """Says how far it has come."""
    return lambda table, lines: run.progress(f"{table}: {lines} rows")


def _finding(of: TableApplied) -> str:
    words = f"{of.table}: {of.applied} written"
    if of.already:
        words += f", {of.already} were so already"
    for reason, count in Counter(left.reason for left in of.left).items():
        words += f", {count} left ({reason})"
    return words
