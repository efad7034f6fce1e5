"""A table cut by time: which way, into what, by which steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.partition import TableNotPartitionable
from hrmsops.partition.cautions import cautions
from hrmsops.partition.cut import COPY, Cut
from hrmsops.partition.objection import Objection
from hrmsops.partition.objections import objections
from hrmsops.plans.partition_cut import Asked, cut_of
from hrmsops.plans.partition_facts import TableFacts
from hrmsops.steps.partition.comparing import CompareCopy
from hrmsops.steps.partition.filling import FillRows
from hrmsops.steps.partition.maintaining import AnalyzeTable
from hrmsops.steps.partition.preparing import (
    BoundTable,
    BuildKey,
    MakePartitioned,
    MirrorWrites,
    ValidateBound,
)
from hrmsops.steps.partition.rehearsing import RehearseCut
from hrmsops.steps.partition.swapping import SwapIn, VerifyCut

PARTITION = "table partition"
PIECES_MAX = 600
AHEAD_MAX = timedelta(days=36525)
"""A century: what is dated later, as 9999-12-31, means no date."""


def plan(facts: TableFacts, asked: Asked, *, environment: Environment, reason: str) -> Plan:
    """The steps that cut a table. Raises TableNotPartitionable with all that stands against it."""
    run = new_run_id(facts.observed_at)
    table = str(facts.shape.name)
    against = [*objections(facts.shape, asked.column), *_of_rows(facts, asked)]
    if against:
        raise _refused(table, against)
    cut = cut_of(facts, asked, run)
    if taken := sorted(facts.tables & {cut.rest, *(each.name for each in cut.pieces)}):
        raise _refused(table, [_taken(taken)])
    if len(cut.pieces) > PIECES_MAX:
        raise _refused(table, [_too_many(len(cut.pieces))])
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=PARTITION,
        environment=environment.name,
        reason=reason,
        headline=f"{table} is partitioned by {asked.every} of {asked.column}",
        subject={"service": facts.service, "instance": facts.instance, "table": table},
        because=tuple(_because(facts, cut)),
        warnings=tuple(_warnings(facts, cut)),
        undo=_command(cut, "--undo", environment.name, run),
        steps=_steps(facts, cut),
    )


def _steps(facts: TableFacts, cut: Cut) -> tuple[Step[Any], ...]:
    on: dict[str, Any] = {"instance": facts.instance, "cut": cut}
    end = (SwapIn(**on), _analyze(facts.instance, cut), VerifyCut(**on, back=False, before=()))
    if cut.method == COPY:
        fill = (MirrorWrites(**on), FillRows(**on, rows=_round(facts.rows)), CompareCopy(**on))
        return (RehearseCut(**on), MakePartitioned(**on), *fill, *end)
    key = (BuildKey(**on, back=False),) if cut.changes_key else ()
    bound = (BoundTable(**on), ValidateBound(**on))
    return (RehearseCut(**on), MakePartitioned(**on), *bound, *key, *end)


def _analyze(instance: str, cut: Cut) -> AnalyzeTable:
    return AnalyzeTable(instance=instance, schema=cut.schema, table=cut.table)


def _of_rows(facts: TableFacts, asked: Asked) -> Iterator[Objection]:
    if facts.has_nulls:
        yield Objection(
            what=f"{asked.column} is NULL in some rows",
            why="they would belong to no partition",
            mend="backfill it first",
        )
    if facts.is_endless:
        yield Objection(
            what=f"{asked.column} is infinity in some rows",
            why="no partition ends there",
            mend="give them a date",
        )
    elif facts.is_after_years or (facts.is_before_years and asked.method == COPY):
        yield Objection(
            what=f"{asked.column} is before the year 1 or after 9999 in some rows",
            why="no partition has such a name",
            mend="give them another date",
        )
    elif facts.last and facts.last - facts.observed_at > AHEAD_MAX:
        yield Objection(
            what=f"{asked.column} is {facts.last:%Y-%m-%d} in some rows",
            why="partitions would reach until then",
            mend="give them another date",
        )


def _taken(names: list[str]) -> Objection:
    return Objection(
        what=f"{', '.join(names)} exists already",
        why="a partition would have that name",
        mend="rename or drop it first",
    )


def _too_many(count: int) -> Objection:
    return Objection(
        what=f"{count:,} partitions would be made",
        why=f"more than {PIECES_MAX} make every plan slow",
        mend="choose a longer --every",
    )


def _refused(table: str, against: list[Objection]) -> TableNotPartitionable:
    return TableNotPartitionable(table=table, objections=tuple(e.sentence() for e in against))


def _round(rows: int) -> int:
    """A plan that was approved is the same plan after another hundred rows."""
    return round(rows, 1 - len(str(rows)))


def _because(facts: TableFacts, cut: Cut) -> Iterator[str]:
    yield f"Database: {facts.database} of {facts.instance} as {facts.shape.role}"
    dated = "" if facts.first is None else f", the first of {facts.first:%Y-%m-%d}"
    rows = f"about {_round(facts.rows):,} rows" if facts.rows else "never analysed"
    yield f"{cut.name}: {rows}{dated}"
    if cut.split:
        yield f"No row moves: all before {cut.split:%Y-%m-%d} stay where they are, as one partition"
    else:
        yield f"Every row is copied; {cut.rest} is kept the same until --finish, for the way back"
    yield "Locks are tried for from 50 to 300 ms at a time"


def _warnings(facts: TableFacts, cut: Cut) -> Iterator[str]:
    if cut.changes_key:
        old, new = ", ".join(cut.key), ", ".join(cut.new_key)
        yield (
            f"The primary key becomes ({new}): ({old}) alone is unique by its sequence, "
            "no longer by an index. Django goes on with its model as it is"
        )
    if cut.was_nullable:
        yield f"{cut.column} can be NULL no longer"
    yield from cautions(facts.shape, cut.column)


def _command(cut: Cut, flag: str, environment: str, run: str) -> str:
    words = ["hrmsops", "table", "partition", str(cut.name), flag, "-e", environment]
    return shlex.join([*words, "--reason", f"undo {run}"])
