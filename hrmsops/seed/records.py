"""What a database remembers of its seeds: which runs there were, and what they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

import msgspec

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

PRODUCTION = "production"

_TABLES: LiteralString = """
    CREATE SCHEMA IF NOT EXISTS hrmsops;
    CREATE TABLE IF NOT EXISTS hrmsops.seeds (
        run text PRIMARY KEY, operator text NOT NULL, environment text NOT NULL,
        kind text NOT NULL, instance text NOT NULL, counts jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS hrmsops.seeded_values (
        relation text, columns text[], rows jsonb NOT NULL, PRIMARY KEY (relation, columns)
    );
"""
_EXISTS: LiteralString = "SELECT to_regclass('hrmsops.seeds') IS NOT NULL"
_IS_NEWEST: LiteralString = """
    SELECT to_regclass('hrmsops.seeded_values') IS NOT NULL
       AND to_regclass('hrmsops.seeded') IS NULL
"""
_IS_OLD: LiteralString = "SELECT to_regclass('hrmsops.seeded') IS NOT NULL"
EARLIER: LiteralString = """(
    SELECT relation, key,
        ARRAY(SELECT name FROM jsonb_object_keys(values) AS name ORDER BY name COLLATE "C")
            AS columns,
        (SELECT jsonb_agg(e.value ORDER BY e.key COLLATE "C") FROM jsonb_each(values) AS e)
            AS values
    FROM hrmsops.seeded)"""
"""The earlier form of the record, a row for each row, as today's has it."""
# Whoever seeds next puts the rows together.
_FOLD: LiteralString = """
    INSERT INTO hrmsops.seeded_values AS v (relation, columns, rows)
    SELECT relation, columns, jsonb_object_agg(key, values) FROM {earlier} AS old
    GROUP BY relation, columns
    ON CONFLICT (relation, columns) DO UPDATE SET rows = v.rows || excluded.rows;
    DROP TABLE hrmsops.seeded
"""
_LAST: LiteralString = "SELECT run, kind, instance, at FROM hrmsops.seeds ORDER BY at DESC LIMIT 1"


@dataclass(frozen=True, kw_only=True)
class Seeding:
    """One seed on record: which run, of what kind of environment, and when."""

    run: str
    kind: str
    instance: str
    at: datetime


def are_there(session: Session) -> bool:
    """Whether anything was ever seeded here."""
    return session.execute(_EXISTS).fetchone() == (True,)


def prepare(session: Session) -> None:
    """Make the tables unless they are there: what is there needs no right to create."""
    from psycopg import sql

    if session.execute(_IS_NEWEST).fetchone() == (True,):
        return
    # Two who begin at once would both create the schema.
    session.execute("SELECT pg_advisory_xact_lock(hashtext('hrmsops checkpoints'))")
    session.execute(_TABLES)
    if session.execute(_IS_OLD).fetchone() == (True,):
        session.execute(sql.SQL(_FOLD).format(earlier=sql.SQL(EARLIER)))


def last(session: Session) -> Seeding | None:
    """The newest seed of this database."""
    return _one(session, _LAST)


def as_production(session: Session) -> Seeding | None:
    """The newest seed of it as production's."""
    return _one(session, _LAST.replace("ORDER BY", "WHERE kind = 'production' ORDER BY"))


def _one(session: Session, query: LiteralString) -> Seeding | None:
    if not are_there(session):
        return None
    row = session.execute(query).fetchone()
    return Seeding(run=row[0], kind=row[1], instance=row[2], at=row[3]) if row else None


def counts_of(session: Session, run: str) -> dict[str, dict[str, int]] | None:
    """By table, how many rows the run added and changed; None where it has not committed."""
    if not are_there(session):
        return None
    row = session.execute("SELECT counts FROM hrmsops.seeds WHERE run = %s", [run]).fetchone()
    return msgspec.convert(row[0], dict[str, dict[str, int]]) if row else None


def note(
    session: Session,
    *,
    run: str,
    operator: str,
    environment: str,
    kind: str,
    instance: str,
    counts: Mapping[str, Mapping[str, int]],
) -> None:
    """Write down a run, in its own transaction: that is how a second try knows of it."""
    session.execute(
        "INSERT INTO hrmsops.seeds (run, operator, environment, kind, instance, counts)"
        " VALUES (%s, %s, %s, %s, %s, %s::jsonb)",
        [run, operator, environment, kind, instance, msgspec.json.encode(counts).decode()],
    )
