"""What is asked of a default partition, as SQL: when its rows are dated, and how many of a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from hrmsops.partition.periods import Wanted
from hrmsops.partition.quoting import base_type, moment, name, table
from hrmsops.postgres.catalog import TableName


def first(of: TableName, column: str, *, where: str = "true") -> str:
    """The least moment in it as text."""
    return _end("min", of, column, where)


def last(of: TableName, column: str, *, where: str) -> str:
    return _end("max", of, column, where)


def since(moment_: datetime, column: str, type_: str) -> str:
    """What is true of a row from then on."""
    return f"{name(column)} >= {moment(moment_, base_type(type_))}"


def within(new: Sequence[Wanted], column: str, type_: str) -> str:
    """What is true of a row of one of those periods."""
    type_ = base_type(type_)
    spans = (
        f"({name(column)} >= {moment(begin, type_)} AND {name(column)} < {moment(end, type_)})"
        for begin, end in _joined(new)
    )
    return f"({' OR '.join(spans)})" if new else "false"


def counted(of: TableName, where: str, *, most: int) -> str:
    """How many rows, counted no further than one more than `most`."""
    return f"SELECT count(*) FROM (SELECT FROM {table(of)} WHERE {where} LIMIT {most + 1}) AS r"


def _end(end: str, of: TableName, column: str, where: str) -> str:
    is_moment = f"isfinite({name(column)})"
    return f"SELECT {end}({name(column)})::text FROM {table(of)} WHERE {is_moment} AND {where}"


def _joined(new: Sequence[Wanted]) -> Iterator[tuple[datetime, datetime]]:
    """Periods that follow each other are one: a year of days is one comparison, not 365."""
    begin = reached = None
    for each in new:
        if begin and reached and each.span.begin != reached:
            yield begin, reached
            begin = None
        begin, reached = begin or each.span.begin, each.span.end
    if begin and reached:
        yield begin, reached
