"""Values of a log as PostgreSQL itself writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hrmsops.postgres.catalog import Column, Table
from hrmsops.postgres.row_sql import type_of

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

    Values = dict[str, str | None]


def text_of(value: Any) -> str | None:
    """A JSON value as text that a cast takes; None is NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)


def rewritten(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, str | None]]:
    """Each value cast to its column's type and written again, so that it can be compared.

    `1.5` in a numeric(12,2) is `1.50`, `2026-11-23T10:00:00Z` is `2026-11-23 10:00:00+00`.
    """
    from psycopg import sql

    found: list[dict[str, str | None]] = [{} for _ in rows]
    for name in sorted({name for row in rows for name in row}):
        column = table.columns[name]
        places = [number for number, row in enumerate(rows) if name in row]
        query = sql.SQL(
            "SELECT (v::{})::text FROM unnest(%s::text[]) WITH ORDINALITY AS w(v, n) ORDER BY n"
        ).format(_type(column))
        given = [_given(column, rows[number][name]) for number in places]
        for number, (text,) in zip(places, session.execute(query, [given]), strict=True):
            found[number][name] = text
    return found


def _given(column: Column, value: Any) -> str | None:
    if isinstance(value, list) and column.base_type.endswith("[]"):
        return _array(value)
    return text_of(value)


def _array(values: Sequence[Any]) -> str:
    """A list as an array's text (PostgreSQL, "Array Value Input")."""
    parts = []
    for value in values:
        if isinstance(value, list):
            parts.append(_array(value))
        elif value is None:
            parts.append("NULL")
        else:
            text = (text_of(value) or "").replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'"{text}"')
    return "{" + ",".join(parts) + "}"


def _type(column: Column) -> sql.SQL:
    """With its limits where they round, without where a cast would cut."""
    from psycopg import sql

    is_cut = column.base_type in ("character varying", "bpchar", '"bit"', "bit varying")
    return type_of(column) if is_cut else sql.SQL(column.type)


def _plain(value: Any) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)
