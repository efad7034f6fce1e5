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
from hrmsops.safety.state import ModelState, State
from hrmsops.safety.windows import Windows


@dataclass
class Deploy:
    """What has been deployed together so far, and what was before it."""

    number: int
    tables: dict[str, Table | None] = field(default_factory=dict)
    """Each table that was touched, as it was before; None where it was not there."""
    models: dict[str, ModelState | None] = field(default_factory=dict)
    """The model of each of these tables, as the old code knows it."""
    touched: dict[tuple[str, str], tuple[Migration, Operation]] = field(default_factory=dict)
    """The operation that last touched a table's column, or (column empty) the table."""
    is_opaque: bool = False


class Walk:
    """The state of the walk. `events` is called once for each migration, in order."""

    def __init__(self, windows: Windows, sizes: Sizes, target_pg: int) -> None:
        self.windows, self.sizes, self.target_pg = windows, sizes, target_pg
        self.state, self.schema = State(), Schema()
        self.births: dict[str, tuple[int, Migration]] = {}
        self.models: dict[str, ModelState] = {}
        self.deploy = Deploy(-1)
        self._statement = 0
        self._is_one_string = False
        self._new: frozenset[str] | None = None

    def events(self, migration: Migration) -> Iterator[Event]:
        """The events of a migration that is judged; history is walked through in silence."""
        number = self.windows.of.get(migration.key, -1)
        if number != self.deploy.number or number == -1:
            self.deploy = Deploy(number)
        self._new, self._is_one_string = None, False
        transaction: list[e.Effect] = []
        late: list[Lowered] = []
        for operation in migration.operations:
            if not migration.is_atomic:
                transaction, self._is_one_string = [], False
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
        try:
            return lowered(migration, operation, self.state, self.schema)
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as defect:
            # One operation that is written as nobody thought of must not hide all the others.
            what = f"{operation.written or operation.kind}"
            why = f"hrmsops could not follow it ({type(defect).__name__}: {defect})"
            return [Lowered(e.Opaque("", what, why), operation)]

    def _advance(self, migration: Migration, operation: Operation) -> None:
        """The models after the operation; what only Django's state loses is touched as well."""
        try:
            later = forwards(self.state, migration.app, operation)
        except (TypeError, ValueError, LookupError, AttributeError):
            return  # The same operation was reported as one that could not be followed.
        for key in later.changed:
            before, after = self.state.models.get(key), later.models.get(key)
            for model in filter(None, (before, after)):
                self._touch(migration, operation, model.table, "")
        for key in later.changed:
            self._know(self.state.models.get(key), later.models.get(key))
        self.state = later.settled() if later.changed else later

    def _know(self, before: ModelState | None, after: ModelState | None) -> None:
        """Which model has which table, for the code that is deployed with this operation."""
        if before is not None and self.models.get(before.table) is before:
            del self.models[before.table]
        if after is not None and not after.options.get("proxy"):
            self.models[after.table] = after

    def _happens(
        self, migration: Migration, item: Lowered, transaction: list[e.Effect]
    ) -> Iterator[Event]:
        effect = item.effect
        if not migration.is_atomic and transaction and self._statement != item.statement:
            transaction.clear()
            self._is_one_string = False
        self._statement = item.statement
        is_one_string = self._is_one_string
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
        self._is_one_string = self._is_one_string or isinstance(effect, ManyStatements)

    def _note(self, migration: Migration, item: Lowered) -> None:
        effect = item.effect
        if isinstance(effect, e.Opaque) and not effect.extra:
            self.deploy.is_opaque = True
        if isinstance(effect, e.CreateTable) and not self.schema.find(effect.table):
            self.births[effect.table] = (self.deploy.number, migration)
            self._new = None
        if isinstance(effect, e.RenameTable) and effect.table in self.births:
            self.births[effect.new] = self.births.pop(effect.table)
            self._new = None
        if not effect.table:
            return
        is_made = isinstance(effect, e.CreateTable)
        self._touch(migration, item.operation, effect.table, "", is_old=not is_made)
        if isinstance(effect, e.RenameTable):
            self._touch(migration, item.operation, effect.new, "")
        for column in _columns(effect):
            self._touch(migration, item.operation, effect.table, column)

    def _touch(
        self,
        migration: Migration,
        operation: Operation,
        table: str,
        column: str,
        *,
        is_old: bool = False,
    ) -> None:
        """`is_old`: the database has the table, even if nothing here made it."""
        if table not in self.deploy.tables:
            known = self.schema.find(table)
            self.deploy.tables[table] = known or (Table(table) if is_old else None)
            self.deploy.models[table] = self.models.get(table)
        self.deploy.touched[table, column] = (migration, operation)

    def _new_tables(self, migration: Migration) -> frozenset[str]:
        """Tables that no released code knows: made in this deploy, or by the app's first ones."""
        if self._new is not None:
            return self._new
        number = self.deploy.number
        self._new = frozenset(
            table
            for table, (born, by) in self.births.items()
            if (born == number and number != -1)
            or (by.is_initial and migration.is_initial and by.app == migration.app)
        )
        return self._new

    def _breakages(self, migration: Migration) -> Iterator[Event]:
        for each in breakages(self.deploy, self.models, self.schema):
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


def _is_atomic(operation: Operation) -> bool:
    return operation.kind == "RunPython" and operation.get("atomic") is True


def _columns(effect: e.Effect) -> tuple[str, ...]:
    if isinstance(effect, e.AddColumn):
        return (effect.column.name,)
    if isinstance(effect, e.RenameColumn):
        return (effect.old, effect.new)
    named = getattr(effect, "column", "")
    return (named,) if named else ()
