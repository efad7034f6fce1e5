"""From an operation to its effects: what Django's schema editor sends to PostgreSQL, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hrmsops.safety import effects as e
from hrmsops.safety.lowering import altering, fields, indexes, models, running
from hrmsops.safety.operations import Migration, Operation
from hrmsops.safety.replay import forwards
from hrmsops.safety.schema import Schema
from hrmsops.safety.state import State

Lower = Callable[["Scene"], list[e.Effect]]


@dataclass(frozen=True, slots=True)
class Scene:
    """An operation, and the models and the database just before it."""

    operation: Operation
    migration: Migration
    state: State
    after: State
    schema: Schema

    @property
    def app(self) -> str:
        return self.migration.app


@dataclass(frozen=True, slots=True)
class Lowered:
    """One effect with the operation that it is owed to.

    `is_late` effects are sent at the end of the migration: indexes and foreign keys that Django
    puts off. `statement` counts the strings that are sent: one string is one transaction.
    """

    effect: e.Effect
    operation: Operation
    is_late: bool = False
    statement: int = 0
    line: int = 0


def lowered(
    migration: Migration, operation: Operation, state: State, schema: Schema
) -> list[Lowered]:
    """The effects of an operation on the database, in the order in which they are sent."""
    if operation.kind == "SeparateDatabaseAndState":
        return _separate(migration, operation, state, schema)
    scene = Scene(operation, migration, state, forwards(state, migration.app, operation), schema)
    if operation.kind in ("RunSQL", "RunPython"):
        return [
            Lowered(effect, operation, statement=number, line=line)
            for effect, number, line in running.effects_of(scene)
        ]
    lower = LOWER.get(operation.kind)
    if lower is None:
        return []
    found = lower(scene)
    return [Lowered(effect, operation, is_late=_is_late(operation, effect)) for effect in found]


def _separate(
    migration: Migration, operation: Operation, state: State, schema: Schema
) -> list[Lowered]:
    found: list[Lowered] = []
    number = 0
    for each in operation.database:
        inner = lowered(migration, each, state, schema)
        for item in inner:
            found.append(
                Lowered(
                    item.effect, item.operation, item.is_late, item.statement + number, item.line
                )
            )
            schema = schema.after(item.effect)
        number += 1 + max((item.statement for item in inner), default=0)
        state = forwards(state, migration.app, each)
    if not found and operation.state:
        found.append(Lowered(e.Nothing("", "it changes Django's state alone"), operation))
    return found


def _is_late(operation: Operation, effect: e.Effect) -> bool:
    """Django sends indexes of new fields, and the foreign keys of new models, at the end."""
    if operation.kind == "AddField":
        return isinstance(effect, e.CreateIndex)
    if operation.kind == "CreateModel":
        return isinstance(effect, e.CreateIndex) or (
            isinstance(effect, e.AddConstraint) and effect.kind == "foreign"
        )
    return False


LOWER: Mapping[str, Lower] = {
    "CreateModel": models.create,
    "DeleteModel": models.delete,
    "RenameModel": models.rename,
    "AlterModelTable": models.alter_table,
    "AlterModelTableComment": models.nothing_strong,
    "AlterModelOptions": models.nothing,
    "AlterModelManagers": models.nothing,
    "AlterOrderWithRespectTo": models.alter_order,
    "AlterUniqueTogether": indexes.unique_together,
    "AlterIndexTogether": indexes.index_together,
    "AddField": fields.add,
    "RemoveField": fields.remove,
    "RenameField": fields.rename,
    "AlterField": altering.alter,
    "AddIndex": indexes.add,
    "AddIndexConcurrently": indexes.add,
    "RemoveIndex": indexes.remove,
    "RemoveIndexConcurrently": indexes.remove,
    "RenameIndex": indexes.rename,
    "AddConstraint": indexes.add_constraint,
    "AddConstraintNotValid": indexes.add_constraint,
    "RemoveConstraint": indexes.remove_constraint,
    "AlterConstraint": models.nothing,
    "ValidateConstraint": indexes.validate,
    "CreateExtension": models.extension,
    "BloomExtension": models.extension,
    "BtreeGinExtension": models.extension,
    "BtreeGistExtension": models.extension,
    "CITextExtension": models.extension,
    "CryptoExtension": models.extension,
    "HStoreExtension": models.extension,
    "TrigramExtension": models.extension,
    "UnaccentExtension": models.extension,
    "CreateCollation": models.extension,
    "RemoveCollation": models.drop_collation,
    "Unknown": models.foreign,
}
