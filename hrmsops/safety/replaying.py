"""The walk through all migrations: each effect becomes an event, with the database before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hrmsops.safety import effects as e
from hrmsops.safety.code_fit import Breakage, breakages
from hrmsops.safety.event import Event, Sizes
from hrmsops.safety.lowering import Lowered, lowered
from hrmsops.safety.operations import Migration, Operation
from hrmsops.safety.replay import forwards
from hrmsops.safety.schema import Schema, Table
from hrmsops.safety.sql import ManyStatements
from hrmsops.safety.state import State
from hrmsops.safety.windows import Windows


@dataclass
class Deploy:
    """What has been deployed together so far, and what was before it."""

    number: int
    state: State
    tables: dict[str, Table | None] = field(default_factory=dict)
    """Each table that was touched, as it was before; None where it was not there."""
    touched: dict[tuple[str, str], tuple[Migration, Operation]] = field(default_factory=dict)
    """The operation that last touched a table's column, or (column empty) the table."""
    is_opaque: bool = False


class Walk:
    """The state of the walk. `events` is called once for each migration, in order."""

    def __init__(self, windows: Windows, sizes: Sizes, target_pg: int) -> None:
        self.windows, self.sizes, self.target_pg = windows, sizes, target_pg
        self.state, self.schema = State(), Schema()
        self.births: dict[str, tuple[int, Migration]] = {}
        self.deploy = Deploy(-1, self.state)

    def events(self, migration: Migration) -> Iterator[Event]:
        """The events of a migration that is judged; history is walked through in silence."""
        number = self.windows.of.get(migration.key, -1)
        if number != self.deploy.number or number == -1:
            self.deploy = Deploy(number, self.state)
        transaction: list[e.Effect] = []
        late: list[Lowered] = []
        for operation in migration.operations:
            if not migration.is_atomic:
                transaction = []
            for item in self._lowered(migration, operation):
                if item.is_late:
                    late.append(item)
                    continue
                yield from self._happens(migration, item, transaction)
            self._advance(migration, operation)
        for item in late:
            yield from self._happens(migration, item, transaction)
        if number != -1:
            yield from self._breakages(migration)

    def _lowered(self, migration: Migration, operation: Operation) -> list[Lowered]:
        return lowered(migration, operation, self.state, self.schema)

    def _advance(self, migration: Migration, operation: Operation) -> None:
        """The models after the operation; what only Django's state loses is touched as well."""
        later = forwards(self.state, migration.app, operation)
        for key in changed_models(self.state, later):
            for state in (self.state, later):
                model = state.models.get(key)
                if model is not None:
                    self._touch(migration, operation, model.table, "")
        self.state = later

    def _happens(
        self, migration: Migration, item: Lowered, transaction: list[e.Effect]
    ) -> Iterator[Event]:
        effect = item.effect
        if not migration.is_atomic and transaction and self._statement != item.statement:
            transaction.clear()
        self._statement = item.statement
        is_one_string = any(isinstance(each, ManyStatements) for each in transaction)
        if self.windows.judged(migration):
            yield Event(
                effect=effect,
                operation=item.operation,
                migration=migration,
                before=self.schema,
                state=self.state,
                earlier=transaction,
                in_transaction=migration.is_atomic or is_one_string or _is_atomic(item.operation),
                is_one_string=is_one_string,
                new_tables=self._new_tables(migration),
                sizes=self.sizes,
                target_pg=self.target_pg,
                line=item.line or item.operation.line,
            )
        self._note(migration, item)
        self.schema.apply(effect)
        transaction.append(effect)

    _statement = 0

    def _note(self, migration: Migration, item: Lowered) -> None:
        effect = item.effect
        if isinstance(effect, e.Opaque) and not effect.extra:
            self.deploy.is_opaque = True
        if isinstance(effect, e.CreateTable) and not self.schema.find(effect.table):
            self.births[effect.table] = (self.deploy.number, migration)
        if isinstance(effect, e.RenameTable) and effect.table in self.births:
            self.births[effect.new] = self.births.pop(effect.table)
        if not effect.table:
            return
        self._touch(migration, item.operation, effect.table, "")
        if isinstance(effect, e.RenameTable):
            self._touch(migration, item.operation, effect.new, "")
        for column in _columns(effect):
            self._touch(migration, item.operation, effect.table, column)

    def _touch(self, migration: Migration, operation: Operation, table: str, column: str) -> None:
        if table not in self.deploy.tables:
            self.deploy.tables[table] = self.schema.find(table)
        self.deploy.touched[table, column] = (migration, operation)

    def _new_tables(self, migration: Migration) -> frozenset[str]:
        """Tables that no released code knows: made in this deploy, or by the app's first ones."""
        number = self.deploy.number
        return frozenset(
            table
            for table, (born, by) in self.births.items()
            if (born == number and number != -1)
            or (by.is_initial and migration.is_initial and by.app == migration.app)
        )

    def _breakages(self, migration: Migration) -> Iterator[Event]:
        for each in breakages(self.deploy, self.state, self.schema):
            owner, operation = self._owner(each)
            if owner.key != migration.key:
                continue
            yield Event(
                effect=each,
                operation=operation,
                migration=migration,
                before=self.schema,
                state=self.state,
                earlier=(),
                in_transaction=migration.is_atomic,
                is_one_string=False,
                new_tables=self._new_tables(migration),
                sizes=self.sizes,
                target_pg=self.target_pg,
                line=operation.line,
            )

    def _owner(self, breakage: Breakage) -> tuple[Migration, Operation]:
        touched = self.deploy.touched
        exact = touched.get((breakage.table, breakage.column))
        return exact or touched[breakage.table, ""]


def changed_models(before: State, after: State) -> list[str]:
    """The models that one operation changed."""
    if before is after:
        return []
    keys = before.models.keys() | after.models.keys()
    return [key for key in keys if before.models.get(key) is not after.models.get(key)]


def _is_atomic(operation: Operation) -> bool:
    return operation.kind == "RunPython" and operation.get("atomic") is True


def _columns(effect: e.Effect) -> tuple[str, ...]:
    if isinstance(effect, e.AddColumn):
        return (effect.column.name,)
    if isinstance(effect, e.RenameColumn):
        return (effect.old, effect.new)
    named = getattr(effect, "column", "")
    return (named,) if named else ()
