"""SQL through PostgreSQL's own grammar, one effect after another."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.safety import effects as e
from hrmsops.safety.schema import Schema


def effects_of_sql(text: str, schema: Schema) -> Iterator[e.Effect]:
    """The effects of a string of SQL; what the grammar refuses is opaque."""
    from hrmsops.safety.sql.parsing import NotSql, statements

    try:
        found = statements(text)
    except NotSql as error:
        yield e.Opaque("", _shortened(text), f"PostgreSQL's grammar says: {error}")
        return
    from hrmsops.safety.sql.reading import effects_of_statement

    if len(found) > 1:
        yield ManyStatements("", f"{len(found)} statements in one string")
    for statement in found:
        for effect in effects_of_statement(statement, schema):
            yield effect
            schema = schema.after(effect)


def quoted_words(text: str) -> frozenset[str]:
    """The constants of a string of SQL that are texts."""
    from hrmsops.safety.sql.parsing import NotSql, constants, statements

    try:
        return frozenset(word for each in statements(text) for word in constants(each))
    except NotSql:
        return frozenset()


class ManyStatements(e.Harmless, frozen=True):
    """The mark that what follows is sent as one string: one transaction, whatever `atomic` is."""


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:100]}…"
