"""A backfill from outside: facts in, one plan out."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.steps.rows.run_backfill import OverwriteByBackfill, RunBackfill

BACKFILL = "backfill"


class BackfillFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the HRMS's own Django says of it, before anything is changed.

    `rows` None: a function of the project's own counts them. `run` and `done` are of the run that
    is gone on with, "" and 0 where one is begun.
    """

    observed_at: datetime
    service: str
    instance: str
    request: dict[str, Any]
    subject: str
    title: str
    how: str
    rows: int | None
    table: str
    overwrites: bool
    why_once: str
    run: str
    done: int
    shards: int


def plan(
    facts: BackfillFacts,
    *,
    environment: Environment,
    reason: str,
    as_job: bool,
    image: str,
    anew: bool,
) -> Plan:
    """One step, that is gone on with as often as it takes."""
    run = new_run_id(facts.observed_at)
    kind = OverwriteByBackfill if facts.overwrites else RunBackfill
    step = kind(
        instance=facts.instance,
        request=facts.request,
        subject=facts.subject,
        of_run=facts.run,
        shards=facts.shards,
        as_job=as_job,
        image=image,
        anew=anew,
    )
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=BACKFILL,
        environment=environment.name,
        reason=reason,
        headline=f"Backfill {facts.subject} in {facts.instance}",
        subject={"service": facts.service, "instance": facts.instance},
        because=tuple(_because(facts, as_job=as_job)),
        warnings=tuple(_warnings(facts, anew=anew)),
        undo=_undo(environment.name, run),
        steps=(step,),
    )


def _because(facts: BackfillFacts, *, as_job: bool) -> list[str]:
    told = [facts.title, f"Rows: {_rows(facts)}", f"How: {facts.how}"]
    if facts.run:
        told.append(f"Goes on with run {facts.run}, after {facts.done:,} rows")
    if as_job:
        tasks = "one task" if facts.shards == 1 else f"{facts.shards} tasks, each its own keys"
        told.append(f"As a Cloud Run job of {tasks}")
    return told


def _warnings(facts: BackfillFacts, *, anew: bool) -> list[str]:
    found = []
    if facts.overwrites:
        found.append(
            "Values that are there now are overwritten; only point-in-time recovery has them"
        )
    if facts.why_once:
        found.append(
            f"Each row is looked at once, since {facts.why_once}: rows that are added meanwhile "
            "are counted and reported, not changed"
        )
    if anew:
        found.append("An unfinished run is given up: the rows that it changed may be changed again")
    return found


def _rows(facts: BackfillFacts) -> str:
    """In round numbers: a plan that was approved is the same plan after another hundred rows."""
    if facts.rows is None:
        return "as the project's own function finds them"
    digits = len(str(facts.rows)) - 1
    return f"about {round(facts.rows, -digits):,}" if facts.rows else "none match now"


def _undo(environment: str, run: str) -> str:
    """The data as they were, in a new instance."""
    words = ["hrmsops", "rollback", "pitr", "-e", environment, "--before-run", run]
    return shlex.join([*words, "--reason", f"undo {run}"])
