"""Which incident reports were written, kept beside the run's journal."""

from __future__ import annotations

import msgspec

from hrmsops.engine.store import RecordExists, Store

PREFIX = "reports/"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was written: where, by whom, when (RFC 3339)."""

    place: str
    by: str
    at: str


def keep(store: Store, run: str, report: Written) -> None:
    """Remember that one was written."""
    number = len(store.names(f"{PREFIX}{run}/"))
    while True:
        number += 1
        try:
            store.create(f"{PREFIX}{run}/{number:04}", msgspec.json.encode(report))
        except RecordExists:
            continue
        return


def written(store: Store, run: str) -> str:
    """Where the newest report of a run is and who wrote it, "" where none was."""
    names = store.names(f"{PREFIX}{run}/")
    record = store.read(names[-1]) if names else None
    if record is None:
        return ""
    report = msgspec.json.decode(record.data, type=Written)
    return f"{report.place}, written by {report.by} at {report.at}"
