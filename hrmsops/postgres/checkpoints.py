"""What a target remembers of a plan: how far it came, and what was left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

REFUSED = "refused"
ALREADY = "already-so"
"""Of a line that found its change made: kept, since what we did not do is not ours to undo."""

_TABLES: LiteralString = """
    CREATE SCHEMA IF NOT EXISTS hrmsops;
    CREATE TABLE IF NOT EXISTS hrmsops.replay_progress (
        plan text, phase text, table_name text,
        lines bigint NOT NULL, applied bigint NOT NULL, already bigint NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (plan, phase, table_name)
    );
    CREATE TABLE IF NOT EXISTS hrmsops.replay_left (
        plan text, table_name text, line bigint, reason text NOT NULL,
        PRIMARY KEY (plan, table_name, line)
    );
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One table's file in one phase of one plan."""

    plan: str
    phase: str
    table: str


@dataclass(frozen=True, kw_only=True)
class Left:
    """A line that was not applied."""

    line: int
    reason: str


def prepare(session: Session) -> None:
    """Make the tables unless they are there: what is there needs no right to create."""
    if not is_prepared(session):
        with session.transaction():
            # Two who begin at once would both create the schema.
            session.execute("SELECT pg_advisory_xact_lock(hashtext('hrmsops checkpoints'))")
            session.execute(_TABLES)


def take(session: Session, plan: str) -> bool:
    """Hold the plan for as long as the session lasts; False where another does."""
    row = session.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"hrmsops replay {plan}"]
    ).fetchone()
    return bool(row and row[0])


def hold(session: Session, name: str) -> None:
    """Wait until nobody else holds that name, and hold it for this transaction."""
    session.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"hrmsops {name}"])


def lines(session: Session, at: Place) -> int:
    """How many lines are behind us."""
    row = session.execute(
        "SELECT lines FROM hrmsops.replay_progress"
        " WHERE plan = %s AND phase = %s AND table_name = %s",
        [at.plan, at.phase, at.table],
    ).fetchone()
    return int(row[0]) if row else 0


def advance(session: Session, at: Place, *, lines: int, counts: Mapping[str, int]) -> None:
    """Remember a batch, in its own transaction."""
    session.execute(
        "INSERT INTO hrmsops.replay_progress AS p"
        " (plan, phase, table_name, lines, applied, already) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (plan, phase, table_name) DO UPDATE SET lines = excluded.lines,"
        " applied = p.applied + excluded.applied, already = p.already + excluded.already,"
        " changed_at = now()",
        [at.plan, at.phase, at.table, lines, counts.get("applied", 0), counts.get("already", 0)],
    )


def forget_plan(session: Session, plan: str) -> None:
    """A plan that was taken back can be applied again."""
    session.execute("DELETE FROM hrmsops.replay_left WHERE plan = %s", [plan])
    session.execute("DELETE FROM hrmsops.replay_progress WHERE plan = %s", [plan])


def is_prepared(session: Session) -> bool:
    """Whether this database remembers anything."""
    row = session.execute("SELECT to_regclass('hrmsops.replay_left') IS NOT NULL").fetchone()
    return bool(row and row[0])


def leave(session: Session, plan: str, table: str, left: Sequence[Left]) -> None:
    """Write down lines that were not applied."""
    session.cursor().executemany(
        "INSERT INTO hrmsops.replay_left VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (plan, table_name, line) DO UPDATE SET reason = excluded.reason",
        [(plan, table, each.line, each.reason) for each in left],
    )


def refused(session: Session, at: Place) -> set[int]:
    """The lines of a table that the database refused."""
    rows = session.execute(
        "SELECT line FROM hrmsops.replay_left"
        " WHERE plan = %s AND table_name = %s AND starts_with(reason, %s)",
        [at.plan, at.table, REFUSED],
    )
    return {line for (line,) in rows}


def forget(session: Session, at: Place, numbers: Sequence[int]) -> None:
    """Lines that are about to be tried again."""
    session.execute(
        "DELETE FROM hrmsops.replay_left"
        " WHERE plan = %s AND table_name = %s AND line = ANY(%s::bigint[])",
        [at.plan, at.table, list(numbers)],
    )


def counts(session: Session, plan: str) -> dict[str, dict[str, int]]:
    """`applied` and `already` of each table, all phases together."""
    rows = session.execute(
        "SELECT table_name, sum(applied)::bigint, sum(already)::bigint"
        " FROM hrmsops.replay_progress WHERE plan = %s GROUP BY 1",
        [plan],
    )
    return {table: {"applied": applied, "already": already} for table, applied, already in rows}


def left(session: Session, plan: str) -> dict[str, list[Left]]:
    """What was not applied, by table."""
    found: dict[str, list[Left]] = defaultdict(list)
    for table, line, reason in session.execute(
        "SELECT table_name, line, reason FROM hrmsops.replay_left WHERE plan = %s ORDER BY 1, 2",
        [plan],
    ):
        if reason != ALREADY:
            found[table].append(Left(line=line, reason=reason))
    return dict(found)


def not_ours(session: Session, plan: str, table: str) -> set[int]:
    """The lines of a table whose change was not made by this plan, whatever the reason."""
    rows = session.execute(
        "SELECT line FROM hrmsops.replay_left WHERE plan = %s AND table_name = %s", [plan, table]
    )
    return {line for (line,) in rows}
