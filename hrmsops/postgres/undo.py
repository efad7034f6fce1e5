"""What takes a copy back: changes in the same form as a replay's, written before the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from hrmsops.postgres.changes import Change, Manifest, TableFile, write_manifest
from hrmsops.postgres.staging import Stage


def write_undo(folder: Path, stages: Sequence[Stage], *, made_at: datetime) -> Manifest:
    """Write how each merged row was: to be called after the merge and before the commit."""
    plans = []
    for stage in stages:
        file = TableFile(folder, stage.name, tuple(e.there.name for e in stage.pair.key))
        for change in _changes(stage):
            file.write(change)
        plan = file.close()
        plans += [plan] if plan else []
    return write_manifest(
        folder, Manifest(kind="undo", plan="", made_at=made_at, tables=tuple(plans))
    )


def _changes(stage: Stage) -> Iterator[Change]:
    for key, now in stage.inserted_rows():
        yield Change(op="delete", key=key, before=dict(zip(stage.names, now, strict=True)))
    for key, before, now in stage.updated_rows():
        differing = [
            (name, old, new)
            for name, old, new in zip(stage.names, before, now, strict=True)
            if old != new
        ]
        if differing:
            yield Change(
                op="update",
                key=key,
                before={name: new for name, _, new in differing},
                after={name: old for name, old, _ in differing},
            )
