"""What users wrote where the recovered schema has no place for it: new columns, new tables."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

from hrmsops.postgres.catalog import Table, TableName
from hrmsops.postgres.changes import Change
from hrmsops.postgres.differences import Key, Snapshot, look
from hrmsops.postgres.merge import Reason
from hrmsops.postgres.pairing import Pair, Side
from hrmsops.postgres.pairing import pair as paired
from hrmsops.postgres.provenance import Provenance
from hrmsops.postgres.row_sql import key_texts, texts
from hrmsops.postgres.rows import WRITER, Row, Seen, batches, fetch

ROWS_AT_ONCE = 500


def strays(
    now: Snapshot,
    damage: Snapshot | None,
    name: TableName,
    met: Pair | None,
    provenance: Provenance,
) -> Iterator[Change]:
    """Users' values in columns, or rows of a table, that the recovered database does not have.

    Each is a conflict: listed with its values, replayed by nobody. With a second clone that is what
    differs from it; with writers alone, what was written after the migration by others.
    """
    table = now.catalog.tables[name]
    columns = [table.columns[each] for each in (met.only_there if met else table.columns)]
    if not columns or not table.key:
        return
    reason: Reason = "column-not-in-recovered-schema" if met else "table-not-in-recovered-schema"
    side = Side(
        table=name,
        key=tuple(table.columns[each] for each in table.key),
        columns=tuple(columns),
    )
    if damage and name in damage.catalog.tables:
        rows = _since(damage, now, damage.catalog.tables[name], table, side)
    else:
        rows = _written_by_others(now, side, provenance)
    for key, seen in rows:
        values: Row = {column: value for column, value in seen.row.items() if value is not None}
        if values:
            yield Change(op="conflict", key=key, after=values, writer=seen.writer, reason=reason)


def _since(
    damage: Snapshot, now: Snapshot, before: Table, after: Table, side: Side
) -> Iterator[tuple[Key, Seen]]:
    """Rows whose values in these columns are not those of the second clone."""
    whole = paired(before, after)
    names = {*(each.name for each in side.columns), *after.key}
    part = replace(whole, columns=tuple(m for m in whole.columns if m.there.name in names))
    if not part.key:
        return
    changed = (each.key for each in look(damage, now, part) if each.kind != "only_here")
    called = [each.name for each in side.columns]
    for batch in batches(changed, ROWS_AT_ONCE):
        yield from fetch(now.session, side, batch, names=called).items()


def _written_by_others(
    now: Snapshot, side: Side, provenance: Provenance
) -> Iterator[tuple[Key, Seen]]:
    """Rows that somebody else wrote after the migration had begun; all, where nothing is known."""
    from psycopg import sql

    query = sql.SQL("SELECT {}, {}, {} FROM {} AS t").format(
        key_texts(side), texts(side.columns), sql.SQL(WRITER), side.identifier()
    )
    first = min(provenance.transactions, default=0)
    with now.session.cursor(f"hrmsops_{secrets.token_hex(4)}") as cursor:
        for key, values, writer in cursor.execute(query):
            if writer >= first and not provenance.is_migration(writer):
                row = dict(zip((each.name for each in side.columns), values, strict=True))
                yield tuple(key), Seen(row=row, writer=writer)
