"""The screen of a drill: its events as they come, and what goes on meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from hrmsops.console import theme
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

SIGNS = {
    "deployed": ("✓", "good"),
    "traffic": ("✓", "good"),
    "detected": ("✗", "error"),
    "broken": ("✗", "error"),
    "verified": ("✓", "good"),
}
UNDER_WAY = ("●", "warning")


class DrillScreen:
    """Events on stdout; on a terminal what goes on meanwhile is one live line on stderr.

    With `is_quiet` (under `--json`) the events go to stderr, and stdout waits for the document.
    """

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._origin: float | None = None
        self._live: Live | None = None
        # Events come from more than one thread.
        self._drawing = threading.RLock()
        self._held_back: list[Table] = []
        self._is_handed_over = False
        self._sentence: Callable[[], str] = lambda: "a sandbox is made ready"

    def __enter__(self) -> Self:
        console = theme.talk()
        if console.is_terminal:
            self._live = _live_line(console, lambda: self._sentence())
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._drawing:
            self._stop_live()
            self._live = None

    def progress(self, sentence: str) -> None:
        """What goes on now: on a terminal alone, and only until the next."""
        self.watch(lambda: sentence)

    def watch(self, sentence: Callable[[], str]) -> None:
        """A sentence that is asked for again at each refresh of the live line."""
        self._sentence = sentence

    def event(self, name: str, sentence: str, *, is_origin: bool) -> None:
        """One event of the timeline, with the seconds since the damage was done."""
        if is_origin:
            self._origin = time.monotonic()
        seconds = "" if self._origin is None else f"{time.monotonic() - self._origin:+.1f} s"
        line = _event_line(name, sentence, seconds=seconds)
        with self._drawing:
            self._held_back.append(line)
            if not self._is_handed_over:
                self._draw()

    @contextmanager
    def handed_over(self) -> Iterator[None]:
        """Leave the terminal to somebody else: no live line, and events are held back."""
        with self._drawing:
            self._is_handed_over = True
            self._stop_live()
        try:
            yield
        finally:
            self._take_back()

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Within `handed_over`: show again what goes on, for as long as nobody else writes."""
        self._take_back()
        try:
            yield
        finally:
            with self._drawing:
                self._is_handed_over = True
                self._stop_live()

    def _take_back(self) -> None:
        with self._drawing:
            self._is_handed_over = False
            self._draw()

    def _draw(self) -> None:
        """Print what was held back, above the live line."""
        self._stop_live()
        console = theme.talk() if self._is_quiet else theme.results()
        while self._held_back:
            console.print(self._held_back.pop(0))
        if self._live is not None:
            self._live.start()

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.stop()


def _event_line(name: str, sentence: str, *, seconds: str) -> Table:
    """One event; a sentence that is too long for the screen goes on below its beginning."""
    from rich.table import Table
    from rich.text import Text

    sign, style = SIGNS.get(name, UNDER_WAY)
    label = Text(f"{seconds:>8} ", style="quiet").append(f" {sign} {name:<9} ", style=style)
    line = Table.grid()
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(label, shown(sentence))
    return line


def _live_line(console: Console, sentence: Callable[[], str]) -> Live:
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    class Sentence:
        """A renderable that is made anew each time it is drawn."""

        def __rich__(self) -> Text:
            return Text(shown(sentence()), style="quiet", overflow="ellipsis", no_wrap=True)

    return Live(
        Spinner("dots", text=Sentence()),
        console=console,
        refresh_per_second=10,
        transient=True,
        # What goes to stdout may go to a file, while this line is on a terminal.
        redirect_stdout=False,
        redirect_stderr=False,
    )
