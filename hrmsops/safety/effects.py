"""What PostgreSQL is asked to do, whichever operation or SQL asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `default` is the kind of the database's own: constant, stable, volatile, or ``."""

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    generated: str = ""
    is_identity: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """One change to one table (empty: to none)."""

    table: str


@dataclass(frozen=True, slots=True)
class CreateTable(Effect):
    columns: tuple[Column, ...] = ()
    if_not_exists: bool = False
    copies: str = ""
    """The table whose rows are copied into it."""


@dataclass(frozen=True, slots=True)
class DropTable(Effect):
    is_temporary: bool = False


@dataclass(frozen=True, slots=True)
class RenameTable(Effect):
    new: str


@dataclass(frozen=True, slots=True)
class AddColumn(Effect):
    """`fill` is what existing rows get, where the default is dropped again afterwards."""

    column: Column
    fill: str = ""
    field: str = ""
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn(Effect):
    column: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class RenameColumn(Effect):
    old: str
    new: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class AlterType(Effect):
    column: str
    old: str
    new: str
    has_using: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class AlterCollation(Effect):
    column: str


@dataclass(frozen=True, slots=True)
class SetNotNull(Effect):
    column: str


@dataclass(frozen=True, slots=True)
class DropNotNull(Effect):
    column: str


@dataclass(frozen=True, slots=True)
class SetDefault(Effect):
    column: str
    default: str


@dataclass(frozen=True, slots=True)
class DropDefault(Effect):
    column: str


@dataclass(frozen=True, slots=True)
class CreateIndex(Effect):
    """`hidden_in` is the field whose index nobody asked for by name."""

    name: str
    columns: tuple[str, ...] = ()
    is_unique: bool = False
    is_concurrent: bool = False
    hidden_in: str = ""
    is_partial: bool = False
    method: str = "btree"
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex(Effect):
    name: str
    is_concurrent: bool = False
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class RenameIndex(Effect):
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AddConstraint(Effect):
    """`kind` is check, unique, primary, exclude, foreign or not-null."""

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    target: str = ""
    is_valid: bool = True
    uses_index: str = ""
    proves_not_null: str = ""
    """The column that a CHECK shows to be not null."""
    hidden_in: str = ""
    is_deferrable: bool = False
    re_adds: bool = False


@dataclass(frozen=True, slots=True)
class DropConstraint(Effect):
    name: str
    kind: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidateConstraint(Effect):
    name: str


@dataclass(frozen=True, slots=True)
class WriteRows(Effect):
    """`scope` is all, some, batch, one or few, as in a function's facts."""

    verb: str
    scope: str
    columns: tuple[str, ...] = ()
    source: str = ""
    line: int = 0
    is_row_by_row: bool = False
    by: str = "sql"


@dataclass(frozen=True, slots=True)
class Truncate(Effect):
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class LockTable(Effect):
    mode: str


@dataclass(frozen=True, slots=True)
class Rewrite(Effect):
    """VACUUM FULL, CLUSTER, REINDEX and their like. `lock` is what they hold meanwhile."""

    how: str
    lock: str
    blocks: str


@dataclass(frozen=True, slots=True)
class ShortLock(Effect):
    """A change that is quick once it has its strong lock."""

    how: str
    lock: str
    risk: str = ""
    """What else it can break, empty where nothing."""


@dataclass(frozen=True, slots=True)
class DropObject(Effect):
    kind: str
    name: str
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class AlterEnum(Effect):
    name: str
    how: str
    """`add`, `rename`."""


@dataclass(frozen=True, slots=True)
class NotInTransaction(Effect):
    """A statement that PostgreSQL refuses within a transaction."""

    what: str


@dataclass(frozen=True, slots=True)
class Setting(Effect):
    name: str
    value: str
    is_local: bool


@dataclass(frozen=True, slots=True)
class Harmless(Effect):
    what: str


@dataclass(frozen=True, slots=True)
class Nothing(Effect):
    """An operation that sends no SQL, and how that is known."""

    proof: str


@dataclass(frozen=True, slots=True)
class Refused(Effect):
    """What Django or PostgreSQL refuses to do."""

    why: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Opaque(Effect):
    """What only a trace can tell."""

    what: str
    why: str
    extra: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class LiveModel(Effect):
    """A model that a migration imports as it is today, and not as it was then."""

    label: str


@dataclass(frozen=True, slots=True)
class OneWay(Effect):
    """A step that has no way back, or one that does nothing."""

    reverse: str
    """`noop`, or empty."""
    does_work: bool
