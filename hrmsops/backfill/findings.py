"""What is said at the end of rows that were added or changed while a run was under way."""

from __future__ import annotations

from django.db import Error

from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.keys import key_reader
from hrmsops.backfill.work import Work


def findings_of(work: Work, held: Checkpoint) -> list[str]:
    """Sentences with counts; none where the sweep found nothing left."""
    if work.repeatable:
        return _still_matching(held)
    try:
        return _unseen(work, held)
    except Error:  # Every row is done: a count that takes too long must not undo that.
        return ["Rows that were added meanwhile are as written; they could not be counted in time"]


def _still_matching(held: Checkpoint) -> list[str]:
    if not held.cursor.swept:
        return []
    return [
        f"The last sweep still changed {held.cursor.swept:,} rows: others go on writing "
        "what this backfill replaces, and may have written more of it since"
    ]


def _unseen(work: Work, held: Checkpoint) -> list[str]:
    """A row can come out twice, so it is looked at once: what was added has to be counted."""
    found = []
    key = key_reader(work.model)
    if held.shard == held.shards - 1:
        above = {} if held.high is None else {"pk__gt": key(held.high)}
        if newer := work.rows.filter(**above).count():
            found.append(
                f"{newer:,} rows were added after the last key ({held.high}) and are as written"
            )
    if held.high is not None and not work.filters_what_it_writes():
        bounds = {"pk__lte": key(held.high)}
        if held.low is not None:
            bounds["pk__gt"] = key(held.low)
        missed = work.rows.filter(**bounds).count() - held.rows
        if missed > 0:
            found.append(f"At least {missed:,} rows came between the keys and are as written")
    return found
