"""The largest writers since a moment are named, and which of them recorded a migration."""

from __future__ import annotations

from collections.abc import Callable

from hrmsops.postgres.session import Target, connect
from hrmsops.postgres.writers import writers
from tests.postgres.conftest import Make, horizon, run, transaction

SCHEMA = """
CREATE TABLE slip (id int PRIMARY KEY, amount int);
CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text, applied timestamptz);
INSERT INTO slip SELECT i, i FROM generate_series(1, 100) i;
INSERT INTO django_migrations (app, name, applied) VALUES ('payroll', '0001_initial', now());
"""
MIGRATION = """
UPDATE slip SET amount = 0;
INSERT INTO django_migrations (app, name, applied) VALUES ('payroll', '0002_zero', now());
"""


def test_a_migration_is_known_by_the_row_that_it_recorded(
    make: Make, clone: Callable[[Target], Target]
) -> None:
    now = make(SCHEMA)
    since = horizon(clone(now))
    with connect(now) as session:
        number = transaction(session, MIGRATION)
    run(now, "UPDATE slip SET amount = 5 WHERE id = 7")
    run(now, "UPDATE slip SET amount = 6 WHERE id IN (8, 9)")

    first, second, *_ = writers(now, since=since, most=2)

    assert (first.number, first.rows["slip"]) == (number, 97)
    assert first.migrations == ("payroll.0002_zero",)
    assert first.committed_at
    assert second.committed_at
    assert first.committed_at < second.committed_at
    assert (second.rows, second.migrations) == ({"slip": 2}, ())


def test_a_migration_without_rows_of_its_own_is_named_all_the_same(make: Make) -> None:
    now = make(SCHEMA)
    since = horizon(now)
    with connect(now) as session:
        number = transaction(
            session, MIGRATION.partition("INSERT")[1] + MIGRATION.partition("INSERT")[2]
        )
    run(now, "UPDATE slip SET amount = 1")

    found = writers(now, since=since, most=1)

    assert [each.number for each in found if each.migrations] == [number]
    assert len(found) == 2
