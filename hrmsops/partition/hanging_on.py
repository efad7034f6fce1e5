"""What hangs on a table and would not go over: triggers, rules, publications, views, functions."""

from __future__ import annotations

from collections.abc import Iterator

from hrmsops.partition.objection import Objection, Rule
from hrmsops.postgres.table_shape import Shape


def _triggers(shape: Shape, column: str) -> Iterator[Objection]:
    for trigger in shape.triggers:
        if trigger.has_transition_tables:
            yield Objection(
                what=f"trigger {trigger.name} has transition tables",
                why="a partition may have none such",
                mend="write it FOR EACH ROW without them",
            )
        elif not trigger.is_plain:
            yield Objection(
                what=f"trigger {trigger.name} is disabled, or enabled otherwise than it was made",
                why="that is not carried over",
                mend="enable or drop it first",
            )


def _hangs_on(shape: Shape, column: str) -> Iterator[Objection]:
    for sequence in shape.sequences:
        if sequence.is_identity and sequence.has_other_users:
            yield Objection(
                what=f"another table takes numbers from {sequence.name}",
                why="an identity's sequence goes with its column",
                mend="give the other table a sequence of its own",
            )
    kinds = (
        ("rule", shape.rules, "rules stay with the old table", "replace it by a trigger"),
        ("publication", shape.publications, "subscribers would miss rows", "take it out first"),
    )
    for kind, found, why, mend in kinds:
        for name in found:
            yield Objection(what=f"{kind} {name} is on it", why=why, mend=mend)
    for name in shape.dependents:
        yield Objection(
            what=f"{name} depends on it",
            why="it is bound to the table as it is, not to its name",
            mend="drop it first, and make it again afterwards",
        )


def _views(shape: Shape, column: str) -> Iterator[Objection]:
    for view in shape.views:
        if view.is_materialized:
            yield Objection(
                what=f"materialized view {view.name} reads it",
                why="it is bound to the table as it is, and cannot be replaced in place",
                mend="drop it first, and make it again afterwards",
            )
        elif not view.is_ours:
            yield Objection(
                what=f"view {view.name} reads it and belongs to somebody else",
                why="it is replaced in the swap",
                mend=f"ALTER VIEW {view.name} OWNER TO {shape.role} first",
            )
        elif view.groups_by_key:
            yield Objection(
                what=f"view {view.name} groups by the primary key alone",
                why="the new key has one column more",
                mend="name every selected column in its GROUP BY",
            )


RULES: tuple[Rule, ...] = (_triggers, _hangs_on, _views)
