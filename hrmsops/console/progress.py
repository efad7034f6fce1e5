"""A run while it runs: a live line for each step on a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hrmsops.console import theme
from hrmsops.console.safe import shown
from hrmsops.engine import entries
from hrmsops.engine.entries import Line
from hrmsops.engine.run import Run

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

MARKS = {"done": ("✓", "good"), "failed": ("✗", "error"), "reverted": ("↩", "warning")}


@contextmanager
def following(run: Run, *, json: bool) -> Iterator[None]:
    """Within, stderr shows what the journal records of `run`; nothing under `--json`."""
    if json:
        yield
        return
    console = theme.talk()
    if not console.is_terminal or console.is_dumb_terminal:
        lines = _PlainLines(run, console)
        run.on_line.append(lines.on_line)
        yield
        return
    from rich.live import Live

    screen = _LiveLines(run, console)
    run.on_line.append(screen.on_line)
    run.on_progress.append(screen.on_progress)
    with Live(screen, console=console, refresh_per_second=8, transient=True):
        yield


class _PlainLines:
    """One line at a step's start and one at its end."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run, self._console = run, console
        self._began = time.monotonic()

    def on_line(self, line: Line) -> None:
        if words := self._words(line.entry):
            self._console.print(f"{line.at:%H:%M:%S} UTC  {words}")

    def _words(self, entry: entries.AnyEntry) -> str | None:
        steps = self._run.plan.steps
        match entry:
            case entries.Started(step=step):
                self._began = time.monotonic()
                return f"{step}/{len(steps)} {shown(steps[step - 1].sentence())}"
            case entries.Finished(step=step, result=result):
                found = outcome_in_words(result)
                return f"{step}/{len(steps)} done in {self._elapsed:.1f} s{found}"
            case entries.Failed(step=step, what=what):
                return f"{step}/{len(steps)} failed after {self._elapsed:.1f} s: {shown(what)}"
            case entries.Reverted(step=step):
                return f"{step}/{len(steps)} taken back"
        return None

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began


class _LiveLines:
    """The line that moves; finished lines are printed above it and stay."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run, self._console = run, console
        self._began = time.monotonic()
        self._current: int | None = None
        self._progress = ""

    def on_progress(self, sentence: str) -> None:
        self._progress = sentence

    def on_line(self, line: Line) -> None:
        match line.entry:
            case entries.Started(step=step):
                self._current, self._began, self._progress = step, time.monotonic(), ""
            case entries.Finished(step=step, result=result):
                self._settle(step, "done", outcome_in_words(result))
            case entries.Failed(step=step, what=what):
                self._settle(step, "failed", f": {shown(what)}")
            case entries.Reverted(step=step):
                self._settle(step, "reverted", ": taken back")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.spinner import Spinner
        from rich.text import Text

        if self._current is None:
            return
        text = Text(f"{self._sentence(self._current)}  {self._elapsed:.1f} s")
        if self._progress:
            text.append(f"\n  {shown(self._progress)}", style="quiet")
        yield Spinner("dots", text)

    def _settle(self, step: int, state: str, words: str) -> None:
        from rich.text import Text

        mark, style = MARKS[state]
        line = Text(f"{mark} ", style=style)
        line.append(f"{self._sentence(step)}{words}", style="default")
        line.append(f"  {self._elapsed:.1f} s", style="quiet")
        self._console.print(line)
        self._current = None

    def _sentence(self, step: int) -> str:
        return (
            f"{step}/{len(self._run.plan.steps)} {shown(self._run.plan.steps[step - 1].sentence())}"
        )

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began


def outcome_in_words(result: dict[str, object]) -> str:
    """What a look found, as ": /readyz healthy (200)"; nothing for a change."""
    probes = result.get("probes")
    return f": {shown('; '.join(map(str, probes)))}" if isinstance(probes, list) else ""
