"""Keys, names, managers and types of every kind: each row is met once, or it is refused why not."""

from __future__ import annotations

import pytest

from tests.backfill.conftest import FORGET, Hrms
from tests.postgres.conftest import Server

pytestmark = pytest.mark.xdist_group("backfill")

SET = "--field label --value DONE"
TICKET = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
COUNT = "--field n --expression 'F(\"n\") + 1'"


@pytest.fixture(autouse=True)
def _no_run_is_left(odd: Hrms) -> None:
    """Whatever an earlier try left unfinished is in nobody's way."""
    odd.run(FORGET)


def fill(odd: Hrms, table: str, columns: str, values: str, rows: int = 2_000) -> None:
    """The table with those rows and no others, whatever an earlier try left."""
    odd.run(
        f"DROP TRIGGER IF EXISTS counts_labels ON {table};"
        f"TRUNCATE {table} CASCADE; INSERT INTO {table} ({columns}, n)"
        f" SELECT {values}, 0 FROM generate_series(1, {rows}) i; ANALYZE {table}"
    )


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        ("token", "id", "gen_random_uuid()"),
        ("country", "code", "chr(65 + i % 26) || chr(97 + i / 26 % 26) || i"),
        ("day", "day", "date '1990-01-01' + i * 7"),
        ("moment", "at", "timestamptz '2020-01-01 10:11:12.345678+02' + i * interval '1.000001 s'"),
        ("amount", "amount", "(i - 1000) * 1.125"),
        ("pair", '"left", "right"', "i / 50, i % 50"),
        ("blob", "digest", "sha256(i::text::bytea)"),
    ],
)
def test_keys_of_every_type_are_gone_through_once(
    odd: Hrms, table: str, columns: str, values: str
) -> None:
    fill(odd, f"employees_{table}", columns, values)
    model = f"--model employees.{table}"

    filled = odd.backfill(f"{model} {SET} --batch-size 300")
    counted = odd.backfill(f"{model} {COUNT} --batch-size 300")

    assert (filled.code, counted.code) == (0, 0), filled.err + counted.err
    assert "2,000 rows in" in filled.out
    assert odd.query(f"SELECT DISTINCT label, n FROM employees_{table}") == [("DONE", 1)]


def test_a_key_of_several_columns_is_shared_among_tasks_and_gone_on_with(odd: Hrms) -> None:
    if odd.value("SELECT to_regclass('employees_pair')::text") is None:
        pytest.skip("This Django has no such key.")
    fill(odd, "employees_pair", '"left", "right"', "i / 50, i % 50")
    source = (
        "import os\nfrom django.core.management import call_command\n"
        "os.environ.update(CLOUD_RUN_EXECUTION='pairs-1', CLOUD_RUN_TASK_INDEX='%d',"
        " CLOUD_RUN_TASK_COUNT='3')\n"
        "call_command('backfill_data', '--model', 'employees.Pair', '--field', 'n',"
        " '--expression', 'F(\"n\") + 1', '--batch-size', '50', '--sleep', '0.02')"
    )
    odd.python(source % 1, kill_when_told="rows; ", kill_after=0.1)
    for index in (2, 0, 1):
        ended = odd.python(source % index)
        assert ended.code == 0, ended.err

    assert odd.query("SELECT n, count(*) FROM employees_pair GROUP BY 1") == [(1, 2_000)]


def test_a_random_key_goes_on_from_its_checkpoint(odd: Hrms) -> None:
    """In pages for what can be swept, along the key for what can't; both are stopped half-way."""
    fill(odd, "employees_token", "id", "gen_random_uuid()")
    for way, words in (("pages", SET), ("batches along the key", COUNT)):
        odd.run(
            "CREATE OR REPLACE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE 'no' USING ERRCODE = '23514'; END$$;"
            "CREATE TRIGGER stop BEFORE UPDATE ON employees_token FOR EACH ROW"
            " WHEN (old.id::text > '8') EXECUTE FUNCTION stop()"
        )
        stopped = odd.backfill(f"--model employees.Token {words} --batch-size 50 --anew")
        odd.run("DROP TRIGGER stop ON employees_token")
        resumed = odd.backfill(f"--model employees.Token {words} --resume")
        assert (stopped.code, resumed.code) == (6, 0), stopped.err + resumed.err
        assert way in resumed.out
    assert odd.query("SELECT DISTINCT label, n FROM employees_token") == [("DONE", 1)]


