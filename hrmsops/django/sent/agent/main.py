"""Runs in the HRMS's interpreter with its Django: says what would be migrated, and migrates."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import queue
import random
import re
import sys
import threading
import time
import traceback
import zlib
from contextlib import contextmanager, suppress
from functools import partial

from ..wire import Refused, Requests, Wire, first_line

LOCK = (0x68726D73, 1)
"""The advisory lock of whoever migrates this database, in pg_advisory_lock's two halves."""
RAMP_FIRST, RAMP_GROWTH = 0.1, 1.35
CEILING_SECONDS = 12 * 3600
WATCH_SECONDS = 0.2
LOOK_SECONDS, LONG_SECONDS = 0.05, 3.0
"""The first attempts at a lock are short; who held it up is to be seen in each of them."""
STOP_SECONDS = 10.0
AGAIN = ("55P03", "40P01")
"""A lock that was not had in time, and a deadlock: nothing was done, so it may be tried again."""
THERE_ALREADY = ("42701", "42P07", "42710", "42P06", "42723")
GONE_ALREADY = ("42703", "42P01", "42704", "3F000")

LEDGER = """
CREATE TABLE IF NOT EXISTS hrmsops.migrations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app text NOT NULL, name text NOT NULL, run text NOT NULL, operator text NOT NULL,
    image text NOT NULL, commit text NOT NULL, leaves text[] NOT NULL, is_atomic boolean NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(),
    first_xid xid8 NOT NULL DEFAULT pg_snapshot_xmax(pg_current_snapshot()),
    ended_at timestamptz, ended_lsn pg_lsn, xid xid8, until_xid xid8,
    outcome text, sqlstate text,
    operation integer NOT NULL DEFAULT 0,
    statement integer NOT NULL DEFAULT 0,
    is_in_doubt boolean NOT NULL DEFAULT false,
    is_reverse boolean NOT NULL DEFAULT false
)
"""


class Stopped(BaseException):
    """The other side has gone; nothing more is begun."""


class Answers:
    """Events of a job, which has nobody at its other end: into a table, by a thread of its own."""

    TABLE = """
    CREATE TABLE IF NOT EXISTS hrmsops.answers (
        ask text, number integer, event jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (ask, number)
    )
    """

    def __init__(self, ask):
        self._ask, self._lines, self._thread = ask, queue.Queue(), None

    def emit(self, event, **facts):
        self._lines.put(json.dumps({"event": event, **facts}, default=str))

    def attach(self, session):
        """From now on there is a database to write to."""
        self._thread = threading.Thread(target=self._write, args=(session,), daemon=True)
        self._thread.start()

    def finish(self):
        """Everything is written, or told to whoever reads the job's log."""
        self._lines.put(None)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        while not self._lines.empty():
            if (line := self._lines.get()) is not None:
                sys.stderr.write(f"{line}\n")

    def _write(self, session):
        connection, number = session.aside("ledger"), 0
        make_schema(lambda sql: session.rows(sql, (), connection))
        session.rows(self.TABLE, (), connection)
        session.rows(
            "DELETE FROM hrmsops.answers WHERE at < now() - interval '1 day'", (), connection
        )
        while (line := self._lines.get()) is not None:
            number += 1
            session.rows(
                "INSERT INTO hrmsops.answers (ask, number, event) VALUES (%s, %s, %s::jsonb)",
                [self._ask, number, line],
                connection,
            )


def make_schema(ask):
    """The schema of our own; a right to make it is needed only once."""
    if not ask("SELECT to_regnamespace('hrmsops') IS NOT NULL")[0][0]:
        ask("CREATE SCHEMA IF NOT EXISTS hrmsops")


# --- statements ----------------------------------------------------------------------------------

_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_BUILD = re.compile(
    r'CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|[\w$]+)',
    re.IGNORECASE,
)
_CONCURRENT = re.compile(
    r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY"
    r"|REINDEX\b.*\bCONCURRENTLY|REFRESH\s+MATERIALIZED\s+VIEW\s+CONCURRENTLY"
    r"|ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY|VACUUM\b(?!.*\bFULL\b))",
    re.IGNORECASE | re.DOTALL,
)
_VALIDATE = re.compile(r"ALTER\s+TABLE\b.*\bVALIDATE\s+CONSTRAINT\b", re.IGNORECASE | re.DOTALL)
_SCHEMA = re.compile(
    r"(?:ALTER|CREATE|DROP|TRUNCATE|LOCK|COMMENT|REINDEX|CLUSTER|GRANT|REVOKE|REASSIGN"
    r"|SET\s+CONSTRAINTS|DO)\b",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"\$(\w*)\$.*?(?:\$\1\$|\Z)|'(?:[^']|'')*(?:'|\Z)", re.DOTALL)
_NUMBERS = re.compile(r"(?<![\w\"$])\d[\d.]*(?![\w\"])")
_NAME = r'((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)'
_LOCKS = (
    (
        "SHARE UPDATE EXCLUSIVE",
        re.compile(r"\bINDEX\s+CONCURRENTLY\b.*?\bON\s+" + _NAME, re.I | re.S),
    ),
    ("SHARE UPDATE EXCLUSIVE", re.compile(r"\bALTER\s+TABLE\s+" + _NAME + r"\s+VALIDATE\b", re.I)),
    (
        "SHARE",
        re.compile(
            r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY).*?\bON\s+" + _NAME, re.I | re.S
        ),
    ),
    (
        "ACCESS EXCLUSIVE",
        re.compile(r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?" + _NAME, re.I),
    ),
    ("ACCESS EXCLUSIVE", re.compile(r"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?" + _NAME, re.I)),
    ("ACCESS EXCLUSIVE", re.compile(r"\bTRUNCATE\s+(?:TABLE\s+)?" + _NAME, re.I)),
    ("SHARE ROW EXCLUSIVE", re.compile(r"\bREFERENCES\s+" + _NAME, re.I)),
    (
        "ROW EXCLUSIVE",
        re.compile(r"\b(?:UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+(?:ONLY\s+)?" + _NAME, re.I),
    ),
)
_STRENGTH = (
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
_DESTROYS = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|SCHEMA|MATERIALIZED)|\bTRUNCATE\b|\bDELETE\s+FROM\b|\bUPDATE\s+"
    + _NAME
    + r"\s+(?:AS\s+\w+\s+)?SET\b|\bALTER\s+COLUMN\s+\S+\s+TYPE\b|\bDROP\s+(?:IDENTITY|EXPRESSION)",
    re.IGNORECASE,
)


def kind_of(sql):
    """`concurrent`, `validate`, `schema` or `data`: which timeouts a statement runs under."""
    text = _COMMENTS.sub("", sql)
    if _CONCURRENT.match(text):
        return "concurrent"
    if _VALIDATE.match(text):
        return "validate"
    return "schema" if _SCHEMA.match(text) else "data"


def head(sql, length=120):
    """The beginning of a statement without any of its values."""
    text = _NUMBERS.sub("?", _TEXTS.sub("'…'", _COMMENTS.sub("", sql)))
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def locks_of(statements):
    """Each table that these statements name, with the strongest lock that they take on it."""
    found = {}
    for sql in statements:
        text = _TEXTS.sub("''", sql)
        new = set(re.findall(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME, text, re.I))
        for lock, pattern in _LOCKS:
            for name in pattern.findall(text):
                table = name.replace('"', "")
                if name not in new and _weaker(found.get(table), lock):
                    found[table] = lock
    return found


