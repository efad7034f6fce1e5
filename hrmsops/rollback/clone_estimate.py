"""How long a clone takes, as our own record knows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from hrmsops.engine.entries import Finished, Started
from hrmsops.engine.run import Run
from hrmsops.rollback.kinds.pitr import base_name
from hrmsops.steps.cloud_sql.clone_instance import CloneInstance
from hrmsops.steps.cloud_sql.own_clone import CloneForRehearsal


def seconds_of_last(runs: Sequence[Run], instance: str) -> int | None:
    """Of the newest clone of `instance`, or of what it descends from; None: none is on record.

    Only one that was made in one go: where nobody watched, its end is not known.
    """
    for run in reversed(runs):
        for number, step in enumerate(run.plan.steps, start=1):
            if not isinstance(step, CloneInstance | CloneForRehearsal):
                continue
            took = _took(run, number)
            if took is not None and base_name(step.source) == base_name(instance):
                return round(took)
    return None


def _took(run: Run, number: int) -> float | None:
    ends: list[tuple[datetime, bool]] = [
        (line.at, isinstance(line.entry, Finished))
        for line in run.lines
        if isinstance(line.entry, Started | Finished) and line.entry.step == number
    ]
    for (began, _), (ended, is_end) in pairwise(ends):
        if is_end:
            return (ended - began).total_seconds()
    return None
