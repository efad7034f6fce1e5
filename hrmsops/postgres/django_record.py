"""Django's own record of migrations, wherever the project keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

# A project can have a search path of its own; then the table is not in ours.
_WHERE: LiteralString = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'django_migrations' AND c.relkind IN ('r', 'p')
    ORDER BY pg_table_is_visible(c.oid) DESC, n.nspname = 'public' DESC, n.nspname LIMIT 1
"""
_ROWS: LiteralString = "SELECT app, name, applied FROM {} ORDER BY id"


def recorded_migrations(session: Session) -> list[tuple[str, str, datetime]]:
    """App, name and when Django recorded it, in that order; none where there is no such table."""
    from psycopg import sql

    where = session.execute(_WHERE).fetchone()
    if where is None:
        return []
    rows = session.execute(sql.SQL(_ROWS).format(sql.Identifier(*where))).fetchall()
    return [(app, name, moment) for app, name, moment in rows]
