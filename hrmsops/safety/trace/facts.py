"""What each thing that was seen means: its rule, how bad it is, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hrmsops.safety.event import Sizes
from hrmsops.safety.report import Severity
from hrmsops.safety.trace.seen import Broken, Change, Failure, Operation, Seen

ANSWERS: dict[str, frozenset[str]] = {
    "table-rewritten": frozenset(
        {"table-rewritten", "type-rewrites-table", "column-rewrites-table"}
    ),
    "index-blocks-writes": frozenset(
        {"index-blocks-writes", "unique-blocks-table", "collation-rebuilds-indexes"}
    ),
    "constraint-scans-table": frozenset({"constraint-scans-table", "validated-too-early"}),
    "rows-written-at-once": frozenset({"rows-written-at-once", "data-under-schema-lock"}),
    "old-code-cannot-insert": frozenset({"old-code-cannot-insert", "default-withdrawn"}),
    "column-dropped": frozenset({"column-dropped", "code-loses-object"}),
    "migration-fails": frozenset(
        {
            "already-there",
            "column-without-value",
            "concurrently-in-transaction",
            "django-refuses",
            "enum-value-changes",
            "pending-trigger-events",
            "same-value-twice",
            "transaction-broken",
            "virtual-column-too-early",
        }
    ),
}
"""Which rules of the reader a measured one stands for; each for itself too."""
TAKES_AWAY = frozenset(
    {"table-dropped", "column-dropped", "table-renamed", "column-renamed", "code-loses-object"}
)
EXCLUSIVE = ("SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")
NO_WRITER = ("SHARE", *EXCLUSIVE)
TOGETHER = 2
"""So many of the three rows in one transaction are all that match, and a million would be too."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was measured. `rule` is the most general one that says it."""

    rule: str
    severity: Severity
    table: str
    why: str
    name: str = ""
    lock: str = ""
    rewrites: bool = False
    breaks: tuple[str, ...] = ()

    @property
    def answers(self) -> frozenset[str]:
        return ANSWERS.get(self.rule, frozenset()) | {self.rule}


def blocked(lock: str) -> str:
    """Who waits behind a lock."""
    if lock == "ACCESS EXCLUSIVE":
        return "reads and writes"
    return "writes" if lock in NO_WRITER else ""


def by_size(sizes: Sizes, table: str) -> Severity:
    """How bad it is that something takes as long as the table is big."""
    found: dict[str, Severity] = {"large": "danger", "unknown": "warning", "small": "info"}
    return found[sizes.size(bare(table))]


def bare(table: str) -> str:
    """A table's name without schema and quotes, as sizes are kept by it."""
    return table.rpartition(".")[2].strip('"')


def facts_of(operation: Operation, seen: Seen, sizes: Sizes) -> Iterator[Fact]:
    """What one operation did to the tables that were there, and their rows."""
    for change in operation.changes:
        if (fact := _of_change(change, operation, sizes)) is not None:
            yield fact
    for table, (_, updated, deleted) in operation.writes.items():
        is_one = seen.is_atomic or operation.statements == 1
        if updated >= TOGETHER and is_one:
            yield Fact(
                "rows-written-at-once",
                by_size(sizes, table),
                table,
                f"{updated} of 3 rows of {table} were updated in one transaction: all that match "
                "stay locked until it ends.",
                lock=operation.locks.get(table, ""),
            )
        if deleted:
            yield Fact(
                "rows-deleted", "danger", table, f"{deleted} of 3 rows of {table} were deleted."
            )


