"""Applies migrations one by one, and takes them back."""

import time

from django.core.management.sql import emit_pre_migrate_signal

from ..wire import Refused
from .attempt import Attempt
from .executor import Executor, put_editor
from .graph import as_plan, is_applied, next_one
from .guard import Guard
from .ledger import Ledger
from .policies import AGAIN, Policies
from .settling import settle
from .stepwise import Stepwise
from .underway import Underway
from .watch import Watch


class Runner:
    """What a run's migrations have in common: the project's state, the ledger, the policies."""

    def __init__(self, session):
        self.session, self.underway, self.ledger = session, Underway(), Ledger(session)
        self._policies = Policies(session, self.underway)
        self.stepwise = Stepwise(session, self.ledger, self.underway, self._policies)
        self.executor = Executor(session, self.ledger, self.underway, self.stepwise)
        self.guard = Guard(session, self.underway, self.stepwise)
        self.loader = self.executor.loader
        leaves = self.loader.graph.leaf_nodes()
        self.ledger.leaves = sorted(f"{app}.{name}" for app, name in leaves)
        self._state, self._has_begun = None, False
        put_editor(session, self.executor, self.underway, self.stepwise)

    def apply(self, key, plan, repeat, backwards=False):
        """Apply one migration, or take it back; its facts from the ledger."""
        self.underway.backwards = self.ledger.is_reverse = backwards
        self.loader.applied_migrations = self.executor.recorder.applied_migrations()
        migration = next_one(self.loader, key, backwards)
        if is_applied(self.loader, migration) != backwards:
            return {"already": True, **self._recorded(key)}
        self._begin(plan)
        began = time.monotonic()
        attempts = self._attempt(migration, repeat)
        seconds = round(time.monotonic() - began, 3)
        return {"already": False, "attempts": attempts, "seconds": seconds, **self._recorded(key)}

    def migrate(self, migration):
        """Through Django's executor, from the state of the project before it to the one after."""
        key = (migration.app_label, migration.name)
        self.executor.is_recorded = False
        self._state = self.executor.migrate(
            [key], plan=[(migration, self.underway.backwards)], state=self._state.clone()
        )

    def settle(self, plan, backwards):
        """Tell the apps, as Django's own migrate does: content types, permissions."""
        if self._state is None:
            self._state = self._state_now()
        settle(self._state, as_plan(self.loader, plan, backwards), self.session.alias)

    def _attempt(self, migration, repeat):
        """How many attempts it took."""
        number = 0
        while True:
            number += 1
            self._policies.begin(number)
            attempt = Attempt(self, migration, number)
            try:
                attempt.run(repeat)
            except Refused:
                raise
            except Exception as error:
                facts = attempt.failure(error)
                if facts is None:
                    return number  # It came through; only the answer was lost.
                if not self._may_repeat(migration, facts, number):
                    app, name = migration.app_label, migration.name
                    raise Refused("failed", app=app, name=name, attempts=number, **facts) from error
                self._policies.pause(facts["sqlstate"], number)
            else:
                return number

    def _may_repeat(self, migration, facts, attempts):
        return (
            facts["sqlstate"] in AGAIN
            and migration.atomic
            and attempts < self._policies.attempts_max
            and not (facts["is_lost"] or self.underway.is_stopping)
        )

    def _recorded(self, key):
        with self.underway.internally():
            self.ledger.ensure()
            self.ledger.ended(key)
            return self.ledger.read(key) or {}

    def _begin(self, plan):
        """Once in a run: what it needs is there, and the apps are told."""
        if self._has_begun:
            return
        with self.underway.internally():
            self.ledger.ensure()
            self.executor.recorder.ensure_schema()
        self._state = self._state_now()
        emit_pre_migrate_signal(
            0,
            False,
            self.session.alias,
            apps=self._state.apps,
            plan=as_plan(self.loader, plan, self.underway.backwards),
        )
        Watch(self.session, self.underway).start()
        self._has_begun = True

    def _state_now(self):
        with self.underway.internally():
            return self.executor.migrate([], plan=[])
