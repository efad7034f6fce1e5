"""The operator's own checks: queries that must answer with exactly one true."""

from __future__ import annotations

from collections.abc import Sequence

from hrmsops.postgres.session import Target, connect


def answers(target: Target, checks: Sequence[tuple[str, str]]) -> dict[str, bool]:
    """Whether each (name, query) is true; a query that fails has not answered so."""
    import psycopg

    found = {}
    with connect(target, read_only=True) as session:
        for name, query in checks:
            try:
                rows = session.execute(query.encode()).fetchall()
            except psycopg.Error:
                rows = []
            found[name] = rows == [(True,)]
    return found
