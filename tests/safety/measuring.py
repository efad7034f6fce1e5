"""Run migrations on a real PostgreSQL and look: `python -m tests.safety.measuring FOLDERS…`.

A process of its own, since Django is set up once and the models of one checkout would stay. One
line of JSON for each folder: `{"id", "harms": […]}`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

TEMPLATE = "measured_template"
COLUMNS = """
SELECT c.relname, a.attname, a.attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
TABLES = """
SELECT c.relname, c.relfilenode, c.relkind FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind IN ('r', 'v')"""
INDEXES = """
SELECT x.relfilenode, t.relname, x.relname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND t.relkind = 'r'"""
CONSTRAINTS = """
SELECT CASE WHEN k.contype IN ('u', 'p', 'x') THEN x.relfilenode ELSE k.oid END,
t.relname, k.conname, k.convalidated, pg_get_constraintdef(k.oid), coalesce(x.relfilenode, 0)
FROM pg_constraint k LEFT JOIN pg_class x ON x.oid = k.conindid
JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n
ON n.oid = t.relnamespace AND n.nspname = 'public' WHERE k.contype IN ('c', 'f', 'u', 'p', 'x')"""


@dataclass(frozen=True)
class Look:
    """What is there at one moment."""

    tables: dict[str, tuple[int, str]]
    columns: dict[tuple[str, str], bool]
    indexes: dict[int, tuple[str, str]]
    constraints: dict[int, tuple[str, str, bool, str, int]]
    rows: dict[str, dict[str, str]]


def look(cursor: Any) -> Look:
    """The catalogue, and each row's last writer."""
    tables = {name: (node, kind) for name, node, kind in asked(cursor, TABLES)}
    rows = {}
    for name, (_, kind) in tables.items():
        if kind == "r" and name.startswith("employees_"):
            found = asked(cursor, f'SELECT ctid::text, xmin::text FROM "{name}"')
            rows[name] = dict(found)
    return Look(
        tables=tables,
        columns={(table, name): must for table, name, must in asked(cursor, COLUMNS)},
        indexes={oid: (table, name) for oid, table, name in asked(cursor, INDEXES)},
        constraints={oid: tuple(rest) for oid, *rest in asked(cursor, CONSTRAINTS)},
        rows=rows,
    )