@pytest.mark.parametrize("rows", [0, 1, 12])
def test_a_table_with_few_rows_or_none_is_done_at_once(odd: Hrms, rows: int) -> None:
    fill(odd, "employees_hidden", "is_deleted", "false", rows)

    for words in (SET, COUNT):
        told = odd.backfill(f"--model employees.Hidden {words}")
        assert told.code == 0, told.err
        assert f"about {rows} rows; " in told.out
        assert f"{rows} rows in" in told.out
        assert "!" not in told.out
    wanted = [("DONE", 1)] if rows else []
    assert odd.query("SELECT DISTINCT label, n FROM employees_hidden") == wanted


def test_few_rows_among_many_are_found(odd: Hrms) -> None:
    fill(odd, "employees_hidden", "is_deleted", "i % 997 = 3", 30_000)

    told = odd.backfill(f"--model employees.Hidden {SET} --filter is_deleted=True")

    assert told.code == 0, told.err
    assert "batches of matching rows along the key: 31 of about 30,000 rows match" in told.out
    assert odd.query(
        "SELECT is_deleted, count(*) FROM employees_hidden WHERE label = 'DONE' GROUP BY 1"
    ) == [(True, 31)]


def test_the_least_number_there_is_is_a_key_too(odd: Hrms) -> None:
    fill(odd, "employees_hidden", "is_deleted", "false")
    odd.run(f"INSERT INTO employees_hidden (id, is_deleted, n) VALUES ({-(2**63)}, false, 0)")

    for words in (SET, COUNT):
        told = odd.backfill(f"--model employees.Hidden {words} --batch-size 50")
        assert told.code == 0, told.err
        assert "strided" in told.out
    assert odd.query("SELECT DISTINCT label, n FROM employees_hidden") == [("DONE", 1)]


def test_what_a_manager_hides_is_changed_too(odd: Hrms) -> None:
    """A column that becomes NOT NULL does so for deleted rows as well."""
    fill(odd, "employees_hidden", "is_deleted", "i > 1990")

    told = odd.backfill(f"--model employees.Hidden {SET}")

    assert told.code == 0, told.err
    assert odd.query("SELECT DISTINCT label FROM employees_hidden") == [("DONE",)]


def test_a_model_of_two_tables_is_written_in_the_one_that_has_the_column(odd: Hrms) -> None:
    fill(odd, "employees_person", "born", "date '1980-01-01' + i")
    odd.run(
        "INSERT INTO employees_doctor (person_ptr_id) SELECT id FROM employees_person"
        " WHERE id % 2 = 0; ANALYZE employees_doctor"
    )
    refused = odd.backfill("--model employees.Doctor --field label --value DONE")
    ward = "--model employees.Doctor --field ward --value A --filter born__gt=1980-02-01"
    wards = odd.backfill(ward)
    proxy = odd.backfill("--model employees.Retired --field label --value DONE")

    assert refused.code == 2
    assert "Its column is in the table of employees.Person; name that model." in refused.err
    assert (wards.code, proxy.code) == (0, 0), wards.err + proxy.err
    wrong = odd.value(
        "SELECT count(*) FROM employees_doctor d JOIN employees_person p ON p.id = person_ptr_id"
        " WHERE (ward IS NOT DISTINCT FROM 'A') <> (born > '1980-02-01')"
    )
    assert wrong == 0
    assert odd.query("SELECT DISTINCT label FROM employees_person") == [("DONE",)]


def test_a_key_that_is_anothers_is_gone_through(odd: Hrms) -> None:
    fill(odd, "employees_person", "born", "date '1980-01-01'")
    odd.run(
        "INSERT INTO employees_badge (person_id, n) SELECT id, 0 FROM employees_person;"
        "ANALYZE employees_badge"
    )

    for words in (SET, COUNT):
        told = odd.backfill(f"--model employees.Badge {words} --batch-size 100")
        assert told.code == 0, told.err
    assert odd.query("SELECT DISTINCT label, n FROM employees_badge") == [("DONE", 1)]


