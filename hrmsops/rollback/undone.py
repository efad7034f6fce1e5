"""Which transactions were ours: a copy that was taken back has written the damage once more. Pure.

To the replay they would look like users': each row's last writer is no transaction of the damage.
"""

from __future__ import annotations

from collections.abc import Sequence

from hrmsops.engine.run import Run
from hrmsops.rollback.damage import Span
from hrmsops.steps.rows.undo_copy import UndoCopy

WITHOUT_END = 1 << 63


def undone_in(runs: Sequence[Run], instance: str) -> tuple[Span, ...]:
    """From before each `undo-copy` in `instance` to after it; users may have written beside it."""
    found = []
    for run in runs:
        for number, step in enumerate(run.plan.steps, start=1):
            first = run.noted(number).get("first")
            if isinstance(step, UndoCopy) and step.instance == instance and first is not None:
                end = (run.result(number) or {}).get("end", WITHOUT_END)
                found.append((int(first), int(end)))
    return tuple(found)
