"""What is to be migrated."""

from django.db.migrations.exceptions import InconsistentMigrationHistory

from ..wire import Refused
from .collected import collected, commands
from .operations import document
from .statements import destroys
from .table_locks import locks_of
from .targets import targets


class Reader:
    """Reads the code and the database, and writes nothing."""

    def __init__(self, session, runner, condition):
        self._session, self._condition = session, condition
        self._loader, self._executor = runner.loader, runner.executor
        self._leaves = runner.ledger.leaves

    def plan(self, app, to):
        """All that a plan is made of."""
        self._loader.build_graph()
        conflicts = self._loader.detect_conflicts()
        if conflicts:
            raise Refused("conflicts", conflicts={k: sorted(v) for k, v in conflicts.items()})
        try:
            self._loader.check_consistent_history(self._session.main)
        except InconsistentMigrationHistory as error:
            raise Refused("inconsistent", said=str(error)) from error
        wanted = targets(self._loader, app, to)
        pairs = self._executor.migration_plan(wanted)
        back = [f"{m.app_label}.{m.name}" for m, backwards in pairs if backwards]
        migrations = [] if back else self._described([m for m, _ in pairs])
        return {
            "targets": [list(each) for each in wanted],
            "backwards": back,
            "migrations": migrations,
            "leaves": self._leaves,
            "applied": len(self._loader.applied_migrations),
            "unknown": self._condition.unknown(),
            "owners": self._condition.other_owners(),
            **self._condition.document(),
        }

    def left(self, app, to):
        """The migrations between here and the target."""
        self._loader.build_graph()
        pairs = self._executor.migration_plan(targets(self._loader, app, to))
        return [f"{m.app_label}.{m.name}" for m, _ in pairs]

    def _described(self, migrations):
        state = self._executor._create_project_state(with_applied_migrations=True)
        found = []
        for migration in migrations:
            sql, state = self._sql(migration, state)
            lines = commands(sql)
            facts = document(migration, backwards=False)
            is_code = any(each["is_code"] for each in facts["operations"])
            does = {"destroys": is_code or any(destroys(line) for line in lines)}
            found.append({**facts, "sql": sql, "locks": locks_of(lines), **does})
        return found

    def _sql(self, migration, state):
        """The statements as Django would send them now; None where they depend on earlier ones."""
        after = state.clone()

        def apply(editor):
            migration.apply(after, editor, collect_sql=True)

        try:
            return collected(self._session, migration, apply), after
        except Exception:
            return None, migration.mutate_state(state)
