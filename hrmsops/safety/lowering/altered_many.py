"""A many-to-many field that changes: the table between."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.changing import Change, proof
from hrmsops.safety.lowering.fields import join_table


def many_to_many(change: Change, *, both: bool) -> list[e.Effect]:
    """Django renames the table between and moves its other column; anything else it refuses."""
    old, new = change.old, change.new
    through = [bool(each.get("through")) for each in (old, new)]
    if not both or through[0] != through[1]:
        why = (
            "Django refuses to turn a many-to-many field into another kind, or to change `through`"
        )
        return [e.Refused(change.table, why)]
    before = join_table(change.before, change.name, old)
    after = join_table(change.after, change.name, new)
    if any(through):
        return [e.Nothing(change.table, proof(change))]
    found: list[e.Effect] = [e.RenameTable(before, after)] if before != after else []
    return [*found, *_elsewhere(change, after)] or [e.Nothing(change.table, proof(change))]


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
