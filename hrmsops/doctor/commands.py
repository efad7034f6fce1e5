"""The commands that a check can be needed for, and sets of them.

A group stands for all that is in it: `rollback` is what the wizard may come to.
"""

from __future__ import annotations

LOOKS = frozenset({"migrations", "table sizes", "check --env"})
"""They read the database and change nothing."""
READING = LOOKS | {"status"}
APP = frozenset({"rollback app", "unpin", "mark-good"})
SCHEMA = frozenset({"migrate", "rollback migration", "backfill", "seed", "table partition"})
MADE = frozenset({"rollback pitr", "rollback backup"})
"""They make an instance."""
RECOVERIES = MADE | {"rollback cutback"}
REVERSING = frozenset({"rollback migration"})
COPIES = frozenset({"rollback undo-copy", "replay"})
HOLD = frozenset({"hold"})
CODE = frozenset({"check"})

ROWS = SCHEMA | RECOVERIES | COPIES | LOOKS
"""They log in to the database."""
IN_THE_CLOUD = ROWS | READING | APP | HOLD
CHANGES = IN_THE_CLOUD - READING
"""They are on record, under a lease."""
EVERY = IN_THE_CLOUD | CODE


def meant(asked: str) -> frozenset[str]:
    """The commands that `asked` names: one, or all of a group; none where there is no such."""
    words = " ".join(asked.split()).removeprefix("hrmsops ")
    if words in EVERY:
        return frozenset({words})
    return frozenset(each for each in EVERY if each.startswith(f"{words} "))
