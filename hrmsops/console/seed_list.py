"""What is seeded where, from what source, and how far to rely on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hrmsops.console import layout, theme
from hrmsops.console.output import result, say, table
from hrmsops.console.safe import shown
from hrmsops.seed.catalogue import EVERYWHERE
from hrmsops.seed.table import FOR_REVIEW, STANDINGS

if TYPE_CHECKING:
    from rich.text import Text

    from hrmsops.console.documents.seeds import SeedListDocument, SeedRow, SeedTable
    from hrmsops.seed.catalogue import Spec
    from hrmsops.seed.table import Row, Table

COLUMNS = ("fixture", "rows", "for review", "where", "standing")


def show(specs: Sequence[Spec], tables: Mapping[str, Table], *, with_rows: bool) -> None:
    """A line a table; `with_rows` each row with its source and standing below."""
    table(COLUMNS, [_line(each, tables[each.table]) for each in specs])
    for each in specs if with_rows else ():
        _table(each, tables[each.table])
    if not with_rows:
        say("Each row with its source: hrmsops seed --list --only FIXTURE", style="quiet")


def document(
    specs: Sequence[Spec], tables: Mapping[str, Table], *, with_rows: bool
) -> SeedListDocument:
    """The same as JSON values."""
    return {"tables": [_document(each, tables[each.table], with_rows=with_rows) for each in specs]}


def _line(spec: Spec, found: Table) -> tuple[object, ...]:
    where = "everywhere" if spec.kinds == EVERYWHERE else ", ".join(spec.kinds)
    review = found.rows_for_review
    standings = [each for each in STANDINGS if each in _standings(found)]
    part = "" if spec.table == spec.fixture else f": {spec.table.rpartition('_')[2]}"
    return f"{spec.fixture}{part}", len(found.rows), review, where, ", ".join(standings)


def _standings(found: Table) -> set[str]:
    return {each for row in found.rows for each in (row.standing, *row.standings.values())}


def _table(spec: Spec, found: Table) -> None:
    from rich.text import Text

    console = theme.results()
    result(f"\n{spec.title}: {found.origin}, by {' and '.join(spec.keys[0])}", style="bold")
    for name, source in found.sources.items():
        console.print(layout.hanging(console, Text(f"  {name}: ", style="quiet"), source))
    for note in found.review:
        mark = Text("  ! ", style="warning")
        console.print(layout.hanging(console, mark, Text(shown(note), style="warning")))
    for row in found.rows:
        mark = Text("  ? " if row.for_review else "    ", style="warning")
        console.print(layout.hanging(console, mark, _row(spec, row)))


def _row(spec: Spec, row: Row) -> Text:
    """Its key, its values, then where it is from; what is for review is marked by a ?."""
    from rich.text import Text

    key = ", ".join(str(row.values[name]) for name in spec.keys[0])
    others = (
        f"{name} {value}{_mark(row, name)}"
        for name, value in row.values.items()
        if name not in spec.keys[0] and value is not None
    )
    told = f"{key}: {', '.join(others)}" if len(row.values) > len(spec.keys[0]) else key
    return Text.assemble(shown(told), (f"  [{row.standing}; {row.source}]", "quiet"))


def _mark(row: Row, name: str) -> str:
    own = row.standings.get(name)
    return f" ({own})" if own and (own in FOR_REVIEW or own != row.standing) else ""


def _document(spec: Spec, found: Table, *, with_rows: bool) -> SeedTable:
    rows: list[SeedRow] = [
        {
            "values": row.values,
            "source": row.source,
            "standing": row.standing,
            "standings": row.standings,
            "for_review": row.for_review,
        }
        for row in found.rows
    ]
    told: SeedTable = {
        "table": spec.table,
        "fixture": spec.fixture,
        "title": spec.title,
        "kinds": spec.kinds,
        "key": spec.keys[0],
        "count": len(found.rows),
        "for_review": found.rows_for_review,
        "sources": found.sources,
        "review": found.review,
        "origin": found.origin,
    }
    if with_rows:
        told["rows"] = rows
    return told
