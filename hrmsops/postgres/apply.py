"""Changes applied to a database in batches, each with its checkpoint: none is made twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.errors.database import StatementFailed
from hrmsops.errors.recovery import ReplayBusy, ReplayInterrupted
from hrmsops.postgres import checkpoints
from hrmsops.postgres.catalog import Catalog, TableName
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.changes import Change, Manifest, TablePlan, read_changes, read_manifest
from hrmsops.postgres.checkpoints import Left, Place
from hrmsops.postgres.merge import standing
from hrmsops.postgres.pairing import Side
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.rows import Row, batches, fetch
from hrmsops.postgres.sequences import advance_to_rows
from hrmsops.postgres.session import Target, connect
from hrmsops.postgres.writing import write

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

WRITES = ("insert", "update")
ROUNDS_MAX = 5
"""How often what the database refused is tried again, as each round can free the next."""

OnBatch = Callable[[TableName, int], None]
"""Hears the table and how many of its lines are behind us."""

Numbered = tuple[int, Change]


@dataclass(frozen=True, kw_only=True)
class TableApplied:
    """One table after an application, resumed ones included."""

    table: TableName
    applied: int
    already: int
    """The target held what the change wanted."""
    left: tuple[Left, ...]
    """Not made: listed, with the line of the table's file and the reason."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What came of a plan."""

    plan: str
    tables: tuple[TableApplied, ...]

    @property
    def left(self) -> int:
        """How many changes were not made."""
        return sum(len(each.left) for each in self.tables)


def apply(
    folder: Path, target: Target, *, batch_rows: int, on_batch: OnBatch | None = None
) -> Applied:
    """Make a folder's changes on `target`, as far as it still is what they were made for.

    Rows are written parents first, deleted children first; a change whose row was changed meanwhile
    is left and listed. Every batch stands in one transaction with its checkpoint (schema
    `hrmsops`), so a killed application goes on where it was, and a finished one does nothing.
    Triggers of the target fire; sequences move to the rows that were made, never back. Raises
    PlanFilesChanged, ReplayBusy, ReplayInterrupted, and the errors of `connect`.
    """
    manifest = read_manifest(folder)
    with connect(target) as session, plainly(ReplayInterrupted, address=target.address):
        checkpoints.prepare(session)
        if not checkpoints.take(session, manifest.plan):
            raise ReplayBusy(plan=manifest.plan)
        work = _Work(
            session=session,
            folder=folder,
            manifest=manifest,
            catalog=read_catalog(session),
            batch_rows=batch_rows,
            on_batch=on_batch or (lambda table, lines: None),
        )
        work.pass_over("write", manifest.tables, WRITES)
        work.pass_over("delete", manifest.tables[::-1], ("delete",))
        work.again()
        inserted = [each.table for each in manifest.tables if each.counts.get("insert")]
        advance_to_rows(session, work.catalog, inserted)
        checkpoints.advance(session, _end(manifest.plan), lines=1, counts={})
        return _outcome(session, manifest)


def outcome(folder: Path, target: Target) -> Applied | None:
    """What came of a folder's changes, None while they are not all behind us."""
    manifest = read_manifest(folder)
    with connect(target) as session, plainly(StatementFailed, address=target.address):
        if not checkpoints.is_prepared(session) or not checkpoints.lines(
            session, _end(manifest.plan)
        ):
            return None
        return _outcome(session, manifest)


def _end(plan: str) -> Place:
    return Place(plan=plan, phase="end", table="")


