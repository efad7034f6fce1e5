"""A plan as an engineer reads it before saying yes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from hrmsops.console import layout, theme
from hrmsops.console.next_command import completed_after
from hrmsops.console.safe import shown
from hrmsops.engine.plan import Plan, with_hash

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hrmsops.console.documents.runs import PlanDocument


class Unsaid(NamedTuple):
    """What a person has yet to say before a plan can be applied."""

    flag: str
    why: str


def name_of(plan: Plan) -> str:
    """The name that confirms it.

    What is overwritten or left is named itself: an environment's name is typed by habit.
    """
    return plan.subject.get("overwrites") or plan.subject.get("leaves") or plan.environment


def is_for_good(plan: Plan) -> bool:
    """Whether something of it cannot be taken back."""
    return any(step.loses_data for step in plan.steps)


def document(plan: Plan) -> PlanDocument:
    """The plan as JSON values, its hash included; what `--plan-out` writes."""
    return cast("PlanDocument", with_hash(plan))


def show(plan: Plan, *, is_result: bool = False) -> None:
    """What will happen, on what evidence, in which steps, and how it is taken back.

    On stderr, or on stdout where the plan `is_result`, as of a dry run.
    """
    from rich.text import Text

    console = theme.results() if is_result else theme.talk()
    for line in _lines(plan, console):
        console.print(line)
    if plan.undo:
        layout.command(console, "  Taken back by: ", completed_after(plan, plan.undo))
    else:
        console.print(f"  {_stays(plan)}")
    console.print(Text(f"  Plan {plan.hash}, run {plan.run}", style="quiet"))
    if console.is_terminal:
        console.print()


def _stays(plan: Plan) -> str:
    """What is to be known of a plan that has no undo."""
    changing = [step for step in plan.steps if step.changes]
    if not changing:
        return "Nothing is changed."
    is_for_itself = all(step.is_scaffold for step in changing)
    return "Nothing of it stays." if is_for_itself else "No command takes this back."


def _lines(plan: Plan, console: Console) -> Iterator[Text]:
    from rich.text import Text

    if console.is_terminal:
        yield Text("")
    yield layout.hanging(console, "", Text(shown(plan.headline), style="bold"))
    for evidence in plan.because:
        yield layout.hanging(console, "  ", evidence)
    for warning in plan.warnings:
        mark = Text("  ! ", style="warning")
        yield layout.hanging(console, mark, Text(shown(warning), style="warning"))
    for number, step in enumerate(plan.steps, start=1):
        yield layout.hanging(console, f"  {number}. ", step.sentence())
