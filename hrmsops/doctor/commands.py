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
SHIFTS = APP | RECOVERIES | REVERSING
"""They lead users to another revision, or give it a tag."""
COPIES = frozenset({"rollback undo-copy", "replay"})
HOLD = frozenset({"hold"})
CODE = frozenset({"check", "drill", "sandbox"})
"""They need this machine alone."""
TOLD = frozenset({"runs"})
AFTER = frozenset({"checklist", "report"})
"""They look for themselves at what they can, and write to the record what was answered."""
KEPT = AFTER | {"runs sync", "runs prune"}
RECORD = TOLD | KEPT

ROWS = SCHEMA | RECOVERIES | COPIES | LOOKS
"""They log in to the database."""
IN_THE_CLOUD = ROWS | READING | APP | HOLD
CHANGES = IN_THE_CLOUD - READING
"""They are on record, under a lease."""
EVERY = IN_THE_CLOUD | CODE | RECORD
NEED_NOTHING = frozenset({"doctor", "explain", "init"})
_STANDS_FOR = {"resume": CHANGES}
"""What has no needs of its own: it goes on with a run of any of these."""


def meant(asked: str) -> frozenset[str]:
    """The commands that `asked` names: one, or all of a group; none where there is no such.

    What comes after a command is its own affair: `hold on` is `hold`.
    """
    words = " ".join(asked.split()).removeprefix("hrmsops ")
    if group := frozenset(each for each in EVERY - {words} if each.startswith(f"{words} ")):
        return group | ({words} & EVERY)
    while words and words not in EVERY | _STANDS_FOR.keys():
        words = words.rpartition(" ")[0]
    return _STANDS_FOR.get(words) or frozenset({words} - {""})
