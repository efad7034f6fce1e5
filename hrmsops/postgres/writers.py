"""Which transactions wrote the most since a moment: one of them was the migration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.differences import Snapshot, snapshot
from hrmsops.postgres.rows import WRITER
from hrmsops.postgres.session import Target, connect


@dataclass(frozen=True, kw_only=True)
class Writer:
    """One transaction, or one savepoint of it, as the last writer of rows."""

    number: int
    """64 bits, as pg_current_xact_id() counts: what Provenance takes."""
    rows: Mapping[str, int]
    """By table; rows that were written again since do not count."""
    migrations: tuple[str, ...]
    """`app.name` where it wrote that row of django_migrations: then it is that migration, unless
    that has deferred SQL or is not atomic (Django, `MigrationExecutor.apply_migration`)."""
    committed_at: datetime | None
    """None where the server does not keep it (track_commit_timestamp)."""


def writers(target: Target, *, since: int, most: int) -> tuple[Writer, ...]:
    """The `most` largest writers from transaction `since` on, the largest first.

    Those of migrations are always among them. `since` is what `horizon_of` says of the
    recovered database. Reads every table once.
    """
    with snapshot(target) as seen:
        rows: dict[int, dict[str, int]] = defaultdict(dict)
        for name in seen.catalog.tables:
            for number, count in _largest(seen, name, since=since, most=most):
                rows[number][str(name)] = count
        migrations = migrations_by_writer(seen, since)
        numbers = sorted(rows, key=lambda each: -sum(rows[each].values()))
        chosen = [*numbers[:most], *(each for each in migrations if each not in numbers[:most])]
        times = commit_times(seen, chosen)
    return tuple(
        Writer(
            number=number,
            rows=dict(rows.get(number, {})),
            migrations=tuple(migrations.get(number, ())),
            committed_at=times.get(number),
        )
        for number in chosen
    )


def next_transaction(target: Target) -> int:
    """The number that no transaction has had yet, in 64 bits."""
    with connect(target, read_only=True) as session:
        row = session.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
    assert row is not None
    return int(row[0])


def _largest(seen: Snapshot, name: TableName, *, since: int, most: int) -> list[tuple[int, int]]:
    from psycopg import sql

    query = sql.SQL(
        "SELECT number, count(*) FROM (SELECT {} AS number FROM {} AS t) AS x"
        " WHERE number >= {} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {}"
    ).format(sql.SQL(WRITER), sql.Identifier(*name), sql.Literal(since), sql.Literal(most))
    return [(int(number), int(count)) for number, count in seen.session.execute(query)]


def migrations_by_writer(seen: Snapshot, since: int) -> dict[int, list[str]]:
    """`app.name` of the migrations that each transaction from `since` on recorded."""
    from psycopg import sql

    found: dict[int, list[str]] = defaultdict(list)
    if not seen.catalog.migrations:
        return found
    query = sql.SQL("SELECT {} AS number, app, name FROM django_migrations AS t ORDER BY id")
    for number, app, name in seen.session.execute(query.format(sql.SQL(WRITER))):
        if number >= since:
            found[number].append(f"{app}.{name}")
    return found


def commit_times(seen: Snapshot, numbers: list[int]) -> dict[int, datetime]:
    """When transactions committed; empty where the server does not keep it."""
    row = seen.session.execute("SHOW track_commit_timestamp").fetchone()
    if row is None or row[0] != "on":
        return {}
    rows = seen.session.execute(
        "SELECT n, pg_xact_commit_timestamp((n & 4294967295)::text::xid)"
        " FROM unnest(%s::bigint[]) AS asked(n)",
        [numbers],
    )
    return {number: at for number, at in rows if at}
