"""The sizes of tables on a screen: red where more is there than was expected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hrmsops.console import layout, output, theme
from hrmsops.console.ages import age
from hrmsops.console.next_command import completed
from hrmsops.console.safe import shown

if TYPE_CHECKING:
    from rich.text import Text

    from hrmsops.partition.sizes import Growth, Sized

SPAN_MIN = timedelta(minutes=1)
"""What grew within less says nothing."""
COLUMNS = ("TABLE", "ROWS", "EXPECT", "DATA", "INDEX", "GROWTH", "WATCH")
NUMBERS = ("ROWS", "EXPECT", "DATA", "INDEX")
_THOUSANDS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "K"))
_BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def show(found: Sequence[Sized], *, now: datetime, env: str) -> None:
    """The table, then what asks for something, each with its command."""
    from rich.table import Table
    from rich.text import Text

    if not found:
        output.result("No table is large, or expected to be; --all shows the small ones.")
        return
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in COLUMNS:
        is_last, justify = column == COLUMNS[-1], "right" if column in NUMBERS else "left"
        grid.add_column(Text(column), no_wrap=not is_last, justify=justify)  # type: ignore[arg-type]
    for each in found:
        grid.add_row(*_row(each, now))
    output.draw(grid)
    if any(not each.is_exact for each in found):
        output.say("Rows are the server's own estimate; --exact counts them.", style="quiet")
    for each in found:
        _tell(each, env=env)


def _tell(each: Sized, *, env: str) -> None:
    console = theme.talk()
    if each.partitions:
        until = f"until {each.runs_out:%Y-%m-%d}" if each.runs_out else "without an end"
        told = f"{each.table}: {each.partitions} partitions, {until}"
        console.print(layout.hanging(console, "  ", told), style="quiet")
    for finding in each.findings:
        console.print(layout.hanging(console, "! ", finding), style="warning")
    if each.fix:
        output.command("  Next: ", completed(each.fix, env=env, config=None))


def _row(each: Sized, now: datetime) -> tuple[Text | str, ...]:
    from rich.text import Text

    rows = count(each.rows) if each.is_exact or each.rows is None else f"~{count(each.rows)}"
    return (
        shown(each.table),
        Text(rows, style="error" if each.is_exceeded else ""),
        f"{count(each.expected)}+" if each.expected else "",
        size(each.bytes),
        size(each.index_bytes),
        _growth(each.growth, now),
        each.watch.lower(),
    )


def _growth(growth: Growth | None, now: datetime) -> str:
    """ "+1.2M in 9 d"; by bytes where rows are not known, nothing before the second look."""
    if growth is None or now - growth.since < SPAN_MIN:
        return ""
    told = growth.bytes if growth.rows is None else growth.rows
    amount = size(abs(told)) if growth.rows is None else count(abs(told))
    return f"{'-' if told < 0 else '+'}{amount} in {age(now - growth.since)}"


def count(rows: int | None) -> str:
    """ "5M", "1.2M", "120K": at most three digits."""
    return "?" if rows is None else _scaled(rows, _THOUSANDS, "")


def size(amount: int) -> str:
    """ "1.2 GiB"."""
    return _scaled(amount, _BINARY, " ") if amount >= 2**10 else f"{amount} B"


def _scaled(amount: int, units: tuple[tuple[int, str], ...], gap: str) -> str:
    for unit, word in units:
        if amount >= unit:
            value = amount / unit
            digits = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
            return f"{digits}{gap}{word}"
    return str(amount)
