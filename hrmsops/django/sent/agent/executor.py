"""Django's executor and its schema editor, with the ledger's row beside each record."""

import sys

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor

from .operations import back, forth


class Executor(MigrationExecutor):
    """Records together with the ledger, and goes stepwise through what has no transaction."""

    def __init__(self, session, ledger, underway, stepwise):
        self._session, self._ledger = session, ledger
        self._underway, self._stepwise = underway, stepwise
        self.is_recorded = False
        super().__init__(session.main)

    def apply_migration(self, state, migration, fake=False, fake_initial=False):
        if migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        self._stepwise.go(migration, forth(migration, state))
        self.record_migration(migration)
        return state

    def record_migration(self, *of):
        """Django names it by itself, and since 6.0 by its app and name."""
        migration = of[0] if len(of) == 1 else self.loader.get_migration(*of[:2])
        keys = [*self._keys(migration)]
        self._record(lambda: [self.recorder.record_applied(*key) for key in keys])

    def unapply_migration(self, state, migration, fake=False):
        """Never fake: what is recorded as taken back was taken back."""
        if migration.atomic:
            with self.connection.schema_editor(atomic=True) as editor:
                return migration.unapply(state, editor)
        self._stepwise.go(migration, back(migration, state))
        self.record_reversal(migration)
        return state

    def record_reversal(self, migration):
        keys = [*self._keys(migration)]
        self._record(lambda: [self.recorder.record_unapplied(*key) for key in keys])

    def _keys(self, migration):
        """What is recorded of it: what it replaces, which may replace others, and itself."""
        for key in migration.replaces:
            replaced = self.loader.disk_migrations.get(key)
            yield from [key] if replaced is None else self._keys(replaced)
        yield (migration.app_label, migration.name)

    def _record(self, write):
        """With the ledger's row, in one transaction: the two always agree."""
        if self.is_recorded:
            return
        atomic = transaction.atomic(using=self._session.alias, savepoint=False)
        with self._underway.internally(), atomic:
            write()
            self._ledger.applied()
        self.is_recorded = True


def put_editor(session, executor, underway, stepwise):
    """From now on Django's schema editor is ours over its own."""
    parts = {"executor": executor, "underway": underway, "stepwise": stepwise}
    session.main.SchemaEditorClass = type(
        "Editor", (_Editor, session.main.SchemaEditorClass), parts
    )


class _Editor:
    """Counts statements, and records within the transaction."""

    def execute(self, sql, params=()):
        if not self.collect_sql and self.stepwise.may_skip():
            return None
        with self.stepwise.counting():
            return super().execute(sql, params)

    def __enter__(self):
        if self.underway.migration is not None and self.underway.editor is None:
            self.underway.editor = self  # Code of a migration may open others.
        return super().__enter__()

    def __exit__(self, *error):
        if error[0] is None and self.underway.editor is self and self.atomic_migration:
            try:
                self._finish()
            except BaseException:
                super().__exit__(*sys.exc_info())
                raise
        return super().__exit__(*error)

    def _finish(self):
        """What Django defers, and the record that it would write after the transaction then."""
        pending, self.deferred_sql = list(self.deferred_sql), []
        for sql in pending:
            self.execute(sql, None)
        backwards = self.underway.backwards
        record = self.executor.record_reversal if backwards else self.executor.record_migration
        record(self.underway.migration)
