"""The sessions with the database: the one that migrates, and those beside it."""

from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.signals import connection_created

from ..wire import Refused
from .migration_lock import take_lock
from .preparing import prepare, read_back
from .words import said


class Session:
    """The migrating session: prepared and locked whenever it is opened, and read back.

    `ledger` writes down starts, so that they are committed whatever becomes of the migration.
    While it `is_preparing`, also in the middle of a migration, what it sends is ours.
    """

    def __init__(self, wire, request):
        self.wire, self.request, self.alias = wire, request, request["alias"]
        self._wants_lock, self._ledger, self.is_preparing = False, None, False
        if self.alias not in connections.settings:
            raise Refused("alias-unknown", alias=self.alias, known=sorted(connections.settings))
        connection_created.connect(self._on_created, weak=False)
        self.main = connections[self.alias]
        self.main.close()
        if self.main.vendor != "postgresql":
            raise Refused("not-postgresql", alias=self.alias, vendor=self.main.vendor)

    def open(self, lock):
        """Log in, with the migration lock or without; what the session is then."""
        self._wants_lock = lock
        self._connected(self.main)
        return self.facts()

    @property
    def ledger(self):
        """The second session; opened again where it was lost."""
        if self._ledger is not None and is_lost(self._ledger):
            self._ledger.close()
            self._ledger = None
        if self._ledger is None:
            self._ledger = self.aside("ledger")
        return self._ledger

    def aside(self, part):
        """A session beside the migrating one."""
        made = connections.create_connection(self.alias)
        made.hrmsops_part = part
        self._connected(made)
        return made

    def _connected(self, connection):
        try:
            connection.ensure_connection()
        except (DatabaseError, InterfaceError) as error:
            raise Refused("not-connected", said=said(error)) from error

    def rows(self, sql, params=(), connection=None):
        """What a statement answers, on the migrating session where no other is named."""
        with (connection or self.main).cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def facts(self):
        """What this session is, as the server says."""
        [(user, role, address, port, database, version, pid)] = self.rows(
            "SELECT session_user, current_user, host(inet_server_addr()), inet_server_port(),"
            " current_database(), current_setting('server_version'), pg_backend_pid()"
        )
        return {
            "user": user, "role": role, "address": address, "port": port, "database": database,
            "version": version, "pid": pid, "settings": read_back(self.main, self.request),
        }  # fmt: skip

    def _on_created(self, sender, connection, **_):
        if connection.alias != self.alias:
            return
        part = getattr(connection, "hrmsops_part", "main")
        if part != "main":
            prepare(connection, self.request, is_watch=part == "watch")
            return
        self.is_preparing = True
        try:
            prepare(connection, self.request, is_watch=False)
            if self._wants_lock:
                # A migration that closes the connection would go on without the lock.
                take_lock(self)
        finally:
            self.is_preparing = False


def is_lost(connection):
    """Whether a session has ended, by whosever hand."""
    raw = connection.connection
    return raw is None or bool(raw.closed)


def pid_of(connection):
    """The server's process of a session; 0 where there is none."""
    return 0 if is_lost(connection) else connection.connection.info.backend_pid
