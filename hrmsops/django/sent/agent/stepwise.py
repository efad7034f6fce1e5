"""A migration without a transaction, gone through so that each place can be gone on from."""

from contextlib import contextmanager

from django.db import transaction

from .session import is_lost
from .statements import drops
from .words import sqlstate

THERE_ALREADY = ("42701", "42P07", "42710", "42P06", "42723")
GONE_ALREADY = ("42703", "42P01", "42704", "3F000")


class Stepwise:
    """Each operation is gone through as if it were a migration of its own.

    So each operation's end is a place to go on from: its deferred statements are part of it.
    Within an operation each statement that commits by itself is written down, before and after.
    `operation` and `statement` are how many of them are behind us.
    """

    def __init__(self, session, ledger, underway, policies):
        self._session, self._ledger = session, ledger
        self._underway, self._policies = underway, policies
        self._is_counting = self._is_code = False
        self.begin((0, 0, False))

    def begin(self, place):
        """From where an earlier attempt stopped: operation, statement, and doubt about it."""
        self._place = place
        self.operation, self.statement, _ = place
        self._skips, self._is_doubted = 0, False

    def go(self, migration, steps):
        """Each of `steps`: an operation, how it is done, and the states on its two sides."""
        for number, (operation, change, start, end) in enumerate(steps):
            if number < self._place[0]:
                continue
            self._begin_operation(number, operation)
            with self._session.main.schema_editor(atomic=False) as editor:
                if operation.atomic:
                    with transaction.atomic(using=self._session.alias):
                        change(migration.app_label, editor, start, end)
                        self._write_down(number + 1, 0, False, self._session.main)
                else:
                    change(migration.app_label, editor, start, end)
            self._write_down(number + 1, 0, False)
        self.operation = len(migration.operations)

    @contextmanager
    def counting(self):
        """Within, a statement comes from the schema editor: the same one on a second try."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False

    def may_skip(self):
        """Whether an earlier attempt has the next statement behind it; it counts as done then."""
        if not self._commits_alone or self.statement >= self._skips:
            return False
        self.statement += 1
        return True

    def run(self, text, kind, execute):
        """A statement of any migration; counted where it commits by itself."""
        counts, self._is_counting = self._is_counting and self._commits_alone, False
        if not counts:
            return self._policies.run(text, kind, execute)
        is_in_doubt = self._is_doubted and self.statement == self._skips
        self._write_down(self.operation, self.statement, True)
        try:
            answer = self._policies.run(text, kind, execute, is_in_doubt)
        except Exception as error:
            if not (is_in_doubt and _came_through(text, error)):
                if not is_lost(self._session.main):  # It failed, so no doubt remains.
                    self._write_down(self.operation, self.statement, False)
                raise
            answer = None
        self.statement += 1
        self._write_down(self.operation, self.statement, False)
        return answer

    @property
    def _commits_alone(self):
        """Each statement is its own transaction, so what is done is written down one by one."""
        migration = self._underway.migration
        return (
            migration is not None
            and not migration.atomic
            and not (self._underway.is_internal or self._is_code)
            and not self._session.main.in_atomic_block
        )

    def _begin_operation(self, number, operation):
        first, statement, is_in_doubt = self._place
        is_place = number == first
        self.operation, self.statement = number, 0
        self._skips = statement if is_place else 0
        self._is_doubted = is_place and is_in_doubt
        self._is_code = not operation.reduces_to_sql
        commits_unseen = self._is_code and not operation.atomic
        self._write_down(number, self._skips, self._is_doubted or commits_unseen)

    def _write_down(self, operation, statement, is_in_doubt, connection=None):
        with self._underway.internally():
            self._ledger.progress(operation, statement, is_in_doubt, connection)


def _came_through(text, error):
    """Whether the earlier attempt's own statement did after all."""
    return sqlstate(error) in (GONE_ALREADY if drops(text) else THERE_ALREADY)
