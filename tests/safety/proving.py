"""Run a migration and its rewrite on a real PostgreSQL, and compare what they come to.

`python -m tests.safety.proving BASE UNSAFE SAFE …` is a process of its own, as `measuring` is. One
line of JSON for each pair: what the autodetector finds between the two states, and how the schemas
differ forwards, after the way back, and forwards again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.safety.measuring import asked, broken, fresh, set_up

COLUMNS = """
SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
|| CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
DEFAULTS = """
SELECT 'default ' || d.adrelid::regclass || '.' || a.attname || ' '
|| pg_get_expr(d.adbin, d.adrelid)
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'"""
CONSTRAINTS = """
SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"""
INDEXES = """
SELECT 'index ' || pg_get_indexdef(i.indexrelid)
|| CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' WHERE c.relkind = 'r'"""
OTHERS = """
SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace"""
NAMES = [COLUMNS, DEFAULTS, CONSTRAINTS, INDEXES, OTHERS]


def catalogue() -> set[str]:
    """The schema, a line for each thing; Django's own table of migrations is left out."""
    from django.db import connection

    with connection.cursor() as cursor:
        found = {row[0] for query in NAMES for row in asked(cursor, query)}
    return {each for each in found if "django_migrations" not in each}


def proved(base: Path, unsafe: Path, safe: Path) -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.autodetector import MigrationAutodetector

    fresh(unsafe, "proved_unsafe")
    before = catalogue()
    wanted_state, _ = migrated(connection)
    wanted = catalogue()
    fresh(safe, "proved_safe")
    state, first = migrated(connection)
    forwards = catalogue()
    synced = kept_the_same(connection)
    backwards, again = before, forwards
    if not any(each.name.endswith("_contract") for each in first.loader.disk_migrations.values()):
        first.migrate([("employees", "0001_initial")])
        backwards = catalogue()
        migrated(connection)
        again = catalogue()
    changes = MigrationAutodetector(state, wanted_state)._detect_changes()
    rows = filled(connection)
    old = list(broken(first.loader.project_state(("employees", "0001_initial")), "old", connection))
    connection.close()
    return {
        "id": safe.name,
        "state": [str(each) for of in changes.values() for m in of for each in m.operations],
        "forwards": sorted(f"+{e}" for e in forwards - wanted)
        + sorted(f"-{e}" for e in wanted - forwards),
        "backwards": sorted(before ^ backwards),
        "again": sorted(forwards ^ again),
        "rows": rows,
        "old code": old,
        "synced": synced,
    }


def migrated(connection: Any) -> tuple[Any, Any]:
    """Every migration of the folder; the state after it, and an executor for the way back."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    [leaf] = [each for each in executor.loader.graph.leaf_nodes() if each[0] == "employees"]
    executor.migrate([leaf])
    executor.loader.build_graph()
    return executor.loader.project_state(leaf), MigrationExecutor(connection)


def kept_the_same(connection: Any) -> list[Any]:
    """What two columns of badges hold after each of them was written by code that knows one."""
    names = "SELECT attname FROM pg_attribute WHERE attrelid = 'employees_badge'::regclass"
    with connection.cursor() as cursor:
        if not {("label",), ("title",)} <= set(asked(cursor, names)):
            return []
        found = asked(cursor, "SELECT label, title FROM employees_badge ORDER BY id")
        one = "SELECT label, title FROM employees_badge WHERE id = 1000"
        owner = "(SELECT min(id) FROM employees_employee)"
        for statement in (
            f"INSERT INTO employees_badge (id, label, employee_id) VALUES (1000, 'old', {owner})",
            "UPDATE employees_badge SET title = 'newer' WHERE id = 1000",
            "UPDATE employees_badge SET label = 'older' WHERE id = 1000",
            "DELETE FROM employees_badge WHERE id = 1000",
            f"INSERT INTO employees_badge (id, title, owner_id) VALUES (1000, 'new', {owner})",
        ):
            cursor.execute(statement)
            found += asked(cursor, one)
        cursor.execute("DELETE FROM employees_badge WHERE id = 1000")
    return found


def filled(connection: Any) -> list[str]:
    """The columns that still hold a NULL in one of the rows that the base made."""
    found = []
    with connection.cursor() as cursor:
        for table, column in asked(
            cursor,
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name LIKE 'employees\\_%' "
            "AND table_name <> 'employees_payroll'",
        ):
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" IS NULL')
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return sorted(found)


def main(words: list[str]) -> None:
    base, *folders = map(Path, words)
    set_up(base)
    for unsafe, safe in zip(folders[::2], folders[1::2], strict=True):
        sys.stdout.write(json.dumps(proved(base, unsafe, safe)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
