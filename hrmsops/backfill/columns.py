"""What the columns of a table are in the database, which is not always what the models say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connections

from hrmsops.backfill.rows import quoted_table

UNCOMPARABLE = ("json", "xml", "point", "polygon", "circle", "line", "path", "box", "lseg")
"""Types without an equality, and those whose equality is another: boxes of one area are equal."""
_KINDS = """
    SELECT a.attname,
        CASE WHEN coalesce(e.typcategory, t.typcategory) <> 'S'
             THEN format_type(a.atttypid, a.atttypmod)
             WHEN coalesce(e.oid, t.oid) = 'bpchar'::regtype THEN 'bpchar' ELSE 'text' END,
        coalesce(e.typcategory, t.typcategory) = 'S', t.typcategory = 'A'
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A column's type, to which what is written to it is rounded.

    That of a text has no length: a cast would cut silently what an UPDATE refuses.
    """

    name: str
    is_text: bool

    @property
    def is_comparable(self) -> bool:
        return self.name.removesuffix("[]") not in UNCOMPARABLE


def kinds_of(model: Any, *, using: str) -> dict[str, Kind]:
    """By the names of the columns."""
    with connections[using].cursor() as cursor:
        cursor.execute(_KINDS, [quoted_table(model, using=using)])
        found = cursor.fetchall()
    return {
        column: Kind(name=f"{name}[]" if is_text and is_array else name, is_text=is_text)
        for column, name, is_text, is_array in found
    }
