"""What the doctor found, as a table by topic and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, cast

import msgspec

from hrmsops.console import theme
from hrmsops.console.layout import command, hanging
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hrmsops.console.documents.looks import DoctorCounts, DoctorDocument, Examined
    from hrmsops.doctor.check import Finding, State
    from hrmsops.doctor.examining import Examination

MARKS = {"good": ("✓", "good"), "warning": ("!", "warning"), "bad": ("✗", "error")}
COMMANDS = ("hrmsops ", "gcloud ", "pip ", "read ")
"""How a mend begins that is to be copied whole."""
STATES: tuple[tuple[State, str], ...] = (
    ("good", "well"),
    ("warning", "to look at"),
    ("bad", "to mend"),
    ("unknown", "unknown"),
)


def document(found: Examination, *, env: str, asked: str | None) -> DoctorDocument:
    """For scripts: `exit_code` is that of the command."""
    findings = [
        {"topic": each.topic, "check": each.check, **msgspec.to_builtins(each.finding)}
        for each in found.examined
    ]
    return {
        "environment": env,
        "for": asked,
        "exit_code": int(found.exit_code),
        "seconds": found.seconds,
        "counts": cast("DoctorCounts", {state: found.count(state) for state, _ in STATES}),
        "findings": cast("list[Examined]", findings),
    }


def show(found: Examination, *, asked: str | None, completed: Callable[[str], str]) -> None:
    """A block for each topic; below what is not well, what mends it.

    `completed` gives a command of hrmsops the environment and the configuration that were typed.
    """
    console = theme.results()
    screen = _Screen(console, completed, max(len(each.check) for each in found.examined))
    if console.is_terminal:
        console.print()  # The banner stands above.
    for topic, examined in groupby(found.examined, key=lambda each: each.topic):
        console.print(str(topic).upper(), style="bold")
        for check, findings in groupby(examined, key=lambda each: each.check):
            for number, each in enumerate(findings):
                screen.show(each.finding, title="" if number else check)
    console.print()
    console.print(_sum(found, asked, console))


class _Screen:
    """Laid out for the width of the console that it is drawn on."""

    def __init__(self, console: Console, completed: Callable[[str], str], width: int) -> None:
        self._console, self._completed, self._width = console, completed, width
        self._mends: set[str] = set()

    def show(self, finding: Finding, *, title: str) -> None:
        from rich.text import Text

        mark, style = MARKS.get(finding.state, ("?", "quiet"))
        head = Text.assemble("  ", (mark, style), f" {title:<{self._width}}  ")
        says = Text(shown(finding.says), style="" if style == "good" else style)
        self._console.print(hanging(self._console, head, says))
        for line in finding.more:
            self._console.print(hanging(self._console, " " * head.cell_len, shown(line)))
        self._mend(finding)

    def _mend(self, finding: Finding) -> None:
        """Once: what was lacking for several things is granted once."""
        from rich.text import Text

        if not finding.mend or finding.mend in self._mends:
            return
        self._mends.add(finding.mend)
        head = Text("    Mend: ", style="fix")
        if finding.mend.startswith(COMMANDS):
            command(self._console, head, self._completed(finding.mend))
        else:
            self._console.print(hanging(self._console, head, finding.mend), soft_wrap=True)


def _sum(found: Examination, asked: str | None, console: Console) -> Text:
    from rich.text import Text

    counted = [f"{count} {word}" for state, word in STATES if (count := found.count(state))]
    of = f" for {asked}" if asked else ""
    bad, warned = found.count("bad"), found.count("warning")
    style = "error" if bad else "warning" if warned else "good"
    words = f"Looked{of} in {found.seconds:.1f} s: {', '.join(counted)}."
    return hanging(console, "", Text(shown(words), style=style))
