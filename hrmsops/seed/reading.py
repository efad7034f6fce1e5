"""From the data files to tables: ours, or the project's own in their place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

from hrmsops.errors.seed import SeedFileUnreadable
from hrmsops.seed.catalogue import Spec
from hrmsops.seed.table import STANDINGS, Row, Table, Value

SETTINGS = frozenset(
    {
        "standing",
        "source",
        "review",
        "columns",
        "rows",
        "lines",
        "values",
        "sources",
        "history",
    }
)
ABOUT_A_ROW = frozenset({"source", "standing", "standings"})


def read(specs: Iterable[Spec], own: Path | None) -> dict[str, Table]:
    """The tables of `specs` by name; a file in the folder `own` stands in for ours of that name.

    Raises SeedFileUnreadable.
    """
    return {each.table: _table(each.table, own) for each in specs}


def _table(name: str, own: Path | None) -> Table:
    file = own / f"{name}.toml" if own else None
    if file is None or not file.exists():
        return _ours(name)
    try:
        return parsed(name, file.read_text(encoding="utf-8"), origin=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SeedFileUnreadable(file=str(file), why=f"It cannot be read: {error}.") from error


@cache
def _ours(name: str) -> Table:
    file = files("hrmsops.seed") / "data" / f"{name}.toml"
    return parsed(name, file.read_text(encoding="utf-8"), origin=f"hrmsops/seed/data/{name}.toml")


def parsed(name: str, text: str, *, origin: str) -> Table:
    """The table that a file's text describes."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SeedFileUnreadable(file=origin, why=f"It is not TOML: {error}.") from error
    return _Reader(name, found, origin).table()


class _Reader:
    """One file's settings and rows."""

    def __init__(self, name: str, found: Mapping[str, Any], origin: str) -> None:
        self._name, self._found, self._origin = name, found, origin

    def table(self) -> Table:
        if unknown := sorted(self._found.keys() - SETTINGS):
            raise self._wrong(f"It has {', '.join(unknown)}, which is not of a data file.")
        rows = (*map(self._row, self._plain_rows()), *self._lines())
        if not rows:
            raise self._wrong("It has no rows.")
        return Table(
            name=self._name,
            fields=tuple(dict.fromkeys(chain.from_iterable(row.values for row in rows))),
            rows=rows,
            sources=self._found.get("sources", {}),
            review=tuple(self._found.get("review", ())),
            history=tuple(self._found.get("history", ())),
            origin=self._origin,
        )

    def _plain_rows(self) -> Iterable[Mapping[str, Any]]:
        rows, columns = self._found.get("rows", []), self._found.get("columns")
        if not isinstance(rows, list):
            raise self._wrong("Its rows are not a list.")
        for number, row in enumerate(rows, start=1):
            if isinstance(row, dict):
                yield row
            elif columns and isinstance(row, list) and len(row) == len(columns):
                yield dict(zip(columns, row, strict=True))
            else:
                raise self._wrong(f"Row {number} has not a value for each of its columns.")

    def _lines(self) -> Iterator[Row]:
        """Rows that are nothing but texts, a line each, as a long list is written and read best."""
        text, columns = self._found.get("lines", ""), self._found.get("columns", ())
        if not isinstance(text, str):
            raise self._wrong("Its lines are not a text.")
        source, standing = self._found.get("source", ""), self._standing({})
        standings: Mapping[str, str] = {}
        for line in filter(None, text.splitlines()):
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != len(columns):
                raise self._wrong(f'"{line}" has not a value for each of its columns.')
            values = dict(zip(columns, cells, strict=True))
            yield Row(values=values, source=source, standing=standing, standings=standings)

    def _standing(self, row: Mapping[str, Any]) -> str:
        standing: str = row.get("standing", self._found.get("standing", ""))
        for each in (standing, *row.get("standings", {}).values()):
            if each not in STANDINGS:
                raise self._wrong(f'A standing is one of {", ".join(STANDINGS)}, not "{each}".')
        return standing

    def _row(self, row: Mapping[str, Any]) -> Row:
        common = self._found.get("values", {})
        values = {k: v for k, v in {**row, **common, **row}.items() if k not in ABOUT_A_ROW}
        return Row(
            values={name: self._value(value) for name, value in values.items()},
            source=row.get("source", self._found.get("source", "")),
            standing=self._standing(row),
            standings=row.get("standings", {}),
        )

    def _value(self, value: Any) -> Value:
        if isinstance(value, list):
            raise self._wrong("A value is a list, which no column takes.")
        return value  # type: ignore[no-any-return]

    def _wrong(self, why: str) -> SeedFileUnreadable:
        return SeedFileUnreadable(file=self._origin, why=why)
