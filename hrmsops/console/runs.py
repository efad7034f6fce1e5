"""A run as JSON and as lines: what its journal says, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from hrmsops.console import output, theme
from hrmsops.console.gcloud_line import Place, located, place_of
from hrmsops.console.next_command import completed_after
from hrmsops.engine import entries
from hrmsops.engine.run import Run
from hrmsops.engine.step import written
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.run import StoppedHalfway

if TYPE_CHECKING:
    from hrmsops.console.documents.runs import Failure, RunDocument, RunStep, State, Subject

WIDE_COLUMNS = 100


def document(run: Run) -> RunDocument:
    """A run for scripts. `exit_code` is the one it ended with, None while it is unfinished."""
    plan, failure = run.plan, run.failure
    place = place_of(plan.subject.get("service", ""))
    return {
        **cast("Subject", plan.subject),
        "run": run.id,
        "outcome": run.outcome,
        "exit_code": run.closed.exit_code if run.closed else None,
        "command": plan.command,
        "environment": plan.environment,
        "reason": plan.reason,
        "plan": plan.hash,
        "because": plan.because,
        "warnings": plan.warnings,
        "undo": plan.undo,
        "by": run.lines[0].by,
        "host": run.lines[0].host,
        "began_at": run.began_at,
        "ended_at": run.ended_at,
        "steps": [_step(run, number) for number in range(1, len(plan.steps) + 1)],
        "failure": _failure(failure, place=place) if failure else None,
    }


def document_of_failure(run: Run, error: HrmsopsError) -> RunDocument:
    """A run that ended with an error, told also where the record would not take it."""
    told: RunDocument = {**document(run), "exit_code": int(error.exit_code)}
    if told["failure"] is None and isinstance(error, StoppedHalfway):
        told["failure"] = _failure(entries.Failed.of(error, step=run.at_step), place=None)
    return told


def show_all(runs: Sequence[Run]) -> None:
    """A line for each run, on stdout; who began it has no room on a narrow screen."""
    is_wide = theme.results().width >= WIDE_COLUMNS
    by = ("by",) if is_wide else ()
    rows = [
        (
            run.id,
            run.outcome,
            f"{run.plan.command}, {run.plan.environment}",
            *((run.lines[0].by,) if is_wide else ()),
            " ".join(run.plan.reason.split()),
        )
        for run in runs
    ]
    output.table(("run", "outcome", "what", *by, "reason"), rows)
    if unfinished := [run.id for run in runs if not run.closed]:
        output.next_step(f"hrmsops resume {unfinished[0]}")


def seconds_at_work(run: Run) -> float:
    """From the run's begin, or from when somebody last went on with it, to its last entry."""
    began = [run.lines[0], *(each for each in run.lines if isinstance(each.entry, entries.Resumed))]
    return (run.lines[-1].at - began[-1].at).total_seconds()


def state_of(run: Run, number: int) -> State:
    """ "done", "started" (also while the cloud goes on), "reverted", "failed" or "pending"."""
    if run.has_finished(number):
        return "done"
    failure = run.failure
    if failure and failure.step == number and failure.exit_code != ExitCode.RUNNING:
        return "failed"
    if run.has_started(number):
        return "started"
    is_reverted = any(
        isinstance(line.entry, entries.Reverted) and line.entry.step == number for line in run.lines
    )
    return "reverted" if is_reverted else "pending"


def show(run: Run) -> None:
    """The whole record of a run, on stdout."""
    plan = run.plan
    output.result(f"{run.id}  {run.outcome}  {plan.command} on {plan.environment}", style="bold")
    output.result(f"{plan.headline}; reason: {plan.reason}")
    first = run.lines[0]
    output.result(f"Begun {first.at:%Y-%m-%d %H:%M:%S} UTC by {first.by} on {first.host}")
    output.table(
        ("step", "state", "what"),
        [(n, state_of(run, n), step.sentence()) for n, step in enumerate(plan.steps, start=1)],
    )
    output.result("Record:")
    output.table(
        ("at (UTC)", "by", "entry"),
        [(f"{line.at:%H:%M:%S.%f}"[:-3], line.by, line.entry.sentence()) for line in run.lines],
    )
    if run.outcome == "unfinished":
        output.command("Next: ", completed_after(plan, f"hrmsops resume {run.id}"))
    elif run.outcome == "done" and plan.undo:
        output.command("Taken back by: ", completed_after(plan, plan.undo))


def _step(run: Run, number: int) -> RunStep:
    """What is told of every step, and the step's own facts."""
    step = run.plan.steps[number - 1]
    told: RunStep = {
        "step": step.name,
        "number": number,
        "sentence": step.sentence(),
        "state": state_of(run, number),
        "seconds": seconds_of(run, number),
        "result": run.result(number),
    }
    return cast("RunStep", {**written(step), **told})


def seconds_of(run: Run, number: int) -> float | None:
    """From the last start of a step to its end, None while it is not finished."""
    began = ended = None
    for line in run.lines:
        match line.entry:
            case entries.Started(step=step) if step == number:
                began = line.at
            case entries.Finished(step=step) if step == number:
                ended = line.at
    return round((ended - began).total_seconds(), 3) if began and ended else None


def _failure(failure: entries.Failed, *, place: Place | None) -> Failure:
    return {
        "step": failure.step,
        "code": failure.code,
        "what": failure.what,
        "why": failure.why,
        "fix": located(failure.fix, place),
        "exit_code": failure.exit_code,
    }
