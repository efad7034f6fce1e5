"""A run while it runs: a live line for each step on a terminal, plain lines in a pipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hrmsops.console import layout, theme
from hrmsops.console.safe import shown
from hrmsops.engine import entries
from hrmsops.engine.entries import Line
from hrmsops.engine.run import Run
from hrmsops.errors.base import ExitCode

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.text import Text

MARKS = {
    "done": ("✓", "good"),
    "failed": ("✗", "error"),
    "reverted": ("↩", "warning"),
    "interrupted": ("■", "warning"),
    "running": ("…", "warning"),
}
HEARTBEAT_SECONDS = 30
"""How often a line in a pipe says that a step still waits."""
PLAIN_SECONDS = 2
"""The same where somebody sits in front of the lines."""
REFRESH_SECONDS = 0.125
LONG_SECONDS = 10
"""After this the live line says how to leave it."""


@contextmanager
def following(run: Run, *, json: bool, is_plain: bool = False) -> Iterator[None]:
    """Within, stderr shows what the journal records of `run`; nothing under `--json`.

    `is_plain` leaves out the line that moves, since a question could not stand beside it.
    """
    if json:
        yield
        return
    console = theme.talk()
    if is_plain or not console.is_terminal or console.is_dumb_terminal:
        lines = _PlainLines(run, console, PLAIN_SECONDS if is_plain else HEARTBEAT_SECONDS)
        run.on_line.append(lines.on_line)
        run.on_progress.append(lines.on_progress)
        yield
        return
    from rich.live import Live

    screen = _LiveLines(run, console)
    run.on_line.append(screen.on_line)
    run.on_progress.append(screen.on_progress)
    with (
        theme.moving(console),
        Live(screen, console=console, auto_refresh=False, transient=True) as live,
        screen.moves(live),
    ):
        yield
    console.print()


class _PlainLines:
    """One line at a step's start, one at its end, and a few while it waits."""

    def __init__(self, run: Run, console: Console, heartbeat_seconds: float) -> None:
        self._run, self._console = run, console
        self._heartbeat_seconds = heartbeat_seconds
        self._began = self._told = time.monotonic()

    def on_line(self, line: Line) -> None:
        if words := self._words(line.entry):
            self._tell(line.at, words)

    def on_progress(self, sentence: str) -> None:
        if time.monotonic() - self._told >= self._heartbeat_seconds:
            self._tell(datetime.now(UTC), f"still waiting: {shown(sentence)}")

    def _tell(self, at: datetime, words: str) -> None:
        self._console.print(f"{at:%H:%M:%S} UTC  {words}")
        self._told = time.monotonic()

    def _words(self, entry: entries.AnyEntry) -> str | None:
        steps = self._run.plan.steps
        match entry:
            case entries.Started(step=step):
                self._began = time.monotonic()
                return f"{step}/{len(steps)} {shown(steps[step - 1].sentence())}"
            case entries.Finished(step=step, result=result):
                found = outcome_in_words(result)
                return f"{step}/{len(steps)} done in {self._elapsed:.1f} s{found and f': {found}'}"
            case entries.Failed(step=step, what=what, exit_code=ExitCode.RUNNING):
                return f"{step}/{len(steps)} left after {self._elapsed:.1f} s: {shown(what)}"
            case entries.Failed(step=step, what=what):
                return f"{step}/{len(steps)} failed after {self._elapsed:.1f} s: {shown(what)}"
            case entries.Reverted(step=step):
                return f"{step}/{len(steps)} taken back"
            case entries.Interrupted(step=int(step)):
                return f"{step}/{len(steps)} interrupted after {self._elapsed:.1f} s"
        return None

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began


class _LiveLines:
    """The line that moves; finished lines are printed above it and stay."""

    def __init__(self, run: Run, console: Console) -> None:
        from rich.spinner import Spinner

        self._run, self._console = run, console
        self._began = time.monotonic()
        self._current: int | None = None
        self._progress = ""
        self._spinner = Spinner("dots")
        self._drawing = theme.DRAWING

    @contextmanager
    def moves(self, live: Live) -> Iterator[None]:
        """Within, the line is drawn again and again.

        Rich's own refreshing may write between the moment a print looks how many lines are to go
        and the moment it writes: those would stay.
        """
        ended = threading.Event()

        def draw() -> None:
            while not ended.wait(REFRESH_SECONDS):
                with self._drawing:
                    live.refresh()

        thread = threading.Thread(target=draw, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def on_progress(self, sentence: str) -> None:
        self._progress = sentence

    def on_line(self, line: Line) -> None:
        match line.entry:
            case entries.Started(step=step):
                self._current, self._began, self._progress = step, time.monotonic(), ""
            case entries.Finished(step=step, result=result):
                self._settle(step, "done", outcome_in_words(result))
            case entries.Failed(step=step, what=what, exit_code=ExitCode.RUNNING):
                self._settle(step, "running", shown(what))
            case entries.Failed(step=step, what=what):
                self._settle(step, "failed", shown(what))
            case entries.Reverted(step=step):
                self._settle(step, "reverted", "taken back")
            case entries.Interrupted(step=int(step)):
                self._settle(step, "interrupted", "interrupted")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        if self._current is None:
            return
        frame = self._spinner.render(console.get_time())
        assert isinstance(frame, Text), "A spinner without text is its frame alone."
        yield self._line(self._current, mark=frame, below=self._meanwhile())

    def _meanwhile(self) -> str:
        leave = f"Ctrl-C leaves it; hrmsops resume {self._run.id} goes on with it."
        told = (shown(self._progress), leave if self._elapsed >= LONG_SECONDS else "")
        return "\n".join(filter(None, told))

    def _settle(self, step: int, state: str, words: str) -> None:
        from rich.text import Text

        mark, style = MARKS[state]
        with self._drawing:
            line = self._line(step, mark=Text(mark, style=style), below=words)
            self._current = None
            self._console.print(line)

    def _line(self, step: int, *, mark: Text, below: str) -> Text:
        """Mark, number and time in columns; the sentence and what is known of it beside them."""
        from rich.text import Text

        steps = self._run.plan.steps
        label = Text.assemble(mark, f" {step}/{len(steps)} ")
        label.append(f"{self._elapsed:>6.1f} s  ", style="quiet")
        body = Text(shown(steps[step - 1].sentence()))
        if below:
            body.append(f"\n{below}", style="quiet")
        return layout.hanging(self._console, label, body)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began


def outcome_in_words(result: dict[str, object]) -> str:
    """What a look found, as "/readyz healthy (200)"; nothing for a change."""
    probes = result.get("probes") or result.get("findings")
    return shown("; ".join(map(str, probes))) if isinstance(probes, list) else ""
