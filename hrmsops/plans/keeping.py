"""Partitioned tables kept up: partitions to come, statistics, what is older than is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable
from hrmsops.partition.cut import Piece
from hrmsops.partition.periods import Every, Wanted
from hrmsops.partition.quoting import table
from hrmsops.plans.keeping_default import (
    PIECES_MANY,
    apart,
    copied_to,
    emptying,
    giving,
    is_too_much,
    swap_seconds,
    told,
)
from hrmsops.plans.partition import PIECES_MAX
from hrmsops.plans.partition_facts import KeptFacts
from hrmsops.postgres.partitions import Partition
from hrmsops.steps.partition.adding import AddPartition
from hrmsops.steps.partition.detaching import DetachPartition
from hrmsops.steps.partition.emptying import SwapDefault
from hrmsops.steps.partition.maintaining import AnalyzeTable

MAINTAIN = "table partition --maintain"


def plan(
    found: Sequence[KeptFacts],
    *,
    now: datetime,
    service: str,
    instance: str,
    environment: Environment,
    reason: str,
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
        if facts.every is None:
            if len(found) == 1:
                raise NotPartitioned(table=str(facts.name), why="Its partitions are no periods.")
            because.append(f"{facts.name} is passed over: its partitions are no periods")
            continue
        _require_room(facts)
        old = _old(facts, facts.every, now=now, retain=retain)
        if is_too_much(facts):
            # One run may empty several, each under names of its own.
            own = run if number == 1 else f"{run}-{number}"
            copied = tuple(map(_piece, copied_to(facts)))
            steps += emptying(facts, facts.every, copied, instance=instance, run=own)
        pieces = tuple(map(_piece, apart(facts)))
        steps += _steps(facts, pieces, old, instance=instance, archive=archive)
        because += (_told(facts, facts.every, old), *told(facts))
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


def _require_room(facts: KeptFacts) -> None:
    new, default = (*copied_to(facts), *apart(facts)), facts.default
    taken = [each.name for each in new if each.name in facts.tables]
    referring = ", ".join(f"{other}.{key}" for other, key in facts.shape.incoming)
    objections = (
        (bool(taken), f"{', '.join(taken)} exists already and is no partition of it; rename it"),
        (
            bool(referring and default and default.moving),
            f"its default partition has rows of those to be added, and {referring} refers to it: "
            "what refers to a row would go, or forbid it, when the row is moved; drop that foreign "
            "key, and add it again after the same command",
        ),
        (len(new) > PIECES_MAX, f"{len(new):,} partitions would be made"),
    )
    if against := tuple(why for is_so, why in objections if is_so):
        raise TableNotPartitionable(table=str(facts.name), objections=against)


def _piece(made: Wanted) -> Piece:
    assert made.span.begin is not None
    return Piece(name=made.name, begin=made.span.begin, end=made.span.end)


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
            default=giving(facts),
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


def _told(facts: KeptFacts, every: Every, old: Sequence[Partition]) -> str:
    new = len(copied_to(facts)) + len(apart(facts))
    added = f", {new} to add" if new else ""
    detached = f", {len(old)} to detach" if old else ""
    return f"{facts.name}: {len(facts.ranges.partitions)} partitions by {every}{added}{detached}"


def _warnings(steps: Sequence[Step[Any]]) -> Iterator[str]:
    adding = [each for each in steps if isinstance(each, AddPartition) and each.default]
    for name, count in Counter(each.table for each in adding).items():
        new = f"each of {count} new ones" if count > 1 else "a new one"
        yield f"Who writes to {name} waits while {new} takes over its rows"
    for step in steps:
        if isinstance(step, DetachPartition):
            yield f"The rows of {step.partition} are in {step.table} no longer; the table stays"
        elif isinstance(step, SwapDefault):
            if len(step.cut.pieces) >= PIECES_MANY:
                seconds = swap_seconds(len(step.cut.pieces))
                yield f"Whoever uses {step.whole} waits for the swap, about {seconds:.1f} s"
            yield (
                f"The rows of {step.cut.table} take their space twice until, once you are content, "
                f"DROP TABLE {table(step.cut.left)}"
            )
