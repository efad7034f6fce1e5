"""Indexes and constraints that a field has no more, or has now."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering.changing import Change
from hrmsops.safety.lowering.fields import like_index
from hrmsops.safety.lowering.names import digest, generated


def lost(change: Change) -> list[e.Effect]:
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


def gained(change: Change) -> list[e.Effect]:
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
