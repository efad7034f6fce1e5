"""What is to be replayed: counts and keys by table, as lines and as JSON; never a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hrmsops.console import output

if TYPE_CHECKING:
    from hrmsops.console.documents.looks import Merged, ReplayDocument, WriterTold
    from hrmsops.postgres.captured import Captured
    from hrmsops.postgres.writers import Writer
    from hrmsops.rollback.kinds.replay import ReplayFacts

KEYS_SHOWN_MAX = 5
KEYS_TOLD_MAX = 100
WRITERS_SHOWN_MAX = 8
TABLES_SHOWN_MAX = 3
EXPIRE_DAYS = 30
OPS = ("insert", "update", "delete", "conflict", "aside")


def document(facts: ReplayFacts, *, folder: Path, writers: Sequence[Writer]) -> ReplayDocument:
    """For scripts: the whole merge in counts, conflicts with their keys."""
    manifest, damage = facts.manifest, facts.damage
    return {
        "run": facts.recovered.run,
        "instance": facts.recovered.clone,
        "source": facts.source,
        "replay": manifest.plan,
        "damage": {
            "is_known": damage.is_known,
            "transactions": damage.words,
            "evidence": damage.evidence,
        },
        "folder": str(folder),
        "tables": [
            cast(
                "Merged",
                {"table": str(table.table), **{op: table.counts.get(op, 0) for op in OPS}},
            )
            for table in manifest.tables
        ],
        "conflicts": [
            {"table": table, "reason": reason, "count": count, "keys": keys}
            for table, reason, count, keys in _conflicts(facts, folder, KEYS_TOLD_MAX)
        ],
        "excluded": list(map(str, manifest.excluded)),
        "unmergeable": list(map(str, manifest.unmergeable)),
        "writers": [_writer(each) for each in writers],
    }


def show(facts: ReplayFacts, *, folder: Path, captured: Captured) -> None:
    """The merge on stdout: what is made, what is listed, where the files are."""
    of, manifest = facts.recovered, facts.manifest
    output.result(f"Written in {facts.source}, and not in {of.clone}:", style="bold")
    if not manifest.tables:
        output.result("  nothing")
    else:
        rows = [(str(t.table), *(t.counts.get(op, 0) for op in OPS)) for t in manifest.tables]
        output.table(("table", *OPS), rows)
    for table, reason, count, keys in _conflicts(facts, folder, KEYS_SHOWN_MAX):
        named = ", ".join("/".join(key) for key in keys) + (", …" if count > len(keys) else "")
        output.result(f"Conflict: {table}, {reason}, {count} rows: {named}", style="warning")
    for hint in _renamed(captured):
        output.result(hint)
    for words, names in (
        ("Never replayed", manifest.excluded),
        ("Without a key, differ, left to you", manifest.unmergeable),
        ("Could not be read, left to you", captured.unreadable),
    ):
        if names:
            output.result(f"{words}: {', '.join(map(str, names))}")
    if facts.damage.evidence:
        output.result(f"The damage: {_damage(facts)}")
    output.result(f"Files: {folder}")
    output.result(
        f"They hold people's data, are yours alone, and are to go after {EXPIRE_DAYS} days: "
        "hrmsops replay --purge"
    )


def show_writers(writers: Sequence[Writer]) -> None:
    """Who wrote the rows that differ, the largest first."""
    output.say("Who wrote the rows that differ, each row's last writer:")
    rows = [
        (
            each.number,
            sum(each.rows.values()),
            f"{each.committed_at:%H:%M:%S}" if each.committed_at else "",
            _wrote(each),
        )
        for each in writers[:WRITERS_SHOWN_MAX]
    ]
    output.table(("transaction", "rows", "at (UTC)", "what"), rows)


def _renamed(captured: Captured) -> Iterator[str]:
    """Where a column may have been renamed: nobody but a person knows."""
    for each in captured.tables:
        if each.only_base and each.only_now and not each.is_new:
            old, new = each.only_base[0], each.only_now[0]
            yield (
                f"{each.table}: {', '.join(each.only_base)} went, {', '.join(each.only_now)} came. "
                f"Where one was renamed: --map {each.table}.{old}={new}"
            )


def _wrote(of: Writer) -> str:
    by_size = sorted(of.rows.items(), key=lambda each: -each[1])[:TABLES_SHOWN_MAX]
    tables = ", ".join(f"{table} {count}" for table, count in by_size)
    return "; ".join(each for each in (", ".join(of.migrations), tables) if each)


def _writer(of: Writer) -> WriterTold:
    return {
        "transaction": of.number,
        "rows": dict(of.rows),
        "migrations": list(of.migrations),
        "committed_at": of.committed_at,
    }


def _damage(facts: ReplayFacts) -> str:
    damage = facts.damage
    if damage.is_harmless:
        return f"none; {damage.evidence}"
    return f"transaction {', '.join(damage.words)}; {damage.evidence}"


def _conflicts(
    facts: ReplayFacts, folder: Path, most: int
) -> Iterator[tuple[str, str, int, list[tuple[str, ...]]]]:
    """Each table's reasons, how many rows, and the first keys of them."""
    from hrmsops.postgres.changes import read_changes

    for table in facts.manifest.tables:
        if not table.reasons:
            continue
        keys: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for _, change in read_changes(folder, table):
            if change.reason and len(keys[change.reason]) < most:
                keys[change.reason].append(change.key)
            if all(len(keys[r]) == min(most, count) for r, count in table.reasons.items()):
                break
        for reason, count in table.reasons.items():
            yield str(table.table), reason, count, keys[reason]
