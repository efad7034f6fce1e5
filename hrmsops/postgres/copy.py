"""Rows copied back from a recovered database: the difference first, then one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hrmsops.errors.database import StatementFailed, TableUnknown
from hrmsops.errors.recovery import (
    CopyNotAsShown,
    CopyRefused,
    CopyWouldBreak,
    TableWithoutKey,
)
from hrmsops.postgres import checkpoints
from hrmsops.postgres.catalog import Catalog, ForeignKey, TableName, Trigger
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.changes import new_folder
from hrmsops.postgres.checkpoints import Place
from hrmsops.postgres.differences import Snapshot, look, snapshot
from hrmsops.postgres.pairing import Pair, Renamed, pairs
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.sequences import Advanced, advance_to_rows
from hrmsops.postgres.session import Target, connect
from hrmsops.postgres.staging import NOTHING_TO_MERGE, Stage, broken_ties
from hrmsops.postgres.undo import write_undo

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

ROWS_AT_ONCE = 2000

Mode = Literal["missing", "overwrite"]
"""`missing`: rows that the target lacks; with columns, their values that are NULL there.
`overwrite`: besides, rows that differ become as they were. Rows only in the target stay."""


@dataclass(frozen=True, kw_only=True)
class TableCopied:
    """One table; counts only."""

    table: TableName
    inserted: int
    updated: int
    changed_meanwhile: int
    """Left alone, as the row was written between the difference and the copy."""
    only_in_target: int
    """Rows that the source lacks: left alone."""
    left_out: int
    """Rows that the target lacks and that `columns` alone cannot make."""
    kept: int
    """Rows that differ, and stay as the target has them."""
    columns: tuple[str, ...]
    digest: str
    """A name for the rows that are inserted and overwritten, and for what is overwritten."""


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was copied, and how to undo it: `apply(undo, target)`."""

    tables: tuple[TableCopied, ...]
    undo: Path
    undo_plan: str | None
    """None for a dry run, which leaves no files."""
    fired: tuple[Trigger, ...]
    """Triggers of the target that the copy fires."""
    sequences: tuple[Advanced, ...]
    is_dry_run: bool


def copy_back(
    source: Target,
    target: Target,
    tables: Sequence[str],
    *,
    columns: Sequence[str] | None = None,
    mode: Mode,
    undo: Path,
    made_at: datetime,
    renamed: Renamed | None = None,
    shown: Mapping[str, str] | None = None,
    mark: str = "",
    dry_run: bool = False,
) -> Copied:
    """Copy rows of `tables` from `source` to `target`, as `mode` says, in one transaction.

    The rows that differ go into temporary tables first; what they would break is refused before
    anything is touched; what is overwritten stands in the folder `undo` before it is. To copy again
    is fine. `dry_run` does all of that and then rolls back. `columns` are columns of every table
    named; `renamed` maps columns of the source to columns of the target. `shown` are the digests of
    a dry run: whatever is not the same any more was not agreed to. `mark` is how the target
    remembers that this copy was committed; see `was_copied`.

    Raises TableUnknown, TableWithoutKey, CopyWouldBreak, CopyRefused, CopyNotAsShown,
    StatementFailed: then nothing is changed.
    """
    if not dry_run:
        new_folder(undo)
    with ExitStack() as open_:
        ours = open_.enter_context(snapshot(source))
        theirs = open_.enter_context(snapshot(target))
        session = open_.enter_context(connect(target))
        open_.enter_context(plainly(StatementFailed, address=target.address))
        met = _chosen(ours, theirs, tables, columns, renamed)
        catalog = read_catalog(session)
        stages = [Stage(session, pair, mode=mode, columns=columns) for pair in met.values()]
        if mark and not dry_run:
            checkpoints.prepare(session)
        with session.transaction(force_rollback=dry_run):
            if mark and not dry_run:
                checkpoints.hold(session, f"copy {mark}")
            session.execute("SET CONSTRAINTS ALL DEFERRED")
            seen = {each.name: _fill(ours, theirs, each) for each in stages}
            _refuse_broken(catalog, stages)
            _refuse_changed(stages, shown)
            copied = tuple(_merge(each, seen[each.name]) for each in stages)
            _check(session)
            # The last thing before the commit: what there is to undo is on disk when it is done.
            plan = None if dry_run else write_undo(undo, stages, made_at=made_at).plan
            moved = () if dry_run else advance_to_rows(session, catalog, met)
            if mark and not dry_run:
                checkpoints.advance(session, _place(mark), lines=1, counts={})
    return Copied(
        tables=copied,
        undo=undo,
        undo_plan=plan,
        fired=_fired(catalog, copied),
        sequences=moved,
        is_dry_run=dry_run,
    )


def was_copied(target: Target, mark: str) -> bool:
    """Whether a copy of that mark was committed; one that is just being so is waited for."""
    with (
        connect(target) as session,
        plainly(StatementFailed, address=target.address),
        session.transaction(),
    ):
        checkpoints.hold(session, f"copy {mark}")
        return checkpoints.is_prepared(session) and checkpoints.lines(session, _place(mark)) == 1


