"""How a run ended, told on the screen: what remains, what takes it back, and the next command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hrmsops.commands.applying import Manner
    from hrmsops.engine.run import Run
    from hrmsops.errors import HrmsopsError


def tell_result(run: Run, manner: Manner) -> None:
    from hrmsops.console import output
    from hrmsops.console.next_command import completed_after
    from hrmsops.console.runs import seconds_at_work

    output.result(f"Done in {seconds_at_work(run):.1f} s: {run.plan.headline}.", style="good")
    if any((run.result(n) or {}).get("verdict") == "unprobed" for n in _numbers(run)):
        output.say(
            "Health could not be probed from here; look at the service yourself.", style="warning"
        )
    for line in (each for n in _numbers(run) for each in (run.result(n) or {}).get("to_do", ())):
        output.point("To do:     ", line, style="warning")
    output.command("Record:    ", f"hrmsops runs show {run.id}")
    if run.plan.undo:
        output.command("Take back: ", completed_after(run.plan, run.plan.undo))
    if _holds(run) and not (run.plan.undo or "").startswith("hrmsops hold off"):
        output.command("On hold:   ", completed_after(run.plan, "hrmsops hold off"))
    if not manner.is_prelude:
        for n, way in enumerate(onwards(run)):
            output.command("       or: " if n else "Next:      ", way)


def onwards(run: Run) -> Iterator[str]:
    """The commands that a run which is done leads to, the likeliest first."""
    from hrmsops.commands.next_steps import ways_on
    from hrmsops.console.next_command import completed_after

    for way in ways_on(run):
        yield completed_after(run.plan, way)


def tell_failure(run: Run, error: HrmsopsError) -> None:
    from hrmsops.console import output
    from hrmsops.console.next_command import completed_after

    if run.outcome == "failed":
        output.say("Nothing remains changed.", style="good")
    elif run.id not in f"{error.fix} {error.why}":
        output.say(f"Run {run.id} is unfinished; what was done: hrmsops runs show {run.id}")
    if run.plan.undo and run.plan.undo != error.fix and is_fenced(run):
        output.say("The old database is fenced, and the new one does not serve.", style="warning")
        output.command("Take back: ", completed_after(run.plan, run.plan.undo))


def _holds(run: Run) -> bool:
    """It has stopped something that no one lets go on but `hold off`."""
    done = {s.name for n, s in enumerate(run.plan.steps, start=1) if run.has_finished(n)}
    return bool(done & {"pause-scheduler", "pause-queue", "stop-workers"})


def is_fenced(run: Run) -> bool:
    """Users are without a database: its fence stands, and nothing serves in its place."""
    done = {s.name for n, s in enumerate(run.plan.steps, start=1) if run.has_finished(n)}
    return "fence-database" in done and "shift-traffic" not in done


def _numbers(run: Run) -> range:
    return range(1, len(run.plan.steps) + 1)
