"""The record of a swap as SQL, written in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hrmsops.partition.cut import COPY, Cut
from hrmsops.partition.quoting import text


def remember(cut: Cut, before: Sequence[str]) -> str:
    """With how long the lock was held, by the server's clock, to just before the commit."""
    values = ", ".join(
        [
            text(cut.schema),
            text(cut.table),
            text(msgspec.json.encode(cut).decode()),
            text(msgspec.json.encode(list(before)).decode()),
            str(cut.method == COPY).lower(),
            "extract(epoch FROM clock_timestamp()"
            " - current_setting('hrmsops.locked_at')::timestamptz) * 1000",
        ]
    )
    return (
        "INSERT INTO hrmsops.partitioned"
        f" (schema_name, table_name, cut, before, keeps_old, locked_ms) VALUES ({values})"
    )


def forget(cut: Cut) -> str:
    """The table is what it was."""
    return (
        f"DELETE FROM hrmsops.partitioned WHERE schema_name = {text(cut.schema)}"
        f" AND table_name = {text(cut.table)}"
    )


def keeps_old_no_more(cut: Cut) -> str:
    return (
        "UPDATE hrmsops.partitioned SET keeps_old = false"
        f" WHERE schema_name = {text(cut.schema)} AND table_name = {text(cut.table)}"
    )
