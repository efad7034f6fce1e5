"""A key that changes, and the relations that lead to it."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.changing import Change
from hrmsops.safety.lowering.names import digest
from hrmsops.safety.operations import Field


def relations(change: Change) -> list[e.Effect]:
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


def foreign_key(change: Change, *, dropped: bool) -> list[e.Effect]:
    """The constraint that is added, anew where it was `dropped` for the change."""
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
