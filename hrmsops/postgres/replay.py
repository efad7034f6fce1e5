"""The plan of a replay: what users wrote after the moment that a database went back to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.changes import (
    Change,
    Manifest,
    TableFile,
    TablePlan,
    new_folder,
    write_manifest,
)
from hrmsops.postgres.compare import compare_table
from hrmsops.postgres.differences import Snapshot, look, snapshot
from hrmsops.postgres.merge import UNKNOWN, Effect, Sighting, Verdict, decide, infer
from hrmsops.postgres.pairing import Pair, Renamed, Side, pairs
from hrmsops.postgres.provenance import Provenance
from hrmsops.postgres.rows import Row, Seen, batches, fetch
from hrmsops.postgres.session import Target
from hrmsops.postgres.strays import strays

ROWS_AT_ONCE = 500

NEVER_REPLAYED = (
    "django_session",
    "django_migrations",
    "django_admin_log",
    "*outbox*",
    "*queue*",
    "celery_*",
    "django_celery_*",
    "django_q_*",
    "procrastinate_*",
)
"""Patterns of tables whose rows mean something only where they were written, or would act again."""

OnTable = Callable[[TableName, TablePlan | None], None]


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """What was fetched of one row, kept in a file until the whole table has been seen."""

    key: tuple[str, ...]
    base: Row | None
    now: Row | None
    damage: Row | None
    now_writer: int | None
    damage_writer: int | None


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """The databases of a merge, each at one moment."""

    base: Snapshot
    now: Snapshot
    damage: Snapshot | None
    provenance: Provenance


def plan_replay(
    base: Target,
    now: Target,
    *,
    provenance: Provenance,
    folder: Path,
    made_at: datetime,
    exclude: Sequence[str] = NEVER_REPLAYED,
    renamed: Renamed | None = None,
    on_table: OnTable | None = None,
) -> Manifest:
    """Write to `folder` what is to be replayed on `base`, what conflicts, and what is set aside.

    `base` is the recovered database before it takes traffic, `now` the old one behind its fence.
    `renamed` maps columns of base to columns of now. Memory is constant. Nothing is changed
    anywhere; a folder without a manifest was not finished. Raises FileExistsError for a folder that
    holds a plan, and the errors of `connect`.
    """
    new_folder(folder)
    with ExitStack() as open_:
        sources = _Sources(
            base=open_.enter_context(snapshot(base)),
            now=open_.enter_context(snapshot(now)),
            damage=open_.enter_context(snapshot(provenance.damage)) if provenance.damage else None,
            provenance=provenance,
        )
        met = pairs(sources.base.catalog, sources.now.catalog, renamed=renamed)
        plans, excluded, unmergeable = [], [], []
        for name in _in_order(sources):
            pair = met.get(name)
            if any(fnmatch(name.name, pattern) for pattern in exclude):
                excluded.append(name)
            elif pair and not pair.key:
                whole = compare_table(sources.base, sources.now, pair, keys_max=0)
                unmergeable += [] if whole.is_same else [name]
            else:
                plan = _plan_table(sources, name, pair, folder)
                plans += [plan] if plan else []
                if on_table:
                    on_table(name, plan)
    return write_manifest(
        folder,
        Manifest(
            kind="replay",
            plan="",
            made_at=made_at,
            tables=tuple(plans),
            excluded=tuple(excluded),
            unmergeable=tuple(unmergeable),
        ),
    )


def _in_order(sources: _Sources) -> list[TableName]:
    """The recovered schema's tables, each after those it refers to; then those it does not have.

    A table that the migration dropped holds nothing that users could have written.
    """
    ours, theirs = sources.base.catalog, sources.now.catalog
    kept = [name for name in ours.order.all if name in theirs.tables]
    return kept + [name for name in theirs.tables if name not in ours.tables]


def _plan_table(
    sources: _Sources, name: TableName, pair: Pair | None, folder: Path
) -> TablePlan | None:
    table = pair.here if pair else sources.now.catalog.tables[name]
    key = tuple(each.here.name for each in pair.key) if pair else table.key
    file = TableFile(folder, name, key)
    if pair:
        for change in _merged(sources, pair, folder):
            file.write(change)
    for change in strays(sources.now, sources.damage, name, pair, sources.provenance):
        file.write(change)
    return file.close()


def _merged(sources: _Sources, pair: Pair, folder: Path) -> Iterator[Change]:
    """The decision on each row of one table."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".rows-") as spool:
        for line in _fetched(sources, pair):
            spool.write(msgspec.json.encode(line) + b"\n")
        spool.flush()
        effect = sources.provenance.effect_on(pair.here.name)
        if effect is None:
            effect = Effect()
            if sources.damage is None:
                seen = (_sighting(each, sources) for each in _lines(Path(spool.name)))
                effect = infer(effect, seen)
        for line in _lines(Path(spool.name)):
            for verdict in decide(_sighting(line, sources), effect):
                yield _change(line, verdict, pair)


