"""The data as the model's columns take them, and what would not fit; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from hrmsops.django.models import Field, Models
from hrmsops.errors.seed_mapping import SeedValuesUnfit
from hrmsops.seed.mapped import Column, Mapped
from hrmsops.seed.table import Table, Value

Texts = tuple[str | None, ...]
INTEGERS = ("integer", "bigint", "smallint")


def texts(mapped: Mapped, table: Table) -> list[Texts]:
    """Each row as PostgreSQL reads it, in the order of the columns."""
    columns = [(each, each.field) for each in mapped.columns]
    return [
        tuple([_text(row.values.get(field), column) for column, field in columns])
        for row in table.rows
    ]


def _text(value: Value, column: Column) -> str | None:
    if isinstance(value, str):
        return column.words.get(value, value)
    if value is None:
        return column.empty
    if isinstance(value, bool):
        plain = "true" if value else "false"
    elif isinstance(value, date):
        plain = value.isoformat()
    elif isinstance(value, Mapping):
        plain = json.dumps(value, default=str)
    else:
        plain = str(value)
    return column.words.get(plain, plain)


def require_fit(found: Mapping[str, Mapped], tables: Mapping[str, Table], models: Models) -> None:
    """Raise SeedValuesUnfit where a value would be cut, rounded, or none of the choices."""
    problems = [
        problem
        for name, mapped in found.items()
        for problem in _of_table(mapped, tables[name], models)
    ]
    if problems:
        raise SeedValuesUnfit(problems=tuple(dict.fromkeys(problems)))


def _of_table(mapped: Mapped, table: Table, models: Models) -> Iterator[str]:
    model = models.labelled(mapped.model)
    fields = {each.column: each for each in model.fields} if model else {}
    for column in mapped.columns:
        field = fields[column.column]
        if field.to:
            continue
        where, what = f"{mapped.table}.{column.field}", f"{mapped.model}.{field.name}"
        for row in table.rows:
            value = row.values.get(column.field)
            if value is not None:
                yield from _of_value(value, str(_text(value, column)), field, where, what)


def _of_value(value: Value, text: str, field: Field, where: str, what: str) -> Iterator[str]:
    is_text = field.type.startswith(("varchar", "char"))
    if is_text and field.max_length and len(text) > field.max_length:
        yield f"{where} is longer than the {field.max_length} characters of {what}"
    if field.choices and text not in field.choices:
        yield f'{where} is "{text}", and {what} takes {", ".join(field.choices)}'
    places = _places(field) if isinstance(value, Decimal) else None
    if isinstance(value, Decimal) and places is not None and value != round(value, places):
        yield f"{where} is {value}, and {what} keeps {places} decimal places"


def _places(field: Field) -> int | None:
    if field.type.startswith(INTEGERS):
        return 0
    return field.decimal_places
