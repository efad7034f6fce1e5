"""What takes an applied replay back: the same changes the other way round."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hrmsops.postgres import checkpoints
from hrmsops.postgres.changes import (
    Change,
    Manifest,
    TableFile,
    new_folder,
    read_changes,
    read_manifest,
    write_manifest,
)
from hrmsops.postgres.session import Target, connect


def write_inverse(of: Path, target: Target, *, folder: Path, made_at: datetime) -> Manifest:
    """Write to `folder` what undoes the plan in `of`, as far as that was applied to `target`.

    A row that was so already, or that was left, is none of ours. Raises PlanFilesChanged,
    FileExistsError.
    """
    plan = read_manifest(of)
    new_folder(folder)
    tables = []
    with connect(target, read_only=True) as session:
        for table in plan.tables:
            skipped = checkpoints.not_ours(session, plan.plan, str(table.table))
            file = TableFile(folder, table.table, table.key)
            for number, change in read_changes(of, table):
                if number not in skipped and change.op in _INVERTED:
                    file.write(_inverted(change))
            written = file.close()
            tables += [written] if written else []
    return write_manifest(
        folder, Manifest(kind="undo", plan="", made_at=made_at, tables=tuple(tables))
    )


def forget(plan: str, target: Target) -> None:
    """What was taken back can be applied again."""
    with connect(target) as session, session.transaction():
        checkpoints.forget_plan(session, plan)


_INVERTED = {"insert": "delete", "update": "update", "delete": "insert"}


def _inverted(change: Change) -> Change:
    return Change(
        op=_INVERTED[change.op],  # type: ignore[arg-type]
        key=change.key,
        before=change.after,
        after=change.before,
        writer=change.writer,
    )
