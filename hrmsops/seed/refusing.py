"""What PostgreSQL refuses of a seed, in words of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hrmsops.errors.seed_writing import SeedRefused, SeedTableAbsent
from hrmsops.seed.mapped import Mapped, parts_of

ABSENT = ("42P01", "42703")


@contextmanager
def told(due: Sequence[Mapped]) -> Iterator[None]:
    """Raise SeedTableAbsent, SeedRefused by code and names: PostgreSQL's text can quote a row."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        about = error.diag.constraint_name or error.diag.column_name or ""
        relation = error.diag.table_name or ""
        tables = [each.table for each in due if parts_of(each.relation)[-1] == relation]
        name = tables[0] if tables else relation or "one of the tables"
        if error.sqlstate in ABSENT:
            relations = tuple(dict.fromkeys(each.relation_told for each in due))
            said = (error.diag.message_primary or "").rstrip(".")
            raise SeedTableAbsent(relations=relations, said=said) from error
        raise SeedRefused(
            table=name, sqlstate=error.sqlstate, kind=type(error).__name__, about=about
        ) from error
