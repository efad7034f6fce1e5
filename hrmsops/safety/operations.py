"""Migrations and their operations as data: what Django's classes hold, without Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hrmsops.safety.code.facts import CodeFacts

Key = tuple[str, str]
"""An app and a migration's name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A model field as it is written. `kind` is the class of Django's that it is made from."""

    kind: str
    arguments: Mapping[str, Any]
    line: int
    written: str = ""
    is_known: bool = True

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)


@dataclass(frozen=True, slots=True)
class SqlText:
    """One string that is sent to the database. `text` None: it could not be resolved.

    Without parameters the string goes as it is, so several statements in it are one transaction.
    """

    text: str | None
    line: int
    written: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a migration. `written` is the class as it is typed, `kind` Django's own."""

    kind: str
    arguments: Mapping[str, Any]
    line: int
    written: str = ""
    state: tuple[Operation, ...] = ()
    database: tuple[Operation, ...] = ()
    sql: tuple[SqlText, ...] = ()
    code: CodeFacts | None = None
    reverse: str = ""
    """Of RunSQL and RunPython: `code`, `noop`, or empty where there is none."""
    reverse_sql: tuple[SqlText, ...] = ()
    reverse_code: CodeFacts | None = None

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)

    @property
    def model(self) -> str:
        """The model that it is about, as it is written; empty where there is none."""
        name = self.get("model_name") or self.get("name") or self.get("old_name") or ""
        is_about_one = "model_name" in self.arguments or self.kind in MODEL_OPERATIONS
        return name if is_about_one and isinstance(name, str) else ""


MODEL_OPERATIONS = frozenset(
    {
        "CreateModel",
        "DeleteModel",
        "RenameModel",
        "AlterModelTable",
        "AlterModelTableComment",
        "AlterUniqueTogether",
        "AlterIndexTogether",
        "AlterOrderWithRespectTo",
        "AlterModelOptions",
        "AlterModelManagers",
    }
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, and where. Nothing is passed over."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as it is written. `path` is as it was found."""

    app: str
    name: str
    path: str
    operations: tuple[Operation, ...] = ()
    dependencies: tuple[Key, ...] = ()
    run_before: tuple[Key, ...] = ()
    replaces: tuple[Key, ...] = ()
    is_atomic: bool = True
    is_initial: bool = False
    gaps: tuple[Gap, ...] = ()
    allowed: tuple[Allowance, ...] = field(default=())

    @property
    def key(self) -> Key:
        return self.app, self.name


@dataclass(frozen=True, slots=True)
class Allowance:
    """`# hrmsops: allow RULE because REASON [until DATE]`; what it allows begins on `line`."""

    rule: str
    reason: str
    line: int
    until: str = ""
