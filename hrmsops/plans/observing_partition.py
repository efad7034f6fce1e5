"""The one place where the facts of partitioning are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, LiteralString

import msgspec

from hrmsops.errors.database import StatementFailed, TableUnknown
from hrmsops.errors.partition import NotPartitioned
from hrmsops.partition.cut import Cut
from hrmsops.partition.quoting import TYPES, base_type
from hrmsops.plans.partition_back import ROWS_BACK_MAX
from hrmsops.plans.partition_facts import CutFacts, TableFacts
from hrmsops.postgres.catalog import TableName
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session
    from hrmsops.postgres.table_shape import Shape

_ROWS: LiteralString = """
    SELECT coalesce(nullif(c.reltuples, -1), 0)::bigint FROM pg_class c
    WHERE c.oid = to_regclass(format('%%I.%%I', %s::text, %s::text))
"""
_TAKEN: LiteralString = """
    SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s
"""
_LEAF: LiteralString = """
    SELECT app, name FROM django_migrations WHERE starts_with(%s, app || '_')
    ORDER BY length(app) DESC, id DESC LIMIT 1
"""


def observe_table(world: World, *, instance: str, table: str, column: str) -> TableFacts:
    """Look at a table that is to be cut. Raises TableUnknown, which names what is near."""
    with opened(world, instance) as session:
        name, shape = _shape(session, table, column)
        first, last, has_nulls = _ends(session, name, shape, column)
        app, leaf = _leaf(session, name.name)
        return TableFacts(
            observed_at=world.clock.now(),
            service=world.service_name,
            instance=instance,
            database=session.info.dbname,
            shape=shape,
            rows=estimated_rows(session, name),
            first=moment_of(first),
            last=moment_of(last),
            is_endless="infinity" in f"{first} {last}",
            is_before_years=_is_no_moment(shape, column, first),
            is_after_years=_is_no_moment(shape, column, last),
            has_nulls=has_nulls,
            tables=taken_names(session, name.schema),
            django_app=app,
            django_leaf=leaf,
        )


def observe_cut(world: World, *, instance: str, table: str) -> CutFacts:
    """Look at a table that was cut. Raises NotPartitioned where we did not cut it."""
    from hrmsops.postgres.partition_record import recorded
    from hrmsops.postgres.table_shape_reading import read_shape

    with opened(world, instance) as session:
        name, shape = _shape(session, table, None)
        found = recorded(session, name)
        if found is None:
            raise NotPartitioned(table=table, why="It was not partitioned by hrmsops.")
        cut = msgspec.convert(found.cut, Cut)
        return CutFacts(
            observed_at=world.clock.now(),
            service=world.service_name,
            instance=instance,
            shape=shape,
            recorded=found,
            old=read_shape(session, cut.left),
            later_rows=_later(session, cut),
        )


@contextmanager
def opened(world: World, instance: str) -> Iterator[Session]:
    """A session that only reads."""
    from hrmsops.postgres.refusals import plainly
    from hrmsops.postgres.session import connect

    found = world.cloud_sql.instance(instance)
    target = world.target(found, application_name="hrmsops plan")
    with (
        connect(target, read_only=True) as session,
        plainly(StatementFailed, address=target.address),
    ):
        yield session


def taken_names(session: Session, schema: str) -> frozenset[str]:
    return frozenset(taken for (taken,) in session.execute(_TAKEN, [schema]))


def estimated_rows(session: Session, name: TableName) -> int:
    """By the server's statistics; 0 where there are none."""
    row = session.execute(_ROWS, list(name)).fetchone()
    return int(row[0]) if row else 0


def _shape(session: Session, table: str, column: str | None) -> tuple[TableName, Shape]:
    """The table, and that it has the column; typed names are taken as they are."""
    from difflib import get_close_matches

    from hrmsops.postgres.catalog_reading import read_catalog
    from hrmsops.postgres.table_shape_reading import read_shape

    name = TableName.parse(table)
    shape = read_shape(session, name)
    database = session.info.dbname
    if shape is None:
        read_catalog(session).named([table])  # Raises, with what is near.
        raise TableUnknown(names=(table,), database=database, near=())
    if column is not None and shape.column(column) is None:
        near = get_close_matches(column, [each.name for each in shape.columns])
        raise TableUnknown(names=(f"{table}.{column}",), database=database, near=tuple(near))
    return name, shape


def _ends(
    session: Session, name: TableName, shape: Shape, column: str
) -> tuple[str | None, str | None, bool]:
    """The least and the greatest value as text, and whether one is missing."""
    from psycopg import sql

    found = shape.column(column)
    assert found is not None
    if shape.kind not in ("r", "p") or shape.forces_row_security or not shape.is_ours:
        return None, None, False
    parts = {"c": sql.Identifier(column), "t": sql.Identifier(*name)}
    ends = "SELECT min({c})::text, max({c})::text, {nulls} FROM {t}"
    nulls = sql.SQL("EXISTS (SELECT FROM {t} WHERE {c} IS NULL)").format(**parts)
    row = session.execute(
        sql.SQL(ends).format(**parts, nulls=sql.SQL("false") if found.is_required else nulls)
    ).fetchone()
    assert row
    return row[0], row[1], row[2]


def moment_of(text: str | None) -> datetime | None:
    """Our sessions write in UTC; what is no moment is said by another objection."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(f"{text}:00" if text.endswith("+00") else text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_no_moment(shape: Shape, column: str, text: str | None) -> bool:
    """Whether a date lies where none of ours can."""
    found = shape.column(column)
    is_time = found is not None and base_type(found.type) in TYPES
    return is_time and text is not None and moment_of(text) is None


def _later(session: Session, cut: Cut) -> int:
    from psycopg import sql

    if cut.split is None:
        return 0
    query = "SELECT count(*) FROM (SELECT FROM {t} WHERE {c} >= {split} LIMIT {most}) x"
    row = session.execute(
        sql.SQL(query).format(
            t=sql.Identifier(*cut.name),
            c=sql.Identifier(cut.column),
            split=sql.Literal(cut.split),
            most=sql.Literal(ROWS_BACK_MAX + 1),
        )
    ).fetchone()
    return int(row[0]) if row else 0


def _leaf(session: Session, table: str) -> tuple[str, str]:
    """The app that a table is of by Django's manner of naming, and its newest migration."""
    if session.execute("SELECT to_regclass('django_migrations') IS NULL").fetchone() == (True,):
        return "", ""
    row = session.execute(_LEAF, [table]).fetchone()
    return (row[0], row[1]) if row else ("", "")
