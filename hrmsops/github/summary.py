"""A plan, a run and an error as blocks of Markdown for the summary of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from hrmsops.console.next_command import completed_after
from hrmsops.console.plans import Unsaid, is_for_good
from hrmsops.console.reports.markdown import fenced, plain, row
from hrmsops.console.runs import seconds_at_work, seconds_of, state_of
from hrmsops.console.safe import shown
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Run
from hrmsops.errors.base import HrmsopsError

MARKS = {"done": "✅", "failed": "❌", "started": "⏳", "reverted": "↩️", "pending": "▫️"}
OUTCOMES = {
    "done": "✅ Done",
    "failed": "❌ Failed, nothing remains changed",
    "abandoned": "↩️ Abandoned",
    "unfinished": "⏳ Unfinished",
}


class Kept(NamedTuple):
    """What is left of a run when its runner is gone."""

    is_shared: bool
    """Its record: in a bucket, not on the runner."""
    is_approved: bool
    """It is of a plan in a file: the same job finds it again."""


def of_plan(plan: Plan) -> Iterator[str]:
    """What an approver reads: what, why, on what evidence, in which steps, and the way back."""
    yield f"## Plan `{plan.hash}`: {plain(plan.command)} on {plain(plan.environment)}"
    yield f"**{plain(plan.headline)}**"
    if plan.reason:
        yield f"Reason: {plain(plan.reason)}"
    if plan.because:
        yield "\n".join(f"- {plain(each)}" for each in plan.because)
    for warning in plan.warnings:
        yield f"> [!WARNING]\n> {plain(warning)}"
    if is_for_good(plan):
        yield "> [!CAUTION]\n> Not all of it can be taken back."
    yield from _table(
        ("", "step"), [(str(n), plain(s.sentence())) for n, s in enumerate(plan.steps, start=1)]
    )
    if plan.undo:
        yield f"Taken back by:\n{fenced([completed_after(plan, plan.undo)])}"


def of_number(plan: Plan) -> Iterator[str]:
    """For a plan that is only written: what it is applied as has another number."""
    sentences = (plan.undo or "", plan.headline, *(step.sentence() for step in plan.steps))
    if any(plan.run in each for each in sentences):
        yield f"*The run that applies it has a number of its own where `{plan.run}` stands here.*"


def folded(title: str, blocks: Iterator[str]) -> str:
    """The blocks behind a line that unfolds them."""
    whole = "\n\n".join(blocks)
    return f"<details><summary>{escape(shown(title))}</summary>\n\n{whole}\n\n</details>"


def of_unsaid(unsaid: Sequence[Unsaid]) -> Iterator[str]:
    """Without what it would be refused, approved or not."""
    if unsaid:
        needs = "\n".join(f"> - **{plain(each.flag)}**: {plain(each.why)}" for each in unsaid)
        yield f"> [!IMPORTANT]\n> It cannot be applied before somebody says:\n{needs}"


def of_run(run: Run, *, next_command: str, kept: Kept) -> Iterator[str]:
    """How a run ended, step by step."""
    plan = run.plan
    about = f"{plain(plan.command)} on {plain(plan.environment)}"
    yield f"## {OUTCOMES[run.outcome]}: {about}"
    yield (
        f"Run `{run.id}`, plan `{plan.hash}`, {seconds_at_work(run):.1f} s, "
        f"by {plain(run.lines[-1].by)}. {plain(plan.headline)}."
    )
    yield from _table(("", "step", "seconds"), [_step(run, n) for n in _numbers(run)])
    yield from _to_do(run)
    if not run.closed:
        yield f"> [!IMPORTANT]\n> {_way_on(kept)}"
    commands = [completed_after(plan, f"hrmsops runs show {run.id}")]
    if run.outcome == "done" and plan.undo:
        commands.append(f"{completed_after(plan, plan.undo)}   # takes it back")
    if next_command:
        commands.append(f"{next_command}   # next")
    yield fenced(commands)


def of_error(problem: HrmsopsError) -> Iterator[str]:
    """What happened, why, and what mends it."""
    yield f"## ❌ {plain(problem.what)}"
    yield f"Why: {plain(problem.why)}"
    is_command = problem.fix.startswith("hrmsops ")
    yield f"Fix:\n{fenced([problem.fix])}" if is_command else f"Fix: {plain(problem.fix)}"
    yield f"`hrmsops explain {problem.code}`, exit code {int(problem.exit_code)}"


def _way_on(kept: Kept) -> str:
    if not kept.is_shared:
        return "The record of this run is on this runner alone, and lost with it."
    elsewhere = "`hrmsops resume` goes on with it from any machine that shares the record."
    again = "*Re-run failed jobs* goes on with this very run; " if kept.is_approved else ""
    return f"{again}{elsewhere}"


def _to_do(run: Run) -> Iterator[str]:
    found = [each for n in _numbers(run) for each in (run.result(n) or {}).get("to_do", ())]
    if found:
        yield "To do:\n" + "\n".join(f"- [ ] {plain(str(each))}" for each in found)


def _step(run: Run, number: int) -> tuple[str, ...]:
    seconds = seconds_of(run, number)
    return (
        MARKS[state_of(run, number)],
        plain(run.plan.steps[number - 1].sentence()),
        "" if seconds is None else f"{seconds:.1f}",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield "\n".join([row(heads), row(["---"] * len(heads)), *map(row, rows)])


def _numbers(run: Run) -> range:
    return range(1, len(run.plan.steps) + 1)
