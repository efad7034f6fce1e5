"""Runs in the HRMS's interpreter: migrates a scratch database with three rows a table, and looks.

The database is a scratch one; everything in it may be written, emptied and lost.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from functools import partial

from ..wire import Refused, Requests, Wire, first_line

ROWS = 3
HOLD_SECONDS, POLL_SECONDS = 20.0, 0.005
KEPT_OPTIONS = ("options", "isolation_level", "server_side_binding", "sslmode", "sslrootcert")
MARK = "hrmsops_trace"
"""A table that says whose leftovers a database holds; it is not ours to make or to drop."""
_USER = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'hrmsops')"
_FREE = (
    f"{_USER} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    f" AND c.relname NOT IN ('{MARK}', 'django_migrations')"
)
RELATIONS = f"""
SELECT c.oid::int8, c.oid::regclass::text, c.relkind, c.relfilenode::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v') AND {_FREE}"""
COLUMNS = f"""
SELECT a.attrelid::int8, a.attnum, a.attname, a.attnotnull, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n
ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {_FREE}"""
INDEXES = f"""
SELECT i.indexrelid::int8, i.indrelid::int8, x.relname, x.relfilenode::int8, i.indisvalid
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') AND {_FREE}"""
CONSTRAINTS = f"""
SELECT k.oid::int8, k.conrelid::int8, k.conname, k.contype, k.convalidated,
pg_get_constraintdef(k.oid), k.conkey FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype IN ('c', 'f', 'u', 'p', 'x')
AND {_FREE}"""
LOCKS = f"""
SELECT c.oid::regclass::text, l.mode FROM pg_locks l JOIN pg_class c
ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = %s AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND c.relkind IN ('r', 'p', 'm', 'v') AND {_FREE}"""
WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
WRITES = f"""
SELECT c.oid::regclass::text, s.n_tup_ins, s.n_tup_upd, s.n_tup_del
FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 AND {_FREE}"""
TO_FILL = f"""
SELECT c.oid::int8, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n
ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {_FREE}"""
FILLED_COLUMNS = """
SELECT a.attnum, a.attname, a.attnotnull, coalesce(d.adbin IS NOT NULL, false), a.attidentity,
a.attgenerated, format_type(a.atttypid, a.atttypmod), t.typtype, t.typcategory, b.typname,
a.atttypmod,
(SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
FILLED_KEYS = """
SELECT k.conkey, k.confrelid::int8, k.confrelid::regclass::text,
(SELECT array_agg(quote_ident(a.attname) ORDER BY o.n)
 FROM unnest(k.confkey) WITH ORDINALITY AS o(num, n) JOIN pg_attribute a
 ON a.attrelid = k.confrelid AND a.attnum = o.num)
