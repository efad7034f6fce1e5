"""From a partitioned table back to one table, and the end of the way back."""

from __future__ import annotations

import shlex

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable, TooMuchToMoveBack
from hrmsops.partition.cut import ATTACH, COPY, Cut
from hrmsops.partition.describing import described, differences
from hrmsops.partition.objection import Objection
from hrmsops.partition.objections import objections
from hrmsops.plans.partition_facts import CutFacts
from hrmsops.steps.partition.maintaining import AnalyzeTable
from hrmsops.steps.partition.preparing import BuildKey
from hrmsops.steps.partition.swapping import DropOld, DropPartitioned, SwapBack, VerifyCut

UNDO, FINISH = "table partition --undo", "table partition --finish"
ROWS_BACK_MAX = 20_000
"""How many are moved back under the lock of the way back: about a tenth of a second."""


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
            DropPartitioned(instance=facts.instance, cut=cut),
            AnalyzeTable(instance=facts.instance, schema=cut.schema, table=cut.table),
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
        sentences = tuple(each.sentence() for each in against)
        raise TableNotPartitionable(table=name, objections=sentences)
    if cut.method == ATTACH and facts.later_rows > ROWS_BACK_MAX:
        raise TooMuchToMoveBack(table=name, rows=facts.later_rows, most=ROWS_BACK_MAX)


def _again(cut: Cut, environment: str, run: str) -> str:
    words = ["hrmsops", "table", "partition", str(cut.name), "--by", cut.column]
    words += ["--every", cut.every, "--method", cut.method, "-e", environment]
    return shlex.join([*words, "--reason", f"undo {run}"])
