"""A column that changes: its name, its type, its default, whether it may be null."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.altered_indexes import gained, lost
from hrmsops.safety.lowering.altered_keys import foreign_key, relations
from hrmsops.safety.lowering.changing import Change, same
from hrmsops.safety.lowering.fields import like_index
from hrmsops.safety.lowering.names import generated


def column_effects(change: Change) -> list[e.Effect]:
    """In the order of Django's `_alter_field`."""
    found: list[e.Effect] = []
    drops_foreign = columns.has_constraint(change.old) and bool(
        [each for each in change.differs if each != "db_comment"]
        or change.old_column != change.column
    )
    if drops_foreign:
        found.append(e.DropConstraint(change.table, "", "foreign", (change.old_column,)))
    found += lost(change)
    if change.old_column != change.column:
        found.append(
            e.RenameColumn(change.table, change.old_column, change.column, field=change.name)
        )
    found += _type(change)
    found += _default_and_null(change)
    found += gained(change)
    found += foreign_key(change, dropped=drops_foreign)
    return found


def _type(change: Change) -> list[e.Effect]:
    old, new, table = change.old, change.new, change.table
    found: list[e.Effect] = []
    if change.old_type != change.new_type:
        has_using = old.kind != new.kind
        if _loses_like_index(change):
            found.append(e.DropIndex(table, generated(table, (change.old_column,), "_like")))
        found.append(e.AlterType(table, change.column, change.old_type, change.new_type, has_using))
        found += relations(change)
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