def _fetched(sources: _Sources, pair: Pair) -> Iterator[_Line]:
    ours, theirs, names = _written_sides(pair)
    differing = look(sources.base, sources.now, pair)
    for batch in batches((each.key for each in differing), ROWS_AT_ONCE):
        base = fetch(sources.base.session, ours, batch, names=names)
        now = fetch(sources.now.session, theirs, batch, names=names)
        damage: dict[tuple[str, ...], Seen] = {}
        if sources.damage and pair.here.name in sources.damage.catalog.tables:
            damage = fetch(sources.damage.session, theirs, batch, names=names)
        for key in batch:
            there, then = now.get(key), damage.get(key)
            yield _Line(
                key=key,
                base=base[key].row if key in base else None,
                now=there.row if there else None,
                damage=then.row if then else None,
                now_writer=there.writer if there else None,
                damage_writer=then.writer if then else None,
            )


def _written_sides(pair: Pair) -> tuple[Side, Side, list[str]]:
    """Both sides without the columns that the recovered database computes itself; their names."""
    written = [each for each in pair.columns if not each.here.is_generated]
    ours, theirs = pair.sides()
    return (
        Side(table=ours.table, key=ours.key, columns=tuple(each.here for each in written)),
        Side(table=theirs.table, key=theirs.key, columns=tuple(each.there for each in written)),
        [each.here.name for each in written],
    )


def _lines(spool: Path) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    with spool.open("rb") as file:
        for line in file:
            yield decoder.decode(line)


def _sighting(line: _Line, sources: _Sources) -> Sighting:
    who = sources.provenance.is_migration
    return Sighting(
        base=line.base,
        now=line.now,
        damage=line.damage if sources.damage else UNKNOWN,
        now_by_migration=who(line.now_writer),
        damage_by_migration=who(line.damage_writer),
    )


def _change(line: _Line, verdict: Verdict, pair: Pair) -> Change:
    op, reason = verdict.op, verdict.reason
    if op == "insert" and _lacks_required(pair):
        op, reason = "conflict", "needs-a-column-that-is-gone"
    return Change(
        op=op,
        key=line.key,
        before=_before(line, verdict),
        after={name: (line.now or {})[name] for name in sorted(verdict.columns)},
        writer=line.now_writer,
        reason=reason or "",
    )


def _before(line: _Line, verdict: Verdict) -> Row:
    if line.base is None:
        return {}
    names = verdict.columns or line.base.keys()
    return {name: line.base[name] for name in sorted(names)}


def _lacks_required(pair: Pair) -> bool:
    """Whether a row of now has no value for a column that the recovered schema requires."""
    columns = (pair.here.columns[name] for name in pair.only_here)
    return any(
        each.is_required and not (each.has_default or each.identity or each.is_generated)
        for each in columns
    )