@dataclass(frozen=True, kw_only=True)
class _Work:
    """One application of one plan."""

    session: Session
    folder: Path
    manifest: Manifest
    catalog: Catalog
    batch_rows: int
    on_batch: OnBatch

    def pass_over(self, phase: str, tables: Sequence[TablePlan], ops: Sequence[str]) -> None:
        """Go through the tables' files from where the checkpoints stand."""
        for table in tables:
            place = Place(plan=self.manifest.plan, phase=phase, table=str(table.table))
            done = checkpoints.lines(self.session, place)
            lines = read_changes(self.folder, table, skip=done)
            for batch in batches(lines, self.batch_rows):
                due = [(number, change) for number, change in batch if change.op in ops]
                with self.session.transaction():
                    counts = self._make(table, due)
                    checkpoints.advance(self.session, place, lines=batch[-1][0], counts=counts)
                self.on_batch(table.table, batch[-1][0])

    def again(self) -> None:
        """Try once more what the database refused: what stood in its way may be gone."""
        for _ in range(ROUNDS_MAX):
            made = sum(self._again(table) for table in self.manifest.tables)
            if not made:
                return

    def _again(self, table: TablePlan) -> int:
        place = Place(plan=self.manifest.plan, phase="again", table=str(table.table))
        refused = checkpoints.refused(self.session, place)
        if not refused:
            return 0
        lines = (each for each in read_changes(self.folder, table) if each[0] in refused)
        made = 0
        for batch in batches(lines, self.batch_rows):
            with self.session.transaction():
                checkpoints.forget(self.session, place, [number for number, _ in batch])
                counts = self._make(table, batch)
                checkpoints.advance(self.session, place, lines=batch[-1][0], counts=counts)
                made += sum(counts.values())
        return made

    def _make(self, table: TablePlan, lines: Sequence[Numbered]) -> Counter[str]:
        """Make what is due; how many were `applied` and `already`; the others are written down."""
        counts: Counter[str] = Counter()
        if not lines:
            return counts
        left = []
        due = []
        for number, change, reason in self._weighed(table, lines):
            if reason == "due":
                due.append((number, change))
            elif reason == "done":
                counts["already"] += 1
                left.append(Left(line=number, reason=checkpoints.ALREADY))
            else:
                left.append(Left(line=number, reason=reason))
        side = self._side(table)
        for part in _alike(due):
            refused = self._write(side, part)
            counts["applied"] += len(part) - len(refused)
            left += refused
        checkpoints.leave(self.session, self.manifest.plan, str(table.table), left)
        return counts

    def _weighed(
        self, table: TablePlan, lines: Sequence[Numbered]
    ) -> Iterator[tuple[int, Change, str]]:
        """Each change with `due`, `done`, or the reason why it is left."""
        known = self.catalog.tables.get(table.table)
        if known is None or any(name not in known.columns for name in table.key):
            yield from ((number, change, "table-is-gone") for number, change in lines)
            return
        keys = list({change.key: None for _, change in lines})
        side = self._side(table, tuple(known.columns))
        current = fetch(self.session, side, keys, names=tuple(known.columns), lock=True)
        for number, change in lines:
            if unknown := (change.before.keys() | change.after.keys()) - known.columns.keys():
                yield number, change, f"column-is-gone: {', '.join(sorted(unknown))}"
                continue
            now = current.get(change.key)
            yield number, change, _reason(change, now.row if now else None)

    def _side(self, table: TablePlan, columns: Sequence[str] = ()) -> Side:
        known = self.catalog.tables.get(table.table)
        assert known or not columns
        found = known.columns if known else {}
        return Side(
            table=table.table,
            key=tuple(found[name] for name in table.key) if known else (),
            columns=tuple(found[name] for name in columns),
        )

    def _write(self, side: Side, part: Sequence[Numbered]) -> list[Left]:
        """All of them in one statement; where one of them is refused, one after the other."""
        refusal = self._try(side, [change for _, change in part])
        if refusal is None:
            return []
        if len(part) == 1:
            return [Left(line=part[0][0], reason=refusal)]
        return [left for each in part for left in self._write(side, [each])]

    def _try(self, side: Side, changes: Sequence[Change]) -> str | None:
        """None when it was done, else the database's reason: a code and a name, never a value."""
        from psycopg import errors

        table = self.catalog.tables[side.table]
        try:
            with self.session.transaction():
                self.session.execute("SET CONSTRAINTS ALL DEFERRED")
                write(self.session, side, table, changes)
                # Not at the commit, where it would take the whole batch along.
                self.session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except (
            errors.IntegrityError,
            errors.DataError,
            errors.RaiseException,
            errors.GeneratedAlways,
        ) as error:
            name = error.diag.constraint_name
            return f"{checkpoints.REFUSED} {error.sqlstate}{f' {name}' if name else ''}"
        return None


def _reason(change: Change, current: Row | None) -> str:
    found = standing(change.op, current, before=change.before, after=change.after)
    if found != "changed":
        return found
    if current is None:
        return "row-is-gone"
    return "key-is-taken" if change.op == "insert" else "changed-meanwhile"


def _alike(due: Sequence[Numbered]) -> list[list[Numbered]]:
    """Changes that one statement can make: the same op on the same columns."""
    parts: dict[tuple[str, tuple[str, ...]], list[Numbered]] = {}
    for number, change in due:
        parts.setdefault((change.op, tuple(sorted(change.after))), []).append((number, change))
    return list(parts.values())


def _outcome(session: Session, manifest: Manifest) -> Applied:
    counts: Mapping[str, Mapping[str, int]] = checkpoints.counts(session, manifest.plan)
    left = checkpoints.left(session, manifest.plan)
    return Applied(
        plan=manifest.plan,
        tables=tuple(
            TableApplied(
                table=each.table,
                applied=counts.get(str(each.table), {}).get("applied", 0),
                already=counts.get(str(each.table), {}).get("already", 0),
                left=tuple(left.get(str(each.table), ())),
            )
            for each in manifest.tables
        ),
    )
