"""What the doctor found, as a table by topic and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from hrmsops.console.layout import hanging
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.text import Text

    from hrmsops.doctor.check import Finding
    from hrmsops.doctor.examining import Examination

MARKS = {"good": ("✓", "good"), "warning": ("!", "warning"), "bad": ("✗", "error")}
COMMANDS = ("hrmsops ", "gcloud ", "pip ")
"""How a mend begins that is to be copied whole."""
STATES = (("good", "well"), ("warning", "to look at"), ("bad", "to mend"), ("unknown", "unknown"))


def document(found: Examination, *, env: str, asked: str | None) -> dict[str, Any]:
    """For scripts: `exit_code` is that of the command."""
    return {
        "environment": env,
        "for": asked,
        "exit_code": int(found.exit_code),
        "seconds": found.seconds,
        "counts": {state: found.count(state) for state, _ in STATES},  # type: ignore[arg-type]
        "findings": [
            {"topic": each.topic, "check": each.check, **msgspec.to_builtins(each.finding)}
            for each in found.examined
        ],
    }


def screen(found: Examination, *, asked: str | None) -> RenderableType:
    """A block for each topic; below what is not well, what mends it."""
    return _Screen(found, asked)


class _Screen:
    """Laid out for the width of the console that it is drawn on."""

    def __init__(self, found: Examination, asked: str | None) -> None:
        self._found, self._asked = found, asked
        self._width = max((len(each.check) for each in found.examined), default=0)
        self._mends: set[str] = set()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        if console.is_terminal:
            yield Text("")  # The banner stands above.
        for topic, examined in groupby(self._found.examined, key=lambda each: each.topic):
            yield Text(str(topic).upper(), style="bold")
            before = ""
            for each in examined:
                title = each.check if each.check != before else ""
                yield from self._lines(each.finding, title, console)
                before = each.check
        yield Text("")
        yield self._sum(console)

    def _lines(self, finding: Finding, title: str, console: Console) -> Iterator[Text]:
        from rich.text import Text

        mark, style = MARKS.get(finding.state, ("?", "quiet"))
        head = Text.assemble("  ", (mark, style), f" {title:<{self._width}}  ")
        says = Text(shown(finding.says), style="" if style == "good" else style)
        yield hanging(console, head, says)
        below = " " * head.cell_len
        for line in finding.more:
            yield hanging(console, below, Text(shown(line)))
        yield from self._mend(finding, console)

    def _mend(self, finding: Finding, console: Console) -> Iterator[Text]:
        """Once: what was lacking for several things is granted once."""
        from rich.text import Text

        if not finding.mend or finding.mend in self._mends:
            return
        self._mends.add(finding.mend)
        head = Text("    Mend: ", style="fix")
        if finding.mend.startswith(COMMANDS):
            # One line, however narrow the screen, so that it can be copied whole.
            line = Text.assemble(head, shown(finding.mend))
            line.no_wrap, line.overflow = True, "ignore"
            yield line
        else:
            yield hanging(console, head, finding.mend)

    def _sum(self, console: Console) -> Text:
        counted = [
            f"{count} {word}"
            for state, word in STATES
            if (count := self._found.count(state))  # type: ignore[arg-type]
        ]
        of = f" for {self._asked}" if self._asked else ""
        bad, warned = self._found.count("bad"), self._found.count("warning")
        style = "error" if bad else "warning" if warned else "good"
        words = f"Looked{of} in {self._found.seconds:.1f} s: {', '.join(counted)}."
        return hanging(console, "", _styled(words, style))


def _styled(words: str, style: str) -> Text:
    from rich.text import Text

    return Text(shown(words), style=style)
