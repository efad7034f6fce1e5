"""Each migration as a deploy of its own, on rows that are gone before the next one."""

from contextlib import contextmanager

from ..wire import Refused
from .deploying import EMPTY, FULL, Deploying
from .touched import Touched


class InTurn(Deploying):
    """A history would stumble over made-up rows that its later migrations do not expect.

    An atomic migration is tried on rows in a transaction that is rolled back, and then runs
    without; after one that is not, the rows are taken away.
    """

    def run(self, plan):
        state = self.scratch.begin()
        for migration in plan:
            if self.stands_on_failed(migration):
                continue
            if self.is_pending(migration):
                state = self._looked_at(state, migration)
            else:
                state = self._passed(state, migration)
            if self.is_lost:
                return

    def _passed(self, state, migration):
        """What nobody asks about; the others can do without it, where it fails."""
        try:
            return self.unobserved(state, migration)
        except Refused as refusal:
            if not migration.atomic or not self.scratch.is_usable():
                raise
            self.failed(migration)
            failure = {"rows": FULL, "path": None, **refusal.facts}
            self.tell(migration, self.ended([failure], atomic=True))
            return state

    def _looked_at(self, state, migration):
        touched = Touched(state, [migration])
        tables = touched.tables(state.apps)
        around = self._tried if migration.atomic else self._cleaned

        def attempt(rows):
            with around():
                return self._on_rows(state, migration, touched, tables, rows)

        after, document = self.attempts(migration, attempt)
        if after is not None and migration.atomic:
            after = self._again(state, migration, tables)
        self.tell(migration, document)
        return state if after is None else after

    def _on_rows(self, state, migration, touched, tables, rows):
        scratch = self.scratch
        self._fill(rows, tables)
        old, base = state.clone(), scratch.eyes.look()
        before = scratch.code.tries(old.apps, touched)
        after, document = scratch.watched(state, migration, base)
        self._settle()
        self.compare("old", old, before, touched, document)
        self.compare("new", after, before, touched, document)
        return after, document

    def _fill(self, rows, tables):
        if rows == EMPTY:
            return
        self.scratch.rows.nulls = rows == FULL
        self.scratch.rows.fill(tables)
        self._settle()

    def _settle(self):
        """Foreign keys are checked as a commit would; what waits for one forbids ALTER TABLE."""
        if self.scratch.main.in_atomic_block:
            self.scratch.eyes.ask("SET CONSTRAINTS ALL IMMEDIATE")
            self.scratch.eyes.ask("SET CONSTRAINTS ALL DEFERRED")

    @contextmanager
    def _tried(self):
        """Nothing of what happens within stays."""
        from django.db import transaction

        scratch = self.scratch
        try:
            with scratch.apart():
                yield
                transaction.set_rollback(True, using=scratch.alias)
        finally:
            scratch.rows.filled = {}
            _forget()

    @contextmanager
    def _cleaned(self):
        """The made-up rows go; what the migration did stays."""
        yield
        self.scratch.rows.empty()

    def _again(self, state, migration, tables):
        """For good, without rows, else with those that it was tried on; None where neither does."""
        for kind in (EMPTY, FULL):
            try:
                with self._cleaned():
                    if kind == FULL:
                        self.scratch.rows.fill(tables)
                    return self.scratch.apply(state, migration)
            except Exception:
                if not self.scratch.is_usable():
                    raise
        self.failed(migration)
        return None


def _forget():
    """Django remembers the keys of content types, also of those that were rolled back."""
    from django.apps import apps

    if apps.is_installed("django.contrib.contenttypes"):
        apps.get_model("contenttypes", "ContentType").objects.clear_cache()
