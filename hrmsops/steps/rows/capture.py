"""Keep what the old database has and the recovered one lacks, before traffic mixes the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.steps.rows.folders import captured
from hrmsops.steps.rows.reaching import target
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.captured import Captured


class CaptureDifferences(Step[World], frozen=True, kw_only=True):
    """Keep every row in which `old` (behind its fence) and `clone` (before its traffic) differ.

    Nothing of ours may have been written to the clone's tables before. `hrmsops replay RUN` then
    works from these files alone, however long both go on. `old` is empty where the old database is
    gone: then only the number is kept that tells which logged transactions were recovered.
    The files are their owner's; the record holds counts.
    """

    name: ClassVar[str] = "capture-differences"
    changes: ClassVar[bool] = False

    old: str
    clone: str

    def sentence(self) -> str:
        if not self.old:
            return f"Keep which transactions {self.clone} holds, for the replay"
        return f"Keep what {self.old} has and {self.clone} lacks, for the replay"

    def find(self, world: World, run: Run) -> Result | None:
        """It is written last: a folder with a manifest is complete."""
        from hrmsops.postgres.captured import read_captured
        from hrmsops.postgres.changes import is_sealed

        folder = captured(run.id)
        return _result(read_captured(folder)) if is_sealed(folder) else None

    def apply(self, world: World, run: Run) -> Result:
        from hrmsops.postgres.capture import capture, capture_horizon

        folder, at = captured(run.id), world.clock.now()
        clone = target(world, run, self.clone)
        if not self.old:
            return _result(capture_horizon(clone, folder=folder, made_at=at))
        found = capture(
            clone,
            target(world, run, self.old),
            folder=folder,
            made_at=at,
            on_table=lambda name, rows: run.progress(f"{name}: {rows} rows kept"),
        )
        return _result(found)


def _result(found: Captured) -> Result:
    tables: list[dict[str, Any]] = [
        {"table": str(table.table), "rows": table.rows, **table.kinds} for table in found.tables
    ]
    return {
        "captured": found.rows,
        "horizon": found.horizon,
        "tables": tables,
        "excluded": list(map(str, found.excluded)),
        "unmergeable": list(map(str, found.unmergeable)),
        "unreadable": list(map(str, found.unreadable)),
        "findings": _findings(found),
    }


def _findings(found: Captured) -> list[str]:
    if not found.has_old:
        return [f"transactions from {found.horizon} on were lost"]
    told = [f"{found.rows} rows of {len(found.tables)} tables differ, and are kept"]
    if not found.tables:
        told = ["nothing differs"]
    if found.unreadable:
        told.append(f"not read, for want of a right: {', '.join(map(str, found.unreadable))}")
    return told