def _place(mark: str) -> Place:
    return Place(plan=mark, phase="copy", table="")


def _chosen(
    ours: Snapshot,
    theirs: Snapshot,
    tables: Sequence[str],
    columns: Sequence[str] | None,
    renamed: Renamed | None,
) -> dict[TableName, Pair]:
    """The tables to copy, each after those it refers to."""
    wanted = set(ours.catalog.named(tables)) & set(theirs.catalog.named(tables))
    met = pairs(ours.catalog, theirs.catalog, renamed=renamed)
    if keyless := tuple(str(name) for name in sorted(wanted) if not met[name].key):
        raise TableWithoutKey(tables=keyless)
    for name in sorted(wanted):
        common = {each.there.name for each in met[name].columns}
        if unknown := tuple(each for each in columns or () if each not in common):
            named = tuple(f"{name}.{each}" for each in unknown)
            raise TableUnknown(names=named, database=ours.catalog.database, near=())
    return {name: met[name] for name in theirs.catalog.order.all if name in wanted}


@dataclass(frozen=True, kw_only=True)
class _Filled:
    """What the difference held besides the rows that were staged."""

    only_in_target: int
    left_out: int
    kept: int


def _fill(ours: Snapshot, theirs: Snapshot, stage: Stage) -> _Filled:
    only_in_target = left_out = kept = 0
    stage.create()
    seen = look(ours, theirs, stage.pair)
    wanted = []
    for difference in seen:
        if difference.kind == "only_there":
            only_in_target += 1
        elif difference.kind == "only_here" and stage.fills_columns_only:
            left_out += 1
        elif difference.kind == "only_here" or stage.overwrites:
            wanted.append(difference)
        else:
            kept += 1
        if len(wanted) == ROWS_AT_ONCE:
            stage.copy(ours.session, wanted)
            wanted = []
    stage.copy(ours.session, wanted)
    stage.finish(seen.there.seed)
    return _Filled(only_in_target=only_in_target, left_out=left_out, kept=kept)


def _refuse_broken(catalog: Catalog, stages: Sequence[Stage]) -> None:
    """Every row that is referred to must be in the target or come along."""
    by_name: Mapping[TableName, Stage] = {each.name: each for each in stages}
    broken, add = [], []
    for tie in catalog.foreign_keys:
        if tie.table in by_name and (count := broken_ties(tie, by_name)):
            broken.append(f"{count} rows of {tie.table} need rows of {tie.references}")
            add += [] if tie.references in by_name else [str(tie.references)]
    circles = (set(circle) & set(by_name) for circle in catalog.order.cycles)
    broken += [
        f"{', '.join(stuck)} in a circle of tables that cannot be deferred"
        for circle in circles
        if (stuck := _stuck(catalog.foreign_keys, circle, by_name))
    ]
    if broken:
        raise CopyWouldBreak(broken=tuple(broken), add=tuple(dict.fromkeys(add)))


def _refuse_changed(stages: Sequence[Stage], shown: Mapping[str, str] | None) -> None:
    if shown is None:
        return
    # A table of which nothing was to come back has no place in what was shown.
    found = {str(each.name): each.digest() for each in stages}
    if changed := tuple(name for name in found if found[name] != shown.get(name, NOTHING_TO_MERGE)):
        raise CopyNotAsShown(tables=changed)


def _stuck(
    ties: Sequence[ForeignKey], circle: set[TableName], stages: Mapping[TableName, Stage]
) -> list[str]:
    """Ties within a circle that are checked at once, though both tables get rows."""
    return [
        each.name
        for each in ties
        if not each.is_deferrable
        and each.table != each.references
        and {each.table, each.references} <= circle
        and stages[each.table].inserts
        and stages[each.references].inserts
    ]


def _merge(stage: Stage, filled: _Filled) -> TableCopied:
    digest = stage.digest()
    with _told(str(stage.name)):
        inserted, updated = stage.merge()
    return TableCopied(
        table=stage.name,
        inserted=inserted,
        updated=updated,
        changed_meanwhile=stage.changed_meanwhile,
        only_in_target=filled.only_in_target,
        left_out=filled.left_out,
        kept=filled.kept,
        columns=stage.updated_columns,
        digest=digest,
    )


def _check(session: Session) -> None:
    """What was deferred is checked now, not at the commit."""
    with _told("the tables"):
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def _told(table: str) -> Iterator[None]:
    from psycopg import errors

    try:
        yield
    except (errors.IntegrityError, errors.DataError, errors.RaiseException) as error:
        raise CopyRefused(
            table=error.diag.table_name or table,
            sqlstate=error.sqlstate or "",
            constraint=error.diag.constraint_name or "",
        ) from error


def _fired(catalog: Catalog, copied: Sequence[TableCopied]) -> tuple[Trigger, ...]:
    return tuple(
        trigger
        for each in copied
        for trigger in catalog.tables[each.table].triggers
        if (each.inserted and "INSERT" in trigger.events)
        or (each.updated and "UPDATE" in trigger.events)
    )