def _weaker(known, lock):
    return known is None or _STRENGTH.index(known) < _STRENGTH.index(lock)


def ramp(longest):
    """How long each attempt waits for its locks: from a tenth of a second to `longest`, twice.

    Whoever comes to the table meanwhile waits behind us for just as long.
    """
    seconds, found = min(RAMP_FIRST, longest), []
    while seconds < longest:
        found.append(seconds)
        seconds *= RAMP_GROWTH
    return [*found, longest, longest]


# --- the session ---------------------------------------------------------------------------------


class Session:
    """The migrating session: prepared and locked whenever it is opened, and read back.

    `ledger` writes down starts, so that they are committed whatever becomes of the migration.
    """

    def __init__(self, wire, request):
        from django.db import connections
        from django.db.backends.signals import connection_created

        self.wire, self.request, self.alias = wire, request, request["alias"]
        self.holds_lock, self.wants_lock = False, False
        if self.alias not in connections.settings:
            raise Refused("alias-unknown", alias=self.alias, known=sorted(connections.settings))
        connection_created.connect(self._on_created, weak=False)
        self.main = connections[self.alias]
        self.main.close()
        if self.main.vendor != "postgresql":
            raise Refused("not-postgresql", alias=self.alias, vendor=self.main.vendor)
        self._ledger = None

    def open(self, lock):
        self.wants_lock = lock
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
        from django.db import connections

        made = connections.create_connection(self.alias)
        made.hrmsops_part = part
        self._connected(made)
        return made

    def _connected(self, connection):
        from django.db import DatabaseError, InterfaceError

        try:
            connection.ensure_connection()
        except (DatabaseError, InterfaceError) as error:
            raise Refused("not-connected", said=_said(error)) from error

    def rows(self, sql, params=(), connection=None):
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
            "version": version, "pid": pid, "settings": self._read_back(self.main),
        }  # fmt: skip

    def _on_created(self, sender, connection, **_):
        if connection.alias != self.alias:
            return
        part = getattr(connection, "hrmsops_part", "main")
        self._refuse_pooler(connection)
        self._prepare(connection, is_watch=part == "watch")
        self._watch_client(connection)
        if part == "main" and self.wants_lock:
            # A migration that closes the connection would go on without the lock.
            self._take_lock()

    def _refuse_pooler(self, connection):
        raw = connection.connection
        greeted = raw.info.backend_pid  # psycopg 2.8 and 3 alike.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            if cursor.fetchone()[0] != greeted:
                raise Refused("pooler")

    def _settings(self, connection):
        limits = self.request["timeouts"]
        return {
            "statement_timeout": str(limits["statement_ms"]),
            "lock_timeout": str(limits["lock_ms"]),
            "idle_in_transaction_session_timeout": str(limits["idle_ms"]),
            "application_name": self.request["application_name"],
            "default_transaction_read_only": "off",
        }

    def _prepare(self, connection, is_watch):
        wanted, role = self._settings(connection), self.request["role"]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(name, value, false)"
                " FROM unnest(%s::text[], %s::text[]) AS asked(name, value)",
                [list(wanted), list(wanted.values())],
            )
            if role and not is_watch:  # As the login it sees what others do.
                from django.db import DatabaseError

                try:
                    cursor.execute("SELECT set_config('role', %s, false)", [role])
                except DatabaseError as error:
                    raise Refused("role", role=role, sqlstate=_sqlstate(error)) from error
        found = self._read_back(connection)
        if role and not is_watch:
            wanted["role"] = role
        differing = [
            f"{k} is {found.get(k)}, not {v}" for k, v in wanted.items() if found.get(k) != v
        ]
        if differing:
            raise Refused("session", differing=differing)

    def _watch_client(self, connection):
        """A server that waits for a lock would not notice that its client was killed.

        Since PostgreSQL 14, where its system can tell; without it the wait ends by its timeout.
        """
        from django.db import DatabaseError

        with suppress(DatabaseError):
            self.rows("SET client_connection_check_interval = 1000", (), connection)

    def _read_back(self, connection):
        names = [*self._settings(connection), "role"]
        asked = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
        found = dict(self.rows(asked, [names], connection))
        found["role"] = self.rows("SELECT current_user", (), connection)[0][0]
        return found

    def _take_lock(self):
        deadline = time.monotonic() + self.request["lock_wait_seconds"]
        while not self.rows("SELECT pg_try_advisory_lock(%s, %s)", LOCK)[0][0]:
            holder = self._holder()
            is_ours = holder and holder["application"] == self.request["application_name"]
            if holder and not (is_ours and time.monotonic() < deadline):
                raise Refused("locked", **holder)
            if holder:
                self.wire.emit("lock", **holder)
            time.sleep(WATCH_SECONDS)
        self.holds_lock = True

    def _holder(self):
        found = self.rows(
            "SELECT a.pid, a.usename, a.application_name, host(a.client_addr), a.backend_start"
            " FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
            " AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 AND l.database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            LOCK,
        )
        names = ("pid", "user", "application", "client", "since")
        return dict(zip(names, found[0])) if found else None


# --- the ledger ----------------------------------------------------------------------------------


class Ledger:
    """The table hrmsops.migrations, as one run writes it."""

    def __init__(self, session, leaves):
        self._session, self._leaves = session, leaves
        self._row, self.is_reverse = None, False

    @property
    def done(self):
        """The outcome of what came through."""
        return "reversed" if self.is_reverse else "applied"

    def ensure(self):
        """Make the schema and the table where they are missing, as the owner of the HRMS's own."""
        from django.db import DatabaseError

        try:
            make_schema(self._ask)
            if not self._ask("SELECT to_regclass('hrmsops.migrations') IS NOT NULL")[0][0]:
                self._ask(LEDGER)
            elif not self._ask(_HAS_REVERSE)[0][0]:
                self._ask(
                    "ALTER TABLE hrmsops.migrations"
                    " ADD COLUMN IF NOT EXISTS is_reverse boolean NOT NULL DEFAULT false"
                )
        except DatabaseError as error:
            raise Refused(
                "ledger", role=self._session.request["role"], sqlstate=_sqlstate(error)
            ) from error

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
                request["image"], request["commit"], self._leaves, migration.atomic, *place,
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
        return {n: _plain(v) for n, v in zip(names, found[0])} if found else None

    def _ask(self, sql, params=(), connection=None):
        if connection is not None:
            return self._session.rows(sql, params, connection)
        from django.db import DatabaseError, InterfaceError

        used = self._session.ledger
        try:
            return self._session.rows(sql, params, used)
        except (DatabaseError, InterfaceError):
            if not is_lost(used):
                raise
            # Each of these statements commits by itself, and may be sent once more.
            return self._session.rows(sql, params, self._session.ledger)


_HAS_REVERSE = """
SELECT count(*) > 0 FROM pg_attribute
WHERE attrelid = 'hrmsops.migrations'::regclass AND attname = 'is_reverse' AND NOT attisdropped
"""


# --- who waits for whom --------------------------------------------------------------------------

