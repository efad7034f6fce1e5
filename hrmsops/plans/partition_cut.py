"""What a table is cut into: where the table as it is ends, and which empty partitions follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hrmsops.partition.cut import ATTACH, Cut, Piece
from hrmsops.partition.periods import Every, Wanted, wanted
from hrmsops.partition.quoting import base_type
from hrmsops.plans.partition_facts import TableFacts

MARGIN = timedelta(days=1)
"""The split is at least as far ahead: until the swap, a later row would be refused."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed."""

    column: str
    every: Every
    method: Literal["attach", "copy"]
    ahead: int | None


def cut_of(facts: TableFacts, asked: Asked, run: str) -> Cut:
    shape, every, now = facts.shape, asked.every, facts.observed_at
    column, key = shape.column(asked.column), shape.primary_key
    assert column is not None
    assert key is not None
    ahead = every.ahead if asked.ahead is None else asked.ahead
    split = _split(facts, every) if asked.method == ATTACH else None
    since = split or min(facts.first or now, now)
    until = max(
        every.after(every.begin(now), ahead + 1), every.after(every.begin(_latest(facts)), 1)
    )
    if split:
        until = max(until, every.after(split, 1))
    made = wanted(shape.name.name, every, since=since, until=until)
    return Cut(
        schema=shape.name.schema,
        table=shape.name.name,
        column=asked.column,
        type=base_type(column.type),
        every=every,
        ahead=ahead,
        method=asked.method,
        run=run,
        split=split,
        key=key.columns,
        included=key.included,
        storage=key.storage,
        was_nullable=not column.is_required,
        pieces=tuple(map(_piece, made)),
    )


def _piece(made: Wanted) -> Piece:
    assert made.span.begin is not None
    assert made.span.end is not None
    return Piece(name=made.name, begin=made.span.begin, end=made.span.end)


def _split(facts: TableFacts, every: Every) -> datetime:
    """The next beginning that no row reaches before the swap, also where rows are dated ahead."""
    return every.after(every.begin(_latest(facts) + MARGIN))


def _latest(facts: TableFacts) -> datetime:
    """How far ahead of now rows are dated, taken twice: others may be dated further tomorrow."""
    now = facts.observed_at
    lead = max((facts.last or now) - now, timedelta(0))
    return now + 2 * lead
