"""Constraints in two steps: for new rows at once, for the old ones when they have been read."""

from __future__ import annotations

from hrmsops.safety.rewrite.typing_code import quoted, run_sql

NAME_MAX = 63


def not_valid(table: str, name: str, definition: str) -> str:
    """ADD CONSTRAINT … NOT VALID: no row is read."""
    return run_sql(
        f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition} NOT VALID",
        f"ALTER TABLE {quoted(table)} DROP CONSTRAINT IF EXISTS {quoted(name)}",
    )


def validate(table: str, name: str) -> str:
    """VALIDATE CONSTRAINT: all rows are read, and nobody waits."""
    return run_sql(f"ALTER TABLE {quoted(table)} VALIDATE CONSTRAINT {quoted(name)}", None)


def proof_of(table: str, column: str) -> str:
    """The name of the CHECK that shows a column to hold no NULL."""
    return f"{table[: NAME_MAX - len(column) - 10]}_{column}_not_null"[:NAME_MAX]


def set_not_null(table: str, column: str) -> list[str]:
    """SET NOT NULL, for which the validated CHECK stands, and the CHECK's end."""
    proof = proof_of(table, column)
    return [
        run_sql(
            f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} SET NOT NULL",
            f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} DROP NOT NULL",
        ),
        run_sql(
            f"ALTER TABLE {quoted(table)} DROP CONSTRAINT {quoted(proof)}",
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(proof)} "
            f"CHECK ({quoted(column)} IS NOT NULL) NOT VALID",
        ),
    ]
