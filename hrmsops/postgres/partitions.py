"""Which tables are cut by time, and what each of their partitions holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, LiteralString

from hrmsops.postgres.catalog import TableName

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

_TIMES = ("date", "timestamp with time zone", "timestamp without time zone")
_LIMITS = re.compile(r"FOR VALUES FROM \((MINVALUE|'[^']*')\) TO \((MAXVALUE|'[^']*')\)")
# Cut by range of one plain column. Sub-partitions count as one with the partition they are of.
# What a run of ours is about to put in a table's place is none yet.
_PARTITIONS: LiteralString = """
    SELECT n.nspname, p.relname, a.attname, format_type(a.atttypid, -1),
           cn.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
    FROM pg_partitioned_table k JOIN pg_class p ON p.oid = k.partrelid
    JOIN pg_namespace n ON n.oid = p.relnamespace
    JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = k.partattrs[0]
    LEFT JOIN pg_inherits i ON i.inhparent = p.oid
    LEFT JOIN pg_class c ON c.oid = i.inhrelid LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
    WHERE k.partstrat = 'r' AND k.partnatts = 1 AND k.partattrs[0] > 0
      AND p.relname !~ '^hrmsops_[0-9]{6}_[0-9]{6}_[0-9a-f]{4}_new$'
    ORDER BY n.nspname, p.relname, c.relname
"""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """One part. `begin` None: all before `end`; `end` None: all from `begin` on."""

    name: TableName
    begin: datetime | None
    end: datetime | None
    is_default: bool
    """It takes what no other part holds."""
    is_detaching: bool
    """A DETACH CONCURRENTLY was begun and not finished."""


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """A table that is cut by ranges of a date or a timestamp."""

    name: TableName
    column: str
    type: str
    partitions: tuple[Partition, ...]

    @property
    def default(self) -> Partition | None:
        return next((each for each in self.partitions if each.is_default), None)


def read_ranges(session: Session) -> tuple[Ranges, ...]:
    """Every table of this database that is cut by time."""
    found: dict[TableName, list[Partition]] = {}
    keys: dict[TableName, tuple[str, str]] = {}
    for schema, table, column, type_, *part in session.execute(_PARTITIONS):
        if type_ not in _TIMES:
            continue
        name = TableName(schema, table)
        keys[name] = (column, type_)
        parts = found.setdefault(name, [])
        if part[1] is not None and (read := _partition(*part)):
            parts.append(read)
    return tuple(
        Ranges(name=name, column=keys[name][0], type=keys[name][1], partitions=tuple(parts))
        for name, parts in found.items()
    )


def _partition(schema: str, name: str, bound: str, is_detaching: bool) -> Partition | None:
    limits = _LIMITS.fullmatch(bound)
    if not limits and bound != "DEFAULT":
        return None  # A limit of infinity, or one that is not a single value.
    return Partition(
        name=TableName(schema, name),
        begin=_moment(limits[1]) if limits else None,
        end=_moment(limits[2]) if limits else None,
        is_default=limits is None,
        is_detaching=is_detaching,
    )


def _moment(limit: str) -> datetime | None:
    """Our sessions write every value in UTC (`session`), so that what has no zone is meant so."""
    if limit in ("MINVALUE", "MAXVALUE"):
        return None
    text = limit.strip("'")
    text = f"{text}:00" if re.search(r"[+-]\d\d$", text) and ":" in text else text
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
