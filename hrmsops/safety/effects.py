"""What PostgreSQL is asked to do, whichever operation or SQL asks for it."""

from __future__ import annotations

from msgspec import Struct


class Column(Struct, frozen=True):
    """A column. `default` is the kind of the database's own: constant, stable, volatile, or ``."""

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    generated: str = ""
    is_identity: bool = False


class Effect(Struct, frozen=True):
    """One change to one table (empty: to none)."""

    table: str


class CreateTable(Effect, frozen=True):
    columns: tuple[Column, ...] = ()
    if_not_exists: bool = False
    copies: str = ""
    """The query whose rows are copied into it."""
    like: tuple[str, ...] = ()
    """The tables whose columns it takes over."""


class DropTable(Effect, frozen=True):
    is_temporary: bool = False


class RenameTable(Effect, frozen=True):
    new: str


class AddColumn(Effect, frozen=True):
    """`fill` is what existing rows get, where the default is dropped again afterwards."""

    column: Column
    fill: str = ""
    field: str = ""
    is_unique: bool = False


class DropColumn(Effect, frozen=True):
    column: str
    field: str = ""


class RenameColumn(Effect, frozen=True):
    old: str
    new: str
    field: str = ""


class AlterType(Effect, frozen=True):
    column: str
    old: str
    new: str
    has_using: bool = False
    why: str = ""


class AlterCollation(Effect, frozen=True):
    column: str


class SetNotNull(Effect, frozen=True):
    column: str


class DropNotNull(Effect, frozen=True):
    column: str


class SetDefault(Effect, frozen=True):
    column: str
    default: str


class DropDefault(Effect, frozen=True):
    column: str


class CreateIndex(Effect, frozen=True):
    """`hidden_in` is the field whose index nobody asked for by name."""

    name: str
    columns: tuple[str, ...] = ()
    is_unique: bool = False
    is_concurrent: bool = False
    hidden_in: str = ""
    is_partial: bool = False
    method: str = "btree"
    if_not_exists: bool = False


class DropIndex(Effect, frozen=True):
    name: str
    is_concurrent: bool = False
    is_unique: bool = False


class RenameIndex(Effect, frozen=True):
    old: str
    new: str


class AddConstraint(Effect, frozen=True):
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


class DropConstraint(Effect, frozen=True):
    name: str
    kind: str = ""
    columns: tuple[str, ...] = ()


class ValidateConstraint(Effect, frozen=True):
    name: str


class WriteRows(Effect, frozen=True):
    """`scope` is all, some, batch, one or few, as in a function's facts."""

    verb: str
    scope: str
    columns: tuple[str, ...] = ()
    source: str = ""
    line: int = 0
    is_row_by_row: bool = False
    by: str = "sql"


class Truncate(Effect, frozen=True):
    cascades: bool = False


class LockTable(Effect, frozen=True):
    mode: str


class Rewrite(Effect, frozen=True):
    """VACUUM FULL, CLUSTER, REINDEX and their like. `lock` is what they hold meanwhile."""

    how: str
    lock: str
    blocks: str


class ShortLock(Effect, frozen=True):
    """A change that is quick once it has its strong lock."""

    how: str
    lock: str
    risk: str = ""
    """What else it can break, empty where nothing."""


class CreateView(Effect, frozen=True):
    """A view over `tables` that names `columns` (`*`: all of them)."""

    name: str
    tables: frozenset[str]
    columns: frozenset[str]


class DropObject(Effect, frozen=True):
    kind: str
    name: str
    cascades: bool = False


class AlterEnum(Effect, frozen=True):
    name: str
    how: str
    """`add`, `rename`."""
    value: str = ""


class Mentions(Effect, frozen=True):
    """The words in quotes of a statement, where an enumeration just got a value."""

    words: frozenset[str]


class NotInTransaction(Effect, frozen=True):
    """A statement that PostgreSQL refuses within a transaction."""

    what: str


class Setting(Effect, frozen=True):
    name: str
    value: str
    is_local: bool


class Harmless(Effect, frozen=True):
    what: str


class Nothing(Effect, frozen=True):
    """An operation that sends no SQL, and how that is known."""

    proof: str


class Refused(Effect, frozen=True):
    """What Django or PostgreSQL refuses to do."""

    why: str
    instead: str = ""


class Opaque(Effect, frozen=True):
    """What only a trace can tell."""

    what: str
    why: str
    extra: tuple[str, ...] = ()


class LiveModel(Effect, frozen=True):
    """A model that a migration imports as it is today, and not as it was then."""

    label: str


class OneWay(Effect, frozen=True):
    """A step that has no way back, or one that does nothing."""

    reverse: str
    """`noop`, or empty."""
    does_work: bool
