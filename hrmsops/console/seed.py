"""The screen of a seed: a line a table, then each row that differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from hrmsops.console import layout, theme
from hrmsops.console.output import draw, result
from hrmsops.console.safe import shown
from hrmsops.seed.catalogue import ADMINISTRATOR
from hrmsops.seed.difference import ADD, KEPT, REMOVED, Change, Difference, written
from hrmsops.seed.seeding import counted

if TYPE_CHECKING:
    from hrmsops.console.documents.seeds import Counts, Fate, SeededRow, SeededTables
    from hrmsops.plans.seed_facts import SeedFacts
    from hrmsops.seed.material import Material

SHOWN_MAX = 20
COLUMNS = ("table", "add", "change", "same", "kept", "others", "model")
STYLES = {"add": "good", "change": "fix", "kept": "warning", "left out": "quiet"}


def differences(facts: SeedFacts, found: Material, *, shows_all: bool, is_look: bool) -> None:
    """A line a table; below it what would change, field by field, and what is left as it is.

    `shows_all` shows each row that would be added too, and no end of any list is cut off.
    """
    _table(facts)
    for difference in facts.differences:
        lines = [*_lines(difference, found, facts.overwrite, shows_all=shows_all)]
        if shows_all and (fields := facts.left_out.get(difference.table)):
            model = facts.models[difference.table]
            lines.append(("left out", f"{model} has no field for {', '.join(fields)}", ""))
        if lines and (is_look or shows_all):
            _rows(difference.table, lines, shows_all=shows_all)
    result()


def document(facts: SeedFacts, found: Material, *, shows_all: bool) -> SeededTables:
    """The same as JSON values; `rows` are those that differ, added ones only where asked for."""
    return {
        "tables": [
            {
                "table": each.table,
                "model": facts.models[each.table],
                **cast("Counts", counted(each, overwrite=facts.overwrite)),
                "only_there": each.only_there,
                "left_out": facts.left_out.get(each.table, ()),
                "rows": [
                    _row_document(change, each, found, facts.overwrite)
                    for change in each.changes
                    if shows_all or _fate(change, facts.overwrite) != "add"
                ],
            }
            for each in facts.differences
        ]
    }


def _row_document(
    change: Change, difference: Difference, found: Material, overwrite: bool
) -> SeededRow:
    pairs = _pairs(change, difference, found)
    return {
        "key": change.key,
        "is": _fate(change, overwrite),
        "why": KEPT.get(change.state, ""),
        "fields": {name: {"there": was, "seed": now} for name, was, now in pairs},
    }


def _table(facts: SeedFacts) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in COLUMNS:
        is_number = column not in (COLUMNS[0], COLUMNS[-1])
        grid.add_column(
            column,
            justify="right" if is_number else "left",
            no_wrap=column != COLUMNS[-1],
            overflow="ellipsis",
        )
    for each in facts.differences:
        counts = counted(each, overwrite=facts.overwrite)
        figures = [*counts.values(), each.only_there]
        styles = [STYLES["add"], STYLES["change"], "", STYLES["kept"], "quiet"]
        cells = [
            Text(f"{figure:,}", style=style if figure else "quiet")
            for figure, style in zip(figures, styles, strict=True)
        ]
        grid.add_row(each.table, *cells, Text(facts.models[each.table], style="quiet"))
    draw(grid)


def _fate(change: Change, overwrite: bool) -> Fate:
    """ "add", "change", or "kept"."""
    if change.state not in written(overwrite=overwrite):
        return "kept"
    return "add" if change.state in (ADD, REMOVED) else "change"


def _lines(
    difference: Difference, found: Material, overwrite: bool, *, shows_all: bool
) -> Iterator[tuple[str, str, str]]:
    """What becomes of a row, its key with what differs, and why it is left."""
    for change in difference.changes:
        fate = _fate(change, overwrite)
        if fate != "add" or shows_all or change.state == REMOVED:
            pairs = _pairs(change, difference, found)
            told = ", ".join(
                _pair(name, was, now, is_new=fate == "add") for name, was, now in pairs
            )
            yield fate, f"{change.key}: {told}" if told else change.key, KEPT.get(change.state, "")


def _pairs(
    change: Change, difference: Difference, found: Material
) -> Iterator[tuple[str, str | None, str | None]]:
    """Each field with what is there and what the data have; of a person only that it differs."""
    mapped = found.mapped[difference.table]
    if difference.table == ADMINISTRATOR:
        yield from ((name, "…", "…") for name in change.fields)
    elif change.fields:
        yield from ((name, was, now) for name, (was, now) in change.fields.items())
    else:
        row = found.rows(difference.table)[change.number]
        for column, text in zip(mapped.columns, row, strict=True):
            if column.field not in mapped.key:
                yield column.field, None, text


def _pair(name: str, was: str | None, now: str | None, *, is_new: bool) -> str:
    if is_new:
        return f"{name} {_text(now)}"
    return f"{name} {_text(was)} -> {_text(now)}"


def _text(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value if value and " " not in value else f'"{value}"'


def _rows(name: str, lines: Sequence[tuple[str, str, str]], *, shows_all: bool) -> None:
    from rich.text import Text

    console = theme.results()
    result(f"\n{name}", style="bold")
    kept = lines if shows_all else lines[:SHOWN_MAX]
    for fate, told, why in kept:
        label = Text(f"  {fate:<10}", style=STYLES[fate])
        console.print(layout.hanging(console, label, Text(shown(told))))
        if why:
            console.print(layout.hanging(console, " " * 12, Text(shown(why), style="quiet")))
    if len(lines) > len(kept):
        result(f"  and {len(lines) - len(kept):,} more; --diff shows all", style="quiet")