_BLOCKERS = """
SELECT a.pid, a.usename, a.application_name, a.state,
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8,
       a.query,
       (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
        WHERE l.pid = a.pid AND l.granted AND l.relation IN
              (SELECT w.relation FROM pg_locks w WHERE w.pid = %s AND NOT w.granted))
FROM pg_stat_activity a WHERE a.pid = ANY(pg_blocking_pids(%s)) ORDER BY 5 DESC NULLS LAST
"""
_BUILDING = """
SELECT phase, CASE WHEN blocks_total > 0 THEN 100.0 * blocks_done / blocks_total
                   WHEN tuples_total > 0 THEN 100.0 * tuples_done / tuples_total END::float8
FROM pg_stat_progress_create_index WHERE pid = %s
"""


class Watch(threading.Thread):
    """From a session of its own: what the migrating one does, how far it is, who holds it up."""

    def __init__(self, runner):
        super().__init__(daemon=True)
        self._runner, self._connection = runner, None

    def run(self):
        """For as long as the process lives."""
        while True:
            time.sleep(self._pause)
            try:
                if self._connection is None:
                    self._connection = self._runner.session.aside("watch")
                if self._runner.now is not None:
                    self._look(self._runner.now)
            except Exception:  # Whoever ended this session stops the looking, not the migration.
                self._close()
                time.sleep(5 * WATCH_SECONDS)

    @property
    def _pause(self):
        """What goes on for long need not be looked at so often."""
        now = self._runner.now
        is_long = now is not None and time.monotonic() - now["began"] > LONG_SECONDS
        return LONG_SECONDS / 5 if is_long else LOOK_SECONDS

    def _look(self, now):
        session, pid = self._runner.session, now["pid"]
        blockers = session.rows(_BLOCKERS, [pid, pid], self._connection)
        building = session.rows(_BUILDING, [pid], self._connection)
        names = ("pid", "user", "application", "state", "seconds", "query", "table")
        told = [dict(zip(names, row)) for row in blockers]
        for each in told:
            each["query"] = head(each["query"] or "", 60)
        facts = {"phase": building[0][0], "percent": building[0][1]} if building else {}
        seconds = round(time.monotonic() - now["began"], 2)
        session.wire.emit("busy", statement=now["text"], seconds=seconds, by=told, **facts)

    def _close(self):
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None


# --- applying ------------------------------------------------------------------------------------


class Editing:
    """Over Django's schema editor: counts statements, and records within the transaction."""

    runner = None

    def execute(self, sql, params=()):
        if not self.collect_sql and self.runner.may_skip(str(sql)):
            return None
        with self.runner.counting():
            return super().execute(sql, params)

    def __enter__(self):
        if self.runner.migration is not None and self.runner.editor is None:
            self.runner.editor = self  # Code of a migration may open others.
        return super().__enter__()

    def __exit__(self, *error):
        if error[0] is None and self.runner.editor is self and self.atomic_migration:
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
        executor = self.runner.executor
        record = executor.record_reversal if self.runner.backwards else executor.record_migration
        record(self.runner.migration)