def test_names_that_need_quotes_are_written_in_quotes(odd: Hrms) -> None:
    fill(odd, '"Side"."Odd Things"', '"Old Code", "ORDER"', "'c' || i, 0")
    shuffled = (
        'CREATE TEMP TABLE mixed AS SELECT * FROM "Side"."Odd Things" ORDER BY md5("Old Code");'
        'TRUNCATE "Side"."Odd Things"; INSERT INTO "Side"."Odd Things" OVERRIDING SYSTEM VALUE'
        ' SELECT * FROM mixed; ANALYZE "Side"."Odd Things"'
    )
    model = "--model employees.Named --field"

    for words in (
        f"""{model} label --expression 'upper("Old Code")'""",
        f"{model} order --expression 'F(\"order\") + 1'",
        f"{model} code --value X --filter code__startswith=c1",
    ):
        told = odd.backfill(words)
        assert told.code == 0, told.err
    odd.run(shuffled)
    paged = odd.backfill(f"{model} n --value 7")

    assert paged.code == 0, paged.err
    assert "by pages" in paged.out
    odd.run('CREATE INDEX IF NOT EXISTS odd_code ON "Side"."Odd Things" ("Old Code")')
    indexed = odd.backfill(f"{model} code --expression 'lower(label)' --dry-run")
    assert "the column is in an index" in indexed.out
    wrong = odd.value(
        """SELECT count(*) FROM "Side"."Odd Things" WHERE n <> 7 OR "ORDER" <> 1
           OR label NOT LIKE 'C%' OR "Old Code" <> CASE WHEN label LIKE 'C1%' THEN 'X'
           ELSE lower(label) END"""
    )
    assert wrong == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model employees.Computed --field twice --value 4", "PostgreSQL computes it."),
        ("--model employees.Pair --field right --value 1", "It is the key"),
        ("--model employees.Badge --field person --value 1", "It is the key"),
        ("--model employees.Person --field doctor --value 1", "no column of the table"),
        ("--model employees.Typed --field status --value GONE", "not a valid choice"),
        ("--model employees.Typed --field level --value 3", "not a valid choice"),
        ("--model employees.Typed --field amount --value 1.234", "2 decimal places"),
        ("--model employees.Typed --field born --value 2024-02-30", "invalid date"),
        ("--model employees.Typed --field document --value '{'", "a JSONField"),
        ("--model employees.Typed --field small --value 40000", "32767"),
        ("--model employees.Typed --field person --value 987654", "No employees.Person"),
        ("--model employees.Typed --field n --expression NULL", "NOT NULL"),
        (f"--model employees.Typed {SET} --database other", "There is no database 'other'."),
    ],
)
def test_what_cannot_be_written_is_refused(odd: Hrms, words: str, said: str) -> None:
    if "Computed" in words or "Pair" in words:
        there = odd.query("SELECT to_regclass('employees_pair')::text")
        if there == [(None,)]:
            pytest.skip("This Django has no such field.")
    told = odd.backfill(words)

    assert told.code == 2, told.out + told.err
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("--field amount --value 12.50", "12.50"),
        ("--field amount --expression 'F(\"ratio\") / 3'", "0.67"),
        ("--field born --value 2024-02-29", "2024-02-29"),
        ("--field born --expression 'F(\"seen\")'", "2024-01-01"),
        ("--field seen --value '2024-02-29 12:00'", "2024-02-29 12:00:00+00"),
        ("--field at --value 08:30", "08:30:00"),
        ("--field span --value '1 02:00:00'", "1 day 02:00:00"),
        ("--field fits --value true", "true"),
        ("--field document --value '{\"a\": [1, null]}'", '{"a": [1, null]}'),
        ("--field document --value null", "null"),
        ("--field document --expression NULL", None),
        ("--field tags --value '[\"a\", \"b\"]'", "{a,b}"),
        ("--field address --value 10.0.0.1", "10.0.0.1/32"),
        (f"--field ticket --value {TICKET}", TICKET),
        ("--field small --value -7", "-7"),
        ("--field small --expression '10.0 / n'", "3"),
        ("--field ratio --value NaN", "NaN"),
        ("--field status --value OLD", "OLD"),
        ("--field level --value 2", "2"),
        ("--field person --value 4711", "4711"),
        ("--field person_id --value 4711 --filter person=1", "4711"),
        ("--field label --value NULL --filter label__isnull=False", "NULL"),
    ],
)  # fmt: skip
def test_values_of_every_type_are_written_once(odd: Hrms, words: str, written: str) -> None:
    """What is written compares equal to what was asked for, so that no sweep finds it again."""
    field = words.split()[1].removesuffix("_id")
    column = "person_id" if field == "person" else field
    odd.run(
        "TRUNCATE employees_person CASCADE;"
        "INSERT INTO employees_person (id, n) VALUES (1, 0), (4711, 0);"
        "INSERT INTO employees_typed (n, label, seen, ratio, document, person_id)"
        " SELECT 4, 'x', '2024-01-01 10:00+00', 2, '{}', 1 FROM generate_series(1, 50)"
    )

    told = odd.backfill(f"--model employees.Typed {words}")

    assert told.code == 0, told.err
    assert "50 rows in" in told.out
    assert "!" not in told.out
    assert odd.query(f"SELECT DISTINCT {column}::text FROM employees_typed") == [(written,)]


