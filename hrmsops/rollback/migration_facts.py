"""All that a decision about taking migrations back may look at, observed once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hrmsops.rollback.candidates import Choice
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.known import Known
from hrmsops.rollback.sighting import SchemaFacts, Seen
from hrmsops.steps.schema.schema_fits import SchemaWanted

OBSTACLES = {
    "no-value": "{rows} of {table} would need a value in {column}, which has no default",
    "null": "{rows} of {table} have no value in {column}, which becomes NOT NULL again",
    "twice": "{rows} in {column} of {table} are there twice, and it becomes unique again",
    "too-long": "{rows} of {table} have a longer {column} than would fit",
    "out-of-range": "{rows} of {table} have a {column} that would not fit",
    "check": "{rows} of {table} break the check {column}, which comes back",
}


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What would go: a table with its rows, or a column with its values; None: not counted."""

    table: str
    column: str
    rows: int | None
    values: int | None

    @property
    def count(self) -> int | None:
        return self.values if self.column else self.rows

    def sentence(self) -> str:
        """ "payroll_payslip.net (200,113 values)"."""
        return f"{self.thing} ({_counted(self.count, self._noun)})"

    def about(self) -> str:
        """The same in round numbers."""
        return f"{self.thing} ({self.about_how_many()})"

    def about_how_many(self) -> str:
        """A plan that was approved is the same after a hundred more."""
        if not self.count:
            return _counted(self.count, self._noun)
        digits = len(str(self.count)) - 1
        return f"about {_counted(round(self.count, -digits), self._noun)}"

    @property
    def thing(self) -> str:
        """`table.column`, or the table."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def _noun(self) -> str:
        return "value" if self.column else "row"


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that the reverse would stop at; None: they could not be counted."""

    kind: str
    table: str
    column: str
    rows: int | None

    def sentence(self) -> str:
        rows = _counted(self.rows, "value" if self.kind == "twice" else "row")
        return OBSTACLES[self.kind].format(rows=rows, table=self.table, column=self.column)


class ReversedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One of Django's operations, which would be undone; `is_code` for what no SQL can show."""

    kind: str
    text: str
    is_reversible: bool
    is_code: bool


class Reverse(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that would be taken back; its operations from the last to the first.

    `sql` None: it depends on those before it. `kind` is one of `safety.reversal.KINDS`, `why` the
    reasons, the worst first.
    """

    app: str
    name: str
    is_atomic: bool
    replaces: tuple[str, ...]
    operations: tuple[ReversedOperation, ...]
    sql: tuple[str, ...] | None
    locks: dict[str, str]
    losses: tuple[Loss, ...]
    obstacles: tuple[Obstacle, ...]
    fingerprint: str
    kind: str = ""
    repairs: bool = True
    why: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """`app.name`."""
        return f"{self.app}.{self.name}"

    @property
    def loses_nothing(self) -> bool:
        """Lossy by its kind, and there is nothing to lose: every loss was counted, as none."""
        is_counted = bool(self.losses) and all(each.count == 0 for each in self.losses)
        is_only_that = all(each.kind in ("CreateModel", "AddField") for each in self._changing)
        return self.kind == "lossy" and self.repairs and is_counted and is_only_that

    @property
    def _changing(self) -> list[ReversedOperation]:
        quiet = ("AddIndex", "AddConstraint", "AlterModelOptions", "AlterModelManagers")
        return [each for each in self.operations if each.kind not in quiet]


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the reverse on an empty copy of the schema; `failed` names a migration.

    `is_done` False: it was not tried, and `why` says for what reason. `differs` is in what it left
    another schema than that of a database migrated just so far, which is `schema`.
    """

    is_done: bool
    why: str = ""
    failed: str = ""
    seconds: float = 0.0
    differs: tuple[str, ...] = ()
    schema: SchemaWanted = SchemaWanted()


class CloneWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The rehearsal is to be on a clone; `last_seconds` is what an earlier clone took, if known.

    `is_all`: nothing else is to be done.
    """

    last_seconds: int | None
    is_all: bool


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """A migration whose reverse an earlier run left half done."""

    migration: str
    run: str


class ReversalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The code at hand, the database as the HRMS's own Django sees it, and the service."""

    observed_at: datetime
    service: ServiceFacts
    schema: Seen[SchemaFacts]
    """As it is now, before anything is taken back."""
    instance: str
    database: str
    role: str
    server: str
    django: str
    commit: str
    image: str
    as_job: bool
    app: str
    to: str
    undo: str
    applied: tuple[str, ...]
    reverses: tuple[Reverse, ...]
    forwards: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    """Applied and not in the code, each with where the ledger has it from."""
    owners: dict[str, str]
    known: tuple[str, ...]
    """What is not as it should be already now, in the words of the verification."""
    half: tuple[Half, ...]
    under_way: dict[str, Any] | None
    rehearsal: Rehearsal
    clone: CloneWanted | None = None

    @property
    def is_rehearsal_alone(self) -> bool:
        """Nothing but a clone is touched."""
        return self.clone is not None and self.clone.is_all

    @property
    def first(self) -> str:
        """The oldest that would go: the moment before it is the way back in time."""
        return self.reverses[-1].full_name

    @property
    def afterwards(self) -> Seen[SchemaFacts]:
        """The schema once they are gone, for the question which code fits it."""
        if self.schema.value is None:
            return self.schema
        gone = {each.full_name for each in self.reverses}
        kept = tuple(each for each in self.schema.value.applied if each.migration not in gone)
        return Seen(value=msgspec.structs.replace(self.schema.value, applied=kept))


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Which revision serves afterwards and whether its code fits; None: traffic stays as it is."""

    choice: Choice | None
    fit: Known | None = None
    why: str = ""
    """Of traffic that stays: for what reason."""


def _counted(count: int | None, noun: str) -> str:
    if count is None:
        return f"{noun}s not counted"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
