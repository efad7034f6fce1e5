"""AlterField against the field as it was: the SQL that Django sends, which is often none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.fields import like_index
from hrmsops.safety.lowering.names import digest, generated
from hrmsops.safety.operations import Field
from hrmsops.safety.reader.values import Call, Class, Function
from hrmsops.safety.state import ModelState, State

if TYPE_CHECKING:
    from hrmsops.safety.lowering import Scene

NOT_OF_THE_DATABASE = frozenset(
    [
        "blank",
        "choices",
        "db_column",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "on_delete",
        "related_name",
        "related_query_name",
        "validators",
        "verbose_name",
    ]
)
"""Django's `Field.non_db_attrs`."""


def alter(scene: Scene) -> list[e.Effect]:
    """The effects of an AlterField."""
    before = scene.state.model(scene.app, scene.operation.model)
    after = scene.after.model(scene.app, scene.operation.model)
    name, new = str(scene.operation.get("name")), scene.operation.get("field")
    old = before.fields.get(name)
    if not after.has_table:
        return [e.Nothing(after.table, "the model has no table of its own")]
    if not isinstance(new, Field):
        return [e.Opaque(after.table, f"the field {name}", "it could not be read")]
    if old is None:
        why = f"the migration that made {before.label}.{name} is not here, so neither is its type"
        return [e.Opaque(after.table, f"AlterField of {name}", why)]
    return _altered(Change(name, old, new, before, after, scene.state, scene.after))


class Change:
    """An old and a new field, with what of them matters to the database."""

    def __init__(
        self,
        name: str,
        old: Field,
        new: Field,
        before: ModelState,
        after: ModelState,
        state: State,
        later: State,
    ) -> None:
        self.name, self.old, self.new = name, old, new
        self.table, self.state, self.later = after.table, state, later
        self.before, self.after = before, after
        self.old_column = columns.column_name(name, old)
        self.column = columns.column_name(name, new)
        self.old_type = state.type_of(before, old)
        self.new_type = later.type_of(after, new)

    @property
    def differs(self) -> list[str]:
        """The arguments that differ and that Django takes for the database's business."""
        names = {*self.old.arguments, *self.new.arguments} - NOT_OF_THE_DATABASE
        found = [each for each in sorted(names) if not self._is_same(each)]
        return [*found, *(["the class"] if self.old.kind != self.new.kind else [])]

    def _is_same(self, name: str) -> bool:
        """Whether an argument means the same before and after, said or left out."""
        if name == "to":
            old, new = self.before, self.after
            return columns.target(self.old, old.app, old.name) == columns.target(
                self.new, new.app, new.name
            )
        return same(_said(self.old, name), _said(self.new, name))

    @property
    def argument_names(self) -> list[str]:
        """Every argument that differs, for the proof that nothing is sent."""
        names = {*self.old.arguments, *self.new.arguments}
        return [
            each
            for each in sorted(names)
            if not same(self.old.get(each, MISSING), self.new.get(each, MISSING))
        ]


MISSING = object()
LEFT_OUT = {"null": False, "unique": False, "primary_key": False, "db_constraint": True}
"""What a field has where nothing is said."""


def _said(field: Field, name: str) -> Any:
    if name == "db_index":
        return columns.is_indexed(field)
    if name == "max_length" and name not in field.arguments:
        return columns.LENGTHS.get(field.kind, MISSING)
    return field.get(name, LEFT_OUT.get(name, MISSING))


def same(left: Any, right: Any) -> bool:
    """Whether two values are written alike, wherever they stand."""
    if isinstance(left, Call) and isinstance(right, Call):
        return (
            left.function == right.function
            and same(left.args, right.args)
            and same(dict(left.kwargs), dict(right.kwargs))
        )
    if isinstance(left, Field) and isinstance(right, Field):
        return left.kind == right.kind and same(dict(left.arguments), dict(right.arguments))
    if isinstance(left, Function | Class) and isinstance(right, Function | Class):
        return left.name == right.name
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return type(left) is type(right) and bool(left == right)


def _altered(change: Change) -> list[e.Effect]:
    old, new = change.old, change.new
    many = [each.kind == "ManyToManyField" for each in (old, new)]
    if any(many):
        return _many_to_many(change, both=all(many))
    if not columns.has_column(old) or not columns.has_column(new):
        return [e.Nothing(change.table, "it has no column")]
    if "GeneratedField" in (old.kind, new.kind) and change.differs:
        why = "Django refuses to change a generated field; it has to be removed and added again"
        return [e.Refused(change.table, why)]
    if not change.differs and change.old_column == change.column:
        return [e.Nothing(change.table, _proof(change))]
    found = _column_effects(change)
    return found or [e.Nothing(change.table, _proof(change))]