FROM pg_constraint k WHERE k.conrelid = %s AND k.contype = 'f'"""
CHECKS = """
SELECT conkey, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s AND contype = 'c'"""

MODES = {
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
STRENGTH = list(MODES.values())

_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_BESIDE = re.compile(r"\bCONCURRENTLY\b|\A(?:VACUUM|BEGIN|START\s)|\bCOMMIT\b", re.I)
_ALONE = re.compile(
    r"(?:ALTER|CREATE|DROP|UPDATE|DELETE|INSERT|TRUNCATE|COMMENT|DO|WITH|MERGE|REINDEX)\b", re.I
)
_LITERAL = re.compile(r"'((?:[^']|'')*)'::(?:text|character varying|bpchar)")


def trouble(error):
    """An error by its code and the names in it."""
    facts = {"sqlstate": "", "error": type(error).__name__, "about": "", "column": "", "said": ""}
    lines = str(error).strip().splitlines()
    facts["said"] = lines[0][:300] if lines else ""
    while error is not None:
        found = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        diag = getattr(error, "diag", None)
        if found and not facts["sqlstate"]:
            facts["sqlstate"] = found
        if diag is not None:
            names = (diag.table_name, diag.column_name, diag.constraint_name)
            facts["about"] = ", ".join(name for name in names if name)
            facts["column"] = diag.column_name or ""
        error = error.__cause__
    return facts


def key_of(migration):
    return (migration.app_label, migration.name)


# --- rows ----------------------------------------------------------------------------------------


class Rows:
    """Three rows for every table that has none, made from what the catalogue says of its columns.

    The second row of a table has NULL wherever it may, unless `nulls` is off.
    """

    def __init__(self, ask):
        self._ask, self.nulls = ask, True
        self.filled, self.unmade = {}, {}

    def fill(self):
        """Parents before children; what still cannot be made is in `unmade`, with the reason."""
        waiting = {oid: name for oid, name in self._ask(TO_FILL) if self._is_empty(name)}
        keys = {oid: self._ask(FILLED_KEYS, [oid]) for oid in waiting}
        while waiting:
            free = [
                oid
                for oid in waiting
                if all(key[1] == oid or key[1] not in waiting for key in keys[oid])
            ]
            for oid in free or list(waiting)[:1]:
                self._table(oid, waiting.pop(oid), keys[oid])

    def empty(self):
        """Take away what was made."""
        known = {name for _, name in self._ask(TO_FILL)}
        names = [name for name in self.filled.values() if name in known]
        if names:
            self._ask(f"TRUNCATE {', '.join(names)} CASCADE")
        self.filled = {}

    def _is_empty(self, name):
        return not self._ask(f"SELECT 1 FROM {name} LIMIT 1")

    def _table(self, oid, name, keys):
        columns = self._ask(FILLED_COLUMNS, [oid])
        literals = {}
        for numbers, text in self._ask(CHECKS, [oid]):
            for each in numbers or ():
                literals.setdefault(each, []).extend(_LITERAL.findall(text))
        parents = self._parents(oid, keys)
        made, said = 0, ""
        for number in range(ROWS):
            for with_null in (self.nulls and number == 1, False, True):
                row = self._row(columns, number, with_null, parents, literals)
                if not (said := self._insert(name, row)):
                    made += 1
                    break
        if made:
            self.filled[oid] = name
        if made > 1:
            self.unmade.pop(name, None)
        else:
            self.unmade[name] = said

    def _parents(self, oid, keys):
        """For each column of a foreign key, what the referenced rows have."""
        found = {}
        for numbers, parent, name, columns in keys:
            rows = [] if parent == oid else self._ask(
                f"SELECT {', '.join(f'{each}::text' for each in columns)} FROM {name}"
                f" ORDER BY 1 LIMIT {ROWS}"
            )  # fmt: skip
            for place, number in enumerate(numbers):
                found[number] = [row[place] for row in rows]
        return found

    def _row(self, columns, number, with_null, parents, literals):
        row = {}
        for column in columns:
            place, name, needed, has_default, identity, generated = column[:6]
            if generated or identity:
                continue
            if place in parents:
                values = parents[place]
                is_null = not values or (with_null and not needed)
                row[name] = None if is_null else values[number % len(values)]
            elif has_default:
                continue
            elif with_null and not needed:
                row[name] = None
            else:
                row[name] = literal(column, number, literals.get(place))
        return {name: value for name, value in row.items() if value is not None}

    def _insert(self, name, row):
        quoted = ['"' + each.replace('"', '""') + '"' for each in row]
        values = ["'" + each.replace("'", "''") + "'" for each in row.values()]
        body = f"({', '.join(quoted)}) VALUES ({', '.join(values)})" if row else "DEFAULT VALUES"
        try:
            self._ask(f"INSERT INTO {name} {body}")
        except Exception as error:
            return trouble(error)["said"]
        return ""


def literal(column, number, allowed):
    """A value of a column as text: each row has another where the type can tell them apart."""
    place, (type_text, kind, category, base), labels = column[0], column[6:10], column[11]
    if labels:
        return labels[number % len(labels)]
    if category == "A":
        return "{}"
    if kind in ("r", "m"):
        return "empty" if kind == "r" else "{}"
    if category == "S" or base == "citext":
        if allowed:
            return allowed[number % len(allowed)].replace("''", "'")
        length = re.search(r"\((\d+)\)", type_text)
        return f"r{number}"[-int(length[1]) :] if length else f"row {number}"
    day = date(2020, 1, 1) + timedelta(days=place * 7 + number)
    return {
        "bool": "true" if number else "false",
        "date": day.isoformat(),
        "timestamp": f"{day} 08:00:00",
        "timestamptz": f"{day} 08:00:00+00",
        "time": f"08:0{number}:00",
        "timetz": f"08:0{number}:00+00",
        "interval": f"{number + 1} hours",
        "uuid": f"00000000-0000-4000-8000-{place:06}{number:06}",
        "json": "{}",
        "jsonb": "{}",
        "hstore": "",
        "bytea": "\\x00",
        "inet": f"10.0.0.{number + 1}",
        "cidr": f"10.0.{number}.0/24",
        "macaddr": f"08:00:2b:01:02:0{number}",
        "tsvector": "row",
        "ltree": f"row{number}",
        "xml": "<a/>",
    }.get(base, f"0.{number + 1}" if _is_fraction(column) else str(number + 1))


def _is_fraction(column):
    """numeric(p, s) that has no place before its point."""
    size = re.search(r"numeric\((\d+),(\d+)\)", column[6])
    return bool(size) and int(size[1]) <= int(size[2])


# --- looking -------------------------------------------------------------------------------------


class Look:
    """The catalogue at one moment, by the numbers that survive a rename."""

    def __init__(self, ask):
        self.tables = {oid: (name, kind, node) for oid, name, kind, node in ask(RELATIONS)}
        self.columns = {(oid, num): rest for oid, num, *rest in ask(COLUMNS)}
        self.indexes = {oid: rest for oid, *rest in ask(INDEXES)}
        self.constraints = {oid: rest for oid, *rest in ask(CONSTRAINTS)}


def changes(before, after, base):
    """What happened between two looks to what was there at `base`: (what, table, name)."""
    old = base.tables.keys()
    for oid in sorted(old & before.tables.keys()):
        name, kind, node = before.tables[oid]
        if oid not in after.tables:
            yield ("table-dropped" if kind != "v" else "view-dropped", name, "")
            continue
        new_name, _, new_node = after.tables[oid]
        if new_name != name:
            yield "table-renamed", name, new_name
        if node != new_node:
            yield "rewritten", name, ""
    kept = old & before.tables.keys() & after.tables.keys()
    yield from _columns(before, after, kept, base)
    yield from _indexes(before, after, kept, base)
    yield from _constraints(before, after, kept)


def _columns(before, after, kept, base):
    for (oid, num), (name, needed, _) in sorted(before.columns.items()):
        if oid not in kept or (oid, num) not in base.columns:
            continue
        table, now = before.tables[oid][0], after.columns.get((oid, num))
        if now is None:
            yield "column-dropped", table, name
            continue
        if now[0] != name:
            yield "column-renamed", table, name
        if now[1] and not needed and not _is_shown(before, oid, name):
            yield "not-null", table, name
    for oid, num in sorted(after.columns.keys() - before.columns.keys()):
        if oid in kept:
            yield "column-added", before.tables[oid][0], after.columns[oid, num][0]


def _is_shown(look, oid, column):
    """A valid CHECK says already that there is no NULL."""
    return any(
        table == oid and valid and f"{column} IS NOT NULL" in text.replace('"', "")
        for table, _, _, valid, text, _ in look.constraints.values()
    )


def _indexes(before, after, kept, base):
    nodes = {each[2] for each in before.indexes.values()}
    for oid, (table, name, node, valid) in sorted(after.indexes.items()):
        if table not in kept:
            continue
        if not valid and (oid not in before.indexes or before.indexes[oid][3]):
            yield "index-invalid", before.tables[table][0], name
        if node and node not in nodes:
            what = "index-rebuilt" if oid in before.indexes else "index-built"
            yield what, before.tables[table][0], name
    nodes = {each[2] for each in after.indexes.values()}
    of_constraints = {(each[0], each[1]) for each in before.constraints.values()}
    for oid, (table, name, node, _) in sorted(before.indexes.items()):
        is_gone = oid not in after.indexes and node not in nodes and oid in base.indexes
        if table in kept and is_gone and (table, name) not in of_constraints:
            yield "index-dropped", before.tables[table][0], name


def _constraints(before, after, kept):
    known = {(each[0], each[4]) for each in before.constraints.values() if each[3]}
    for oid, (table, name, kind, valid, text, keys) in sorted(after.constraints.items()):
        if table not in kept or kind not in "cf":
            continue
        was = before.constraints.get(oid)
        if was is None and not valid:
            yield "not-valid", before.tables[table][0], name
        elif was is not None and valid and not was[3]:
            yield "validated", before.tables[table][0], name
        elif was is None and (table, text) not in known:
            # A column that was just added without a value has nothing to be looked up.
            is_new = kind == "f" and all((table, key) not in before.columns for key in keys)
            yield "key-added" if is_new else "scanned", before.tables[table][0], name


class Operation:
    """One operation while it runs: what it sent, what it locked, what it changed."""

    def __init__(self, path, kind):
        self.path, self.kind, self.seconds = list(path), kind, 0.0
        self.statements, self.locks, self.changes, self.writes = 0, {}, [], {}
        self.is_beside, self.looked = False, None

    def locked(self, table, mode):
        known = self.locks.get(table)
        if known is None or STRENGTH.index(known) < STRENGTH.index(mode):
            self.locks[table] = mode

    def changed(self, found, locks=None):
        """`locks`: those that were held then, where that was not the whole operation's time."""
        known = [each[:3] for each in self.changes]
        held = self.locks if locks is None else locks
        for what, table, name in found:
            if [what, table, name] not in known:
                self.changes.append([what, table, name, held.get(table, "")])

    def took_in(self, statement):
        """What one of its statements did in a transaction of its own."""
        for table, mode in statement.locks.items():
            self.locked(table, mode)
        for table, counts in statement.writes.items():
            self.wrote(table, counts)

    def wrote(self, table, counts):
        self.writes[table] = [a + b for a, b in zip(self.writes.get(table, [0, 0, 0]), counts)]

    def _told(self):
        """A table that is written anew takes its indexes with it."""
        anew = {each[1] for each in self.changes if each[0] == "rewritten"}
        return [c for c in self.changes if not c[0].startswith("index-") or c[1] not in anew]

    def document(self):
        return {
            "path": self.path, "kind": self.kind, "statements": self.statements,
            "seconds": round(self.seconds, 4), "locks": self.locks, "changes": self._told(),
            "writes": self.writes, "beside": self.is_beside,
        }  # fmt: skip


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
        for number, operation in enumerate(migration.operations):
            self._open(operation, (number,))

    def look(self):
        return Look(self.ask)

    def _open(self, operation, path):
        inner = getattr(operation, "database_operations", None) or ()
        for number, each in enumerate(inner):
            self._open(each, (*path, number))
        if inner or hasattr(operation, "hrmsops_path"):
            return
        forwards = operation.database_forwards

        def watched(app_label, editor, from_state, to_state):
            with self._operating(operation, editor):
                forwards(app_label, editor, from_state, to_state)

        operation.hrmsops_path = path
        operation.database_forwards = watched

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
        from django.db import transaction

        bare = _COMMENTS.sub("", text)
        if self.main.in_atomic_block:
            result = act()
            self._note(seen, text)
            return result
        self._held, self._written = set(), {}
        if _BESIDE.search(bare):
            seen.is_beside = True
            with self._held_up(seen):
                return act()
        if not _ALONE.match(bare):
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

    def _locks(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(LOCKS, [self.pid])
            return [each for each in cursor.fetchall() if each[0] in self._names]

    @contextmanager
    def _held_up(self, seen):
        """A statement that runs outside of a transaction is made to wait, until it was seen.

        A third session holds what any writer holds; who builds beside writers waits for them.
        """
        ended = threading.Event()
        ready = threading.Event()
        thread = threading.Thread(target=self._hold, args=(seen, ended, ready), daemon=True)
        thread.start()
        ready.wait(HOLD_SECONDS)
        try:
            yield
        finally:
            ended.set()
            thread.join(HOLD_SECONDS)

    def _hold(self, seen, ended, ready):
        from django.db import connections

        third = connections.create_connection(self.main.alias)
        try:
            third.ensure_connection()
            third.set_autocommit(False)
            with third.cursor() as cursor:
                cursor.execute(TO_FILL)
                names = [name for _, name in cursor.fetchall()]
                if names:
                    cursor.execute(f"LOCK TABLE {', '.join(names)} IN ROW EXCLUSIVE MODE")
                ready.set()
                until = time.monotonic() + HOLD_SECONDS
                while not ended.is_set() and time.monotonic() < until:
                    cursor.execute(WAITS, [self.pid])
                    if cursor.fetchone()[0]:
                        for table, mode in self._locks(third):
                            seen.locked(table, MODES[mode])
                        break
                    time.sleep(POLL_SECONDS)
            third.rollback()
        finally:
            ready.set()
            third.close()


# --- the code of both revisions ------------------------------------------------------------------


class Code:
    """INSERT, SELECT and UPDATE of models as a revision has them, each rolled back."""

    def __init__(self, alias):
        self._alias = alias

    def tries(self, apps, wanted):
        """{(model, verb): None or its trouble} for the models that `wanted` says yes to."""
        from django.db import router

        found = {}
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if meta.proxy or not meta.managed or meta.swapped or not wanted(model):
                continue
            if not router.allow_migrate_model(self._alias, model):
                continue
            for verb, act in (("SELECT", self._select), ("INSERT", self._insert),
                              ("UPDATE", self._update)):  # fmt: skip
                found[meta.label, verb] = (meta.db_table, self._tried(model, act))
        return found

    def _tried(self, model, act):
        from django.db import transaction

        try:
            with transaction.atomic(using=self._alias):
                act(model)
                transaction.set_rollback(True, using=self._alias)
        except Exception as error:
            facts = trouble(error)
            given = {f.column for f in model._meta.concrete_fields if not self._may_be_left(f)}
            return {**facts, "given": facts["column"] in given}
        return None

    def _may_be_left(self, field):
        return field.null or getattr(field, "db_default", None) not in (None, _nothing())

    def _objects(self, model):
        return model._base_manager.using(self._alias)

    def _select(self, model):
        list(self._objects(model).all()[:1])

    def _insert(self, model):
        model(**self._values(model)).save(force_insert=True, using=self._alias)

    def _update(self, model):
        row = self._objects(model).order_by("pk").first()
        if row is not None:
            row.save(using=self._alias)

    def _values(self, model):
        from django.db import models

        found = {}
        for field in model._meta.concrete_fields:
            if field.remote_field:
                found[field.attname] = self._related(field)
            elif (
                isinstance(field, models.AutoField)
                or field.has_default()
                or getattr(field, "db_default", None) not in (None, _nothing())
                or getattr(field, "generated", False)
                or getattr(field, "auto_now", False)
            ):
                continue
            elif not getattr(field, "auto_now_add", False):
                found[field.attname] = value_of(field)
        return {name: value for name, value in found.items() if value is not _LEFT_OUT}

    def _related(self, field):
        target = field.target_field.attname
        rows = self._objects(field.remote_field.model).values_list(target, flat=True)
        first = list(rows.order_by(target)[:1])
        return first[0] if first else None


_LEFT_OUT = object()


def _nothing():
    from django.db.models.fields import NOT_PROVIDED

    return NOT_PROVIDED


def value_of(field):
    """A value that no row has."""
    if field.choices:
        first = next(iter(field.flatchoices), None)
        return first[0] if first else _LEFT_OUT
    kind = field.get_internal_type()
    length = getattr(field, "max_length", None) or 20
    texts = {
        "EmailField": "new@example.org", "URLField": "https://example.org/new",
    }  # fmt: skip
    if kind in ("CharField", "TextField", "SlugField", "FileField", "FilePathField", *texts):
        return texts.get(kind, "new")[:length]
    import uuid
    from decimal import Decimal

    values = {
        "BooleanField": True, "NullBooleanField": True, "DateField": date(2026, 1, 1),
        "DateTimeField": _moment(), "TimeField": _moment().time(),
        "DurationField": timedelta(hours=9), "UUIDField": uuid.UUID(int=9), "JSONField": {},
        "DecimalField": Decimal(_decimal(field)), "FloatField": 7.0, "BinaryField": b"new",
        "GenericIPAddressField": "10.1.1.1", "IPAddressField": "10.1.1.1", "ArrayField": [],
        "HStoreField": {},
    }  # fmt: skip
    if kind in values:
        return values[kind]
    return 7 if kind.endswith("IntegerField") else (None if field.null else _LEFT_OUT)


def _moment():
    from django.conf import settings

    moment = datetime(2026, 1, 1, 9, tzinfo=timezone.utc)
    return moment if settings.USE_TZ else moment.replace(tzinfo=None)


def _decimal(field):
    digits, places = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
    return "0" if digits is not None and digits == places else "7"


# --- tracing -------------------------------------------------------------------------------------


class Tracer:
    """The scratch database, migrated from nothing to the end."""

    def __init__(self, wire, request):
        self._wire, self._request, self.alias = wire, request, request["alias"]

    def prepare(self):
        """Django set up as the project says, every database of it the scratch one."""
        sys.path[0] = os.getcwd()
        os.environ["DJANGO_SETTINGS_MODULE"] = self._request["settings"]
        try:
            import django
            from django.conf import settings

            self._point(settings.DATABASES)
            django.setup()
        except Refused:
            raise
        except BaseException as error:
            raise Refused("project", error=type(error).__name__, said=str(error)[:500]) from error
        from django.db import Error, connections
        from django.utils import translation

        translation.deactivate_all()
        self.main = connections[self.alias]
        if self.main.vendor != "postgresql":
            raise Refused("not-postgresql", alias=self.alias, vendor=self.main.vendor)
        self.aside = connections.create_connection(self.alias)
        try:
            self.main.ensure_connection()
            self.aside.ensure_connection()
            self.eyes = Eyes(self.main, self.aside)
        except Error as error:
            raise Refused("not-connected", said=str(error)[:500]) from error
        self.rows, self.code = Rows(self.eyes.ask), Code(self.alias)
        self._wire.emit("ready", django=django.get_version(), pid=self.eyes.pid)

    def _point(self, databases):
        """Nothing that a migration does may reach a real database."""
        if self.alias not in databases:
            raise Refused("alias-unknown", alias=self.alias, known=sorted(databases))
        wanted = self._request["database"]
        for name, database in databases.items():
            if "postg" not in database.get("ENGINE", ""):
                if name != self.alias:
                    database.clear()
                    database["ENGINE"] = "django.db.backends.dummy"
                continue
            options = database.get("OPTIONS", {})
            kept = {k: options[k] for k in KEPT_OPTIONS[:3] if k in options}
            database.update({k: v for k, v in wanted.items() if k != "OPTIONS"})
            database["AUTOCOMMIT"], database["CONN_MAX_AGE"] = True, None
            database["OPTIONS"] = {
                **kept, **wanted["OPTIONS"], "connect_timeout": 10,
                "application_name": "hrmsops check --trace",
            }  # fmt: skip

    def answer(self, asked):
        if asked["do"] == "plan":
            return {"plan": [key_of(each) for each in self._plan()[1]]}
        if asked["do"] == "trace":
            return self.trace({tuple(each) for each in asked["pending"]}, asked["alone"])
        raise Refused("unknown-request", do=asked["do"])

    def _plan(self):
        from django.db.migrations.executor import MigrationExecutor

        try:
            executor = MigrationExecutor(self.main)
        except Exception as error:
            raise Refused("project", error=type(error).__name__, said=str(error)[:500]) from error
        leaves = executor.loader.graph.leaf_nodes()
        return executor, [each for each, _ in executor.migration_plan(leaves)]

    def trace(self, pending, alone):
        """Each pending migration observed; what is not pending comes before as far as it can."""
        from django.db.migrations.state import ProjectState

        self.executor, plan = self._plan()
        self.executor.recorder.ensure_schema()
        state = ProjectState(real_apps=self.executor.loader.unmigrated_apps)
        self._failed, self._is_lost, self._is_alone = set(), False, alone
        first, rest = self._parted(plan, pending, alone)
        for migration in first:
            state = self._unobserved(state, migration)
        for window in [[each] for each in rest] if alone else [rest]:
            state = self._window(state, window, pending)
            if self._is_lost:
                break
        return {"unmade": self.rows.unmade}

    def _parted(self, plan, pending, alone):
        """What is certainly there before, and from the first pending one on what stands on it."""
        if alone:
            return [], plan
        later = set()
        nodes = self.executor.loader.graph.node_map
        for migration in plan:
            parents = {parent.key for parent in nodes[key_of(migration)].parents}
            if key_of(migration) in pending or parents & later:
                later.add(key_of(migration))
        return (
            [each for each in plan if key_of(each) not in later],
            [each for each in plan if key_of(each) in later],
        )

    def _unobserved(self, state, migration):
        try:
            return self._apply(state, migration)
        except Exception as error:
            app, name = key_of(migration)
            raise Refused("trace-unprepared", app=app, name=name, **trouble(error)) from error

    def _apply(self, state, migration):
        return self.executor.migrate([key_of(migration)], [(migration, False)], state.clone())

    def _window(self, state, window, pending):
        """Migrations that one deploy brings, without those that fail and what stands on them."""
        window = [each for each in window if not self._stands_on_failed(each)]
        if not any(key_of(each) in pending for each in window):
            return self._passed(state, window)
        self.rows.fill()
        old, base = state.clone(), self.eyes.look()
        touched = self._touched(state, window)
        before = self.code.tries(old.apps, touched)
        for migration in window:
            if key_of(migration) not in pending or self._stands_on_failed(migration):
                state = self._passed(state, [migration])
                continue
            self.rows.fill()
            after, document = self._observed(state, migration, base)
            if after is not None:
                state = after
                self._try("old", old, before, touched, document)
                if migration is window[-1]:
                    self._try("new", state, before, touched, document)
            self._wire.emit("traced", app=migration.app_label, name=migration.name, **document)
            if self._is_lost:
                break
        return state

    def _passed(self, state, migrations):
        for migration in migrations:
            if self._stands_on_failed(migration):
                continue
            try:
                state = self._unobserved(state, migration)
            except Refused as refusal:
                # With made-up rows about, what needs rows of its own can fail: others need not.
                if not self._is_alone or not migration.atomic or not self._is_usable():
                    raise
                self._failed.add(key_of(migration))
                self._told_failed(migration, refusal.facts)
        return state

    def _told_failed(self, migration, facts):
        failure = {"rows": "rows and NULLs", "path": None, **facts}
        self._wire.emit(
            "traced", app=migration.app_label, name=migration.name, **self._ended([failure], True)
        )

    def _ended(self, failures, atomic):
        return {
            "atomic": atomic, "operations": [], "breaks": [], "works": [],
            "failures": failures, "seconds": 0, "ended": True,
        }  # fmt: skip

    def _stands_on_failed(self, migration):
        node = self.executor.loader.graph.node_map[key_of(migration)]
        if self._failed & {parent.key for parent in node.parents}:
            self._failed.add(key_of(migration))
        return key_of(migration) in self._failed

    def _touched(self, state, window):
        """Which models could feel the window: those it names, and all of an app whose code runs."""
        models, apps, texts = set(), set(), []
        after = state.clone()
        after.__dict__.pop("apps", None)  # Nobody needs its models: only what they are made of.
        for migration in window:
            for operation in migration.operations:
                operation.state_forwards(migration.app_label, after)
                if not hasattr(operation, "model_name") and not hasattr(operation, "name_lower"):
                    apps.add(migration.app_label)
                    texts.append(str(getattr(operation, "sql", "")))
        for key in {*state.models, *after.models}:
            was, now = state.models.get(key), after.models.get(key)
            if was is None or now is None or was != now:
                models.add(key)
        said = " ".join(texts)

        def touched(model):
            meta = model._meta
            key = (meta.app_label, meta.model_name)
            return key in models or meta.app_label in apps or meta.db_table in said

        return touched

    def _observed(self, state, migration, base):
        """The state after it, and what was seen; with fewer rows where it fails with them."""
        failures = []
        for rows in ("rows and NULLs", "rows without NULLs", "empty tables"):
            if failures:
                self._refill(rows)
            began = time.monotonic()
            try:
                after, seen = self._watched(state, migration, base)
            except Exception as error:
                at = self.eyes.failed_at
                failures.append({"rows": rows, "path": at, **trouble(error)})
                if not migration.atomic or not self._is_usable():
                    self._is_lost = True  # What it left half done is in everybody's way.
                    break
                continue
            self.rows.nulls = True
            seconds = round(time.monotonic() - began, 4)
            return after, {**seen, "failures": failures, "seconds": seconds, "ended": False}
        self.rows.nulls = True
        self._failed.add(key_of(migration))
        return None, self._ended(failures, migration.atomic)

    def _watched(self, state, migration, base):
        self.eyes.begin(migration, base, set(self.rows.filled.values()))
        with self.main.execute_wrapper(self.eyes.statement):
            after = self._apply(state, migration)
        seen = [each.document() for _, each in sorted(self.eyes.operations.items())]
        return after, {"atomic": migration.atomic, "operations": seen, "breaks": [], "works": []}

    def _refill(self, rows):
        self.rows.empty()
        if rows == "rows without NULLs":
            self.rows.nulls = False
            self.rows.fill()

    def _is_usable(self):
        from django.db import Error

        try:
            self.main.close_if_unusable_or_obsolete()
            self.eyes.ask("SELECT 1")
        except Error:
            return False
        return not self.main.in_atomic_block

    def _try(self, who, state, before, touched, document):
        """What fails now with how it ended before, and what works."""
        changed = {each[1] for op in document["operations"] for each in op["changes"]}

        def wanted(model):
            return touched(model) or model._meta.db_table in changed

        for (model, verb), (table, facts) in self.code.tries(state.apps, wanted).items():
            known = before.get((model, verb))
            if facts is None:
                document["works"].append([who, table, verb])
            elif known is None or facts != known[1]:
                was = None if known is None else (known[1] or {}).get("sqlstate", "")
                document["breaks"].append(
                    {"who": who, "model": model, "table": table, "verb": verb, "was": was, **facts}
                )


def main():
    """Serve what is asked on standard input; its end ends this process at once."""
    request, wire = first_line(), Wire()
    tracer = Tracer(wire, request)
    try:
        tracer.prepare()
        for asked in Requests(partial(os._exit, 0)):
            wire.emit("answer", **tracer.answer(asked))
    except Refused as refusal:
        wire.emit("refused", kind=refusal.kind, facts=refusal.facts)
    except BaseException as error:
        wire.emit("refused", kind="trace-broken", facts=trouble(error))
        raise
    sys.stderr.flush()
    os._exit(0)
