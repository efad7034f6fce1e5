"""A plan, a run and the end of a command, as a workflow is told of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from hrmsops.console.next_command import completed_after
from hrmsops.console.plans import Unsaid
from hrmsops.console.safe import shown
from hrmsops.engine import entries
from hrmsops.engine.entries import Line
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Run
from hrmsops.errors.base import HrmsopsError
from hrmsops.github import runner, summary


class Applied(NamedTuple):
    """How far a plan is that is told of."""

    is_now: bool
    is_begun: bool
    """It is that of a run, whose number it has."""


@contextmanager
def of_plan(plan: Plan, applied: Applied, *, json: bool, is_result: bool) -> Iterator[None]:
    """Within, the plan is shown, folded away; it stands in the summary, its warnings above all.

    `is_result`: it is shown on stdout.
    """
    runner.put_out(plan_hash=plan.hash)
    if applied.is_now:  # Then it is no news, and its result comes below.
        title = f"Plan {plan.hash}: {plan.headline}"
        runner.summarise([summary.folded(title, summary.of_plan(plan))])
    else:
        number = () if applied.is_begun else summary.of_number(plan)
        runner.summarise((*summary.of_plan(plan), *number))
    for warning in plan.warnings:
        runner.annotate("warning", warning, title=_about(plan))
    if json:
        yield
        return
    stream = sys.stdout if is_result else sys.stderr
    runner.begin_group(f"Plan {plan.hash}: {plan.headline}", stream=stream)
    try:
        yield
    finally:
        runner.end_group(stream=stream)


def of_unsaid(plan: Plan, unsaid: Sequence[Unsaid]) -> None:
    """What a person has to say besides the approval; else the plan would be refused after it."""
    runner.put_out(needs=" ".join(each.flag for each in unsaid))
    runner.summarise(summary.of_unsaid(unsaid))
    for each in unsaid:
        runner.annotate("warning", f"{each.why} Needs {each.flag}", title=_about(plan))


@contextmanager
def of_run(
    run: Run, *, json: bool, onwards: Callable[[], str], kept: summary.Kept
) -> Iterator[None]:
    """Within, each step of `run` is a group of the log; at its end comes the result.

    `onwards` is the command that a run which is done leads to, "" where it leads nowhere.
    """
    runner.put_out(run=run.id, plan_hash=run.plan.hash)
    groups = _Groups(run)
    if not json:
        run.on_line.append(groups.on_line)
    try:
        yield
    finally:
        groups.close()
        next_command = onwards() if run.outcome == "done" else _resume(run)
        runner.put_out(next=next_command)
        runner.summarise(summary.of_run(run, next_command=next_command, kept=kept))
        if run.outcome == "done":
            runner.annotate("notice", f"Done: {run.plan.headline}.", title=_about(run.plan))


def of_error(problem: HrmsopsError) -> None:
    """What ended the command, where GitHub shows what went wrong."""
    words = f"{problem.what}\nWhy: {problem.why}\nFix: {problem.fix}"
    runner.annotate("error", words, title=f"hrmsops: {problem.code}")
    runner.summarise(summary.of_error(problem))
    if problem.fix.startswith("hrmsops "):
        runner.put_out(next=problem.fix)


def of_end(code: int) -> None:
    """The exit code, for a step that goes on all the same."""
    runner.put_out(exit_code=str(code))


class _Groups:
    """Opens a group where a step starts, and closes it at whatever the journal says next of it."""

    def __init__(self, run: Run) -> None:
        self._run, self._is_open = run, False

    def on_line(self, line: Line) -> None:
        match line.entry:
            case entries.Started(step=step):
                self.close()
                steps = self._run.plan.steps
                sentence = shown(steps[step - 1].sentence())
                runner.begin_group(f"{step}/{len(steps)} {sentence}")
                self._is_open = True
            case entries.Noted():
                return
            case _:
                self.close()

    def close(self) -> None:
        if self._is_open:
            runner.end_group()
        self._is_open = False


def _resume(run: Run) -> str:
    return "" if run.closed else completed_after(run.plan, f"hrmsops resume {run.id}")


def _about(plan: Plan) -> str:
    return f"hrmsops {plan.command} on {plan.environment}"
