"""A table cut by time: which way, into what, by which steps; and the way back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.step import Step
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable, TooMuchToMoveBack
from hrmsops.partition.cut import ATTACH, COPY, Cut, Piece
from hrmsops.partition.describing import described, differences
from hrmsops.partition.objections import Objection, cautions, objections
from hrmsops.partition.periods import Every, Wanted, wanted
from hrmsops.partition.quoting import base_type
from hrmsops.plans.partition_facts import CutFacts, TableFacts
from hrmsops.steps.partition.filling import CompareCopy, FillRows
from hrmsops.steps.partition.maintaining import AnalyzeTable
from hrmsops.steps.partition.preparing import (
    BoundTable,
    BuildKey,
    MakePartitioned,
    MirrorWrites,
    ValidateBound,
)
from hrmsops.steps.partition.rehearsing import RehearseCut
from hrmsops.steps.partition.swapping import DropOld, SwapBack, SwapIn, VerifyCut

PARTITION, UNDO, FINISH = "table partition", "table partition --undo", "table partition --finish"
PIECES_MAX = 600
ROWS_BACK_MAX = 20_000
"""How many are moved back under the lock of the way back: about a tenth of a second."""
MARGIN = timedelta(days=1)
"""The split is at least as far ahead: until the swap, a later row would be refused."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed."""

    column: str
    every: Every
    method: Literal["attach", "copy"]
    ahead: int | None


def plan(facts: TableFacts, asked: Asked, *, environment: Environment, reason: str) -> Plan:
    """The steps that cut a table. Raises TableNotPartitionable with all that stands against it."""
    run = new_run_id(facts.observed_at)
    table = str(facts.shape.name)
    against = [*objections(facts.shape, asked.column), *_of_rows(facts, asked)]
    if against:
        raise _refused(table, against)
    cut = _cut(facts, asked, run)
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


def back(facts: CutFacts, *, environment: Environment, reason: str) -> Plan:
    """The table as it was before, with what was written since.

    Raises NotPartitioned, TableNotPartitionable, TooMuchToMoveBack.
    """
    cut = msgspec.convert(facts.recorded.cut, Cut)
    _require_way_back(facts, cut)
    run = new_run_id(facts.observed_at)
    key = (BuildKey(instance=facts.instance, cut=cut, back=True),)
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=UNDO,
        environment=environment.name,
        reason=reason,
        headline=f"{cut.name} is one table again",
        subject={"service": facts.service, "instance": facts.instance, "table": str(cut.name)},
        because=(
            f"Partitioned by run {cut.run} at {facts.recorded.swapped_at:%Y-%m-%d %H:%M} UTC",
        ),
        warnings=(),
        undo=_again(cut, environment.name, run),
        steps=(
            *(key if cut.method == ATTACH and cut.changes_key else ()),
            SwapBack(instance=facts.instance, cut=cut),
            _analyze(facts.instance, cut),
            VerifyCut(instance=facts.instance, cut=cut, back=True, before=facts.recorded.before),
        ),
    )


def finish(facts: CutFacts, *, environment: Environment, reason: str) -> Plan:
    """Drop the old table of a copy; afterwards there is no way back. Raises NotPartitioned."""
    cut = msgspec.convert(facts.recorded.cut, Cut)
    if facts.old is None or not facts.recorded.keeps_old:
        raise NotPartitioned(table=str(cut.name), why="No old table is kept beside it.")
    return Plan(
        run=new_run_id(facts.observed_at),
        made_at=facts.observed_at,
        command=FINISH,
        environment=environment.name,
        reason=reason,
        headline=f"{cut.rest} is dropped",
        subject={
            "service": facts.service,
            "instance": facts.instance,
            "table": str(cut.name),
            "leaves": cut.rest,
        },
        because=(f"{cut.name} was partitioned by run {cut.run}",),
        warnings=("Afterwards --undo is no more",),
        undo=None,
        steps=(DropOld(instance=facts.instance, cut=cut),),
    )


def _require_way_back(facts: CutFacts, cut: Cut) -> None:
    name = str(cut.name)
    if facts.old is None:
        raise NotPartitioned(table=name, why=f"{cut.rest}, the table as it was, is gone.")
    if cut.method == COPY and not facts.recorded.keeps_old:
        raise NotPartitioned(table=name, why=f"{cut.rest} is not kept the same any more.")
    against = [each for each in objections(facts.shape, cut.column) if " refers to it" in each.what]
    now, old = (
        [line for line in described(each, cut) if line.startswith("column ")]
        for each in (facts.shape, facts.old)
    )
    names = [{line.split(":")[0] for line in side} for side in (now, old)]
    if differing := differences(names[1], names[0]):
        against.append(
            Objection(
                what=f"its columns changed since: {', '.join(differing)}",
                why=f"{cut.rest} does not have them so",
                mend="leave it partitioned",
            )
        )
    if against:
        raise _refused(name, against)
    if cut.method == ATTACH and facts.later_rows > ROWS_BACK_MAX:
        raise TooMuchToMoveBack(table=name, rows=facts.later_rows, most=ROWS_BACK_MAX)


def _cut(facts: TableFacts, asked: Asked, run: str) -> Cut:
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


def _again(cut: Cut, environment: str, run: str) -> str:
    words = ["hrmsops", "table", "partition", str(cut.name), "--by", cut.column]
    words += ["--every", cut.every, "--method", cut.method, "-e", environment]
    return shlex.join([*words, "--reason", f"undo {run}"])
