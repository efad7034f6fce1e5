"""The way back from a cutover, finished or stopped half-way: the instance that was left serves."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from typing import Any

import msgspec

from hrmsops.config import Environment
from hrmsops.engine.plan import Plan, new_run_id
from hrmsops.engine.run import Run
from hrmsops.engine.step import Step
from hrmsops.errors.cutover import NothingToReturnTo, RunNotCutOver
from hrmsops.errors.fence import FenceImpossible
from hrmsops.errors.rollback import CandidateUnhealthy, RevisionUnknown
from hrmsops.gcp.resources import short
from hrmsops.rollback.cutover import repointing
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.steps.close_run import CloseRun
from hrmsops.steps.cloud_run.create_revision import CreateRevision
from hrmsops.steps.cloud_run.repoint import Repoint
from hrmsops.steps.cloud_run.sequence import shifting, verifying
from hrmsops.steps.cloud_sql.label_superseded import LabelSuperseded
from hrmsops.steps.rows.advance_sequences import AdvanceSequences
from hrmsops.steps.rows.roles import FenceDatabase, OpenDatabase, QuarantineClone
from hrmsops.steps.tell import TellFollowUps

CUTBACK = "rollback cutback"


class CutOver(msgspec.Struct, frozen=True, kw_only=True):
    """A cutover as its run tells: which instance was left for which, and by which revisions."""

    run: str
    is_over: bool
    left: str
    taken: str
    revision_before: str
    revision_made: str
    roles: tuple[str, ...]
    jobs: tuple[str, ...]
    worker_pools: tuple[str, ...]
    continues: str


def cut_over(run: Run) -> CutOver:
    """What a run led elsewhere, or had begun to; raises RunNotCutOver."""
    begun = [
        step
        for number, step in enumerate(run.plan.steps, start=1)
        if isinstance(step, FenceDatabase | OpenDatabase | CreateRevision)
        and (run.has_started(number) or run.has_finished(number))
    ]
    subject, steps = run.plan.subject, run.plan.steps
    if "leaves" not in subject or "clone" not in subject:
        raise RunNotCutOver(run=run.id, why=f"It is a {run.plan.command} without a cutover.")
    if not begun:
        raise RunNotCutOver(run=run.id, why="It ended before its fence: nothing is to be undone.")
    return CutOver(
        run=run.id,
        is_over=run.closed is not None,
        left=subject["leaves"],
        taken=subject["clone"],
        revision_before=subject["from"],
        revision_made=subject["to"],
        roles=next(step.roles for step in steps if isinstance(step, OpenDatabase)),
        jobs=_repointed(steps, "jobs"),
        worker_pools=_repointed(steps, "workerPools"),
        continues=subject.get("continues", run.id),
    )


def plan(
    facts: ServiceFacts,
    made: CutOver,
    *,
    active: str,
    trouble: str,
    trouble_back: str,
    environment: Environment,
    reason: str,
    accepted: Collection[str],
) -> Plan:
    """Close the new database, open the old one, lead everything back to it, in this order.

    `active` is the instance that serves now, `trouble` why the new database cannot be reached, and
    `trouble_back` why the old one cannot. Raises RunNotCutOver where a third instance serves by
    now, NothingToReturnTo, FenceImpossible, RevisionUnknown.
    """
    if active not in (made.left, made.taken):
        raise RunNotCutOver(run=made.run, why=f"{active} serves by now, which it never touched.")
    if trouble_back:
        raise NothingToReturnTo(
            run=made.run, instance=made.left, why=trouble_back, is_over=made.is_over
        )
    run = new_run_id(facts.observed_at)
    if trouble and FenceImpossible.code not in accepted:
        raise FenceImpossible(instance=made.taken, why=trouble)
    if facts.revision(made.revision_before) is None:
        raise RevisionUnknown(revision=made.revision_before, near=())
    has_moved = active == made.taken
    leaves = {"leaves": made.taken} if has_moved else {}
    return Plan(
        run=run,
        made_at=facts.observed_at,
        command=CUTBACK,
        environment=environment.name,
        reason=reason,
        headline=f"{short(facts.service.name)} serves from {made.left} again",
        subject={
            "service": facts.service.name,
            "instance": made.taken,
            "back_to": made.left,
            "takes_back": made.run,
            "from": facts.newest_serving.name if facts.newest_serving else made.revision_made,
            "to": made.revision_before,
            **leaves,
        },
        because=(
            f"Run {made.run} left {made.left} for {made.taken}",
            f"Now: {facts.service.statuses.sentence()}",
        ),
        warnings=_warnings(made, trouble, has_moved=has_moved),
        undo=_undo(made, run),
        steps=_steps(facts, made, run, environment, accepted, trouble, has_moved=has_moved),
    )


def _steps(
    facts: ServiceFacts,
    made: CutOver,
    run: str,
    environment: Environment,
    accepted: Collection[str],
    trouble: str,
    *,
    has_moved: bool,
) -> tuple[Step[Any], ...]:
    steps: list[Step[Any]] = [] if made.is_over else [CloseRun(run=made.run)]
    if not trouble:
        steps += _closing(facts, made, has_moved=has_moved)
    steps.append(OpenDatabase(instance=made.left, roles=made.roles))
    service, to, paths = facts.service, made.revision_before, environment.health.paths
    first = len(steps) + 1
    if service.statuses.shares == ((to, 100),):
        steps += verifying(service, revision=to, paths=paths, first=first) if paths else ()
    else:
        steps += shifting(
            service,
            to=to,
            want=service.traffic.all_to(to),
            run=run,
            paths=paths,
            host=environment.health.host,
            accept_unhealthy=CandidateUnhealthy.code in accepted,
            first=first,
        )
    steps += repointing(made.jobs, made.worker_pools, old=made.taken, new=made.left)
    steps.append(LabelSuperseded(instance=made.left, by=""))
    if has_moved:
        steps.append(LabelSuperseded(instance=made.taken, by=made.left))
        steps.append(
            TellFollowUps(
                environment=environment.name,
                service=service.name,
                old=made.taken,
                new=made.left,
                is_new_made=False,
                keeps_for_replay=False,
            )
        )
    return tuple(steps)


def _closing(facts: ServiceFacts, made: CutOver, *, has_moved: bool) -> list[Step[Any]]:
    """Nobody writes to the new database any more; where it served, that is left behind."""
    if not has_moved:
        name = f"{facts.service.name}/revisions/{made.revision_before}"
        return [QuarantineClone(instance=made.taken, roles=made.roles, revision=name)]
    # Not always the one that the cutover made: releases may have been deployed since.
    serving = facts.newest_serving
    revision = serving.name if serving else made.revision_made
    name = f"{facts.service.name}/revisions/{revision}"
    return [
        FenceDatabase(instance=made.taken, roles=made.roles, revision=name),
        # Rows that may yet be brought over keep their numbers to themselves.
        AdvanceSequences(old=made.taken, clone=made.left),
    ]


def _warnings(made: CutOver, trouble: str, *, has_moved: bool) -> tuple[str, ...]:
    found = []
    if trouble:
        found.append(f"{made.taken} is NOT fenced: {trouble}")
    if has_moved:
        found.append(f"What was written to {made.taken} since the cutover stays behind in it")
    return tuple(found)


def _undo(made: CutOver, run: str) -> str:
    words = ["hrmsops", "rollback", "pitr", "--continue", made.continues, "--promote"]
    return shlex.join([*words, "--reason", f"undo {run}"])


def _repointed(steps: tuple[Step[Any], ...], kind: str) -> tuple[str, ...]:
    return tuple(step.resource for step in steps if isinstance(step, Repoint) and step.kind == kind)
