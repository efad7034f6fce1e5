"""Takes the steps of a run, once each, however often the process dies in between."""

from __future__ import annotations

import signal
from typing import Any

from hrmsops.engine import entries, signals
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.record import RecordUnusable
from hrmsops.errors.run import (
    RunInterrupted,
    RunTerminated,
    StepHadNoEffect,
    StoppedHalfway,
)


def execute(run: Run, world: Any, *, lease: Lease) -> None:
    """Apply each step that is not finished. The journal is the memory, the world is the truth.

    Returns when the plan is done. Raises what stopped it: the error itself where nothing
    remains changed, StoppedHalfway or an error with an exit code of its own where something
    does, RunInterrupted or RunTerminated after a signal was recorded.
    """
    run.on_progress.append(lambda _waited_for: lease.assert_not_lost())
    try:
        _take_all(run, world, lease)
    except RecordUnusable as error:
        # The step whose end could not be recorded may have come through.
        raise StoppedHalfway(run=run.id, cause=error) from error


def _take_all(run: Run, world: Any, lease: Lease) -> None:
    try:
        with signals.raised_as_interruption():
            for number, step in enumerate(run.plan.steps, start=1):
                if not run.has_finished(number):
                    run.at_step = number
                    _take(number, step, run, world, lease)
            run.record(entries.Closed(outcome="done", exit_code=ExitCode.DONE))
    except signals.Interruption as interruption:
        run.record(entries.Interrupted(signal=interruption.signum, step=run.current_step))
        raise _interrupted(run, interruption.signum) from interruption


def _interrupted(run: Run, signum: int) -> RunInterrupted:
    number = run.current_step
    kind = RunTerminated if signum == signal.SIGTERM else RunInterrupted
    if number is None:
        return kind(run=run.id, during="between two steps", operation="", may_have_asked=False)
    sentence = run.plan.steps[number - 1].sentence()
    during = f'during step {number} of {len(run.plan.steps)}, "{sentence}"'
    operation = str(run.noted(number).get("operation", ""))
    may_have_asked = run.plan.steps[number - 1].changes
    return kind(run=run.id, during=during, operation=operation, may_have_asked=may_have_asked)


def _take(number: int, step: Step[Any], run: Run, world: Any, lease: Lease) -> None:
    try:
        result = step.find(world, run) if run.has_started(number) else None
        if result is None:
            result = _apply(number, step, run, world, lease)
    except RecordUnusable:
        raise  # Nor could the failure be recorded, and it was waited for long enough.
    except HrmsopsError as error:
        _record_failure(number, error, run)
        raise _outcome(number, error, run, world, lease) from error
    run.record(entries.Finished(step=number, result=result))


def _apply(number: int, step: Step[Any], run: Run, world: Any, lease: Lease) -> Result:
    lease.assert_held()
    run.record(entries.Started(step=number))
    lease.assert_still_held()
    result = step.apply(world, run)
    if not step.changes:
        return result
    found = step.find(world, run)
    if found is None:
        raise StepHadNoEffect(step=step.name)
    return found


def _record_failure(number: int, error: HrmsopsError, run: Run) -> None:
    run.record(entries.Failed.of(error, step=number))


def _outcome(number: int, error: HrmsopsError, run: Run, world: Any, lease: Lease) -> HrmsopsError:
    """What to raise: the error itself once nothing remains changed, else that and what is left."""
    if error.exit_code == ExitCode.RUNNING:
        return error  # Nothing failed: the cloud goes on, and so can the run.
    if _take_back(number, run, world, lease):
        run.record(entries.Closed(outcome="failed", exit_code=error.exit_code))
        return error
    return error if error.exit_code != ExitCode.FAILED else StoppedHalfway(run=run.id, cause=error)


def abandon(run: Run, world: Any, *, lease: Lease, reason: str) -> None:
    """Close a run for good, its scaffolding taken away where no real change stands on it.

    A change that came through after its process had died is one, whatever the journal says.
    """
    last = max((n for n in range(1, len(run.plan.steps) + 1) if run.has_started(n)), default=0)
    if last and not run.has_finished(last):
        run.at_step = last
        found = run.plan.steps[last - 1].find(world, run)
        if found is not None:
            run.record(entries.Finished(step=last, result=found))
    _take_back(last, run, world, lease)
    run.record(entries.Closed(outcome="abandoned", exit_code=ExitCode.DONE, reason=reason))


def _take_back(failed: int, run: Run, world: Any, lease: Lease) -> bool:
    """Undo the failed step's traces and scaffolding before it; False where a change remains.

    A finished change that serves users is never taken back: that is for a person to decide.
    """
    for number in range(failed, 0, -1):
        step = run.plan.steps[number - 1]
        if not step.changes or not run.has_started(number):
            continue
        if run.has_finished(number) and not step.is_scaffold:
            return False
        run.at_step = number
        try:
            lease.assert_held()
            if not step.revert(world, run):
                return False
        except HrmsopsError:
            return False  # The first error is the one to show; the run stays open.
        run.record(entries.Reverted(step=number))
    return True
