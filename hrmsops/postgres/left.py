"""The changes that were not made, in a file beside the plan: keys and reasons."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hrmsops.postgres.apply import Applied
from hrmsops.postgres.changes import private_file, read_changes, read_manifest, synced

LEFT = "left.jsonl"


def write_left(folder: Path, applied: Applied) -> int:
    """Write down what was left of a plan, and how much that was."""
    manifest = read_manifest(folder)
    reasons = {
        each.table: {left.line: left.reason for left in each.left} for each in applied.tables
    }
    count = 0
    draft = folder / f".{LEFT}"
    file = private_file(draft)
    for table in manifest.tables:
        of = reasons.get(table.table, {})
        for number, change in read_changes(folder, table) if of else ():
            if number in of:
                line = {
                    "table": str(table.table),
                    "key": change.key,
                    "op": change.op,
                    "line": number,
                    "reason": of[number],
                }
                file.write(msgspec.json.encode(line) + b"\n")
                count += 1
    synced(file)
    draft.replace(folder / LEFT)
    return count