class Runner:
    """Applies migrations one by one, each statement under the timeouts of its kind."""

    def __init__(self, session, wire):
        from django.db.migrations.executor import MigrationExecutor

        runner = self

        class Executor(MigrationExecutor):
            def apply_migration(self, state, migration, fake=False, fake_initial=False):
                if migration.atomic:
                    return super().apply_migration(state, migration, fake, fake_initial)
                runner.by_operations(migration, forth(migration, state))
                self.record_migration(migration)
                return state

            def record_migration(self, migration):
                runner.record(partial(super().record_migration, migration))

            def unapply_migration(self, state, migration, fake=False):
                """Never fake: what is recorded as taken back was taken back."""
                if migration.atomic:
                    with self.connection.schema_editor(atomic=True) as editor:
                        return migration.unapply(state, editor)
                runner.by_operations(migration, back(migration, state))
                self.record_reversal(migration)
                return state

            def record_reversal(self, migration):
                keys = (*migration.replaces, (migration.app_label, migration.name))
                runner.record(lambda: [self.recorder.record_unapplied(*key) for key in keys])

        self.session, self.wire = session, wire
        self.executor = Executor(session.main)
        self.loader = self.executor.loader
        leaves = sorted(f"{app}.{name}" for app, name in self.loader.graph.leaf_nodes())
        self.leaves, self.ledger = leaves, Ledger(session, leaves)
        self.now, self.migration, self.is_recorded = None, None, False
        self.is_stopping, self._is_internal, self._is_dirty = False, False, False
        self._state, self._has_begun = None, False
        self._longest = session.request["timeouts"]["lock_ms"] / 1000
        self._rungs, self._rung = ramp(self._longest), 0
        self.operation, self.statement, self._skips, self._doubted = 0, 0, 0, False
        self._counts, self._is_code, self.backwards = False, False, False
        self.editor, self._pid, self._place = None, 0, (0, 0, False)
        bases = (Editing, session.main.SchemaEditorClass)
        session.main.SchemaEditorClass = type("Editor", bases, {"runner": self})

    # -- one migration

    def record(self, write):
        """With the ledger's row, in one transaction: the two always agree."""
        from django.db import transaction

        if self.is_recorded:
            return
        with self.internally(), transaction.atomic(using=self.session.alias, savepoint=False):
            write()
            self.ledger.applied()
        self.is_recorded = True

    def apply(self, key, plan, repeat, backwards=False):
        """Apply one migration, or take it back; its facts from the ledger."""
        self.backwards = self.ledger.is_reverse = backwards
        self.loader.applied_migrations = self.executor.recorder.applied_migrations()
        migration = self._found(key)
        if self._is_applied(migration) != backwards:
            return {"already": True, **self._recorded(key)}
        self._begin(plan)
        began, attempts = time.monotonic(), 0
        while True:
            attempts += 1
            self._rung = min(attempts, len(self._rungs)) - 1
            try:
                self._try(migration, repeat)
            except Refused:
                raise
            except Exception as error:
                facts = self._failure(migration, error)
                if facts is None:
                    break  # It came through; only the answer was lost.
                if not self._may_repeat(migration, facts, attempts):
                    raise Refused(
                        "failed", app=key[0], name=key[1], attempts=attempts, **facts
                    ) from error
                self._pause(facts["sqlstate"], attempts)
            else:
                break
        seconds = round(time.monotonic() - began, 3)
        return {"already": False, "attempts": attempts, "seconds": seconds, **self._recorded(key)}

    def _recorded(self, key):
        with self.internally():
            self.ledger.ensure()
            self.ledger.ended(key)
            return self.ledger.read(key) or {}

    def _found(self, key):
        if key not in self.loader.graph.nodes:
            raise Refused("migration-missing", app=key[0], name=key[1])
        migration = self.loader.graph.nodes[key]
        if self.backwards:
            self._refuse_needed(key)
            return migration
        parents = sorted(node.key for node in self.loader.graph.node_map[key].parents)
        before = [
            ".".join(each)
            for each in parents
            if not self._is_applied(self.loader.graph.nodes[each])
        ]
        if before:
            raise Refused("out-of-order", app=key[0], name=key[1], before=before)
        return migration

    def _refuse_needed(self, key):
        children = sorted(node.key for node in self.loader.graph.node_map[key].children)
        by = [
            ".".join(each) for each in children if self._is_applied(self.loader.graph.nodes[each])
        ]
        if by:
            raise Refused("still-needed", app=key[0], name=key[1], by=by)

    def _is_applied(self, migration):
        applied = self.loader.applied_migrations
        own = (migration.app_label, migration.name) in applied
        return own or (
            bool(migration.replaces) and all(tuple(k) in applied for k in migration.replaces)
        )

    def _begin(self, plan):
        if self._has_begun:
            return
        from django.core.management.sql import emit_pre_migrate_signal

        with self.internally():
            self.ledger.ensure()
            self.executor.recorder.ensure_schema()
            self._state = self.executor.migrate([], plan=[])
        pairs = [
            (self.loader.graph.nodes[tuple(k)], self.backwards)
            for k in plan
            if tuple(k) in self.loader.graph.nodes
        ]
        emit_pre_migrate_signal(0, False, self.session.alias, apps=self._state.apps, plan=pairs)
        Watch(self).start()
        self._has_begun = True

    def _try(self, migration, repeat):
        place = self.ledger.place(migration, repeat) if not migration.atomic else (0, 0, False)
        self._refuse_doubt(migration, place, repeat)
        self._place = place
        with self.internally():
            started = self.ledger.start(migration, place)
        self.wire.emit(
            "started",
            app=migration.app_label,
            name=migration.name,
            attempt=self._rung + 1,
            **started,
        )
        self.is_recorded, self._is_dirty = False, False
        self.migration, self.editor = migration, None
        try:
            with self.session.main.execute_wrapper(self._statement):
                key = (migration.app_label, migration.name)
                self._state = self.executor.migrate(
                    [key], plan=[(migration, self.backwards)], state=self._state.clone()
                )
        finally:
            self.migration = self.now = self.editor = None

    def _refuse_doubt(self, migration, place, repeat):
        operation, _, in_doubt = place
        operations = self._operations(migration)
        if in_doubt and not repeat and operation < len(operations):
            doubtful = operations[operation]
            if not doubtful.reduces_to_sql:
                raise Refused(
                    "in-doubt",
                    app=migration.app_label,
                    name=migration.name,
                    operation=operation + 1,
                    **self._left(migration, operation),
                )

    def _failure(self, migration, error):
        """What is known of a failure; None where the migration is applied nevertheless."""
        with self.internally():
            if self._is_lost() and self._came_through(migration):
                return None
            facts = {**_trouble(error), "is_lost": self._is_lost()}
            facts.update(self._left(migration, self.operation))
            try:
                self.ledger.failed(facts["sqlstate"])
            except Exception:
                facts["is_lost"] = True
        return facts

    def _operations(self, migration):
        """In the order in which they are gone through."""
        return migration.operations[::-1] if self.backwards else migration.operations

    def _left(self, migration, operation):
        """What of a migration without a transaction is there already."""
        names = [described(each) for each in self._operations(migration)]
        if migration.atomic:
            return {
                "is_atomic": True,
                "done": [],
                "stopped_at": "",
                "undone": names,
                "statements": 0,
            }
        return {
            "is_atomic": False,
            "done": names[:operation],
            "stopped_at": "".join(names[operation : operation + 1]),
            "undone": names[operation + 1 :],
            "statements": self.statement,
        }

    def _is_lost(self):
        return is_lost(self.session.main)

    def _came_through(self, migration):
        """Whether a commit whose answer was lost is there, once its session has ended."""
        deadline = time.monotonic() + STOP_SECONDS
        pid = self._pid
        try:
            while time.monotonic() < deadline and self.session.rows(
                "SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid], self.session.ledger
            ):
                time.sleep(WATCH_SECONDS)
            row = self.ledger.read((migration.app_label, migration.name))
        except Exception:
            return False
        return bool(row) and row["outcome"] == self.ledger.done

    def _may_repeat(self, migration, facts, attempts):
        return (
            facts["sqlstate"] in AGAIN
            and migration.atomic
            and attempts < len(self._rungs)
            and not (facts["is_lost"] or self.is_stopping)
        )

    def _pause(self, sqlstate, attempt):
        waited = self._rungs[min(attempt, len(self._rungs)) - 1]
        # Whoever queued up behind us is let through before the next attempt.
        seconds = max(0.2, waited) * random.uniform(0.8, 1.6)  # noqa: S311 - jitter, not a secret.
        self.wire.emit("again", attempt=attempt, of=len(self._rungs), sqlstate=sqlstate,
                       waited_ms=round(waited * 1000), pause_ms=round(seconds * 1000))  # fmt: skip
        time.sleep(seconds)

    def by_operations(self, migration, steps):
        """A migration without a transaction, as if each operation were a migration of its own.

        So each operation's end is a place to go on from: its deferred statements are part of it.
        """
        from django.db import transaction

        main, place = self.session.main, self._place
        for number, (operation, change, start, end) in enumerate(steps):
            if number < place[0]:
                continue
            is_place = number == place[0]
            self.operation, self.statement = number, 0
            self._skips = place[1] if is_place else 0
            self._doubted = is_place and place[2]
            self._is_code = not operation.reduces_to_sql
            in_doubt = self._doubted or (self._is_code and not operation.atomic)
            with self.internally():
                self.ledger.progress(number, self._skips, in_doubt)
            with main.schema_editor(atomic=False) as editor:
                if operation.atomic:
                    with transaction.atomic(using=self.session.alias):
                        change(migration.app_label, editor, start, end)
                        with self.internally():
                            self.ledger.progress(number + 1, 0, False, main)
                else:
                    change(migration.app_label, editor, start, end)
            with self.internally():
                self.ledger.progress(number + 1, 0, False)
        self.operation = len(migration.operations)

    # -- one statement

    @contextmanager
    def internally(self):
        """Within, statements are ours: no policy, no count."""
        before, self._is_internal = self._is_internal, True
        try:
            yield
        finally:
            self._is_internal = before

    @contextmanager
    def counting(self):
        """Within, a statement comes from the schema editor: the same one on a second try."""
        self._counts = True
        try:
            yield
        finally:
            self._counts = False

    def may_skip(self, sql):
        """Whether an earlier attempt has this statement behind it."""
        if not self._steps_alone or self.statement >= self._skips:
            return False
        self.statement += 1
        return True

    @property
    def _steps_alone(self):
        """Each statement commits by itself, so what is done is written down one by one."""
        return (
            self.migration is not None
            and not self.migration.atomic
            and not (self._is_internal or self._is_code)
            and not self.session.main.in_atomic_block
        )

    def _statement(self, execute, sql, params, many, context):
        if self._is_internal or self.migration is None:
            return execute(sql, params, many, context)
        if self.is_stopping:
            raise Stopped
        text = _text(sql, self.session.main)
        kind = kind_of(text)
        self._pid = self.session.main.connection.info.backend_pid
        self.now = {"text": head(text), "began": time.monotonic(), "pid": self._pid}
        if kind != "data":
            self.wire.emit("statement", text=self.now["text"], kind=kind)
        counts, self._counts = self._counts and self._steps_alone, False
        try:
            if counts:
                return self._counted(text, kind, lambda: execute(sql, params, many, context))
            return self._patiently(text, kind, lambda: execute(sql, params, many, context))
        finally:
            self.now = None

    def _counted(self, text, kind, execute):
        doubted = self._doubted and self.statement == self._skips
        with self.internally():
            self.ledger.progress(self.operation, self.statement, True)
        try:
            answer = self._patiently(text, kind, execute, doubted=doubted)
        except Exception as error:
            there = (
                THERE_ALREADY
                if not re.match(r"\s*(DROP|ALTER\b.*\bDROP\b)", text, re.I | re.S)
                else GONE_ALREADY
            )
            if not (doubted and _sqlstate(error) in there):
                if not self._is_lost():
                    with self.internally():  # It failed, so it is not there: no doubt remains.
                        self.ledger.progress(self.operation, self.statement, False)
                raise
            answer = None  # The earlier attempt's own statement came through after all.
        self.statement += 1
        with self.internally():
            self.ledger.progress(self.operation, self.statement, False)
        return answer

    def _patiently(self, text, kind, execute, doubted=False):
        """Under the timeouts of its kind; in autocommit it is tried again for a lock."""
        alone = not self.session.main.in_atomic_block
        rungs = self._rungs if alone and kind != "data" else [self._rungs[self._rung]]
        for number, seconds in enumerate(rungs, start=1):
            if kind == "concurrent" and alone and self._has_index(text, doubted):
                return None
            self._set_timeouts(kind, seconds)
            try:
                return execute()
            except Exception as error:
                if _sqlstate(error) not in AGAIN or number == len(rungs) or self.is_stopping:
                    raise
                self._pause(_sqlstate(error), number)
            finally:
                if alone:
                    self._restore_timeouts()
        raise AssertionError("A ramp has rungs.")

    def _set_timeouts(self, kind, seconds):
        limits = self.session.request["timeouts"]
        statement, lock = limits["statement_ms"], limits["lock_ms"]
        if kind == "schema":
            lock = round(seconds * 1000)
        elif kind == "concurrent":
            # It waits for other transactions, and nobody who reads or writes waits for it.
            statement, lock = CEILING_SECONDS * 1000, 0
        elif kind == "validate" and not self._holds_all():
            statement = CEILING_SECONDS * 1000
        elif kind == "data" and not self._is_dirty:
            return
        local = "LOCAL " if self.session.main.in_atomic_block else ""
        self._is_dirty = True
        self._set(f"SET {local}lock_timeout = {lock}; SET {local}statement_timeout = {statement}")

    def _restore_timeouts(self):
        if self._is_dirty and not self._is_lost():
            limits = self.session.request["timeouts"]
            lock, statement = limits["lock_ms"], limits["statement_ms"]
            self._set(f"SET lock_timeout = {lock}; SET statement_timeout = {statement}")
            self._is_dirty = False

    def _set(self, sql):
        with self.internally(), self.session.main.cursor() as cursor:
            cursor.execute(sql)

    def _holds_all(self):
        """Whether this transaction keeps even readers away from some table."""
        with self.internally():
            return bool(
                self.session.rows(
                    "SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND granted"
                    " AND locktype = 'relation' AND mode = 'AccessExclusiveLock' LIMIT 1"
                )
            )

    def _has_index(self, text, doubted):
        """Drops what a failed build left; True where our own earlier build came through."""
        matched = _BUILD.match(_COMMENTS.sub("", text))
        if not matched:
            return False
        name = matched[1]
        with self.internally():
            found = self.session.rows(
                "SELECT x.indisvalid, x.indexrelid::regclass::text, EXISTS (SELECT FROM"
                " pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)"
                " FROM pg_index x WHERE x.indexrelid = to_regclass(%s)",
                [name],
            )
        if not found or found[0][2]:
            return False
        is_valid, full_name, _ = found[0]
        if not is_valid:
            self.wire.emit("leftover", index=full_name)
            self._set_timeouts("concurrent", 0)
            self._set(f"DROP INDEX CONCURRENTLY {full_name}")
        return bool(is_valid) and doubted

    # -- afterwards

    def settle(self, plan, backwards=False):
        """Tell the apps, as Django's own migrate does: content types, permissions."""
        self.backwards = backwards
        from django.apps import apps
        from django.core.management.sql import emit_post_migrate_signal
        from django.db.migrations.state import ModelState

        if self._state is None:
            with self.internally():
                self._state = self.executor.migrate([], plan=[])
        state = self._state
        state.clear_delayed_apps_cache()
        known = state.apps
        with known.bulk_update():
            keys = [(each.app_label, each.name_lower) for each in known.real_models]
            for key in keys:
                known.unregister_model(*key)
        known.render_multiple([ModelState.from_model(apps.get_model(*key)) for key in keys])
        pairs = [
            (self.loader.graph.nodes[tuple(k)], self.backwards)
            for k in plan
            if tuple(k) in self.loader.graph.nodes
        ]
        emit_post_migrate_signal(0, False, self.session.alias, apps=known, plan=pairs)
        return {"told": True}

    def stop(self):
        """The other side has gone: cancel what runs, and end."""
        self.is_stopping = True
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            raw = self.session.main.connection
            if self.now is not None and raw is not None:
                try:
                    raw.cancel()
                except Exception:
                    break
            time.sleep(WATCH_SECONDS)


