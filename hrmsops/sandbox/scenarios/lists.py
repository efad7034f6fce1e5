"""What `hrmsops replay RUN --out DIR` wrote down for a person: conflicts, and what was left."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hrmsops.sandbox.scenarios.proof import ALL, Listing
from hrmsops.sandbox.writes import Row

MANIFEST, LEFT = "manifest.json", "left.jsonl"


def listing_in(folders: Iterable[Path]) -> Listing:
    """The rows that their files name, each with the columns that were not brought over."""
    columns: dict[Row, set[str]] = defaultdict(set)
    for folder in folders:
        if (folder / MANIFEST).exists():
            for row, names in (*_conflicts(folder), *_left(folder)):
                columns[row] |= names
    return Listing({row: frozenset(names) for row, names in columns.items()})


def _conflicts(folder: Path) -> Iterator[tuple[Row, set[str]]]:
    for table in _tables(folder):
        for line in _lines(folder / table["file"]):
            if line["op"] == "conflict":
                yield _row(table, line), set(line.get("after", {}))


def _left(folder: Path) -> Iterator[tuple[Row, set[str]]]:
    if not (folder / LEFT).exists():
        return
    by_name = {_name(table["table"]): table for table in _tables(folder)}
    for line in _lines(folder / LEFT):
        yield _row(by_name[line["table"].rpartition(".")[2]], line), {ALL}


def _tables(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    tables: list[dict[str, Any]] = manifest["tables"]
    return tables


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _row(table: dict[str, Any], line: dict[str, Any]) -> Row:
    (key,) = line["key"]
    return _name(table["table"]), int(key)


def _name(table: Any) -> str:
    """A table is a schema and a name."""
    return str(table[-1] if isinstance(table, list) else table["name"])
