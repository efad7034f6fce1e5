"""What stands against partitioning a table: each with its reason, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hrmsops.partition.quoting import TYPES, base_type
from hrmsops.postgres.table_shape import Shape, ShapeIndex


@dataclass(frozen=True, kw_only=True)
class Objection:
    """`what` is so, `why` it cannot stay so, and what to do."""

    what: str
    why: str
    mend: str

    def sentence(self) -> str:
        return f"{self.what}: {self.why}; {self.mend}"


Rule = Callable[[Shape, str], Iterator[Objection]]


def objections(shape: Shape, column: str) -> tuple[Objection, ...]:
    """Everything at once, so that nobody mends one thing only to meet the next.

    By a column that does not do, nothing else can be said.
    """
    wrong = tuple(_column(shape, column))
    if wrong:
        return wrong
    return (*_table(shape, column), *(found for rule in _RULES for found in rule(shape, column)))


def cautions(shape: Shape, column: str) -> tuple[str, ...]:
    """What works on, but not quite as before."""
    return tuple(_cautions(shape, column))


def _table(shape: Shape, column: str) -> Iterator[Objection]:
    facts = (
        (
            shape.kind == "p" or shape.is_partition,
            "it is partitioned already",
            "a partition cannot be cut again here",
            f"hrmsops table partition {shape.name} --maintain",
        ),
        (
            shape.kind not in ("r", "p"),
            "it is no table",
            "only a table has rows of its own",
            "name a table",
        ),
        (
            not shape.is_permanent,
            "it is unlogged or temporary",
            "it would be empty after a crash",
            "ALTER TABLE … SET LOGGED first",
        ),
        (
            shape.has_relatives and not shape.is_partition,
            "it inherits or is inherited from",
            "a partition has one parent only",
            "ALTER TABLE … NO INHERIT first",
        ),
        (
            shape.is_typed,
            "it is a table OF a type",
            "such a table is no partition",
            "ALTER TABLE … NOT OF first",
        ),
        (
            not shape.is_ours,
            f"it belongs to {shape.owner}, and we act as {shape.role}",
            "only its owner may change it",
            "set owner_role of the environment's database",
        ),
        (
            shape.forces_row_security,
            "its row security is FORCED",
            "we could not see all of its rows",
            "ALTER TABLE … NO FORCE ROW LEVEL SECURITY for the time of it",
        ),
        (
            bool(shape.tablespace),
            f"it lies in tablespace {shape.tablespace}",
            "later partitions would not",
            "move it to the default one first",
        ),
        (
            shape.replica_identity not in ("d", "n"),
            "it has a replica identity of its own",
            "its partitions would not have it",
            "ALTER TABLE … REPLICA IDENTITY DEFAULT first",
        ),
    )
    for is_so, what, why, mend in facts:
        if is_so:
            yield Objection(what=what, why=why, mend=mend)


def _column(shape: Shape, column: str) -> Iterator[Objection]:
    found = shape.column(column)
    if found is None:
        return  # Another error names the near ones.
    if base_type(found.type) not in TYPES:
        yield Objection(
            what=f"{column} is {found.type}",
            why="periods are cut from dates and timestamps",
            mend="choose another column",
        )
    if found.is_generated:
        yield Objection(
            what=f"{column} is generated",
            why="PostgreSQL does not partition by such a column",
            mend="choose another column",
        )


def _key(shape: Shape, column: str) -> Iterator[Objection]:
    key = shape.primary_key
    if key is None:
        yield Objection(
            what="it has no primary key",
            why="nothing names one row",
            mend="add one first",
        )
    elif key.is_deferrable:
        yield Objection(
            what=f"its primary key {key.name} is deferrable",
            why="the one that takes its place is not",
            mend="make it NOT DEFERRABLE first",
        )


def _indexes(shape: Shape, column: str) -> Iterator[Objection]:
    for index in shape.indexes:
        if index.is_exclusion:
            yield Objection(
                what=f"{index.name} is an exclusion constraint",
                why="it could not hold across partitions",
                mend="drop it, or let the application check",
            )
        elif not index.is_valid:
            yield Objection(
                what=f"index {index.name} is invalid",
                why="its build failed",
                mend=f"DROP INDEX CONCURRENTLY {index.name} first",
            )
        elif index.is_unique and not index.is_primary and column not in index.columns:
            yield Objection(
                what=f"{index.name} is unique without {column}",
                why="no index of a partitioned table sees all partitions, so it would not hold",
                mend=f"add {column} to it, or drop it",
            )
        elif index.is_unique and index.is_deferrable and not index.is_primary:
            yield _deferrable(index)


def _deferrable(index: ShapeIndex) -> Objection:
    return Objection(
        what=f"{index.name} is deferrable",
        why="it is not carried over",
        mend="make it NOT DEFERRABLE first",
    )


def _constraints(shape: Shape, column: str) -> Iterator[Objection]:
    for each in (*shape.checks, *shape.foreign_keys):
        if not each.is_valid or "NOT ENFORCED" in each.definition:
            yield Objection(
                what=f"{each.name} is not validated",
                why="a partition's rows must all fit the parent's",
                mend=f"ALTER TABLE … VALIDATE CONSTRAINT {each.name} first",
            )
        elif each.is_inherited_no_further:
            yield Objection(
                what=f"check {each.name} is NO INHERIT",
                why="a partitioned table hands all of its checks down",
                mend="make it one that is inherited",
            )
    for table, constraint in shape.incoming:
        yield Objection(
            what=f"{table}.{constraint} refers to it",
            why="a foreign key needs a unique key without the column, which the partitioned "
            "table cannot have",
            mend=f"drop {constraint} (in Django: db_constraint=False), or leave the table whole",
        )


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


def _cautions(shape: Shape, column: str) -> Iterator[str]:
    for trigger in shape.triggers:
        if trigger.names_table:
            yield (
                f"{trigger.function}() of trigger {trigger.name} asks for the table's name: "
                "it is told the partition's"
            )
        if trigger.is_before_row:
            yield (
                f"Trigger {trigger.name} may not change {column} any more: a row is not moved "
                "to another partition by it"
            )
    if shape.has_row_security:
        yield "New partitions can be read through the table alone: row security does not see others"


_RULES: tuple[Rule, ...] = (
    _key,
    _indexes,
    _constraints,
    _triggers,
    _hangs_on,
    _views,
)
