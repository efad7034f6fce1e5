"""A picture of the database: tables, columns, indexes and constraints, after each effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from hrmsops.safety import effects as e


@dataclass(frozen=True, slots=True)
class Index:
    """An index. `constraint` names the constraint that it serves."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool = False
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    name: str
    kind: str
    columns: tuple[str, ...]
    target: str = ""
    is_valid: bool = True
    proves_not_null: str = ""
    is_deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `is_whole` False: it was made elsewhere, and only what was seen of it is known."""

    name: str
    columns: Mapping[str, e.Column] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    is_whole: bool = False

    def with_column(self, column: e.Column) -> Table:
        return replace(self, columns={**self.columns, column.name: column})

    def without_column(self, name: str) -> Table:
        return replace(
            self,
            columns={key: each for key, each in self.columns.items() if key != name},
            indexes=tuple(each for each in self.indexes if name not in each.columns),
            constraints=tuple(each for each in self.constraints if name not in each.columns),
        )

    def changed(self, name: str, **changes: Any) -> Table:
        column = self.columns.get(name)
        return self.with_column(structs.replace(column, **changes)) if column else self

    def unique_columns(self) -> set[tuple[str, ...]]:
        """Groups of columns of which a value picks one row at most."""
        found = {each.columns for each in self.indexes if each.is_unique and not each.is_partial}
        kinds = ("unique", "primary")
        return found | {each.columns for each in self.constraints if each.kind in kinds}


class Schema:
    """All tables. `apply` changes it, `after` gives another one."""

    __slots__ = ("tables", "views")

    def __init__(
        self,
        tables: Mapping[str, Table] | None = None,
        views: Mapping[str, e.CreateView] | None = None,
    ) -> None:
        self.tables = dict(tables or {})
        self.views = dict(views or {})

    def view_of(self, table: str, column: str) -> str:
        """A view that shows the column, and so holds its type; empty where there is none."""
        for view in self.views.values():
            if table in view.tables and view.columns & {column, "*"}:
                return view.name
        return ""

    def find(self, name: str) -> Table | None:
        return self.tables.get(name)

    def table(self, name: str) -> Table:
        """The table; one that was never created here exists, and is known by its name alone."""
        return self.tables.get(name) or Table(name)

    def put(self, table: Table) -> None:
        self.tables[table.name] = table

    def table_of_index(self, name: str) -> str:
        """The table that has an index of this name; empty where it is not known."""
        for table in self.tables.values():
            if any(each.name == name for each in table.indexes):
                return table.name
        return ""

    def apply(self, effect: e.Effect) -> None:
        """Let the effect happen."""
        change = _APPLY.get(type(effect))
        if change is not None:
            change(self, effect)

    def after(self, effect: e.Effect) -> Schema:
        """The picture once the effect has happened; this one stays as it is."""
        if type(effect) not in _APPLY:
            return self
        later = Schema(self.tables, self.views)
        later.apply(effect)
        return later


def _create(schema: Schema, effect: e.CreateTable) -> None:
    if effect.if_not_exists and schema.find(effect.table):
        return
    sources = [schema.table(each) for each in effect.like]
    columns = {name: each for source in sources for name, each in source.columns.items()}
    columns |= {each.name: each for each in effect.columns}
    is_whole = not effect.copies and all(each.is_whole for each in sources)
    schema.put(Table(effect.table, columns, is_whole=is_whole))


def _create_view(schema: Schema, effect: e.CreateView) -> None:
    schema.views[effect.name] = effect


def _drop_object(schema: Schema, effect: e.DropObject) -> None:
    if effect.kind == "view":
        schema.views.pop(effect.name, None)


def _drop(schema: Schema, effect: e.DropTable) -> None:
    schema.tables.pop(effect.table, None)


def _rename(schema: Schema, effect: e.RenameTable) -> None:
    table = replace(schema.table(effect.table), name=effect.new)
    schema.tables.pop(effect.table, None)
    schema.put(table)


def _add_column(schema: Schema, effect: e.AddColumn) -> None:
    schema.put(schema.table(effect.table).with_column(effect.column))


def _drop_column(schema: Schema, effect: e.DropColumn) -> None:
    schema.put(schema.table(effect.table).without_column(effect.column))


def _rename_column(schema: Schema, effect: e.RenameColumn) -> None:
    table = schema.table(effect.table)
    columns = {
        effect.new if name == effect.old else name: structs.replace(each, name=effect.new)
        if name == effect.old
        else each
        for name, each in table.columns.items()
    }

    def moved(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(effect.new if name == effect.old else name for name in names)

    indexes = tuple(replace(each, columns=moved(each.columns)) for each in table.indexes)
    constraints = tuple(
        replace(
            each,
            columns=moved(each.columns),
            proves_not_null=moved((each.proves_not_null,))[0],
        )
        for each in table.constraints
    )
    schema.put(replace(table, columns=columns, indexes=indexes, constraints=constraints))


def _column(**changes: Callable[[Any], Any]) -> Callable[[Schema, Any], None]:
    def apply(schema: Schema, effect: Any) -> None:
        values = {name: read(effect) for name, read in changes.items()}
        schema.put(schema.table(effect.table).changed(effect.column, **values))

    return apply


def _create_index(schema: Schema, effect: e.CreateIndex) -> None:
    table = schema.table(effect.table)
    if effect.if_not_exists and any(each.name == effect.name for each in table.indexes):
        return
    index = Index(effect.name, effect.columns, effect.is_unique, effect.is_partial)
    schema.put(replace(table, indexes=(*table.indexes, index)))


def _drop_index(schema: Schema, effect: e.DropIndex) -> None:
    table = schema.table(effect.table or schema.table_of_index(effect.name))
    kept = tuple(each for each in table.indexes if each.name != effect.name)
    schema.put(replace(table, indexes=kept)) if table.name else schema


def _add_constraint(schema: Schema, effect: e.AddConstraint) -> None:
    table = schema.table(effect.table)
    columns = effect.columns
    if effect.uses_index:
        columns = next(
            (each.columns for each in table.indexes if each.name == effect.uses_index), columns
        )
    constraint = Constraint(
        effect.name,
        effect.kind,
        columns,
        effect.target,
        effect.is_valid,
        effect.proves_not_null,
        effect.is_deferrable,
    )
    schema.put(replace(table, constraints=(*table.constraints, constraint)))


def _drop_constraint(schema: Schema, effect: e.DropConstraint) -> None:
    table = schema.table(effect.table)
    kept = tuple(each for each in table.constraints if not _is_meant(each, effect))
    schema.put(replace(table, constraints=kept))


def _is_meant(constraint: Constraint, effect: e.DropConstraint) -> bool:
    if effect.name:
        return constraint.name == effect.name
    return constraint.kind == effect.kind and constraint.columns == effect.columns


def _validate(schema: Schema, effect: e.ValidateConstraint) -> None:
    table = schema.table(effect.table)
    constraints = tuple(
        replace(each, is_valid=True) if each.name == effect.name else each
        for each in table.constraints
    )
    schema.put(replace(table, constraints=constraints))


_APPLY: Mapping[type, Callable[[Schema, Any], None]] = {
    e.CreateTable: _create,
    e.CreateView: _create_view,
    e.DropObject: _drop_object,
    e.DropTable: _drop,
    e.RenameTable: _rename,
    e.AddColumn: _add_column,
    e.DropColumn: _drop_column,
    e.RenameColumn: _rename_column,
    e.AlterType: _column(type=lambda effect: effect.new),
    e.SetNotNull: _column(not_null=lambda _: True),
    e.DropNotNull: _column(not_null=lambda _: False),
    e.SetDefault: _column(default=lambda effect: effect.default),
    e.DropDefault: _column(default=lambda _: ""),
    e.CreateIndex: _create_index,
    e.DropIndex: _drop_index,
    e.AddConstraint: _add_constraint,
    e.DropConstraint: _drop_constraint,
    e.ValidateConstraint: _validate,
}