def _proof(change: Change) -> str:
    names = change.argument_names
    what = ", ".join(names) if names else "nothing"
    return f"against the field as it was, {what} differs, and of that no SQL is made"


def _many_to_many(change: Change, *, both: bool) -> list[e.Effect]:
    old, new = change.old, change.new
    through = [bool(each.get("through")) for each in (old, new)]
    if not both or through[0] != through[1]:
        why = (
            "Django refuses to turn a many-to-many field into another kind, or to change `through`"
        )
        return [e.Refused(change.table, why)]
    from hrmsops.safety.lowering.fields import join_table

    before = join_table(change.before, change.name, old)
    after = join_table(change.after, change.name, new)
    if any(through):
        return [e.Nothing(change.table, _proof(change))]
    found: list[e.Effect] = [e.RenameTable(before, after)] if before != after else []
    return [*found, *_elsewhere(change, after)] or [e.Nothing(change.table, _proof(change))]


def _elsewhere(change: Change, table: str) -> list[e.Effect]:
    """The other column of the table between, where the field leads to another model."""
    before, after = change.before, change.after
    old = change.state.labelled(columns.target(change.old, before.app, before.name))
    new = change.later.labelled(columns.target(change.new, after.app, after.name))
    if old.key == new.key:
        return []
    column, was = f"{new.name}_id".lower(), f"{old.name}_id".lower()
    types = change.state.key_type(old.key), change.later.key_type(new.key)
    return [
        e.DropConstraint(table, "", "foreign", (was,)),
        e.RenameColumn(table, was, column, field=change.name),
        *([e.AlterType(table, column, *types)] if types[0] != types[1] else []),
        e.AddConstraint(table, "", "foreign", (column,), target=new.table, re_adds=True),
    ]


def _column_effects(change: Change) -> list[e.Effect]:
    """In the order of Django's `_alter_field`."""
    found: list[e.Effect] = []
    drops_foreign = columns.has_constraint(change.old) and bool(
        [each for each in change.differs if each != "db_comment"]
        or change.old_column != change.column
    )
    if drops_foreign:
        found.append(e.DropConstraint(change.table, "", "foreign", (change.old_column,)))
    found += _lost(change)
    if change.old_column != change.column:
        found.append(
            e.RenameColumn(change.table, change.old_column, change.column, field=change.name)
        )
    found += _type(change)
    found += _default_and_null(change)
    found += _gained(change)
    found += _foreign_key(change, dropped=drops_foreign)
    return found


def _lost(change: Change) -> list[e.Effect]:
    """Unique constraints, indexes and checks that the new field has no more."""
    old, new, table = change.old, change.new, change.table
    found: list[e.Effect] = []
    if columns.is_unique(old) and not columns.is_unique(new) and not columns.is_primary(old):
        key = f"{table}_{change.old_column}_key"
        found.append(e.DropConstraint(table, key, "unique", (change.old_column,)))
        if like_index(change.state, change.before, old) and not columns.is_indexed(new):
            found.append(e.DropIndex(table, generated(table, (change.old_column,), "_like")))
    was = columns.is_indexed(old) and not columns.is_unique(old)
    if was and (not columns.is_indexed(new) or columns.is_unique(new)):
        found.append(e.DropIndex(table, generated(table, (change.old_column,), "")))
    if old.kind in columns.POSITIVE and new.kind not in columns.POSITIVE:
        check = f"{table}_{change.old_column}_check"
        found.append(e.DropConstraint(table, check, "check", (change.old_column,)))
    return found


def _type(change: Change) -> list[e.Effect]:
    old, new, table = change.old, change.new, change.table
    found: list[e.Effect] = []
    if change.old_type != change.new_type:
        has_using = old.kind != new.kind
        if _loses_like_index(change):
            found.append(e.DropIndex(table, generated(table, (change.old_column,), "_like")))
        found.append(e.AlterType(table, change.column, change.old_type, change.new_type, has_using))
        found += _relations(change)
        if _loses_like_index(change) and like_index(change.later, change.after, new):
            like = generated(table, (change.column,), "_like")
            found.append(e.CreateIndex(table, like, (change.column,), hidden_in=change.name))
    elif columns.collation(old) != columns.collation(new):
        found.append(e.AlterCollation(table, change.column))
    elif not same(old.get("db_comment"), new.get("db_comment")):
        # Django changes the type to what it is, and PostgreSQL takes that for a change.
        found.append(e.AlterType(table, change.column, change.old_type, change.new_type))
    was, becomes = old.kind in columns.AUTO, new.kind in columns.AUTO
    if was != becomes:
        how = "an identity is dropped" if was else "an identity is added"
        found.append(e.ShortLock(table, how, "ACCESS EXCLUSIVE"))
    return found


