"""A plan as an engineer reads it before saying yes."""

from __future__ import annotations

from typing import Any

from hrmsops.console import theme
from hrmsops.console.safe import shown
from hrmsops.engine.plan import Plan, with_hash


def document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, its hash included; what `--plan-out` writes."""
    return with_hash(plan)


def show(plan: Plan) -> None:
    """What will happen, on what evidence, in which steps, and how it is taken back; on stderr."""
    from rich.text import Text

    text = Text(f"{shown(plan.headline)}\n", style="bold")
    for line in plan.because:
        text.append(f"  {shown(line)}\n", style="not bold quiet")
    for line in plan.warnings:
        text.append(f"  ! {shown(line)}\n", style="not bold warning")
    for number, step in enumerate(plan.steps, start=1):
        text.append(f"  {number}. {shown(step.sentence())}\n", style="not bold")
    text.append(
        f"  Taken back by: {shown(plan.undo or 'nothing changes')}\n", style="not bold quiet"
    )
    text.append(f"  Plan {plan.hash}, run {plan.run}", style="not bold quiet")
    theme.talk().print(text)
