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
from hrmsops.partition.sizes import spans
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.partitions import Partition
from hrmsops.steps.partition.maintaining import AddPartition, AnalyzeTable, DetachPartition

MAINTAIN = "table partition --maintain"


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
    steps: list[Step[Any]] = []
    because: list[str] = []
    for facts in found:
        every, kept_ahead = _manner(facts, ahead)
        if every is None:
            if len(found) == 1:
                raise NotPartitioned(table=str(facts.name), why="Its partitions are no periods.")
            because.append(f"{facts.name} is passed over: its partitions are no periods")
            continue
        new = _new(facts, every, now=now, ahead=kept_ahead)
        old = _old(facts, every, now=now, retain=retain)
        steps += _steps(facts, new, old, instance=instance, archive=archive)
        because.append(_told(facts, every, new, old))
    return Plan(
        run=new_run_id(now),
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
    there = spans(facts.ranges)
    new = missing(facts.name.name, every, there=there, now=now, ahead=ahead)
    if taken := [each.name for each in new if each.name in facts.tables]:
        why = f"{', '.join(taken)} exists already and is no partition of it; rename it first"
        raise TableNotPartitionable(table=str(facts.name), objections=(why,))
    if new and facts.default_rows:
        raise TableNotPartitionable(
            table=str(facts.name),
            objections=(
                "its default partition has rows: each new partition would read it under a lock; "
                "move them to partitions of their own first",
            ),
        )
    return new


def _old(
    facts: KeptFacts, every: Every, *, now: datetime, retain: int | None
) -> tuple[Partition, ...]:
    if retain is None:
        return ()
    until = every.after(every.begin(now), -retain)
    return tuple(
        each for each in facts.ranges.partitions if each.end is not None and each.end <= until
    )


def _steps(
    facts: KeptFacts,
    new: Sequence[Wanted],
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
    for each in new:
        assert each.span.begin is not None
        assert each.span.end is not None
        yield AddPartition(
            **on,
            type=facts.ranges.type,
            piece=Piece(name=each.name, begin=each.span.begin, end=each.span.end),
            options=facts.options,
            tuning=facts.tuning,
            has_row_security=facts.has_row_security,
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


def _told(facts: KeptFacts, every: Every, new: Sequence[Wanted], old: Sequence[Partition]) -> str:
    added = f", {len(new)} to add" if new else ""
    detached = f", {len(old)} to detach" if old else ""
    return f"{facts.name}: {len(facts.ranges.partitions)} partitions by {every}{added}{detached}"


def _warnings(steps: Sequence[Step[Any]]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, DetachPartition):
            yield f"The rows of {step.partition} are in {step.table} no longer; the table stays"
