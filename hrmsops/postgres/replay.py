"""The plan of a replay: what users wrote after the moment that a database went back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hrmsops.errors.recovery import ColumnNotMapped
from hrmsops.postgres.captured import (
    Captured,
    Sighted,
    TableCaptured,
    read_captured,
    read_sighted,
)
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.changes import (
    Change,
    Manifest,
    TableFile,
    TablePlan,
    new_folder,
    write_manifest,
)
from hrmsops.postgres.differences import Key, Snapshot, snapshot
from hrmsops.postgres.merge import UNKNOWN, Effect, Sighting, Verdict, decide, infer
from hrmsops.postgres.pairing import Renamed, Side
from hrmsops.postgres.provenance import Provenance
from hrmsops.postgres.rows import Row, Seen, batches, fetch

ROWS_AT_ONCE = 500

OnTable = Callable[[TableName, TablePlan | None], None]


@dataclass(frozen=True, kw_only=True)
class _Known:
    """All that a decision about one table's rows looks at."""

    table: TableCaptured
    provenance: Provenance
    damage: Snapshot | None
    renamed: Mapping[str, str] = field(default_factory=dict)
    """A column of the recovered schema, and what the old one calls it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are merged, as the recovered schema calls them."""
        return self.table.columns + tuple(self.renamed)

    @property
    def strays(self) -> tuple[str, ...]:
        """The columns that the recovered schema has no place for."""
        mapped = set(self.renamed.values())
        return tuple(name for name in self.table.only_now if name not in mapped)

    @property
    def lacks_required(self) -> bool:
        """Whether a row of the old database has no value for a column that must have one."""
        return any(name not in self.renamed for name in self.table.required)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A row with its counterpart in the second clone."""

    row: Sighted
    damage: Seen | None


def plan_replay(
    captured: Path,
    *,
    provenance: Provenance,
    folder: Path,
    renamed: Renamed | None = None,
    on_table: OnTable | None = None,
) -> Manifest:
    """Write to `folder` what is to be replayed, what conflicts, and what is set aside.

    `captured` is a folder that `capture` made; no database is asked but the second clone, where
    there is one. `renamed` maps columns of the recovered schema to those of the old database.
    Memory is constant; a folder without a manifest was not finished. Raises FileExistsError for a
    folder that holds a plan, PlanFilesChanged, ColumnNotMapped, and the errors of `connect`.
    """
    known = read_captured(captured)
    called = _called(known, renamed or {})
    new_folder(folder)
    with ExitStack() as open_:
        target = provenance.damage
        damage = open_.enter_context(snapshot(target)) if target else None
        plans = []
        for table in known.tables:
            of = _Known(
                table=table,
                provenance=provenance,
                damage=damage,
                renamed=called.get(table.table, {}),
            )
            plan = _plan_table(captured, of, folder)
            plans += [plan] if plan else []
            if on_table:
                on_table(table.table, plan)
    return write_manifest(
        folder,
        Manifest(
            kind="replay",
            plan="",
            made_at=known.made_at,
            tables=tuple(plans),
            excluded=known.excluded,
            unmergeable=known.unmergeable,
        ),
    )


def _called(known: Captured, renamed: Renamed) -> dict[TableName, Mapping[str, str]]:
    tables = {each.table: each for each in known.tables}
    found = {}
    for text, columns in renamed.items():
        name = TableName.parse(text)
        for old, new in columns.items():
            table = tables.get(name)
            if table is None or old not in table.only_base or new not in table.only_now:
                raise ColumnNotMapped(
                    table=text,
                    column=old,
                    called=new,
                    gone=table.only_base if table else (),
                    new=table.only_now if table and not table.is_new else (),
                )
        found[name] = columns
    return found


def _plan_table(captured: Path, of: _Known, folder: Path) -> TablePlan | None:
    file = TableFile(folder, of.table.table, of.table.key)
    effect = of.provenance.effect_on(of.table.table)
    if effect is None:
        effect = Effect(is_alone=of.provenance.is_alone)
        if of.damage is None and not of.table.is_new:
            effect = infer(effect, (_sighting(each, of) for each in _seen(captured, of)))
    for each in _seen(captured, of):
        for change in _changes(each, of, effect):
            file.write(change)
    return file.close()


def _seen(captured: Path, of: _Known) -> Iterator[_Seen]:
    side, names = _damage_side(of)
    for batch in batches(read_sighted(captured, of.table), ROWS_AT_ONCE):
        then: dict[Key, Seen] = {}
        if of.damage and side:
            then = fetch(of.damage.session, side, [row.key for row in batch], names=names)
        for row in batch:
            yield _Seen(row=row, damage=then.get(row.key))


def _damage_side(of: _Known) -> tuple[Side | None, Sequence[str]]:
    """The second clone's table with what it has of the old one's columns; None without it."""
    table = of.damage.catalog.tables.get(of.table.table) if of.damage else None
    if table is None or any(name not in table.columns for name in of.table.key):
        return None, ()
    wanted = of.table.columns + of.table.only_now
    names = tuple(name for name in wanted if name in table.columns)
    return (
        Side(
            table=table.name,
            key=tuple(table.columns[name] for name in of.table.key),
            columns=tuple(table.columns[name] for name in names),
        ),
        names,
    )


def _merged(row: Row | None, of: _Known) -> Row | None:
    """A row of the old schema in the words of the recovered one."""
    if row is None:
        return None
    found = {name: row[name] for name in of.table.columns if name in row}
    return found | {old: row[new] for old, new in of.renamed.items() if new in row}


def _base(row: Sighted, of: _Known) -> Row | None:
    return None if row.base is None else {name: row.base[name] for name in of.names}


def _sighting(seen: _Seen, of: _Known) -> Sighting:
    who = of.provenance.is_migration
    then = seen.damage
    return Sighting(
        base=_base(seen.row, of),
        now=_merged(seen.row.now, of),
        damage=_merged(then.row if then else None, of) if of.damage else UNKNOWN,
        now_by_migration=who(seen.row.writer),
        damage_by_migration=who(then.writer if then else None),
        damage_in_doubt=of.provenance.is_in_doubt(then.writer if then else None),
    )


def _changes(seen: _Seen, of: _Known, effect: Effect) -> Iterator[Change]:
    if not of.table.is_new:
        sighting = _sighting(seen, of)
        if sighting.base != sighting.now:
            for verdict in decide(sighting, effect):
                yield _change(seen.row, sighting, verdict, of)
    if values := _stray_values(seen, of):
        reason = (
            "table-not-in-recovered-schema" if of.table.is_new else "column-not-in-recovered-schema"
        )
        writer = seen.row.writer
        yield Change(op="conflict", key=seen.row.key, after=values, writer=writer, reason=reason)


def _stray_values(seen: _Seen, of: _Known) -> Row:
    """What a user wrote there. With a second clone it is what differs from that; with writers
    alone, what was written after the migration had begun and by others.
    """
    row = seen.row
    if row.now is None or row.writer is None:
        return {}
    values = {n: row.now[n] for n in of.strays if row.now[n] is not None}
    if of.damage:
        then = seen.damage.row if seen.damage else {}
        return values if any(then.get(n) != row.now[n] for n in of.strays) else {}
    is_users = row.writer >= of.provenance.first and not of.provenance.is_migration(row.writer)
    return values if is_users else {}


def _change(row: Sighted, seen: Sighting, verdict: Verdict, of: _Known) -> Change:
    op, reason = verdict.op, verdict.reason
    if op == "insert" and of.lacks_required:
        op, reason = "conflict", "needs-a-column-that-is-gone"
    return Change(
        op=op,
        key=row.key,
        before=_before(row, seen, verdict),
        after={name: (seen.now or {})[name] for name in sorted(verdict.columns)},
        writer=row.writer,
        reason=reason or "",
    )


def _before(row: Sighted, seen: Sighting, verdict: Verdict) -> Row:
    """What the target must still hold: of a deletion the whole row, so that it can come back."""
    if row.base is None or seen.base is None:
        return {}
    names = verdict.columns or row.base.keys()
    return {name: row.base[name] for name in sorted(names)}
