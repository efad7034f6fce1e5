"""Indexes and unique constraints that are built while everybody works."""

from __future__ import annotations

from hrmsops.safety.rewrite.typing_code import listed, quoted, run_sql


def build_index(table: str, name: str, columns: str) -> str:
    """CREATE INDEX CONCURRENTLY, and back."""
    return run_sql(
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {quoted(name)} ON {quoted(table)} ({columns})",
        f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(name)}",
    )


def build_unique(table: str, name: str, columns: tuple[str, ...]) -> list[str]:
    """A unique index built concurrently, and the constraint that takes it over.

    Taking the constraint back takes the index along; so both stand in one migration.
    """
    index = run_sql(
        f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {quoted(name)} ON {quoted(table)} "
        f"({listed(columns)})",
        f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(name)}",
    )
    constraint = run_sql(
        f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} UNIQUE USING INDEX "
        f"{quoted(name)}",
        f"ALTER TABLE {quoted(table)} DROP CONSTRAINT IF EXISTS {quoted(name)}",
    )
    return [index, constraint]