# --- looking -------------------------------------------------------------------------------------


class Reader:
    """What the project's code and its database say of each other; writes nothing."""

    def __init__(self, session, runner):
        self._session, self._loader, self._executor = session, runner.loader, runner.executor
        self._leaves = runner.leaves

    def plan(self, app, to):
        """All that a plan is made of."""
        from django.db.migrations.exceptions import InconsistentMigrationHistory

        self._loader.build_graph()
        conflicts = self._loader.detect_conflicts()
        if conflicts:
            raise Refused("conflicts", conflicts={k: sorted(v) for k, v in conflicts.items()})
        try:
            self._loader.check_consistent_history(self._session.main)
        except InconsistentMigrationHistory as error:
            raise Refused("inconsistent", said=str(error)) from error
        targets = self.targets(app, to)
        pairs = self._executor.migration_plan(targets)
        back = [f"{m.app_label}.{m.name}" for m, backwards in pairs if backwards]
        migrations = [] if back else self._described([m for m, _ in pairs])
        return {
            "targets": [list(each) for each in targets],
            "backwards": back,
            "migrations": migrations,
            "leaves": self._leaves,
            "applied": len(self._loader.applied_migrations),
            "unknown": self._unknown(),
            "owners": self._other_owners(),
            **self.state([]),
        }

    def targets(self, app, to):
        from django.db.migrations.loader import AmbiguityError

        graph = self._loader.graph
        if app is None:
            return graph.leaf_nodes()
        if app not in self._loader.migrated_apps:
            raise Refused("app-unknown", app=app, known=sorted(self._loader.migrated_apps))
        if to is None:
            return [key for key in graph.leaf_nodes() if key[0] == app]
        if to == "zero":
            return [(app, None)]
        try:
            name = self._loader.get_migration_by_prefix(app, to).name
        except (AmbiguityError, KeyError) as error:
            known = sorted(n for a, n in graph.nodes if a == app)
            near = [n for n in known if n.startswith(to)]
            raise Refused("migration-unknown", app=app, name=to, near=near, known=known) from error
        if (app, name) not in graph.nodes and (app, name) in self._loader.replacements:
            return [tuple(self._loader.replacements[(app, name)].replaces[-1])]
        return [(app, name)]

    def _described(self, migrations):
        state = self._executor._create_project_state(with_applied_migrations=True)
        found = []
        for migration in migrations:
            sql, state = self._sql(migration, state)
            lines = [line for line in sql or [] if not line.startswith("--")]
            operations = [
                {
                    "kind": type(each).__name__,
                    "text": described(each),
                    "is_reversible": bool(each.reversible),
                    "is_code": not each.reduces_to_sql,
                }
                for each in migration.operations
            ]
            found.append(
                {
                    "app": migration.app_label,
                    "name": migration.name,
                    "is_atomic": bool(migration.atomic),
                    "replaces": [".".join(each) for each in migration.replaces],
                    "operations": operations,
                    "sql": sql,
                    "locks": locks_of(lines),
                    "destroys": any(_DESTROYS.search(_TEXTS.sub("''", line)) for line in lines)
                    or any(each["is_code"] for each in operations),
                    "fingerprint": fingerprint(migration),
                }
            )
        return found

    def _sql(self, migration, state):
        """The statements as Django would send them now; None where they depend on earlier ones."""
        after = state.clone()
        main = self._session.main
        try:
            with main.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                migration.apply(after, editor, collect_sql=True)
            return [line for line in editor.collected_sql if line.strip("- ")], after
        except Exception:
            return None, migration.mutate_state(state)

    def _unknown(self):
        """Applied, and not in this code: it is older than the database."""
        from django.apps import apps

        installed = {each.label for each in apps.get_app_configs()}
        disk = self._loader.disk_migrations
        replaced = {tuple(key) for each in disk.values() for key in each.replaces}
        return sorted(
            f"{app}.{name}"
            for app, name in self._loader.applied_migrations
            if app in installed and (app, name) not in disk and (app, name) not in replaced
        )

    def _other_owners(self):
        """The project's tables that belong to another role than the one that migrates."""
        names = [*self._session.main.introspection.django_table_names(), "django_migrations"]
        found = self._session.rows(
            "SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c"
            " WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"
            " AND pg_get_userbyid(c.relowner) <> current_user ORDER BY 1",
            [names],
        )
        return dict(found)

    def state(self, roles):
        """What must be so after a migration, and is looked at before it too."""
        return {
            "changes": self._changes(),
            "checks": self._checks(),
            "invalid": [row[0] for row in self._session.rows(_INVALID)],
            "not_valid": [row[0] for row in self._session.rows(_NOT_VALID)],
            "refused": self._refused(roles or self._session.request["app_roles"]),
        }

    def left(self, app, to):
        """The migrations between here and the target."""
        self._loader.build_graph()
        pairs = self._executor.migration_plan(self.targets(app, to))
        return [f"{m.app_label}.{m.name}" for m, _ in pairs]

    def _changes(self):
        """What `makemigrations --check` would find: models that no migration knows."""
        from django.apps import apps
        from django.db.migrations.autodetector import MigrationAutodetector
        from django.db.migrations.questioner import MigrationQuestioner
        from django.db.migrations.state import ProjectState

        asker = MigrationQuestioner(dry_run=True)
        detector = MigrationAutodetector(
            self._loader.project_state(), ProjectState.from_apps(apps), asker
        )
        found = detector.changes(graph=self._loader.graph)
        return [
            f"{app}: {operation.describe()}"
            for app, migrations in sorted(found.items())
            for migration in migrations
            for operation in migration.operations
        ]

    def _checks(self):
        from django.core import checks

        found = checks.run_checks(databases=[self._session.alias])
        serious = [each for each in found if each.is_serious() and not each.is_silenced()]
        return [f"{each.id}: {each.msg}" for each in serious]

    def _refused(self, roles):
        known = self._session.rows(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(roles)]
        )
        found = [f"there is no role {role}" for role in roles if (role,) not in known]
        return found + [row[0] for row in self._session.rows(_REFUSED, [list(roles)])]


