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
from hrmsops.partition.periods import Every, Wanted
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.table_shape import Shape
from hrmsops.steps.partition.comparing import CompareCopy
from hrmsops.steps.partition.emptying import ReleaseOld, StageDefault, SwapDefault
from hrmsops.steps.partition.filling import FillRows
from hrmsops.steps.partition.preparing import MirrorWrites

ROWS_MOVED_MAX = 20_000
"""How many a default partition may give to new ones while writers wait: a fraction of a second."""
HEAP_BYTES_MAX = 64 * 2**20
"""How much of it may be read under a lock for each that is attached: a tenth of a second, and as
much again where the column has no index."""

PIECES_MANY = 60
"""From there on the lock of the swap is no instant."""


def swap_seconds(pieces: int) -> float:
    """As measured, by benchmarks/partition.py: PostgreSQL looks at all of them with each."""
    return pieces * (0.002 + pieces * 0.00001)


def is_too_much(facts: KeptFacts) -> bool:
    """Whether to add its partitions beside the default one would take a long lock.

    What is referred to is refused before any row is moved, and the swap would take all of them. A
    copy that is as large again would be read as long, so it is not made for that alone.
    """
    default = facts.default
    if default is None or not facts.missing or facts.shape.incoming:
        return False
    is_long = facts.far is not None and default.heap_bytes > HEAP_BYTES_MAX
    return default.moving > ROWS_MOVED_MAX or is_long


def copied_to(facts: KeptFacts) -> tuple[Wanted, ...]:
    """The partitions that a copy is made for: the lock of its swap grows with their number."""
    last = facts.default.last if facts.default else None
    if not is_too_much(facts):
        return ()
    held = (each for each in facts.missing if last and each.span.begin and each.span.begin <= last)
    return (*held, facts.far) if facts.far else tuple(held)


def apart(facts: KeptFacts) -> tuple[Wanted, ...]:
    """Those that are added one by one."""
    copied = copied_to(facts)
    return tuple(each for each in facts.missing if each not in copied)


def giving(facts: KeptFacts) -> tuple[str, ...]:
    """The default partition, where it may have rows of those that are added."""
    default = facts.default
    if default is None or default.is_empty or facts.shape.incoming:
        return ()
    return tuple(default.shape.name)


def told(facts: KeptFacts) -> Iterator[str]:
    """What becomes of its rows."""
    default = facts.default
    if default is None or default.is_empty or not facts.missing:
        return
    name, moving, staying = default.shape.name, _count(default.moving), _count(default.staying)
    if not is_too_much(facts):
        yield f"{name} gives {moving} rows to the new ones, and keeps {staying}"
        if default.heap_bytes > HEAP_BYTES_MAX:
            yield f"{name} is read under a lock for each of them: {_mib(default.heap_bytes)}"
        return
    about = f"about {_round(default.about):,} rows" if default.about else "never analysed"
    size = _mib(default.all_bytes)
    yield f"{name} is copied whole, {about}, {size} with indexes: {moving} go to the new ones"
    if facts.far:
        begin = f"{facts.far.span.begin:%Y-%m-%d}"
        yield f"What it has from {begin} on gets one of its own: it would be copied again and again"
    elif default.staying:
        yield f"{staying} of them are of none of those, and are copied to a new default partition"


def _mib(size: int) -> str:
    return f"{_round(max(size // 2**20, 1)):,} MiB"


def _count(rows: int) -> str:
    """Rounded, so that an approved plan is the same after another row."""
    if rows > ROWS_MOVED_MAX:
        return f"more than {ROWS_MOVED_MAX:,}"
    return f"about {_round(rows):,}" if rows > 9 else str(rows)


def emptying(
    facts: KeptFacts, every: Every, pieces: Sequence[Piece], *, instance: str, run: str
) -> tuple[Step[Any], ...]:
    """The steps from the copy in batches to the swap. Raises TableNotPartitionable."""
    assert facts.default is not None
    if against := tuple(each.sentence() for each in _objections(facts, facts.default.shape)):
        raise TableNotPartitionable(table=str(facts.name), objections=against)
    on: dict[str, Any] = {
        "instance": instance,
        "cut": _cut(facts, facts.default.shape, every, pieces, run),
    }
    of: dict[str, Any] = on | {"of": facts.name.name}
    return (
        StageDefault(**of, options=facts.options, tuning=facts.tuning),
        MirrorWrites(**on),
        FillRows(**on, rows=_round(facts.default.about)),
        CompareCopy(**on),
        SwapDefault(**of),
        ReleaseOld(**of),
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
        storage=key.storage,
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
