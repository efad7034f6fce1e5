"""What the record says of a recovery whose lost writes are to be replayed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from hrmsops.engine.entries import Started
from hrmsops.engine.run import Run
from hrmsops.errors.replay import NoReplayToTakeBack, NothingToReplay
from hrmsops.errors.run import RunNotFound
from hrmsops.steps.cloud_run.shift_traffic import ShiftTraffic
from hrmsops.steps.rows.apply_replay import ApplyReplay
from hrmsops.steps.rows.capture import CaptureDifferences
from hrmsops.steps.rows.take_back_replay import TakeBackReplay


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """A cutover that kept what differs."""

    run: str
    environment: str
    service: str
    clone: str
    old: str
    """Empty where the old database was gone."""
    is_done: bool
    """False while the cutover itself is unfinished."""
    shifted_at: datetime | None = None
    """When users began to be sent to `clone`; None: not yet."""


def recovered(runs: Sequence[Run], asked: str) -> Recovered:
    """The recovery `asked`, or the one that went on from it.

    Raises RunNotFound, NothingToReplay.
    """
    named = next((run for run in runs if run.id == asked), None)
    if named is None:
        raise RunNotFound(run=asked, known=tuple(run.id for run in runs[-5:]))
    following = [run for run in reversed(runs) if run.plan.subject.get("continues") == asked]
    for run in (named, *following):
        if found := _kept(run):
            return found
    raise _nothing(named)


def applied(runs: Sequence[Run], recovery: str) -> ApplyReplay:
    """The last replay of a recovery that was not taken back; raises NoReplayToTakeBack."""
    taken_back: set[str] = set()
    for run in reversed(runs):
        for step, is_finished in _steps(run):
            if isinstance(step, TakeBackReplay) and is_finished and step.recovery == recovery:
                taken_back.add(step.plan)
            elif isinstance(step, ApplyReplay) and is_finished and step.recovery == recovery:
                if step.plan not in taken_back:
                    return step
                taken_back.discard(step.plan)
    raise NoReplayToTakeBack(run=recovery)


def _kept(run: Run) -> Recovered | None:
    for step, is_finished in _steps(run):
        if isinstance(step, CaptureDifferences) and is_finished:
            return Recovered(
                run=run.id,
                environment=run.plan.environment,
                service=run.plan.subject.get("service", ""),
                clone=step.clone,
                old=step.old,
                is_done=run.outcome == "done",
                shifted_at=_shifted_at(run),
            )
    return None


def _shifted_at(run: Run) -> datetime | None:
    began = [
        line.at
        for line in run.lines
        if isinstance(line.entry, Started)
        and isinstance(run.plan.steps[line.entry.step - 1], ShiftTraffic)
    ]
    return began[0] if began else None


def _steps(run: Run) -> list[tuple[object, bool]]:
    return [(step, run.has_finished(n)) for n, step in enumerate(run.plan.steps, start=1)]


def _nothing(run: Run) -> NothingToReplay:
    if any(isinstance(step, CaptureDifferences) for step in run.plan.steps):
        return NothingToReplay(
            run=run.id,
            why="It has not come to where it keeps what differs.",
            fix=f"hrmsops resume {run.id}",
        )
    if "clone" in run.plan.subject:
        return NothingToReplay(
            run=run.id,
            why="It stopped at the verified clone; nobody has cut over to it.",
            fix=f"hrmsops rollback pitr --continue {run.id} --promote",
        )
    return NothingToReplay(run=run.id, why=f"It is a {run.plan.command}.", fix="hrmsops runs")
