"""The screen of a drill: its events as they come, the outage second by second, how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from hrmsops.console import theme
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
SIGNS = {
    "deployed": ("✓", "good"),
    "traffic": ("✓", "good"),
    "detected": ("✗", "error"),
    "verified": ("✓", "good"),
}
LOST_SHOWN = 5
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


def show_outcome(
    document: Mapping[str, Any], *, error_rates: Sequence[float], problem: str
) -> None:
    """The end, on stdout: the outage as a strip, what it cost, and whether all was proved."""
    from rich.text import Text

    bars = Text("\nerrors each second  ", style="quiet")
    for rate, bar in zip(error_rates, strip(error_rates), strict=True):
        bars.append(bar, style="error" if rate else "good")
    lines = [bars, _writes(document), *_lost_keys(document), *_rewound(document)]
    lines += [_requests(document), *_verdict(document, problem=problem)]
    console = theme.results()
    for line in lines:
        console.print(line)


def strip(error_rates: Sequence[float]) -> str:
    """A bar for each second: the lowest when all was answered, the highest when half failed."""
    return "".join(_bar(rate) for rate in error_rates)


def _bar(error_rate: float) -> str:
    if error_rate <= 0:
        return BARS[0]
    return BARS[min(len(BARS) - 1, 1 + int(error_rate * 2 * (len(BARS) - 2)))]


def _writes(document: Mapping[str, Any]) -> Text:
    from rich.text import Text

    lost = len(document["lost_writes"])
    count = f"{document['acknowledged_writes']} writes were acknowledged"
    if lost:
        return Text(f"{count}; {_counted(lost, 'row')} of them LOST.", style="error")
    where = "in the database, or listed as a conflict" if document.get("conflicts") else ""
    return Text(f"{count}; every one is {where or 'in the database'}.")


def _lost_keys(document: Mapping[str, Any]) -> list[Text]:
    """The first of the lost, by key; all of them are in the JSON."""
    from rich.text import Text

    lost = document["lost_writes"]
    lines = [
        f"  {each['table']} {each['row_id']}: {each['op']} of {each['request_id']}"
        for each in lost[:LOST_SHOWN]
    ]
    if len(lost) > LOST_SHOWN:
        lines.append(f"  and {len(lost) - LOST_SHOWN} more: --json lists them")
    return [Text(shown(line), style="error") for line in lines]


def _rewound(document: Mapping[str, Any]) -> list[Text]:
    """What became of the time that was gone back over, and whether anybody was paid twice."""
    from rich.text import Text

    if "replayed" not in document:
        return []
    conflicts, doubled = document["conflicts"], document["payments_doubled"]
    back = f"Brought back: {_counted(document['replayed'], 'row')}"
    lines = [Text(f"{back}; listed for a person: {_counted(conflicts, 'conflict')}.")]
    if doubled:
        return [*lines, Text(f"PAID TWICE: {_counted(doubled, 'payslip')}.", style="error")]
    return [*lines, Text("Every payslip was paid at most once.")]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _requests(document: Mapping[str, Any]) -> Text:
    from rich.text import Text

    failed, requests = document["failed_requests"], document["requests"]
    return Text(f"{failed} of {requests} requests failed meanwhile.")


def _verdict(document: Mapping[str, Any], *, problem: str) -> list[Text]:
    from rich.text import Text

    seconds = document["seconds"]
    if not document["recovered"]:
        return [Text(f"Production did not come back. {shown(problem)}".strip(), style="error")]
    parts = f"{seconds['detect']:.1f} s to notice, {seconds['recover']:.1f} s to recover"
    lines = [Text(f"Production came back in {seconds['total']:.1f} s: {parts}.", style="good")]
    return [*lines, Text(f"Run {document['run']}.", style="quiet")] if document["run"] else lines


def show_all(documents: Sequence[Mapping[str, Any]]) -> None:
    """Every drill as a line of a table: seconds, requests, writes."""
    from hrmsops.console import output

    columns = ("DRILL", "NOTICE", "RECOVER", "FAILED", "WRITES", "LOST", "REPLAYED", "TWICE")
    output.table(columns, map(_row, documents))


def _row(document: Mapping[str, Any]) -> tuple[object, ...]:
    seconds = document["seconds"]
    return (
        document["scenario"],
        _seconds(seconds["detect"]),
        _seconds(seconds["recover"]) if document["recovered"] else "NEVER",
        f"{document['failed_requests']} of {document['requests']}",
        document["acknowledged_writes"],
        len(document["lost_writes"]),
        document.get("replayed", "-"),
        document.get("payments_doubled", "-"),
    )


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


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
