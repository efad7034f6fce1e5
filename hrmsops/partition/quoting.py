"""Names and moments as SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from hrmsops.postgres.catalog import TableName

_TYPES = {
    "date": "%Y-%m-%d",
    "timestamp with time zone": "%Y-%m-%d %H:%M:%S+00",
    "timestamp without time zone": "%Y-%m-%d %H:%M:%S",
}
TYPES = tuple(_TYPES)
"""The types by which a table can be cut."""


def base_type(type_: str) -> str:
    """Without a precision, which no limit needs."""
    return re.sub(r"\(\d\)", "", type_)


def name(text: str) -> str:
    """A name, quoted."""
    return '"' + text.replace('"', '""') + '"'


def table(of: TableName) -> str:
    """A table's name, with its schema."""
    return f"{name(of.schema)}.{name(of.name)}"


def names(of: Iterable[str]) -> str:
    """Names, with commas between."""
    return ", ".join(map(name, of))


def key(columns: Iterable[str], included: Iterable[str], storage: str) -> str:
    """`(id, at) INCLUDE (n) WITH (fillfactor = '70')`."""
    more = names(included)
    return f"({names(columns)}){f' INCLUDE ({more})' if more else ''}{storage}"


def text(of: str) -> str:
    """A string, as a literal whatever it holds."""
    doubled = of.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in of else f"'{doubled}'"


def moment(of: datetime, type_: str) -> str:
    """A literal of the column's own type: with another one, ATTACH would scan the table."""
    return f"'{of.strftime(_TYPES[type_])}'::{type_}"


def limit(of: datetime | None, type_: str, *, otherwise: str) -> str:
    """A limit of a partition: it takes no cast, and is read as the column's type."""
    return otherwise if of is None else f"'{of.strftime(_TYPES[type_])}'"