def asked(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def harms(before: Look, after: Look, statements: list[str], *, atomic: bool) -> Iterator[str]:
    """What happened to the tables that were there before."""
    sent = " ; ".join(statements).upper()
    old = {name for name, (_, kind) in before.tables.items() if kind == "r"}
    yield from (f"lost: {name}" for name in before.tables if name not in after.tables)
    kept = old & after.tables.keys()
    for name in sorted(kept):
        if before.tables[name][0] != after.tables[name][0]:
            yield f"rewritten: {name}"
    for (table, column), must in before.columns.items():
        if table in kept and (table, column) not in after.columns:
            yield f"lost: {table}.{column}"
        elif table in kept and after.columns[table, column] and not must:
            known = before.constraints if atomic else after.constraints
            shown = any(
                valid and f"{column} IS NOT NULL" in text.replace('"', "")
                for of, _, valid, text, _ in known.values()
                if of == table
            )
            if not shown:
                yield f"scanned: {table}.{column}"
    yield from _indexes(before, after, sent, kept)
    yield from _constraints(before, after, sent, kept, atomic=atomic)
    if atomic:
        yield from _rows(before, after, kept)
    yield from (
        f"lost: rows of {name}"
        for name in kept & before.rows.keys()
        if len(after.rows.get(name, {})) < len(before.rows[name])
    )


def _indexes(before: Look, after: Look, sent: str, kept: set[str]) -> Iterator[str]:
    for oid, (table, name) in after.indexes.items():
        if oid not in before.indexes and table in kept and "CONCURRENTLY" not in sent:
            yield f"built: {name}"
    for oid, (table, name) in before.indexes.items():
        if oid not in after.indexes and table in kept and "CONCURRENTLY" not in sent:
            is_constraints = any(each[4] == oid for each in before.constraints.values())
            if not is_constraints:
                yield f"dropped: {name}"


def _constraints(
    before: Look, after: Look, sent: str, kept: set[str], *, atomic: bool
) -> Iterator[str]:
    words = sent.replace('"', "")
    for oid, (table, name, valid, definition, _) in after.constraints.items():
        is_new = oid not in before.constraints and table in kept and valid
        is_empty = (
            definition.startswith("FOREIGN KEY")
            and (table, definition[13:].partition(")")[0].strip('"')) not in before.columns
            and "DEFAULT" not in sent
        )
        is_apart = not atomic and f"VALIDATE CONSTRAINT {name.upper()}" in words
        beside = any(each in sent for each in ("USING INDEX", "CONCURRENTLY"))
        if is_new and not is_empty and not is_apart and not beside:
            yield f"scanned for: {name}"


def _rows(before: Look, after: Look, kept: set[str]) -> Iterator[str]:
    for name in sorted(kept & before.rows.keys() & after.rows.keys()):
        if before.tables[name][0] != after.tables[name][0]:
            continue
        writers = set(before.rows[name].values())
        changed = [xmin for xmin in after.rows[name].values() if xmin not in writers]
        added = len(after.rows[name]) - len(before.rows[name])
        if len(changed) - max(added, 0) > 1:
            yield f"written: {len(changed)} rows of {name}"


def broken(state: Any, who: str, connection: Any) -> Iterator[str]:
    """Which statements of a revision's models fail."""
    from django.db import Error, transaction

    for model in state.apps.get_models():
        if model._meta.proxy or not model._meta.managed or model._meta.app_label != "employees":
            continue
        for verb, act in (("SELECT", _select), ("INSERT", _insert), ("UPDATE", _update)):
            try:
                with transaction.atomic():
                    act(model)
                    transaction.set_rollback(True)
            except Error as error:
                yield f"{who} code: {verb} {model._meta.label}: {str(error).splitlines()[0]}"


def _select(model: Any) -> None:
    list(model.objects.all()[:1])


def _update(model: Any) -> None:
    row = model.objects.first()
    if row is not None:
        row.save()


def _insert(model: Any) -> None:
    model(**values_for(model)).save(force_insert=True)


def values_for(model: Any) -> dict[str, Any]:
    """A value for each field that needs one."""
    from datetime import UTC, date, datetime, timedelta
    from uuid import uuid4

    from django.contrib.postgres.fields import ArrayField
    from django.db import models

    values: tuple[tuple[Any, Any], ...] = (
        (ArrayField, []),
        (models.DateTimeField, datetime(2026, 1, 1, tzinfo=UTC)),
        (models.DateField, date(2026, 1, 1)),
        (models.DurationField, timedelta(days=1)),
        (models.UUIDField, uuid4()),
        (models.FileField, "new.txt"),
        (models.CharField, "new"),
        (models.TextField, "new"),
    )
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.has_default() or field.has_db_default():
            continue
        if field.generated or getattr(field, "auto_now_add", False):
            continue
        if field.remote_field:
            found[field.name] = field.remote_field.model.objects.first()
        else:
            found[field.name] = next(
                (value for kind, value in values if isinstance(field, kind)), 7
            )
    return found


def fill(state: Any) -> None:
    """Three rows a table; two of them without a date."""
    from datetime import date

    get = state.apps.get_model
    skills = [get("employees", "Skill").objects.create(name=f"s{n}") for n in range(3)]
    for n in range(3):
        department = get("employees", "Department").objects.create(name=f"d{n}", code=f"d{n}")
        person = get("employees", "Employee").objects.create(
            surname=f"e{n}",
            email=f"e{n}@nhia",
            number=f"n{n}",
            salary=n,
            department=department,
            hired=None if n else date(2020, 1, 1),
            bonus=n,
        )
        person.skills.add(skills[n])
        get("employees", "Badge").objects.create(label=f"b{n}", employee=person)


def measure(folder: Path, base: Path) -> list[str]:
    """Every harm of the migrations in a folder, after the base's."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    fresh(folder, f"measured_{os.getpid()}")
    found: list[str] = []
    executor = MigrationExecutor(connection)
    names = sorted(name for app, name in executor.loader.graph.nodes if app == "employees")
    for earlier, name in pairwise(names):
        statements: list[str] = []
        with connection.cursor() as cursor:
            before = look(cursor)
        try:
            with connection.execute_wrapper(_recording(statements)):
                executor.migrate([("employees", name)])
        except Exception as error:
            return [*found, f"fails: {type(error).__name__}: {str(error).splitlines()[:1]}"]
        with connection.cursor() as cursor:
            after = look(cursor)
        atomic = executor.loader.graph.nodes["employees", name].atomic
        found += harms(before, after, statements, atomic=atomic)
        for who, at in (("old", earlier), ("new", name)):
            found += broken(executor.loader.project_state(("employees", at)), who, connection)
        executor.loader.build_graph()
    return found


def _recording(statements: list[str]) -> Any:
    def record(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        statements.append(str(sql))
        return execute(sql, params, many, context)

    return record


def fresh(folder: Path, database: str, template: str = TEMPLATE) -> None:
    """A database as the base left it, and the code of the folder."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
    connection.close()
    connection.settings_dict["NAME"] = database
    for name in [each for each in sys.modules if each.partition(".")[0] == "employees"]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(each for each in sys.path if "/checkout-" not in each)]
    importlib.invalidate_caches()


def set_up(base: Path) -> None:
    """Django on the server of the environment, and the template with its rows."""
    import django
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "HOST": "127.0.0.1",
                "PORT": os.environ["MEASURED_PORT"],
                "USER": os.environ["MEASURED_USER"],
                "PASSWORD": os.environ["MEASURED_PASSWORD"],
            }
        },
        INSTALLED_APPS=["employees"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    sys.path.insert(0, str(base))
    django.setup()
    fresh(base, TEMPLATE, template="template0")
    executor = MigrationExecutor(connection)
    executor.migrate([("employees", "0001_initial")])
    fill(executor.loader.project_state(("employees", "0001_initial")))
    connection.close()


def main(words: list[str]) -> None:
    base, *folders = map(Path, words)
    set_up(base)
    for folder in folders:
        found = measure(folder, base)
        sys.stdout.write(
            json.dumps({"id": folder.name.removeprefix("checkout-"), "harms": found}) + "\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
