"""What taking a migration back would do, read from the reverse that somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.safety.analyzer import analyze
from hrmsops.safety.operations import Migration
from hrmsops.safety.reversal import Reversal, reversal_of
from tests.safety.test_reader import change, checkout

FUNCTIONS = """
def forth(apps, schema_editor):
    apps.get_model("employees", "Badge").objects.create(label="one")


def back(apps, schema_editor):
    {back}
"""
SQL = {
    "DROP TABLE side": "drops side",
    "ALTER TABLE side DROP COLUMN grade": "drops side.grade",
    "TRUNCATE side": "empties side",
    "DELETE FROM side WHERE id = 1": "deletes rows of side",
    "UPDATE side SET n = 0; DELETE FROM side": "deletes rows of side",
    "WITH gone AS (DELETE FROM side RETURNING id) TABLE gone": "deletes rows of side",
    "DROP MOST OF IT": "which could not be read",
}
KEEPS = (
    "UPDATE side SET n = 1 WHERE n = 0",
    "DROP INDEX side_n",
    "DROP FUNCTION side_changed()",
    "INSERT INTO side VALUES (1)",
    "SELECT 1",
)
CALLS = {
    'apps.get_model("employees", "Badge").objects.filter(label="one").delete()': (
        "deletes rows of employees.Badge"
    ),
    'schema_editor.execute("DROP TABLE side")': "drops side",
}


def reversal(folder: Path, body: str) -> Reversal:
    """Of a migration with that body, as the command reads it from a checkout."""
    found: list[Migration] = []

    def is_it(migration: Migration) -> bool:
        if migration.name == "0002_change":
            found.append(migration)
        return True

    checkout(folder, employees__migrations__0002_change=change(body))
    analyze(folder, expected_rows={}, large_table_rows=100_000, pending=is_it)
    return reversal_of(found[-1])


@pytest.mark.parametrize("sql", SQL)
def test_sql_that_takes_something_away_is_lossy_and_says_what(sql: str, tmp_path: Path) -> None:
    found = reversal(tmp_path, f'migrations.RunSQL("SELECT 1", [("{sql}", None)])')

    assert (found.kind, found.repairs) == ("lossy", True)
    assert found.why[0].startswith("the reverse of RunSQL in line ")
    assert found.why[0].endswith(SQL[sql])


@pytest.mark.parametrize("sql", KEEPS)
def test_sql_that_takes_nothing_away_is_lossless(sql: str, tmp_path: Path) -> None:
    found = reversal(tmp_path, f'migrations.RunSQL("SELECT 1", "{sql}")')

    assert (found.kind, found.why) == ("lossless", ())


def test_sql_that_only_the_project_can_make_is_lossy_and_no_gap(tmp_path: Path) -> None:
    body = "import os\noperations = [migrations.RunSQL('SELECT 1', os.environ['BACK'])]"

    found = reversal(tmp_path, body)

    assert (found.kind, found.repairs) == ("lossy", True)
    assert found.why[0].endswith("has SQL that is made when the project runs")


@pytest.mark.parametrize("call", CALLS)
def test_code_that_deletes_is_lossy_and_says_what(call: str, tmp_path: Path) -> None:
    functions = FUNCTIONS.format(back=call)

    found = reversal(tmp_path, f"{functions}\n\noperations = [migrations.RunPython(forth, back)]")

    assert (found.kind, found.repairs) == ("lossy", True)
    assert found.why[0].endswith(CALLS[call])


def test_code_that_writes_is_lossless(tmp_path: Path) -> None:
    back = 'apps.get_model("employees", "Badge").objects.update(label="two")'

    found = reversal(
        tmp_path,
        f"{FUNCTIONS.format(back=back)}\n\noperations = [migrations.RunPython(forth, back)]",
    )

    assert (found.kind, found.why) == ("lossless", ())