def _of_change(change: Change, operation: Operation, sizes: Sizes) -> Fact | None:
    table, name = change.table, change.name
    lock = change.lock
    size = by_size(sizes, table)
    if change.what in ("index-built", "index-rebuilt", "index-dropped") and operation.is_beside:
        return None
    if change.what == "validated" and lock not in EXCLUSIVE:
        return None
    if change.what == "index-dropped" and _goes_with_another(change, operation):
        return None
    known: dict[str, tuple[str, Severity, str]] = {
        "rewritten": ("table-rewritten", size, f"{table} was written anew, under {lock}."),
        "emptied": ("table-emptied", "danger", f"{table} was emptied."),
        "table-dropped": ("table-dropped", "danger", f"{table} and its rows are gone."),
        "view-dropped": ("code-loses-object", "warning", f"The view {table} is gone."),
        "column-dropped": ("column-dropped", "danger", f"{table}.{name} and its values are gone."),
        "table-renamed": ("table-renamed", "warning", f"{table} is {name} now."),
        "column-renamed": ("column-renamed", "warning", f"{table}.{name} has another name now."),
        "index-built": ("index-blocks-writes", size, f"The index {name} was built under {lock}."),
        "index-rebuilt": (
            "index-blocks-writes",
            size,
            f"The index {name} was built anew under {lock}.",
        ),
        "index-dropped": (
            "index-dropped-under-lock",
            "warning",
            f"The index {name} was dropped under {lock}.",
        ),
        "index-invalid": ("index-blocks-writes", "danger", f"The index {name} was left invalid."),
        "not-null": (
            "not-null-scans-table",
            size,
            f"{table} was read for NULLs in {name} under {lock}.",
        ),
        "scanned": ("constraint-scans-table", size, f"{table} was read for {name} under {lock}."),
        "validated": (
            "constraint-scans-table",
            size,
            f"{table} was read for {name} while {lock} was held.",
        ),
    }
    if change.what not in known:
        return None
    rule, severity, why = known[change.what]
    rewrites = change.what == "rewritten"
    return Fact(rule, severity, table, why, name=name, lock=lock, rewrites=rewrites)


def _goes_with_another(change: Change, operation: Operation) -> bool:
    """With a column, or for another that takes its place."""
    others = ("column-dropped", "index-built", "rewritten")
    return any(each.what in others and each.table == change.table for each in operation.changes)


def fact_of_code(broken: tuple[Broken, ...]) -> Fact:
    """Statements of one model that fail for one revision."""
    first = broken[0]
    verbs = tuple(dict.fromkeys(each.verb for each in broken))
    rule = "new-code-does-not-fit"
    if first.who == "old":
        rule = "old-code-cannot-insert" if verbs == ("INSERT",) else "code-loses-object"
    said = f"{first.said} (SQLSTATE {first.sqlstate})" if first.sqlstate else first.said
    return Fact(
        rule,
        "danger",
        first.table,
        f"{spoken(verbs)} of {first.model} by the {first.who} code fails: {said}.",
        name=first.column,
        breaks=tuple(f"{first.who} code: {verb} {first.model}" for verb in verbs),
    )


def with_broken(fact: Fact, groups: list[tuple[Broken, ...]]) -> Fact:
    """What took something away, with the code that missed it; that is taken out of `groups`."""
    if fact.rule not in TAKES_AWAY:
        return fact
    for broken in groups:
        if broken[0].who == "old" and bare(broken[0].table) == bare(fact.table):
            groups.remove(broken)
            code = fact_of_code(broken)
            why = f"{fact.why} {code.why}"
            return replace(fact, severity="danger", why=why, breaks=code.breaks)
    return fact


def spoken(verbs: tuple[str, ...]) -> str:
    """`SELECT, INSERT and UPDATE`."""
    *first, last = verbs
    return f"{', '.join(first)} and {last}" if first else last


def fact_of_failure(failures: tuple[Failure, ...], *, ended: bool) -> Fact:
    """A migration that failed at least once."""
    first = failures[0]
    code = f"SQLSTATE {first.sqlstate}" if first.sqlstate else first.error
    where = {
        "rows and NULLs": "on rows of which one has NULLs",
        "rows without NULLs": "on rows",
        "empty tables": "on empty tables",
    }
    on_what = ", on empty tables too" if ended and len(failures) > 1 else f" {where[first.rows]}"
    then = "" if ended else f" It passes {_passes(failures)}."
    return Fact(
        "migration-fails",
        # Whether the real rows have NULLs there, three made-up ones cannot tell.
        "warning" if len(failures) == 1 and not ended else "danger",
        first.about.partition(",")[0],
        f"It fails{on_what} ({code}): {first.said.rstrip('.')}.{then}",
        breaks=("the migration",),
    )


def _passes(failures: tuple[Failure, ...]) -> str:
    return "where no row has a NULL" if len(failures) == 1 else "on empty tables alone"
