"""The application's own log of committed writes, turned into a replay where no old database is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from hrmsops.errors.recovery import LogNotReplayable, LogUnreadable
from hrmsops.postgres.capture import NEVER_REPLAYED
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.changes import (
    Change,
    Manifest,
    TableFile,
    TablePlan,
    Values,
    new_folder,
    write_manifest,
)
from hrmsops.postgres.differences import Key, Snapshot, snapshot
from hrmsops.postgres.merge import Reason
from hrmsops.postgres.pairing import Side
from hrmsops.postgres.rows import batches, fetch
from hrmsops.postgres.session import Target
from hrmsops.postgres.value_texts import rewritten, text_of

ROWS_AT_ONCE = 500
COMMITTED = "committed"
"""The `message` of a line that counts; other lines of the log are passed over."""


class LoggedWrite(msgspec.Struct, frozen=True, kw_only=True):
    """One committed write of one row, logged after its commit; other fields are passed over."""

    table: str
    key: dict[str, Any]
    op: Literal["insert", "update", "delete"]
    columns: dict[str, Any]
    """What was written, as it was afterwards: of an update only those columns."""
    transaction: int
    """pg_current_xact_id()."""
    committed_at: datetime


@dataclass(kw_only=True)
class _Fate:
    """All that the log says of one row."""

    is_made: bool = False
    is_gone: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    writer: int = 0

    def add(self, write: LoggedWrite) -> None:
        """One more write, later than those before."""
        self.writer = write.transaction
        self.is_gone = write.op == "delete"
        if write.op != "update":
            self.is_made, self.values = write.op == "insert", {}
        self.values |= {} if self.is_gone else write.columns


def from_log(
    log: Path,
    base: Target,
    *,
    horizon: int | None,
    written_from: int | None = None,
    until: datetime | None = None,
    folder: Path,
    made_at: datetime,
    exclude: Sequence[str] = NEVER_REPLAYED,
) -> Manifest:
    """Write to `folder` what the log says was committed and the recovered database lacks.

    `horizon` is what `horizon_of` said right after the recovery; None: every line counts. A row
    whose writer is `written_from` or later was written in the recovered database: listed instead.
    A log that was exported late goes on: what it says was committed from `until` on was written to
    the recovered database, which has it, or has since deleted it.
    Memory is that of the rows named in the log. Raises LogNotReplayable, FileExistsError, and the
    errors of `connect`.
    """
    new_folder(folder)
    with snapshot(base) as seen:
        fates = _fates(log, seen, horizon, until)
        kept = {
            name: rows
            for name, rows in fates.items()
            if not any(fnmatch(name.name, pattern) for pattern in exclude)
        }
        order = [name for name in seen.catalog.order.all if name in kept]
        order += [name for name in kept if name not in seen.catalog.tables]
        plans = [_plan_table(seen, name, kept[name], folder, written_from) for name in order]
    return write_manifest(
        folder,
        Manifest(
            kind="log",
            plan="",
            made_at=made_at,
            tables=tuple(plan for plan in plans if plan),
            excluded=tuple(name for name in fates if name not in kept),
        ),
    )


def read_log(log: Path) -> list[LoggedWrite]:
    """The committed writes of a log in the order of their commits; raises LogNotReplayable.

    A log is JSON lines, or one array of them. An entry of Cloud Logging (`gcloud logging read
    --format=json`, newest first) has what the application said in its `jsonPayload`.
    """
    found = []
    for number, entry in _entries(log):
        if isinstance(entry, dict) and isinstance(entry.get("jsonPayload"), dict):
            entry = entry["jsonPayload"]
        if not isinstance(entry, dict) or entry.get("message") != COMMITTED:
            continue
        try:
            write = msgspec.convert(entry, LoggedWrite)
        except msgspec.ValidationError as error:
            raise LogNotReplayable(file=str(log), line=number, lacks=str(error)) from error
        if write.committed_at.tzinfo is None or not write.key:
            lacks = "Its committed_at has no zone." if write.key else "Its key is empty."
            raise LogNotReplayable(file=str(log), line=number, lacks=lacks)
        found.append((write.committed_at, number, write))
    if found and found[0][0] > found[-1][0]:
        found.reverse()
    return [write for _, _, write in sorted(found, key=lambda each: each[0])]


def _entries(log: Path) -> Iterator[tuple[int, Any]]:
    """Each line, or each element of the one array, counted from 1."""
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    try:
        with log.open("rb") as file:
            if _begins_array(file):
                yield from enumerate(_whole(decoder, file.read(), log), start=1)
                return
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _decoded(decoder, line, log, number)
    except OSError as error:
        raise LogUnreadable(file=str(log), why=f"{error.strerror}.") from error


def _begins_array(file: IO[bytes]) -> bool:
    while (first := file.read(1)).isspace():
        pass
    file.seek(0)
    return first == b"["


def _whole(decoder: msgspec.json.Decoder[Any], text: bytes, log: Path) -> list[Any]:
    found = _decoded(decoder, text, log, 1)
    assert isinstance(found, list), "It begins with a bracket."
    return found


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes, log: Path, number: int) -> Any:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise LogNotReplayable(file=str(log), line=number, lacks=f"{error}.") from error


def _fates(
    log: Path, base: Snapshot, horizon: int | None, until: datetime | None
) -> dict[TableName, dict[Key, _Fate]]:
    """What became of each row in the end, by table and key."""
    found: dict[TableName, dict[Key, _Fate]] = {}
    writes = [each for each in read_log(log) if until is None or each.committed_at < until]
    recovered = _recovered(base, {each.transaction for each in writes}, horizon)
    for write in writes:
        if write.transaction in recovered:
            continue
        name = TableName.parse(write.table)
        table = base.catalog.tables.get(name)
        columns = table.key if table and set(table.key) == set(write.key) else sorted(write.key)
        key = tuple(text_of(write.key[column]) or "" for column in columns)
        found.setdefault(name, {}).setdefault(key, _Fate()).add(write)
    return found


def _recovered(base: Snapshot, numbers: set[int], horizon: int | None) -> set[int]:
    """The transactions that the recovered database holds."""
    asked = [number for number in numbers if horizon is not None and number < horizon]
    rows = base.session.execute(
        "SELECT n FROM unnest(%s::bigint[]) AS asked(n)"
        " WHERE coalesce(pg_xact_status(n::text::xid8), 'committed') = 'committed'",
        [asked],
    )
    return {number for (number,) in rows}


def _plan_table(
    base: Snapshot,
    name: TableName,
    fates: dict[Key, _Fate],
    folder: Path,
    written_from: int | None,
) -> TablePlan | None:
    table = base.catalog.tables.get(name)
    file = TableFile(folder, name, table.key if table else ())
    for batch in batches(fates.items(), ROWS_AT_ONCE):
        if table is None or not table.key:
            for key, fate in batch:
                values = {column: text_of(value) for column, value in fate.values.items()}
                file.write(_conflict(key, fate, values, "table-not-in-recovered-schema"))
            continue
        for change in _changes(base, name, batch, written_from):
            file.write(change)
    return file.close()


def _changes(
    base: Snapshot,
    name: TableName,
    batch: Sequence[tuple[Key, _Fate]],
    written_from: int | None,
) -> Iterator[Change]:
    """What is still to be done on rows of one table."""
    table = base.catalog.tables[name]
    keys = rewritten(
        base.session,
        table,
        [dict(zip(table.key, key, strict=True)) for key, _ in batch],
    )
    known = [
        {column: value for column, value in fate.values.items() if column in table.written}
        for _, fate in batch
    ]
    texts = rewritten(base.session, table, known)
    side = Side(
        table=name,
        key=tuple(table.columns[column] for column in table.key),
        columns=tuple(table.columns[column] for column in table.written),
    )
    named = [tuple(each[column] or "" for column in table.key) for each in keys]
    current = fetch(base.session, side, named, names=table.written)
    for key, values, (_, fate) in zip(named, texts, batch, strict=True):
        there = current.get(key)
        change = _change(
            key, fate, values | _key_values(table.key, key), there.row if there else None
        )
        if change and there and written_from is not None and there.writer >= written_from:
            change = _conflict(key, fate, change.after, "written-since-the-recovery")
        if change and change.op == "insert" and _lacks_required(base, name, change):
            change = _conflict(key, fate, change.after, "needs-a-column-that-is-gone")
        if change:
            yield change
        strays = {c: text_of(v) for c, v in fate.values.items() if c not in table.columns}
        if strays:
            yield _conflict(key, fate, strays, "column-not-in-recovered-schema")


def _key_values(columns: Sequence[str], key: Key) -> Values:
    return dict(zip(columns, key, strict=True))


def _change(key: Key, fate: _Fate, values: Values, current: Values | None) -> Change | None:
    """The difference between what the log ends with and what the database holds."""
    if fate.is_gone:
        if current is None:
            return None
        return Change(op="delete", key=key, before=current, writer=fate.writer)
    if current is None:
        if fate.is_made:
            return Change(op="insert", key=key, after=values, writer=fate.writer)
        return _conflict(key, fate, values, "row-not-in-recovered-database")
    differing = [column for column, value in values.items() if current[column] != value]
    if not differing:
        return None
    return Change(
        op="update",
        key=key,
        before={column: current[column] for column in differing},
        after={column: values[column] for column in differing},
        writer=fate.writer,
    )


def _conflict(key: Key, fate: _Fate, values: Values, reason: Reason) -> Change:
    return Change(op="conflict", key=key, after=values, writer=fate.writer, reason=reason)


def _lacks_required(base: Snapshot, name: TableName, change: Change) -> bool:
    return any(
        each.is_required
        and not (each.has_default or each.identity or each.is_generated)
        and each.name not in change.after
        for each in base.catalog.tables[name].columns.values()
    )