def _loses_like_index(change: Change) -> bool:
    old = change.old
    has_index = columns.is_indexed(old) or columns.is_unique(old)
    families = ("varchar", "text", "citext")
    return has_index and any(
        change.old_type.startswith(each) and not change.new_type.startswith(each)
        for each in families
    )


def _relations(change: Change) -> list[e.Effect]:
    """A key whose type changes takes the columns of every relation to it along."""
    if not (columns.is_unique(change.old) and columns.is_unique(change.new)):
        return []
    found: list[e.Effect] = []
    for model in change.state.models.values():
        for name, field in model.fields.items():
            if field.kind not in columns.FOREIGN or not _is_referred_to(change, field):
                continue
            if columns.target(field, model.app, model.name) != change.before.key:
                continue
            if not (model.has_table and columns.has_constraint(field)):
                continue
            column = columns.column_name(name, field)
            found.append(e.DropConstraint(model.table, "", "foreign", (column,)))
            found.append(
                e.AlterType(
                    model.table,
                    column,
                    change.old_type,
                    change.new_type,
                    why=f"it refers to {change.table}",
                )
            )
            found.append(
                e.AddConstraint(
                    model.table,
                    "",
                    "foreign",
                    (column,),
                    target=change.table,
                    is_deferrable=True,
                    re_adds=True,
                )
            )
    return found


def _is_referred_to(change: Change, field: Field) -> bool:
    """A relation leads to the primary key, unless it names another field."""
    named = field.get("to_field")
    return named == change.name if named else columns.is_primary(change.old)


def _default_and_null(change: Change) -> list[e.Effect]:
    """A new default of the database; NOT NULL with the UPDATE before it; DROP NOT NULL."""
    old, new, table, column = change.old, change.new, change.table, change.column
    found: list[e.Effect] = []
    has, had = columns.db_default(new), columns.db_default(old)
    if has and not (had and same(old.get("db_default"), new.get("db_default"))):
        found.append(e.SetDefault(table, column, has))
    elif had and not has:
        found.append(e.DropDefault(table, column))
    was_null, is_null = columns.is_null(old), columns.is_null(new)
    if was_null and not is_null:
        if ("default" in new.arguments and new.get("default") is not None) or has:
            found.append(
                e.WriteRows(table, "update", "nulls", (column,), line=new.line, by="operation")
            )
        found.append(e.SetNotNull(table, column))
    elif is_null and not was_null:
        found.append(e.DropNotNull(table, column))
    return found


def _gained(change: Change) -> list[e.Effect]:
    """Constraints and indexes that only the new field has."""
    old, new, table, column = change.old, change.new, change.table, change.column
    found: list[e.Effect] = []
    if columns.is_primary(new) and not columns.is_primary(old):
        found.append(e.AddConstraint(table, f"{table}_pkey", "primary", (column,)))
    elif columns.is_unique(new) and not columns.is_unique(old):
        name = f"{table}_{column}_{digest(table, column)}_uniq"
        found.append(e.AddConstraint(table, name, "unique", (column,)))
    has_index = columns.is_indexed(new) and not columns.is_unique(new)
    if has_index and (not columns.is_indexed(old) or columns.is_unique(old)):
        index = generated(table, (column,), "")
        found.append(e.CreateIndex(table, index, (column,), hidden_in=change.name))
    had = columns.is_indexed(old) or columns.is_unique(old)
    gains = (not had and columns.is_indexed(new)) or (
        columns.is_unique(new) and not columns.is_unique(old)
    )
    if gains and like_index(change.later, change.after, new):
        like = generated(table, (column,), "_like")
        found.append(e.CreateIndex(table, like, (column,), hidden_in=change.name))
    if new.kind in columns.POSITIVE and old.kind not in columns.POSITIVE:
        check = generated(table, (column,), "_check")
        found.append(e.AddConstraint(table, check, "check", (column,)))
    return found


def _foreign_key(change: Change, *, dropped: bool) -> list[e.Effect]:
    old, new = change.old, change.new
    if not columns.has_constraint(new):
        return []
    if not (dropped or old.kind not in columns.FOREIGN or not columns.has_constraint(old)):
        return []
    target = change.later.labelled(columns.target(new, change.after.app, change.after.name))
    name = f"{change.table}_{change.column}_{digest(change.table, change.column)}_fk_{target.table}"
    return [
        e.AddConstraint(
            change.table,
            name[:63],
            "foreign",
            (change.column,),
            target=target.table,
            is_deferrable=True,
            re_adds=dropped,
        )
    ]