_INVALID = """
SELECT x.indexrelid::regclass::text FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT x.indisvalid AND n.nspname !~ '^pg_' AND NOT EXISTS
      (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
ORDER BY 1
"""
_NOT_VALID = """
SELECT k.conname || ' of ' || k.conrelid::regclass::text FROM pg_constraint k
JOIN pg_namespace n ON n.oid = k.connamespace
WHERE NOT k.convalidated AND n.nspname !~ '^(pg_|information_schema$)' ORDER BY 1
"""
# A role that only reads, as one for reports, is held to what it may do elsewhere.
_REFUSED = """
WITH relation AS (
    SELECT c.oid, c.relkind, c.oid::regclass::text AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
), asked AS (
    SELECT r.rolname AS role, relation.name, p.privilege, relation.relkind = 'S' AS is_sequence,
           CASE WHEN relation.relkind = 'S'
                THEN has_sequence_privilege(r.oid, relation.oid, p.privilege)
                ELSE has_table_privilege(r.oid, relation.oid, p.privilege) END AS has
    FROM relation CROSS JOIN pg_roles r
    CROSS JOIN LATERAL (SELECT unnest(CASE WHEN relation.relkind = 'S' THEN ARRAY['USAGE']
        ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS privilege) p
    WHERE r.rolname = ANY(%s)
)
SELECT role || ' may not ' || privilege || ' ' || name FROM asked a
WHERE NOT has AND EXISTS (SELECT FROM asked b WHERE b.role = a.role AND b.privilege = a.privilege
                          AND b.is_sequence = a.is_sequence AND b.has)
ORDER BY name, role, privilege
"""


def forth(migration, state):
    """Each operation, how it is done, and the states on its two sides."""
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        yield operation, operation.database_forwards, before, state


def back(migration, state):
    """The same from the last operation to the first; `state` is the one before the migration."""
    found = []
    for operation in migration.operations:
        before, state = state, state.clone()
        operation.state_forwards(migration.app_label, state)
        found.append((operation, operation.database_backwards, state, before))
    return found[::-1]


