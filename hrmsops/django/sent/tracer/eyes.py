"""Watches the migrating session."""

import re
import time
from contextlib import contextmanager

from django.db import transaction

from .catalogue import Look
from .changes import changes
from .free import FREE
from .holding_up import held_up
from .locks import LOCKS, MODES
from .opened import closed, opened
from .operation import Operation

WRITES = f"""
SELECT c.oid::regclass::text, s.n_tup_ins, s.n_tup_upd, s.n_tup_del
FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 AND {FREE}"""
COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
BESIDE = re.compile(r"\bCONCURRENTLY\b|\A(?:VACUUM|BEGIN|START\s)|\bCOMMIT\b", re.I)
ALONE = re.compile(
    r"(?:ALTER|CREATE|DROP|UPDATE|DELETE|INSERT|TRUNCATE|COMMENT|DO|WITH|MERGE|REINDEX)\b", re.I
)


class Eyes:
    """Watches the migrating session: its operations from within, its locks from a second one."""

    def __init__(self, main, aside):
        self.main, self.aside = main, aside
        self.pid = self.ask("SELECT pg_backend_pid()")[0][0]
        self.operations, self._stack, self._deferred = {}, [], []
        self.base, self._names, self._full, self.failed_at = None, set(), set(), None
        self._held, self._written = set(), {}

    def ask(self, sql, params=None):
        """On the migrating session, past Django's wrappers; seen by nobody."""
        self.main.ensure_connection()
        with self.main.connection.cursor() as cursor:
            cursor.execute(sql, params) if params else cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def begin(self, migration, base, filled):
        self.operations, self._stack, self._deferred = {}, [], []
        self.base, self.failed_at = base, None
        self._held, self._written = set(), {}
        self.pid = self.ask("SELECT pg_backend_pid()")[0][0]  # Their code may have reconnected.
        self._names = {
            name for oid, (name, _, _) in self.look().tables.items() if oid in base.tables
        }
        self._full = {name for name in self._names if name in filled}
        if self.main.in_atomic_block:
            self._held = {*map(tuple, self._locks(self.aside))}  # By the rows that were made up.
        opened(migration.operations, self._operating)

    def end(self, migration):
        """Its operations are as Django made them again."""
        closed(migration.operations)

    def look(self):
        return Look(self.ask)

    @contextmanager
    def _operating(self, operation, editor):
        seen = Operation(operation.hrmsops_path, type(operation).__name__)
        self.operations[operation.hrmsops_path] = seen
        self._stack.append(seen)
        before, waiting, began = self.look(), len(editor.deferred_sql), time.monotonic()
        self._written = self._writes()
        try:
            yield
        except BaseException:
            self.failed_at = list(seen.path)
            raise
        finally:
            self._stack.pop()
        seen.seconds += time.monotonic() - began
        self._deferred += [(each, seen) for each in editor.deferred_sql[waiting:]]
        seen.changed(self._changes(seen.looked or before))

    def statement(self, execute, sql, params, many, context):
        """Around each statement of Django's; wrapped around the connection."""
        text = str(sql)
        seen = self._stack[-1] if self._stack else self._of_deferred(text)
        if seen is None:
            return execute(sql, params, many, context)
        seen.statements += 1
        before = None if self._stack else self.look()
        began = time.monotonic()
        try:
            result = self._watched(seen, text, lambda: execute(sql, params, many, context))
        except BaseException:
            self.failed_at = list(seen.path)
            raise
        if before is not None:
            seen.seconds += time.monotonic() - began
            seen.changed(self._changes(before))
        return result

    def _changes(self, before):
        """TRUNCATE gives a table new files too: what had rows and has none was emptied."""
        for what, table, name in changes(before, self.look(), self.base):
            is_gone = what == "rewritten" and table in self._full
            is_gone = is_gone and not self.ask(f"SELECT 1 FROM {table} LIMIT 1")
            yield ("emptied" if is_gone else what), table, name

    def _of_deferred(self, text):
        return next((seen for each, seen in self._deferred if str(each) == text), None)

    def _watched(self, seen, text, act):
        bare = COMMENTS.sub("", text)
        if self.main.in_atomic_block:
            result = act()
            self._note(seen, text)
            return result
        self._held, self._written = set(), {}
        if BESIDE.search(bare):
            seen.is_beside = True
            with held_up(self.main, self.pid, lambda other: self._lock_all(seen, other)):
                return act()
        if not ALONE.match(bare):
            return act()
        alone, before = Operation((), ""), self.look()
        with transaction.atomic(using=self.main.alias):
            # The server's counters go on from earlier transactions.
            self._written = self._writes()
            result = act()
            self._note(alone, text)
        seen.took_in(alone)
        seen.changed(self._changes(before), alone.locks)
        seen.looked = self.look()
        self._held, self._written = set(), {}
        return result

    def _note(self, seen, text):
        """The locks that the session has now, and the rows that it wrote since the last look."""
        for table, mode in self._locks(self.aside):
            is_new = (table, mode) not in self._held
            if is_new or f'"{table.strip(chr(34))}"' in text or table in text:
                seen.locked(table, MODES[mode])
            self._held.add((table, mode))
        now = self._writes()
        for table, counts in now.items():
            was = self._written.get(table, (0, 0, 0))
            more = [a - b for a, b in zip(counts, was)]
            if any(more):
                seen.wrote(table, more)
        self._written = now

    def _writes(self):
        if not self.main.in_atomic_block:
            return {}
        found = self.ask(WRITES)
        return {table: counts for table, *counts in found if table in self._names}

    def _lock_all(self, seen, connection):
        for table, mode in self._locks(connection):
            seen.locked(table, MODES[mode])

    def _locks(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(LOCKS, [self.pid])
            return [each for each in cursor.fetchall() if each[0] in self._names]
