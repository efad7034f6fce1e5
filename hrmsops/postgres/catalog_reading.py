"""Reading a catalog: seven queries of pg_catalog in one trip to the server."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, LiteralString

from hrmsops.postgres.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Migration,
    Sequence,
    Table,
    TableName,
    Trigger,
)

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

    Rows = list[tuple[Any, ...]]

# Source: PostgreSQL, "System Catalogs".
_TABLES: LiteralString = """
    SELECT c.oid, n.nspname, c.relname, i.inhparent,
           CASE WHEN c.relkind = 'p' THEN NULL ELSE nullif(c.reltuples, -1)::bigint END,
           CASE WHEN c.relkind = 'p' THEN 0 ELSE pg_total_relation_size(c.oid) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
    ORDER BY n.nspname, c.relname
"""
_ESTIMATES: LiteralString = """
    SELECT c.relname, c.reltuples::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.reltuples >= 0
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
"""
_COLUMNS: LiteralString = """
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
           format_type(a.atttypid, -1), a.attnotnull, a.atthasdef, a.attgenerated <> '',
           a.attidentity::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
    ORDER BY a.attrelid, a.attnum
"""
_KEYS: LiteralString = """
    SELECT x.indrelid, array_agg(a.attname::text ORDER BY k.place)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
    LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
    WHERE x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL
      AND x.indexprs IS NULL AND k.place <= x.indnkeyatts
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
    GROUP BY x.indrelid, x.indexrelid, x.indisprimary
    HAVING bool_and(a.attnotnull)
    ORDER BY x.indrelid, x.indisprimary DESC, count(*), x.indexrelid
"""
_FOREIGN_KEYS: LiteralString = """
    SELECT k.conname, n.nspname, c.relname,
           (SELECT array_agg(a.attname::text ORDER BY u.place)
            FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
           pn.nspname, p.relname,
           (SELECT array_agg(a.attname::text ORDER BY u.place)
            FROM unnest(k.confkey) WITH ORDINALITY AS u(attnum, place)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
           k.condeferrable
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
    ORDER BY n.nspname, c.relname, k.conname
"""
_SEQUENCES: LiteralString = """
    SELECT n.nspname, c.relname, d.refobjid, a.attname, q.seqincrement,
           CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE')
                THEN pg_sequence_last_value(c.oid) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_sequence q ON q.seqrelid = c.oid
    LEFT JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass
         AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relkind = 'S' AND c.relpersistence <> 't'
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
    ORDER BY n.nspname, c.relname
"""
_TRIGGERS: LiteralString = """
    SELECT t.tgrelid, t.tgname, (t.tgtype & 4) > 0, (t.tgtype & 16) > 0, (t.tgtype & 8) > 0
    FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    ORDER BY t.tgrelid, t.tgname
"""
_HAS_MIGRATIONS: LiteralString = "SELECT to_regclass('django_migrations') IS NOT NULL"
_MIGRATIONS: LiteralString = "SELECT app, name, applied FROM django_migrations ORDER BY id"


def read_catalog(session: Session) -> Catalog:
    """The catalog as this session's transaction sees it."""
    queries = (_TABLES, _COLUMNS, _KEYS, _FOREIGN_KEYS, _SEQUENCES, _TRIGGERS, _HAS_MIGRATIONS)
    with session.pipeline():
        cursors = [session.execute(query) for query in queries]
        found = [cursor.fetchall() for cursor in cursors]
    tables, columns, keys, ties, sequences, triggers, has_migrations = found
    applied = session.execute(_MIGRATIONS).fetchall() if has_migrations[0][0] else []
    names = {row[0]: TableName(row[1], row[2]) for row in tables}
    return Catalog(
        database=session.info.dbname,
        tables=_tables(names, tables, _columns(columns), _keys(keys), _triggers(names, triggers)),
        foreign_keys=tuple(_foreign_key(row) for row in ties),
        sequences=tuple(_sequence(names, row) for row in sequences),
        migrations=tuple(Migration(app=a, name=n, applied_at=at) for a, n, at in applied),
    )


def _tables(
    names: dict[int, TableName],
    rows: Rows,
    columns: dict[int, dict[str, Column]],
    keys: dict[int, list[tuple[str, ...]]],
    triggers: dict[int, list[Trigger]],
) -> dict[TableName, Table]:
    parents = {row[0]: row[3] for row in rows if row[3] is not None}
    parts: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        root = row[0]
        while root in parents:
            root = parents[root]
        parts[root].append(row)
    made = {}
    for oid, members in parts.items():
        counted = [row[4] for row in members if row[4] is not None]
        made[names[oid]] = Table(
            name=names[oid],
            columns=columns[oid],
            keys=tuple(keys[oid]),
            rows_estimate=sum(counted) if counted else None,
            bytes=sum(row[5] for row in members),
            partitions=tuple(names[row[0]] for row in members if row[0] != oid),
            triggers=tuple(each for row in members for each in triggers[row[0]]),
        )
    return made


def _columns(rows: Rows) -> dict[int, dict[str, Column]]:
    found: dict[int, dict[str, Column]] = defaultdict(dict)
    for oid, name, type_, base_type, is_required, has_default, is_generated, identity in rows:
        found[oid][name] = Column(
            name=name,
            type=type_,
            base_type=base_type,
            is_required=is_required,
            has_default=has_default,
            is_generated=is_generated,
            identity=identity,
        )
    return found


def _keys(rows: Rows) -> dict[int, list[tuple[str, ...]]]:
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for oid, columns in rows:
        found[oid].append(tuple(columns))
    return found


def _triggers(names: dict[int, TableName], rows: Rows) -> dict[int, list[Trigger]]:
    found: dict[int, list[Trigger]] = defaultdict(list)
    for oid, name, *fires in rows:
        words = ("INSERT", "UPDATE", "DELETE")
        events = tuple(word for word, does in zip(words, fires, strict=True) if does)
        if oid in names:
            found[oid].append(Trigger(name=name, table=names[oid], events=events))
    return found


def _foreign_key(row: tuple[Any, ...]) -> ForeignKey:
    name, schema, table, columns, other_schema, other, referenced, is_deferrable = row
    return ForeignKey(
        name=name,
        table=TableName(schema, table),
        columns=tuple(columns),
        references=TableName(other_schema, other),
        referenced=tuple(referenced),
        is_deferrable=is_deferrable,
    )


def _sequence(names: dict[int, TableName], row: tuple[Any, ...]) -> Sequence:
    schema, name, owner, column, increment, last_value = row
    return Sequence(
        name=TableName(schema, name),
        table=names.get(owner),
        column=column,
        last_value=last_value,
        increment=increment,
    )


def row_estimates(session: Session) -> dict[str, int]:
    """The server's own guess of each table's rows, by bare name; none for one never analysed."""
    found = session.execute(_ESTIMATES).fetchall()
    return {name: int(rows) for name, rows in found}