class Backwards:
    """What taking migrations back would do, of the code and of the rows that are there now."""

    def __init__(self, reader, session, runner):
        self._reader, self._session, self._runner = reader, session, runner
        self._loader, self._executor = runner.loader, runner.executor

    def answer(self, do, asked):
        if do == "plan-backwards":
            return self.plan(asked["app"], asked["to"], asked["undo"])
        if do == "build":
            return self.build(asked["migrations"])
        if do == "verify-reversed":
            return {"left": self.left(asked["migrations"]), **self._reader.state([])}
        raise Refused("unknown-request", do=do)

    def plan(self, app, to, undo):
        """Every migration that has to go, in their order, other apps' ones too."""
        self._loader.build_graph()
        if undo:
            [key] = self._reader.targets(app, undo)
            pairs = [(each, True) for each in self._after(key)]
        else:
            [key] = self._reader.targets(app, to)[:1]
            pairs = self._executor.migration_plan([key])
        forwards = [f"{m.app_label}.{m.name}" for m, backwards in pairs if not backwards]
        going = [] if forwards else [m for m, _ in pairs]
        return {
            "target": list(key),
            "forwards": forwards,
            "migrations": self._described(going),
            "applied": [".".join(each) for each in sorted(self._loader.applied_migrations)],
            "unknown": sorted({*self._reader._unknown(), *self._gone(going)}),
            "owners": self._reader._other_owners(),
            **self._reader.state([]),
        }

    def _after(self, key):
        """A migration and all that stand on it, the newest first."""
        found = self._loader.graph.backwards_plan(key)
        return [self._loader.graph.nodes[each] for each in found
                if each in self._loader.applied_migrations]  # fmt: skip

    def _gone(self, going):
        """Applied since by apps that this code does not have: they may stand on what goes."""
        from django.apps import apps

        installed = {each.label for each in apps.get_app_configs()}
        applied = self._loader.applied_migrations
        keys = [(each.app_label, each.name) for each in going]
        since = min((applied[key].applied for key in keys if key in applied), default=None)
        return [
            ".".join(key)
            for key, record in applied.items()
            if since is not None and key[0] not in installed and record.applied >= since
        ]

    def _described(self, going):
        states, found = self._states(going), []
        for migration in going:
            state = states[migration]
            losses, obstacles = self._measured(migration, state)
            sql = self._sql(migration, state)
            found.append(
                {
                    "app": migration.app_label,
                    "name": migration.name,
                    "is_atomic": bool(migration.atomic),
                    "replaces": [".".join(each) for each in migration.replaces],
                    "operations": [
                        {
                            "kind": type(each).__name__,
                            "text": described(each),
                            "is_reversible": bool(each.reversible),
                            "is_code": not each.reduces_to_sql,
                        }
                        for each in migration.operations[::-1]
                    ],
                    "sql": sql,
                    "locks": locks_of(line for line in sql or [] if not line.startswith("--")),
                    "losses": losses,
                    "obstacles": obstacles,
                    "fingerprint": fingerprint(migration),
                }
            )
        return found

    def _states(self, going):
        """The project as it was before each of these."""
        from django.db.migrations.state import ProjectState

        plan = self._executor.migration_plan(self._loader.graph.leaf_nodes(), clean_start=True)
        state, found = ProjectState(real_apps=self._loader.unmigrated_apps), {}
        for migration, _ in plan:
            if migration in going:
                found[migration] = state
                state = migration.mutate_state(state, preserve=True)
            elif self._runner._is_applied(migration):
                migration.mutate_state(state, preserve=False)
        return found

    def _sql(self, migration, state):
        """None where it depends on those before it, or cannot be taken back at all."""
        try:
            with self._session.main.schema_editor(
                collect_sql=True, atomic=migration.atomic
            ) as editor:
                migration.unapply(state.clone(), editor, collect_sql=True)
            return [line for line in editor.collected_sql if line.strip("- ")]
        except Exception:
            return None

    # -- rows

    def _measured(self, migration, state):
        """What would go, and what would stop it, counted in the database as it is."""
        losses, obstacles = [], []
        label = migration.app_label
        for operation, _, after, before in back(migration, state):
            look = getattr(self, "_at_" + type(operation).__name__, None)
            if look is None:
                continue
            try:
                for is_loss, facts in look(operation, label, before, after):
                    (losses if is_loss else obstacles).append(facts)
            except LookupError:
                continue  # A model that this state does not have.
        return losses, [each for each in obstacles if each["rows"] != 0]

    def _at_CreateModel(self, operation, label, _, after):  # noqa: N802 - Django's own names.
        model = after.apps.get_model(label, operation.name)
        if model._meta.managed and not model._meta.proxy:
            yield True, self._loss(model._meta.db_table)
            for field in model._meta.local_many_to_many:
                yield from self._field(model, field)

    def _at_AddField(self, operation, label, _, after):  # noqa: N802
        model = after.apps.get_model(label, operation.model_name)
        if model._meta.managed:
            yield from self._field(model, model._meta.get_field(operation.name))

    def _field(self, model, field):
        if field.many_to_many:
            through = field.remote_field.through
            if through._meta.auto_created:
                yield True, self._loss(through._meta.db_table)
        elif field.column:
            yield True, self._loss(model._meta.db_table, field.column)

    def _at_RemoveField(self, operation, label, before, _):  # noqa: N802
        model = before.apps.get_model(label, operation.model_name)
        field = model._meta.get_field(operation.name)
        if field.many_to_many or not field.column or field.null or self._has_value(field):
            return
        yield False, self._found("no-value", model, field.column, "TRUE")

    def _at_AlterField(self, operation, label, before, after):  # noqa: N802
        model = after.apps.get_model(label, operation.model_name)
        old = before.apps.get_model(label, operation.model_name)._meta.get_field(operation.name)
        new = model._meta.get_field(operation.name)
        if old.many_to_many or new.many_to_many or not (old.column and new.column):
            return
        column, quote = new.column, self._session.main.ops.quote_name
        if new.null and not old.null and not self._has_value(old):
            yield False, self._found("null", model, column, f"{quote(column)} IS NULL")
        if old.unique and not new.unique:
            yield False, self._twice(model, [column])
        if old.max_length and (not new.max_length or new.max_length > old.max_length):
            condition = f"length({quote(column)}::text) > {old.max_length}"
            yield False, self._found("too-long", model, column, condition)
        low, high = self._range(old)
        if high is not None and self._range(new) != (low, high):
            condition = f"{quote(column)} NOT BETWEEN {low} AND {high}"
            yield False, self._found("out-of-range", model, column, condition)

    def _range(self, field):
        try:
            return self._session.main.ops.integer_field_range(field.get_internal_type())
        except KeyError:
            return (None, None)

    def _at_RemoveConstraint(self, operation, label, before, after):  # noqa: N802
        model = before.apps.get_model(label, operation.model_name)
        for each in model._meta.constraints:
            if each.name != operation.name:
                continue
            if getattr(each, "fields", ()) and not each.condition:
                columns = [model._meta.get_field(name).column for name in each.fields]
                yield False, self._twice(model, columns)
            elif hasattr(each, "_get_check_sql"):
                with self._session.main.schema_editor(collect_sql=True) as editor:
                    check = each._get_check_sql(model, editor)
                yield False, self._found("check", model, each.name, f"NOT ({check})")

    def _at_AlterUniqueTogether(self, operation, label, before, after):  # noqa: N802
        old = before.apps.get_model(label, operation.name)
        new = after.apps.get_model(label, operation.name)
        for names in set(old._meta.unique_together) - set(new._meta.unique_together):
            yield False, self._twice(old, [old._meta.get_field(each).column for each in names])

    def _has_value(self, field):
        """Whether Django or the database fills the column by itself."""
        from django.db.backends.base.schema import BaseDatabaseSchemaEditor

        has_default = getattr(field, "has_db_default", None)
        if has_default is not None and has_default():
            return True
        if getattr(field, "generated", False):
            return True
        return BaseDatabaseSchemaEditor._effective_default(field) is not None

    def _loss(self, table, column=""):
        quote = self._session.main.ops.quote_name
        values = f"count({quote(column)})" if column else "0"
        found = self._counted(f"SELECT count(*), {values} FROM {quote(table)}")  # noqa: S608
        rows, values = found or (None, None)
        return {"table": table, "column": column, "rows": rows,
                "values": values if column else None}  # fmt: skip

    def _found(self, kind, model, column, condition):
        """Rows that the reverse would stop at."""
        quote = self._session.main.ops.quote_name
        table = model._meta.db_table
        sql = f"SELECT count(*) FROM {quote(table)} WHERE {condition}"  # noqa: S608
        found = self._counted(sql)
        return {"kind": kind, "table": table, "column": column, "rows": found and found[0]}

    def _twice(self, model, columns):
        quote = self._session.main.ops.quote_name
        table, names = model._meta.db_table, ", ".join(quote(each) for each in columns)
        known = " AND ".join(f"{quote(each)} IS NOT NULL" for each in columns)
        found = self._counted(
            f"SELECT count(*) FROM (SELECT FROM {quote(table)} WHERE {known}"  # noqa: S608
            f" GROUP BY {names} HAVING count(*) > 1) twice"
        )
        return {"kind": "twice", "table": table, "column": ", ".join(columns),
                "rows": found and found[0]}  # fmt: skip

    def _counted(self, sql):
        """None where it could not be counted in time, or depends on migrations before it."""
        from django.db import DatabaseError

        try:
            return self._session.rows(sql)[0]
        except DatabaseError:
            return None

    # -- afterwards, and on a copy

    def left(self, names):
        """Those of `names` that are still recorded as applied."""
        applied = self._executor.recorder.applied_migrations()
        return [each for each in names if tuple(each.split(".", 1)) in applied]

    def build(self, names):
        """On an empty scratch database: the schema that these migrations make."""
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(self._session.main)
        graph = executor.loader.graph
        plan = executor.migration_plan(graph.leaf_nodes(), clean_start=True)
        wanted = set(names)
        kept = [
            (m, False)
            for m, _ in plan
            if f"{m.app_label}.{m.name}" in wanted
            or (m.replaces and all(".".join(each) in wanted for each in m.replaces))
        ]
        executor.migrate(None, plan=kept)
        return {"built": len(kept)}


