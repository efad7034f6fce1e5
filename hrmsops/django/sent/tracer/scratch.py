"""The scratch database: the session that migrates it, and who looks."""

from functools import partial

from django.db import Error, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from ..wire import Refused
from .code import Code
from .eyes import Eyes
from .rows import Rows


def key_of(migration):
    return (migration.app_label, migration.name)


class Scratch:
    """Everything in it may be written, emptied and lost."""

    def __init__(self, alias):
        self.alias, self.main = alias, connections[alias]
        if self.main.vendor != "postgresql":
            raise Refused("not-postgresql", alias=alias, vendor=self.main.vendor)
        aside = connections.create_connection(alias)
        try:
            self.main.ensure_connection()
            aside.ensure_connection()
            self.eyes = Eyes(self.main, aside)
        except Error as error:
            raise Refused("not-connected", said=str(error)[:500]) from error
        self.apart = partial(transaction.atomic, using=alias)
        self.rows, self.code = Rows(self.eyes.ask, self.apart), Code(alias)
        self.executor = None

    def plan(self):
        """Every migration of the project, in Django's own order."""
        try:
            self.executor = MigrationExecutor(self.main)
        except Exception as error:
            raise Refused("project", error=type(error).__name__, said=str(error)[:500]) from error
        leaves = self.executor.loader.graph.leaf_nodes()
        return [each for each, _ in self.executor.migration_plan(leaves)]

    def begin(self):
        """The models before the first migration."""
        self.executor.recorder.ensure_schema()
        return ProjectState(real_apps=self.executor.loader.unmigrated_apps)

    def apply(self, state, migration):
        """The models after it; nobody looks."""
        return self.executor.migrate([key_of(migration)], [(migration, False)], state.clone())

    def watched(self, state, migration, base):
        """The models after it, and what each of its operations did to what was there at `base`."""
        self.eyes.begin(migration, base, set(self.rows.filled.values()))
        try:
            with self.main.execute_wrapper(self.eyes.statement):
                after = self.apply(state, migration)
        finally:
            self.eyes.end(migration)
        seen = [each.document() for _, each in sorted(self.eyes.operations.items())]
        return after, {"atomic": migration.atomic, "operations": seen, "breaks": [], "works": []}

    def is_usable(self):
        """Whether the session lives, and nothing of a migration is left open in it."""
        try:
            self.main.close_if_unusable_or_obsolete()
            self.eyes.ask("SELECT 1")
        except Error:
            return False
        return not self.main.in_atomic_block

    def parents(self, migration):
        """The keys of what it stands on."""
        node = self.executor.loader.graph.node_map[key_of(migration)]
        return {parent.key for parent in node.parents}
