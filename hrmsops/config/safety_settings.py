"""The settings of `check`, without loading what reads the others where nothing is configured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hrmsops.config.finding import nearest
from hrmsops.config.table_sizes import LARGE_TABLE_ROWS, TABLE_SIZE_REFERENCE


def safety_settings(named: Path | None, *, start: Path) -> tuple[Mapping[str, int], int]:
    """The rows to expect by table, and from how many a table is large.

    The guide's Table Size Reference holds for each table that the file does not name.
    """
    folder = start if start.is_dir() else start.parent
    if named is None and nearest(folder.absolute()) is None:
        return TABLE_SIZE_REFERENCE, LARGE_TABLE_ROWS
    from hrmsops.config.loading import load

    safety = load(named, start=folder).safety
    return {**TABLE_SIZE_REFERENCE, **safety.expected_rows}, safety.large_table_rows
