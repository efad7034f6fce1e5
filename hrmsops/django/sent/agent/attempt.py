"""One try at one migration, and what is known of it where it failed."""

import time

from ..wire import Refused
from .operations import in_order, parts
from .session import pid_of
from .words import trouble

_END_SECONDS, _POLL_SECONDS = 10.0, 0.2
NOWHERE = (0, 0, False)


class Attempt:
    """Begins where an earlier one without a transaction stopped."""

    def __init__(self, runner, migration, number):
        self._runner, self._migration, self._number = runner, migration, number
        self._session, self._underway = runner.session, runner.underway
        self._ledger, self._stepwise = runner.ledger, runner.stepwise

    def run(self, repeat):
        """`repeat`: also what may have been done, by whichever run. Refuses what is in doubt."""
        migration = self._migration
        place = NOWHERE if migration.atomic else self._ledger.place(migration, repeat)
        self._stepwise.begin(place)
        if not repeat:
            self._refuse_doubt(place)
        self._begin(place)
        self._underway.migration, self._underway.editor = migration, None
        self._underway.pid = pid_of(self._session.main)
        try:
            with self._session.main.execute_wrapper(self._runner.guard):
                self._runner.migrate(migration)
        finally:
            self._underway.migration = self._underway.now = self._underway.editor = None

    def failure(self, error):
        """What is known of a failure; None where the migration is applied nevertheless."""
        with self._underway.internally():
            # Django may have opened another session when it could not roll back in this one.
            pid = self._underway.pid
            is_lost = not pid or pid_of(self._session.main) != pid
            if is_lost and self._came_through():
                return None
            facts = {**trouble(error), "is_lost": is_lost, **self._parts()}
            try:
                self._ledger.failed(facts["sqlstate"])
            except Exception:
                facts["is_lost"] = True
        return facts

    def _begin(self, place):
        migration = self._migration
        with self._underway.internally():
            started = self._ledger.start(migration, place)
        self._session.wire.emit(
            "started",
            app=migration.app_label,
            name=migration.name,
            attempt=self._number,
            **started,
        )

    def _refuse_doubt(self, place):
        number, _, is_in_doubt = place
        migration, operations = self._migration, in_order(self._migration, self._underway.backwards)
        if not is_in_doubt or number >= len(operations) or operations[number].reduces_to_sql:
            return
        raise Refused(
            "in-doubt",
            app=migration.app_label,
            name=migration.name,
            operation=number + 1,
            **self._parts(),
        )

    def _parts(self):
        stepwise = self._stepwise
        return parts(
            self._migration, self._underway.backwards, stepwise.operation, stepwise.statement
        )

    def _came_through(self):
        """Whether a commit whose answer was lost is there, once its session has ended."""
        deadline = time.monotonic() + _END_SECONDS
        asked = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        try:
            while time.monotonic() < deadline and self._session.rows(
                asked, [self._underway.pid], self._session.ledger
            ):
                time.sleep(_POLL_SECONDS)
            row = self._ledger.read((self._migration.app_label, self._migration.name))
        except Exception:
            return False
        return bool(row) and row["outcome"] == self._ledger.done