def described(operation):
    """What an operation does, where Django's own word is "Raw SQL operation"."""
    code = getattr(operation, "code", None)
    if callable(code):
        return f"Run Python: {getattr(code, '__name__', 'code')}"
    sql = getattr(operation, "sql", None)
    if isinstance(sql, (list, tuple)) and sql:
        sql = sql[0][0] if isinstance(sql[0], (list, tuple)) else sql[0]
    if isinstance(sql, str):
        return f"Run SQL: {head(sql, 60)}"
    return operation.describe()


def fingerprint(migration):
    """A name for the migration's code: what is applied is what was shown."""
    path = getattr(sys.modules.get(type(migration).__module__), "__file__", None) or ""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        text = repr(migration.operations).encode()
    return hashlib.sha256(text).hexdigest()[:16]


# --- words ---------------------------------------------------------------------------------------


def is_lost(connection):
    """Whether a session has ended, by whosever hand."""
    raw = connection.connection
    return raw is None or bool(raw.closed)


def _sqlstate(error):
    while error is not None:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if found:
            return found
        error = error.__cause__
    return ""


def _said(error):
    """Why a login failed; libpq's words hold no values of any row."""
    return " ".join(str(error).split())[:500]


def _trouble(error):
    """What may be told of an error: never its text, which can quote a row."""
    facts = {"sqlstate": _sqlstate(error), "error": type(error).__name__, "about": "", "place": ""}
    cause = error
    while cause is not None:
        diag = getattr(cause, "diag", None)
        if diag is not None:
            names = (diag.table_name, diag.column_name, diag.constraint_name)
            facts["about"] = ", ".join(name for name in names if name)
            facts["error"] = type(cause).__name__
        cause = cause.__cause__
    root = os.getcwd() + os.sep
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(root) and "site-packages" not in frame.filename:
            facts["place"] = f"{frame.filename[len(root) :]}, line {frame.lineno}"
    return facts


def _text(sql, connection):
    if isinstance(sql, str):
        return sql
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    if hasattr(sql, "as_string"):
        return sql.as_string(connection.connection)
    return str(sql)


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


# --- from request to request ---------------------------------------------------------------------


class Agent:
    """Answers requests one after another until its input ends."""

    def __init__(self, wire, request):
        self._wire, self._request = wire, request
        self._runner = None

    def prepare(self):
        """Django set up as the project says, the database as the request says."""
        sys.path[0] = os.getcwd()
        os.environ["DJANGO_SETTINGS_MODULE"] = self._request["settings"]
        try:
            import django
            from django.conf import settings

            databases = settings.DATABASES
            self._point(databases.get(self._request["alias"]))
            django.setup()
        except Refused:
            raise
        except BaseException as error:
            raise Refused("project", error=type(error).__name__, said=_said(error)) from error
        from django.utils import translation

        translation.deactivate_all()
        session = Session(self._wire, self._request)
        facts = session.open(lock=self._request["lock"])
        self._runner = self._made(Runner, session, self._wire)
        self._reader = Reader(session, self._runner)
        self._backwards = Backwards(self._reader, session, self._runner)
        if hasattr(self._wire, "attach"):
            self._wire.attach(session)
        self._wire.emit("ready", django=django.get_version(), **facts)

    def _point(self, database):
        if database is None:
            return
        database.update(self._request["database"])
        database["AUTOCOMMIT"] = True
        options = database.setdefault("OPTIONS", {})
        for name in ("pool", "assume_role", "service", "passfile"):
            options.pop(name, None)
        options["connect_timeout"] = 10
        options["application_name"] = self._request["application_name"]

    def _made(self, kind, *parts):
        """The migrations' own modules are read here."""
        try:
            return kind(*parts)
        except Exception as error:
            if _sqlstate(error):
                raise
            raise Refused("project", error=type(error).__name__, said=_said(error)) from error

    def answer(self, asked):
        do = asked["do"]
        if do == "plan":
            return self._reader.plan(asked["app"], asked["to"])
        if do == "apply":
            key = (asked["app"], asked["name"])
            self._hold_against(key, asked["fingerprint"])
            return self._runner.apply(key, asked["plan"], asked["repeat"])
        if do == "settle":
            return self._runner.settle(asked["plan"], asked.get("backwards", False))
        if do == "verify":
            left = self._reader.left(asked["app"], asked["to"])
            return {"left": left, **self._reader.state([])}
        if do == "reverse":
            key = (asked["app"], asked["name"])
            self._hold_against(key, asked["fingerprint"])
            return self._runner.apply(key, asked["plan"], asked["repeat"], backwards=True)
        return self._backwards.answer(do, asked)

    def _hold_against(self, key, wanted):
        migration = self._runner.loader.graph.nodes.get(key)
        if migration is not None and fingerprint(migration) != wanted:
            raise Refused("code-changed", app=key[0], name=key[1])

    def stop(self):
        if self._runner is not None:
            self._runner.stop()
        os._exit(1)

    def serve(self, requests):
        for asked in requests:
            try:
                self._wire.emit("answer", **self.answer(asked))
            except Refused as refusal:
                self._wire.emit("refused", kind=refusal.kind, facts=refusal.facts)


def main():
    """Serve what is asked on standard input."""
    request, wire = first_line(), Wire()
    agent = Agent(wire, request)
    requests = Requests(agent.stop)
    try:
        agent.prepare()
        agent.serve(requests)
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
    except Stopped:
        pass
    except BaseException as error:
        wire.emit("refused", kind="broken", facts=_trouble(error))
        raise
    # A thread of the project must not keep this process alive, with its locks.
    sys.stderr.flush()
    os._exit(0)


def main_of_job():
    """Answer the one request of a job, in whose environment it came."""
    packed = base64.b64decode(os.environ["HRMSOPS_REQUEST"])
    request = json.loads(zlib.decompress(packed))
    wire = Answers(request["ask"])
    agent, code = Agent(wire, request), 0
    try:
        agent.prepare()
        agent.serve([request["asked"]])
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
        code = 3
    except BaseException as error:
        wire.emit("refused", kind="broken", facts=_trouble(error))
        code = 1
    wire.finish()
    sys.stderr.flush()
    os._exit(code)
