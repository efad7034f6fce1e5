"""All that a decision about migrations may look at, observed once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One of Django's operations; `is_code` for what no SQL can show, such as RunPython."""

    kind: str
    text: str
    is_reversible: bool
    is_code: bool


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that would be applied. `sql` None: its statements depend on earlier ones.

    `locks` has the strongest lock on each existing table, as its SQL shows; `destroys` whether it
    drops, empties or rewrites data, or runs code that may.
    """

    app: str
    name: str
    is_atomic: bool
    replaces: tuple[str, ...]
    operations: tuple[Operation, ...]
    sql: tuple[str, ...] | None
    locks: dict[str, str]
    destroys: bool
    fingerprint: str

    @property
    def full_name(self) -> str:
        """`app.name`."""
        return f"{self.app}.{self.name}"


class TableSize(msgspec.Struct, frozen=True, kw_only=True):
    """A table by its statistics; `rows` None where it was never analysed."""

    rows: int | None
    bytes: int


class Danger(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of the safety check, of severity `danger` or `warning`."""

    rule: str
    severity: str
    migration: str
    operation: str
    table: str
    why: str
    instead: str

    def sentence(self) -> str:
        """`app.name: why (rule)`."""
        return f"{self.migration}: {self.why.rstrip('.')} ({self.rule})"


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that an earlier run left half applied, in its operation `operation` from 1."""

    migration: str
    run: str
    operation: int


class MigrationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The code at hand and the database, as the HRMS's own Django sees them."""

    observed_at: datetime
    service: str
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
    applied: int
    pending: tuple[Pending, ...]
    backwards: tuple[str, ...]
    unknown: tuple[str, ...]
    owners: dict[str, str]
    changes: tuple[str, ...]
    checks: tuple[str, ...]
    known: tuple[str, ...]
    """What is not as it should be already now, in the words of the verification."""
    sizes: dict[str, TableSize]
    findings: tuple[Danger, ...]
    unchecked: tuple[str, ...]
    """Pending migrations that the check did not see: of apps outside of the project."""
    half: tuple[Half, ...]
    under_way: dict[str, Any] | None
    """The session that migrates this database now."""
