"""The table hrmsops.migrations, as one run writes it."""

from django.db import DatabaseError, InterfaceError

from .ledger_table import ensure_ledger
from .session import is_lost
from .words import plain


class Ledger:
    """What was begun and what came of it; each statement commits by itself but where it is said.

    `leaves` are the newest migrations that the code has.
    """

    def __init__(self, session):
        self._session, self.leaves = session, []
        self._row, self.is_reverse = None, False

    @property
    def done(self):
        """The outcome of what came through."""
        return "reversed" if self.is_reverse else "applied"

    def ensure(self):
        """Make the table where it is missing or of an older hrmsops."""
        ensure_ledger(self._ask, self._session.request["role"])

    def start(self, migration, place):
        """A row for this attempt, committed before its first statement; its facts."""
        request = self._session.request
        [(row, at, lsn, first)] = self._ask(
            "INSERT INTO hrmsops.migrations (app, name, run, operator, image, commit, leaves,"
            " is_atomic, operation, statement, is_in_doubt, is_reverse)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s::text[], %s, %s, %s, %s, %s)"
            " RETURNING id, started_at, started_lsn::text, first_xid::text::bigint",
            [
                migration.app_label, migration.name, request["run"], request["operator"],
                request["image"], request["commit"], self.leaves, migration.atomic, *place,
                self.is_reverse,
            ],
        )  # fmt: skip
        self._row = row
        return {"started_at": at.isoformat(), "started_lsn": lsn, "first_xid": first}

    def applied(self):
        """On the migrating session: committed together with the row of django_migrations."""
        self._ask(
            "UPDATE hrmsops.migrations SET outcome = %s, ended_at = clock_timestamp(),"
            " ended_lsn = pg_current_wal_insert_lsn(), xid = pg_current_xact_id() WHERE id = %s",
            [self.done, self._row],
            self._session.main,
        )

    def ended(self, key):
        """After the commit, and after a kill just behind it: every number of its is given out."""
        self._ask(
            "UPDATE hrmsops.migrations SET until_xid = pg_snapshot_xmax(pg_current_snapshot())"
            " WHERE app = %s AND name = %s AND outcome = %s AND until_xid IS NULL",
            [*key, self.done],
        )

    def failed(self, sqlstate):
        """Where nothing else has become of it."""
        self._ask(
            "UPDATE hrmsops.migrations SET outcome = 'failed', ended_at = clock_timestamp(),"
            " ended_lsn = pg_current_wal_insert_lsn(), sqlstate = %s,"
            " until_xid = pg_snapshot_xmax(pg_current_snapshot())"
            " WHERE id = %s AND outcome IS NULL",
            [sqlstate, self._row],
        )

    def progress(self, operation, statement, in_doubt, connection=None):
        """How far a migration without a transaction has come."""
        self._ask(
            "UPDATE hrmsops.migrations SET operation = %s, statement = %s, is_in_doubt = %s"
            " WHERE id = %s",
            [operation, statement, in_doubt, self._row],
            connection,
        )

    def place(self, migration, any_run):
        """Operation, statement and doubt where an earlier attempt without a transaction stopped."""
        found = self._ask(
            "SELECT operation, statement, is_in_doubt, run, outcome, is_atomic"
            " FROM hrmsops.migrations WHERE app = %s AND name = %s AND is_reverse = %s"
            " ORDER BY id DESC LIMIT 1",
            [migration.app_label, migration.name, self.is_reverse],
        )
        if not found or found[0][4] == self.done or found[0][5]:
            return (0, 0, False)
        operation, statement, in_doubt, run = found[0][:4]
        if run != self._session.request["run"] and not any_run:
            return (0, 0, False)
        return (operation, statement, in_doubt)

    def read(self, key):
        """The newest row of a migration as facts; None where there is none."""
        found = self._ask(
            "SELECT run, started_at, started_lsn::text, first_xid::text::bigint, ended_at,"
            " ended_lsn::text, xid::text::bigint, until_xid::text::bigint, outcome"
            " FROM hrmsops.migrations WHERE app = %s AND name = %s AND is_reverse = %s"
            " ORDER BY id DESC LIMIT 1",
            [*key, self.is_reverse],
        )
        names = (
            "run", "started_at", "started_lsn", "first_xid", "ended_at", "ended_lsn", "xid",
            "until_xid", "outcome",
        )  # fmt: skip
        return {n: plain(v) for n, v in zip(names, found[0])} if found else None

    def _ask(self, sql, params=(), connection=None):
        if connection is not None:
            return self._session.rows(sql, params, connection)
        used = self._session.ledger
        try:
            return self._session.rows(sql, params, used)
        except (DatabaseError, InterfaceError):
            if not is_lost(used):
                raise
            # Each of these statements commits by itself, and may be sent once more.
            return self._session.rows(sql, params, self._session.ledger)
