"""What is to be taken back."""

from django.apps import apps
from django.db.migrations.state import ProjectState

from .collected import collected, commands
from .graph import is_applied
from .losses import Losses
from .operations import document
from .table_locks import locks_of
from .targets import targets


class Backwards:
    """What taking migrations back would do, of the code and of the rows that are there now."""

    def __init__(self, session, runner, condition):
        self._session, self._condition = session, condition
        self._loader, self._executor = runner.loader, runner.executor
        self._losses = Losses(session)

    def plan(self, app, to, undo):
        """Every migration that has to go, in their order, other apps' ones too."""
        self._loader.build_graph()
        if undo:
            [key] = targets(self._loader, app, undo)
            pairs = [(each, True) for each in self._after(key)]
        else:
            [key] = targets(self._loader, app, to)[:1]
            pairs = self._executor.migration_plan([key])
        forwards = [f"{m.app_label}.{m.name}" for m, backwards in pairs if not backwards]
        going = [] if forwards else [m for m, _ in pairs]
        return {
            "target": list(key),
            "forwards": forwards,
            "migrations": self._described(going),
            "applied": [".".join(each) for each in sorted(self._loader.applied_migrations)],
            "unknown": sorted({*self._condition.unknown(), *self._gone(going)}),
            "owners": self._condition.other_owners(),
            **self._condition.document(),
        }

    def _after(self, key):
        """A migration and all that stand on it, the newest first."""
        found = self._loader.graph.backwards_plan(key)
        applied = self._loader.applied_migrations
        return [self._loader.graph.nodes[each] for each in found if each in applied]

    def _gone(self, going):
        """Applied since by apps that this code does not have: they may stand on what goes."""
        installed = {each.label for each in apps.get_app_configs()}
        applied = self._loader.applied_migrations
        keys = [(each.app_label, each.name) for each in going]
        since = min((applied[key].applied for key in keys if key in applied), default=None)
        return [
            ".".join(key)
            for key, record in applied.items()
            if since is not None and key[0] not in installed and record.applied >= since
        ]

    def left(self, names):
        """Those of `names` that are still recorded as applied."""
        applied = self._executor.recorder.applied_migrations()
        return [each for each in names if tuple(each.split(".", 1)) in applied]

    def _described(self, going):
        states, found = self._states(going), []
        for migration in going:
            state = states[migration]
            losses, obstacles = self._losses.of(migration, state)
            sql = self._sql(migration, state)
            rows = {"losses": losses, "obstacles": obstacles}
            facts = document(migration, backwards=True)
            found.append({**facts, "sql": sql, "locks": locks_of(commands(sql)), **rows})
        return found

    def _states(self, going):
        """The project as it was before each of these."""
        plan = self._executor.migration_plan(self._loader.graph.leaf_nodes(), clean_start=True)
        state, found = ProjectState(real_apps=self._loader.unmigrated_apps), {}
        for migration, _ in plan:
            if migration in going:
                found[migration] = state
                state = migration.mutate_state(state, preserve=True)
            elif is_applied(self._loader, migration):
                migration.mutate_state(state, preserve=False)
        return found

    def _sql(self, migration, state):
        """None where it depends on those before it, or cannot be taken back at all."""

        def unapply(editor):
            migration.unapply(state.clone(), editor, collect_sql=True)

        try:
            return collected(self._session, migration, unapply)
        except Exception:
            return None
