"""A temporary table with the rows to be copied into one table, and the merge of the two."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from hrmsops.postgres.catalog import Column, ForeignKey, TableName
from hrmsops.postgres.differences import Difference, Key
from hrmsops.postgres.pairing import Pair, Side
from hrmsops.postgres.row_sql import key_join, key_texts, row_hash, texts, wanted_keys
from hrmsops.postgres.rows import by_column

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

SEEN = "hrmsops_seen"
"""The hash of the target's row when the difference was made; NULL where there was none."""
NOTHING_TO_MERGE = "0:0"
"""The digest of a stage that inserts and overwrites nothing."""

Texts = list[str | None]


class Stage:
    """The rows for one table, within the transaction that will merge them."""

    def __init__(
        self,
        session: Session,
        pair: Pair,
        *,
        mode: Literal["missing", "overwrite"],
        columns: Sequence[str] | None,
    ) -> None:
        self._session, self.pair = session, pair
        self.name: TableName = pair.there.name
        self.fills_columns_only = columns is not None
        self.inserts = columns is None
        self.overwrites = mode == "overwrite" or self.fills_columns_only
        self._fills_nulls = mode == "missing"
        self.changed_meanwhile = 0
        written = [each for each in pair.columns if not each.there.is_generated]
        self._source = Side(
            table=pair.here.name,
            key=tuple(each.here for each in pair.key),
            columns=tuple(each.here for each in written),
        )
        self._target = Side(
            table=self.name,
            key=tuple(each.there for each in pair.key),
            columns=tuple(each.there for each in written),
        )
        key = {each.name for each in self._target.key}
        self._updated = tuple(
            each
            for each in self._target.columns
            if each.name not in key
            and each.identity != "a"
            and (columns is None or each.name in columns)
        )
        token = secrets.token_hex(4)
        self._rows, self._before = f"hrmsops_rows_{token}", f"hrmsops_before_{token}"

    @property
    def updated_columns(self) -> tuple[str, ...]:
        """What is written in rows that are there."""
        return tuple(each.name for each in self._updated) if self.overwrites else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are copied, as the target calls them."""
        return tuple(each.name for each in self._target.columns)

    def create(self) -> None:
        """Make the temporary table; it goes with the transaction."""
        self._run(
            "CREATE TEMP TABLE {rows} ON COMMIT DROP AS"
            " SELECT {columns}, 0::bigint AS {seen} FROM {table} AS t WITH NO DATA"
        )

    def copy(self, source: Session, differing: Sequence[Difference]) -> None:
        """Copy these rows from the source, server to server by way of COPY."""
        if not differing:
            return
        keys = [each.key for each in differing]
        seen = [each.hash_there for each in differing]
        with (
            source.cursor().copy(self._copied_from(), [*by_column(keys), seen]) as outgoing,
            self._session.cursor().copy(
                self._say("COPY {rows} ({columns}, {seen}) FROM STDIN")
            ) as incoming,
        ):
            for block in outgoing:
                incoming.write(block)

    def finish(self, seed: int) -> None:
        """Hold the target's rows, and drop those that were written since the difference."""
        self._run("ANALYZE {rows}")
        self._run("SELECT FROM {table} AS t JOIN {rows} AS s ON {join} FOR UPDATE OF t")
        hash_ = row_hash(self.pair.sides()[1], seed)
        self.changed_meanwhile = self._run(
            "DELETE FROM {rows} AS s USING {table} AS t"
            " WHERE {join} AND s.{seen} IS DISTINCT FROM {hash}",
            hash=hash_,
        ) + self._run(
            "DELETE FROM {rows} AS s WHERE s.{seen} IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM {table} AS t WHERE {join})"
        )
        self._run(
            "CREATE TEMP TABLE {before} ON COMMIT DROP AS"
            " SELECT {columns} FROM {table} AS t JOIN {rows} AS s ON {join}"
        )

    def digest(self) -> str:
        """A name for what the merge would insert and overwrite, and for what stands there now."""
        inserted = updated = 0
        if self.inserts:
            inserted = self._sum(
                "SELECT coalesce(sum({key_hash}), 0) FROM {rows} AS s WHERE {seen} IS NULL"
            )
        if self.overwrites and self._updated:
            updated = self._sum(
                "SELECT coalesce(sum({row_hash}), 0) FROM {before} AS t JOIN {rows} AS s ON {join}"
                " WHERE s.{seen} IS NOT NULL AND ({differs})"
            )
        return f"{inserted}:{updated}"

    def _sum(self, statement: str) -> int:
        from psycopg import sql

        hashed = sql.SQL('hashtextextended(ROW({})::text COLLATE "C", 0)')
        query = self._say(
            statement,
            key_hash=hashed.format(_bare(self._target.key, "s")),
            row_hash=hashed.format(_bare(self._target.columns, "t")),
            differs=self._differs(),
        )
        row = self._session.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _differs(self) -> sql.Composed:
        return self._joined("t.{c}::text IS DISTINCT FROM ({new})::text", " OR ")

    def merge(self) -> tuple[int, int]:
        """Insert and update; how many rows of each."""
        inserted = updated = 0
        if self.inserts:
            inserted = self._run(
                "INSERT INTO {table} ({columns_bare}) OVERRIDING SYSTEM VALUE"
                " SELECT {columns_bare} FROM {rows} WHERE {seen} IS NULL"
            )
        if self.overwrites and self._updated:
            updated = self._run(
                "UPDATE {table} AS t SET {sets} FROM {rows} AS s"
                " WHERE {join} AND s.{seen} IS NOT NULL AND ({differs})",
                sets=self._joined("{c} = {new}", ", "),
                differs=self._differs(),
            )
        return inserted, updated

    def inserted_rows(self) -> Iterator[tuple[Key, Texts]]:
        """After the merge: the rows that were not there before, as they are now."""
        query = self._say(
            "SELECT {key}, {values} FROM {table} AS t JOIN {rows} AS s ON {join}"
            " WHERE s.{seen} IS NULL"
        )
        if self.inserts:
            yield from ((tuple(key), values) for key, values in self._stream(query))

    def updated_rows(self) -> Iterator[tuple[Key, Texts, Texts]]:
        """After the merge: the rows that were there, as they were and as they are now."""
        query = self._say(
            "SELECT {key}, {values}, {values_before}"
            " FROM {table} AS t JOIN {before} AS s ON {join}",
            values_before=texts(self._target.columns, of="s"),
        )
        for key, now, before in self._stream(query):
            yield tuple(key), before, now

    def missing_parents(self, tie: ForeignKey, parents: Stage | None) -> int:
        """How many staged rows refer to a row that neither the target nor `parents` has."""
        from psycopg import sql

        if any(name not in self.names for name in tie.columns):
            return 0
        if self.fills_columns_only and not set(tie.columns) & set(self.updated_columns):
            return 0
        match = sql.SQL(" AND ").join(
            sql.SQL("p.{} = s.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
            for ours, theirs in zip(tie.columns, tie.referenced, strict=True)
        )
        parts = [sql.Identifier(*tie.references)]
        if parents and parents.inserts and set(tie.referenced) <= set(parents.names):
            parts.append(sql.Identifier(parents._rows))
        absent = sql.SQL(" AND ").join(
            sql.SQL("NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(part, match)
            for part in parts
        )
        filled = sql.SQL(" AND ").join(
            sql.SQL("s.{} IS NOT NULL").format(sql.Identifier(name)) for name in tie.columns
        )
        row = self._session.execute(
            self._say(
                "SELECT count(*) FROM {rows} AS s WHERE {filled} AND {absent}",
                filled=filled,
                absent=absent,
            )
        ).fetchone()
        return int(row[0]) if row else 0

    def _copied_from(self) -> sql.Composed:
        from psycopg import sql

        return sql.SQL("COPY (SELECT {}, w.seen FROM {} JOIN {} AS t ON {}) TO STDOUT").format(
            _bare(self._source.columns, "t"),
            wanted_keys(self._source, "seen"),
            self._source.identifier(),
            key_join(self._source),
        )

    def _joined(self, pattern: str, by: str) -> sql.Composed:
        from psycopg import sql

        new = "coalesce(t.{c}, s.{c})" if self._fills_nulls else "s.{c}"
        text = pattern.replace("{new}", new)
        return sql.SQL(by).join(
            sql.SQL(text).format(c=sql.Identifier(each.name)) for each in self._updated
        )

    def _keys_equal(self, one: str, other: str) -> sql.Composed:
        from psycopg import sql

        return sql.SQL(" AND ").join(
            sql.SQL("{0}.{2} = {1}.{2}").format(
                sql.Identifier(one), sql.Identifier(other), sql.Identifier(each.name)
            )
            for each in self._target.key
        )

    def _run(self, statement: str, **parts: sql.Composable) -> int:
        return self._session.execute(self._say(statement, **parts)).rowcount

    def _say(self, statement: str, **parts: sql.Composable) -> sql.Composed:
        """A statement with this stage's names in it."""
        from psycopg import sql

        known = {
            "table": self._target.identifier(),
            "rows": sql.Identifier(self._rows),
            "before": sql.Identifier(self._before),
            "seen": sql.Identifier(SEEN),
            "columns": _bare(self._target.columns, "t")
            if " AS t" in statement
            else _bare(self._target.columns),
            "columns_bare": _bare(self._target.columns),
            "join": self._keys_equal("t", "s"),
            "key": key_texts(self._target),
            "values": texts(self._target.columns),
        }
        return sql.SQL(statement).format(**known, **parts)

    def _stream(self, query: sql.Composed) -> Iterator[tuple[Any, ...]]:
        with self._session.cursor(f"hrmsops_{secrets.token_hex(4)}") as cursor:
            yield from cursor.execute(query)


def broken_ties(tie: ForeignKey, stages: Mapping[TableName, Stage]) -> int:
    """How many staged rows a foreign key would not let in."""
    return stages[tie.table].missing_parents(tie, stages.get(tie.references))


def _bare(columns: Sequence[Column], of: str | None = None) -> sql.Composed:
    from psycopg import sql

    names = [sql.Identifier(of, each.name) if of else sql.Identifier(each.name) for each in columns]
    return sql.SQL(", ").join(names)
