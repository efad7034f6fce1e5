"""A default partition that has gathered more than can be moved under a lock: it is emptied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hrmsops.engine.step import Step
from hrmsops.errors.partition import TableNotPartitionable
from hrmsops.partition.cut import Cut, Piece
from hrmsops.partition.objection import Objection
from hrmsops.partition.objections import objections
from hrmsops.partition.periods import Every
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.table_shape import Shape
from hrmsops.steps.partition.comparing import CompareCopy
from hrmsops.steps.partition.emptying import ReleaseOld, StageDefault, SwapDefault
from hrmsops.steps.partition.filling import FillRows
from hrmsops.steps.partition.preparing import MirrorWrites


def emptying(
    facts: KeptFacts, every: Every, pieces: Sequence[Piece], *, instance: str, run: str
) -> tuple[Step[Any], ...]:
    """The steps from the copy in batches to the swap. Raises TableNotPartitionable."""
    assert facts.default is not None
    if against := tuple(each.sentence() for each in _objections(facts, facts.default)):
        raise TableNotPartitionable(table=str(facts.name), objections=against)
    on: dict[str, Any] = {
        "instance": instance,
        "cut": _cut(facts, facts.default, every, pieces, run),
    }
    of: dict[str, Any] = on | {"of": facts.name.name}
    return (
        StageDefault(**of, options=facts.options, tuning=facts.tuning),
        MirrorWrites(**on),
        FillRows(**on, rows=_round(facts.default_about)),
        CompareCopy(**on),
        SwapDefault(**of),
        *((ReleaseOld(**of),) if facts.shape.foreign_keys else ()),
    )


def _cut(facts: KeptFacts, default: Shape, every: Every, pieces: Sequence[Piece], run: str) -> Cut:
    key = facts.shape.primary_key
    assert key is not None
    return Cut(
        schema=default.name.schema,
        table=default.name.name,
        column=facts.ranges.column,
        type=facts.ranges.type,
        every=every,
        ahead=0,
        method="copy",
        run=run,
        split=None,
        key=key.columns,
        included=key.included,
        was_nullable=False,
        pieces=tuple(pieces),
    )


def _objections(facts: KeptFacts, default: Shape) -> Iterator[Objection]:
    """What would not go over to the partition that takes its place."""
    yield from objections(replace(default, is_partition=False), facts.ranges.column)
    inherited = {each.name for each in facts.shape.checks}
    own = {
        "trigger": [each.name for each in default.triggers],
        "view": [str(each.name) for each in default.views],
        "check": [each.name for each in default.checks if each.name not in inherited],
        "policy": [each.name for each in default.policies],
    }
    for kind, names in own.items():
        for each in names:
            yield Objection(
                what=f"{kind} {each} is of {default.name} alone",
                why="the partition that takes its place would not have it",
                mend=f"drop it, or give it to {facts.name}",
            )
    if default.name.schema != facts.name.schema:
        yield Objection(
            what=f"{default.name} lies in another schema",
            why="its successor is made beside the table",
            mend=f"ALTER TABLE {default.name} SET SCHEMA {facts.name.schema} first",
        )


def _round(rows: int) -> int:
    """A plan that was approved is the same plan after another hundred rows."""
    return round(rows, 1 - len(str(rows)))
