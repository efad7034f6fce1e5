"""Partitioned tables kept up: partitions to come, statistics, what is older than is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable
from hrmsops.partition.cut import Cut, Piece
from hrmsops.partition.periods import Every, Wanted, guessed, missing
from hrmsops.partition.quoting import table
from hrmsops.partition.sizes import spans
from hrmsops.plans.keeping_default import emptying
from hrmsops.plans.partition import PIECES_MAX
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.partitions import Partition
from hrmsops.steps.partition.adding import AddPartition
from hrmsops.steps.partition.detaching import DetachPartition
from hrmsops.steps.partition.emptying import SwapDefault
from hrmsops.steps.partition.maintaining import AnalyzeTable

MAINTAIN = "table partition --maintain"
ROWS_MOVED_MAX = 20_000
"""How many a default partition may give to new ones while writers wait: a fraction of a second."""


def plan(
    found: Sequence[KeptFacts],
    *,
    now: datetime,
    service: str,
    instance: str,
    environment: Environment,
    reason: str,
    ahead: int | None,
    retain: int | None,
    archive: str,
) -> Plan:
    """All that the tables need; nothing is dropped.

    Raises TableNotPartitionable, NotPartitioned.
    """
    run = new_run_id(now)
    steps: list[Step[Any]] = []
    because: list[str] = []
    for number, facts in enumerate(found, start=1):
        every, kept_ahead = _manner(facts, ahead)
        if every is None:
            if len(found) == 1:
                raise NotPartitioned(table=str(facts.name), why="Its partitions are no periods.")
            because.append(f"{facts.name} is passed over: its partitions are no periods")
            continue
        new = _new(facts, every, now=now, ahead=kept_ahead)
        old = _old(facts, every, now=now, retain=retain)
        pieces = tuple(map(_piece, new))
        if _is_too_much(facts, new):
            # One run may empty several, each under names of its own.
            own = run if number == 1 else f"{run}-{number}"
            steps += emptying(facts, every, pieces, instance=instance, run=own)
            pieces = ()
        steps += _steps(facts, pieces, old, instance=instance, archive=archive)
        because.append(_told(facts, every, new, old))
    return Plan(
        run=run,
        made_at=now,
        command=MAINTAIN,
        environment=environment.name,
        reason=reason,
        headline=f"{len(found)} partitioned table{'s' if len(found) != 1 else ''} kept up",
        subject={"service": service, "instance": instance},
        because=tuple(because),
        warnings=tuple(_warnings(steps)),
        undo=None,
        steps=tuple(steps),
    )


def _manner(facts: KeptFacts, ahead: int | None) -> tuple[Every | None, int]:
    """As it was cut by us, else as its newest partition is."""
    if facts.recorded:
        cut = msgspec.convert(facts.recorded.cut, Cut)
        return cut.every, ahead or cut.ahead
    every = guessed(spans(facts.ranges))
    return every, ahead or (every.ahead if every else 0)


def _new(facts: KeptFacts, every: Every, *, now: datetime, ahead: int) -> tuple[Wanted, ...]:
    """The periods to come, and those that the rows of the default partition belong to."""
    since = min(facts.default_first or now, now)
    new = missing(
        facts.name.name, every, there=spans(facts.ranges), since=since, now=now, ahead=ahead
    )
    taken = [each.name for each in new if each.name in facts.tables]
    referring = ", ".join(f"{other}.{key}" for other, key in facts.shape.incoming)
    objections = (
        (bool(taken), f"{', '.join(taken)} exists already and is no partition of it; rename it"),
        (
            bool(referring and new and facts.default_rows),
            f"its default partition has rows, and {referring} refers to it: what refers to a row "
            "would go, or forbid it, when the row is moved; drop that foreign key, and add it "
            "again after the same command",
        ),
        (len(new) > PIECES_MAX, f"{len(new):,} partitions would be made"),
    )
    if against := tuple(why for is_so, why in objections if is_so):
        raise TableNotPartitionable(table=str(facts.name), objections=against)
    return new


def _piece(made: Wanted) -> Piece:
    assert made.span.begin is not None
    assert made.span.end is not None
    return Piece(name=made.name, begin=made.span.begin, end=made.span.end)


def _is_too_much(facts: KeptFacts, new: Sequence[Wanted]) -> bool:
    """Too many rows by default for a lock."""
    return bool(new) and facts.default_rows > ROWS_MOVED_MAX


def _old(
    facts: KeptFacts, every: Every, *, now: datetime, retain: int | None
) -> tuple[Partition, ...]:
    if retain is None:
        return ()
    until = every.after(every.begin(now), -retain)
    old = tuple(
        each for each in facts.ranges.partitions if each.end is not None and each.end <= until
    )
    if taken := [each.name.name for each in old if each.name.name in facts.archived]:
        why = f"{', '.join(taken)} exists already where it would be moved to; rename that"
        raise TableNotPartitionable(table=str(facts.name), objections=(why,))
    return old


def _steps(
    facts: KeptFacts,
    pieces: Sequence[Piece],
    old: Sequence[Partition],
    *,
    instance: str,
    archive: str,
) -> Iterator[Step[Any]]:
    on: dict[str, Any] = {
        "instance": instance,
        "schema": facts.name.schema,
        "table": facts.name.name,
    }
    for piece in pieces:
        yield AddPartition(
            **on,
            type=facts.ranges.type,
            column=facts.ranges.column,
            default=_giving(facts),
            piece=piece,
            options=facts.options,
            tuning=facts.tuning,
            has_row_security=facts.shape.has_row_security,
        )
    for part in old:
        yield DetachPartition(
            **on,
            partition=part.name.name,
            partition_schema=part.name.schema,
            archive=archive,
            is_concurrent=facts.ranges.default is None,
        )
    yield AnalyzeTable(**on)


def _giving(facts: KeptFacts) -> tuple[str, ...]:
    default = facts.ranges.default
    return tuple(default.name) if default and facts.default_rows else ()


def _told(facts: KeptFacts, every: Every, new: Sequence[Wanted], old: Sequence[Partition]) -> str:
    added = f", {len(new)} to add" if new else ""
    detached = f", {len(old)} to detach" if old else ""
    some = "more than " if facts.default_rows > ROWS_MOVED_MAX else ""
    most = min(facts.default_rows, ROWS_MOVED_MAX)
    moved = f", to which {some}{most:,} rows by default can go" if _giving(facts) else ""
    count = len(facts.ranges.partitions)
    return f"{facts.name}: {count} partitions by {every}{added}{moved if new else ''}{detached}"


def _warnings(steps: Sequence[Step[Any]]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, DetachPartition):
            yield f"The rows of {step.partition} are in {step.table} no longer; the table stays"
        elif isinstance(step, AddPartition) and step.default:
            yield f"Who writes to {step.table} waits while {step.piece.name} takes over its rows"
        elif isinstance(step, SwapDefault):
            yield (
                f"The rows of {step.cut.table} take their space twice until, once you are content, "
                f"DROP TABLE {table(step.cut.left)}"
            )