def test_what_is_too_long_for_its_column_stops_it_and_is_not_taken_as_written(odd: Hrms) -> None:
    """A cast would cut it without a word."""
    odd.run(
        "TRUNCATE employees_typed; INSERT INTO employees_typed (n, label, status)"
        " SELECT 1, 'long enough', 'long eno' FROM generate_series(1, 9)"
    )
    told = odd.backfill("--model employees.Typed --field status --expression label")

    assert told.code == 6, told.out
    assert "SQLSTATE 22001" in told.err


def test_upper_case_is_written_where_a_collation_sees_no_difference(odd: Hrms) -> None:
    odd.run(
        "CREATE COLLATION IF NOT EXISTS loose"
        " (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        "ALTER TABLE employees_typed ALTER label TYPE varchar(20) COLLATE loose;"
        "TRUNCATE employees_typed; INSERT INTO employees_typed (n, label) VALUES (1, 'ama')"
    )
    told = odd.backfill("--model employees.Typed --field label --expression 'Upper(\"label\")'")
    copied = odd.backfill("--model employees.Typed --field status --expression 'upper(label)'")

    assert (told.code, copied.code) == (0, 0), told.err + copied.err
    assert odd.query("SELECT label, status FROM employees_typed") == [("AMA", "AMA")]
    odd.run("UPDATE employees_typed SET label = 'kofi'")
    assert odd.backfill("--model employees.Typed --field label --value KOFI").code == 0
    assert odd.query('SELECT label COLLATE "C" FROM employees_typed') == [("KOFI",)]


def test_a_related_row_is_looked_for_in_the_database_that_is_worked_on(
    odd: Hrms, server: Server
) -> None:
    other = Hrms(odd.zygote, server.target(server.database(like=odd.target.database), "hrms_app"))
    for at, key in ((odd, 1), (other, 2)):
        at.run(
            "TRUNCATE employees_person CASCADE;"
            f"INSERT INTO employees_person (id, n) VALUES ({key}, 0);"
            "INSERT INTO employees_typed (n) VALUES (1)"
        )
    source = (
        "from django.core.management import call_command\n"
        "from django.db import connections\n"
        "known = connections.settings\n"
        f"known['other'] = {{**known['default'], 'NAME': {other.target.database!r}}}\n"
        "call_command('backfill_data', '--model', 'employees.Typed', '--field', 'person',"
        " '--value', '%s', '--database', 'other')"
    )
    written, refused = odd.python(source % 2), odd.python(source % 1)

    assert written.code == 0, written.err
    assert "No employees.Person that it may name has id 1." in refused.err
    assert other.query("SELECT person_id FROM employees_typed") == [(2,)]
    assert odd.query("SELECT person_id FROM employees_typed") == [(None,)]


def test_a_partitioned_table_is_as_large_as_its_parts(odd: Hrms) -> None:
    fill(odd, "employees_slip", "paid", "date '2023-01-01' + i / 20", 14_000)
    for words in (SET, COUNT):
        told = odd.backfill(f"--model employees.Slip {words}")
        assert told.code == 0, told.err
        assert "about 14,000 rows; strided batches, updated on their pages" in told.out
        assert "14,000 rows in" in told.out
    assert odd.query("SELECT DISTINCT label, n FROM employees_slip") == [("DONE", 1)]

    odd.run("CREATE INDEX IF NOT EXISTS slip_label ON slip_2024 (label)")
    indexed = odd.backfill("--model employees.Slip --field label --value AGAIN")
    assert "VACUUM between them: the column is in an index" in indexed.out
    assert odd.query("SELECT DISTINCT label, n FROM employees_slip") == [("AGAIN", 1)]
    odd.run("DROP INDEX slip_label")
