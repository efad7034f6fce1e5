"""Seeding a real database: what is written, what is left, and what nobody has to undo."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hrmsops.config.seed_settings import Seed, SeedTable
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.seed import DatabaseIsProduction
from hrmsops.errors.seed_writing import (
    SeedKeysTwice,
    SeedLocked,
    SeedNotKept,
    SeedOutdated,
    SeedParentsMissing,
    SeedRefused,
    SeedRowsHidden,
    SeedTableAbsent,
)
from hrmsops.postgres.session import connect
from hrmsops.seed.catalogue import SPECS
from hrmsops.seed.comparing import compare
from hrmsops.seed.reading import read
from hrmsops.seed.staging import stage
from hrmsops.seed.writing import write
from tests.seed.conftest import Place
from tests.seed.test_data import COUNTS

pytestmark = pytest.mark.xdist_group("seed")

VERSIONS = "SELECT '{0}', code, xmin::text, ctid::text FROM reference_{0} ORDER BY code"
TABLES = ("bankbranch", "bank", "role", "leavetype", "taxbracket", "paycomponent")
CATEGORIES = """\
standing = "authoritative"
source = "a scheme of service"
rows = [
    { code = "EXEC", name = "Executive management" },
    { code = "MGMT", name = "Managers" },
    { code = "OLD", name = "Retired" },
]
"""


def by_code(place: Place, table: str, column: str) -> dict[object, object]:
    rows = place.ask(f"SELECT code, {column} FROM reference_{table}")
    return {code: value for code, value in rows}  # noqa: C416 - rows are tuples of any length.


def categories(place: Place) -> dict[object, object]:
    return by_code(place, "jobcategory", "name")


def test_an_empty_hrms_gets_every_row_once_and_a_second_seed_writes_nothing(place: Place) -> None:
    first = place.write()

    assert first.counts == {t: {"add": n} for t, n in COUNTS.items()}
    assert place.ask("SELECT count(*), count(DISTINCT bank_id) FROM reference_bankbranch") == [
        (1364, 26)
    ]
    assert place.ask(
        "SELECT annual_to, rate_percent FROM reference_taxbracket WHERE code = 'PAYE-2024-4'"
    ) == [(46760, 17.5)]
    before = [place.ask(VERSIONS.format(each)) for each in TABLES]
    assert place.look().counts == {t: {"same": n} for t, n in COUNTS.items()}
    place.write()
    assert [place.ask(VERSIONS.format(each)) for each in TABLES] == before


def test_only_the_row_that_the_data_changed_is_written(place: Place) -> None:
    place.write("job_categories")
    before = by_code(place, "jobcategory", "xmin::text")
    place.own = {"job_categories": CATEGORIES}

    found = place.write("job_categories")

    assert found.counts == {"job_categories": {"same": 1, "change": 1, "add": 1}}
    assert found.fields("job_categories", "MGMT") == {"name": ("Management", "Managers")}
    after = by_code(place, "jobcategory", "xmin::text")
    assert {code for code in after if after[code] != before.get(code)} == {"MGMT", "OLD"}
    assert len(after) == 9  # What the data no longer have is still there.
    assert found.differences[0].only_there == 6


def test_what_somebody_changed_or_removed_by_hand_is_left_and_listed(place: Place) -> None:
    place.write("job_categories")
    place.run("UPDATE reference_jobcategory SET name = 'The board' WHERE code = 'EXEC'")
    place.run("DELETE FROM reference_jobcategory WHERE code = 'CLIN'")

    found = place.write("job_categories")

    assert found.states("job_categories") == {"EXEC": "hand", "CLIN": "removed"}
    assert found.fields("job_categories", "EXEC") == {"name": ("The board", "Executive management")}
    assert categories(place)["EXEC"] == "The board"
    assert "CLIN" not in categories(place)

    place.write("job_categories", overwrite=True)
    assert categories(place)["EXEC"] == "Executive management"
    assert "CLIN" in categories(place)
    assert place.look("job_categories").counts == {"job_categories": {"same": 8}}


EARLIER_FORM = """
CREATE TABLE hrmsops.seeded (relation text, key text, values jsonb NOT NULL, run text NOT NULL,
    PRIMARY KEY (relation, key));
INSERT INTO hrmsops.seeded SELECT relation, e.key,
    (SELECT jsonb_object_agg(c, e.value ->> (n - 1)::int)
     FROM unnest(columns) WITH ORDINALITY AS u(c, n)), 'a run'
FROM hrmsops.seeded_values, jsonb_each(rows) AS e;
"""
REMEMBERED = (
    "SELECT columns, (SELECT count(*) FROM jsonb_object_keys(rows)) FROM hrmsops.seeded_values"
)


@pytest.mark.parametrize("stays", [False, True], ids=["alone", "beside the new one"])
def test_what_an_earlier_form_of_the_record_says_counts_and_goes_over(
    place: Place, stays: bool
) -> None:
    place.write("job_categories")
    drop = "" if stays else "DROP TABLE hrmsops.seeded_values;"
    place.run(
        f"{EARLIER_FORM} {drop} UPDATE reference_jobcategory SET name = 'x' WHERE code = 'EXEC'"
    )
    before = place.look("job_categories")
    assert before.states("job_categories") == {"EXEC": "hand"}

    place.own = {"job_categories": CATEGORIES}
    assert place.write("job_categories").counts["job_categories"] == {
        "add": 1,
        "change": 1,
        "hand": 1,
    }

    assert place.ask("SELECT to_regclass('hrmsops.seeded')") == [(None,)]
    assert place.ask(REMEMBERED) == [(["code", "name"], 9)]
    assert place.look("job_categories").counts == {"job_categories": {"hand": 1, "same": 2}}


def test_a_row_is_on_record_under_the_columns_that_it_was_written_with_last(place: Place) -> None:
    name_alone = SeedTable(fields={"name": "name", "severity": ""}, values={"severity": "gross"})
    place.seed = Seed(tables={"misconduct_categories": name_alone})
    place.write("misconduct_categories")
    place.seed = Seed()

    found = place.write("misconduct_categories").counts["misconduct_categories"]

    counts = {str(columns): n for columns, n in place.ask(REMEMBERED)}
    assert counts == {
        "['code', 'name']": 0,
        "['code', 'name', 'severity']": sum(found.values()),
    }


def test_a_hand_that_was_there_before_the_first_seed_is_left_too(place: Place) -> None:
    place.run("INSERT INTO reference_jobcategory (code, name) VALUES ('EXEC', 'The board')")
    place.run("INSERT INTO reference_jobcategory (code, name) VALUES ('MGMT', 'Management')")

    found = place.write("job_categories")

    assert found.counts == {"job_categories": {"add": 6, "adopt": 1, "foreign": 1}}
    assert categories(place)["EXEC"] == "The board"
    place.own = {"job_categories": CATEGORIES}
    later = place.look("job_categories").states("job_categories")
    assert later == {"EXEC": "foreign", "MGMT": "change", "OLD": "add"}


def test_a_new_year_adds_and_the_law_of_a_past_year_is_never_rewritten(place: Place) -> None:
    place.write("ssnit_rates")
    text = "\n".join(
        f'[[rows]]\ncode = "{row.values["code"]}"\nname = "{row.values["name"]}"\n'
        f"effective_from = {day}\nmandatory = true\nremitted_percent = {percent}\n{paid}"
        for day, one, two in (("2026-01-01", "13.5", "5"), ("2027-01-01", "14", "5"))
        for row in read(SPECS, None)["ssnit_rates"].rows
        for percent, paid in [
            {
                "TIER1": (one, f"employee_percent = 5.5\nemployer_percent = {float(one) - 0.5}"),
                "TIER2": (two, ""),
                "TIER3": ("0", ""),
            }[str(row.values["code"])]
        ]
    )
    place.own = {"ssnit_rates": f'standing = "authoritative"\nsource = "a notice"\n{text}'}

    found = place.write("ssnit_rates")

    states = found.states("ssnit_rates")
    assert {key: state for key, state in states.items() if "2027" in key} == {
        f"TIER{n}, 2027-01-01": "add" for n in (1, 2, 3)
    }
    assert states["TIER3, 2026-01-01"] == "dated"
    assert place.ask(
        "SELECT effective_from::text, mandatory FROM reference_ssnitrate WHERE code = 'TIER3'"
        " ORDER BY 1"
    ) == [("2026-01-01", False), ("2027-01-01", True)]


def test_what_is_written_is_what_was_shown_or_nothing(place: Place) -> None:
    shown = place.look("job_categories", "roles")
    place.run("INSERT INTO reference_jobcategory (code, name) VALUES ('EXEC', 'The board')")

    with pytest.raises(SeedOutdated) as caught:
        place.write("job_categories", "roles", shown=shown)

    assert "job_categories" in caught.value.why
    assert "roles" not in caught.value.why
    assert len(categories(place)) == 1
    assert place.ask("SELECT count(*) FROM reference_role") == [(0,)]


def test_of_two_who_seed_at_once_one_writes_and_the_other_is_told(place: Place) -> None:
    shown = place.look()
    gate = threading.Barrier(2)

    def seed(number: int) -> HrmsopsError | None:
        one = Place(hrms=place.hrms, target=place.target, runs=number)
        gate.wait(30)
        try:
            one.write(shown=shown, patience=20)
        except HrmsopsError as error:
            return error
        return None

    with ThreadPoolExecutor() as threads:
        ended = list(threads.map(seed, (1, 3)))

    assert sorted(type(each).__name__ for each in ended) == ["NoneType", "SeedOutdated"]
    assert place.look().counts == {t: {"same": n} for t, n in COUNTS.items()}


def test_a_table_that_somebody_holds_is_tried_for_in_short_attempts(place: Place) -> None:
    shown = place.look("roles")
    with connect(place.target) as other, other.transaction():
        other.execute("LOCK TABLE reference_role IN ROW EXCLUSIVE MODE")
        with pytest.raises(SeedLocked):
            place.write("roles", shown=shown, patience=0.2)
    place.write("roles", shown=shown)
    assert place.ask("SELECT count(*) FROM reference_role") == [(11,)]


def test_readers_do_not_wait_for_a_seed(place: Place) -> None:
    with connect(place.target) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM reference_role")
        place.write("roles", patience=0)
    assert place.ask("SELECT count(*) FROM reference_role") == [(11,)]


def test_a_key_that_two_rows_have_is_refused(place: Place) -> None:
    place.run("ALTER TABLE reference_jobcategory DROP CONSTRAINT reference_jobcategory_code_key")
    place.run(
        "INSERT INTO reference_jobcategory (code, name) SELECT 'EXEC', g FROM (VALUES ('a'),"
        " ('b')) AS v(g)"
    )

    with pytest.raises(SeedKeysTwice) as caught:
        place.look("job_categories")

    assert "EXEC" in caught.value.why


def test_without_a_unique_index_the_rows_are_still_written_once(place: Place) -> None:
    place.run("ALTER TABLE reference_jobcategory DROP CONSTRAINT reference_jobcategory_code_key")

    place.write("job_categories")
    place.write("job_categories")

    assert place.ask("SELECT count(*) FROM reference_jobcategory") == [(8,)]


def test_what_a_trigger_makes_of_the_rows_is_noticed_and_taken_back(place: Place) -> None:
    place.run("""
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON reference_role
        FOR EACH ROW EXECUTE FUNCTION shout();
    """)

    with pytest.raises(SeedNotKept) as caught:
        place.write()

    assert caught.value.why.endswith("name.")
    assert place.ask("SELECT count(*) FROM reference_bank") == [(0,)]


def test_a_column_that_no_model_knows_is_named_where_it_takes_no_null(place: Place) -> None:
    place.run("ALTER TABLE reference_jobgrade ADD COLUMN band text NOT NULL")

    with pytest.raises(SeedRefused) as caught:
        place.write("job_categories", "job_grades")

    assert "23502 (band)" in caught.value.why
    assert "the code that knows the column" in caught.value.fix
    assert categories(place) == {}
    place.run("ALTER TABLE reference_jobgrade ALTER COLUMN band SET DEFAULT 'none'")
    place.write("job_categories", "job_grades")
    assert place.ask("SELECT count(*), min(band) FROM reference_jobgrade") == [(10, "none")]


def test_rows_that_a_policy_hides_are_not_written_once_more(place: Place) -> None:
    place.write("job_categories", "bank_sort_codes")
    place.run("""
        ALTER TABLE reference_jobcategory DROP CONSTRAINT reference_jobcategory_code_key;
        ALTER TABLE reference_jobcategory ENABLE ROW LEVEL SECURITY;
        CREATE POLICY few ON reference_jobcategory USING (code < 'F');
    """)
    assert place.write("job_categories").counts == {"job_categories": {"same": 8}}
    place.run("ALTER TABLE reference_jobcategory FORCE ROW LEVEL SECURITY")

    with pytest.raises(SeedRowsHidden) as caught:
        place.look("job_categories")

    assert "hrms_app" in caught.value.why
    assert "reference_jobcategory NO FORCE" in caught.value.fix
    place.run("ALTER TABLE reference_jobcategory NO FORCE ROW LEVEL SECURITY")
    assert len(categories(place)) == 8
    place.run("ALTER TABLE reference_bank ENABLE ROW LEVEL SECURITY")
    place.run("ALTER TABLE reference_bank FORCE ROW LEVEL SECURITY")
    with pytest.raises(SeedRowsHidden):
        place.look("bank_sort_codes")


def test_a_trigger_that_swallows_rows_is_noticed(place: Place) -> None:
    place.run("""
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER nothing BEFORE INSERT ON reference_jobgrade
        FOR EACH ROW EXECUTE FUNCTION nothing();
    """)

    with pytest.raises(SeedNotKept) as caught:
        place.write("job_categories", "job_grades")

    assert "they are gone" in caught.value.why
    assert categories(place) == {}


def test_what_the_database_refuses_is_told_without_a_value(place: Place) -> None:
    place.run("ALTER TABLE reference_role ADD CONSTRAINT short CHECK (length(name) < 12)")

    with pytest.raises(SeedRefused) as caught:
        place.write()

    assert "roles" in caught.value.what
    assert "23514 (short)" in caught.value.why
    assert "manager" not in f"{caught.value.what}{caught.value.why}".lower()
    assert place.ask("SELECT count(*) FROM reference_bank") == [(0,)]


def test_a_row_without_its_parent_is_refused_before_anything_is_written(place: Place) -> None:
    with pytest.raises(SeedParentsMissing) as caught:
        place.look("payroll_roles", kind="production")
    assert caught.value.fix == "hrmsops seed --only roles --only payroll_roles"

    place.write("roles", "permissions", "payroll_roles", kind="production")
    assert place.ask("SELECT count(*) FROM reference_role_permissions") == [(7,)]
    place.run("DELETE FROM reference_role_permissions")
    place.run("DELETE FROM reference_permission WHERE code = 'payroll.pay'")
    assert place.look("payroll_roles", "roles", kind="production").counts["payroll_roles"] == {
        "removed": 7
    }
    with pytest.raises(SeedParentsMissing):
        place.look("payroll_roles", kind="production", overwrite=True)


def test_a_name_may_hold_whatever_a_name_can_hold(place: Place) -> None:
    code, name = "A\"'%", 'O\'Brien "the" \\N \t tab \n line %s {x} $1 é \\. 🏦'
    written = {each: json.dumps(each, ensure_ascii=False) for each in (code, name)}
    row = f"{{ code = {written[code]}, name = {written[name]} }}"
    place.own = {"job_categories": f'standing = "default"\nrows = [{row}]\n'}

    place.write("job_categories")

    assert place.ask("SELECT code, name FROM reference_jobcategory") == [(code, name)]
    assert place.look("job_categories").counts == {"job_categories": {"same": 1}}


def test_before_postgresql_15_the_same_is_written_without_merge(place: Place) -> None:
    place.run("INSERT INTO reference_jobcategory (code, name) VALUES ('EXEC', 'The board')")
    (due,) = place.due("job_categories")
    with connect(place.target) as session, session.transaction():
        stage(session, due.mapped, due.rows, due.extra)
        found = compare(session, due.mapped, due.rows, is_recorded=False, overwrite=True)
        write(session, due.mapped, found, overwrite=True, server=140000)

    assert len(categories(place)) == 8
    assert categories(place)["EXEC"] == "Executive management"
    banks = place.due("bank_sort_codes")
    with connect(place.target) as session, session.transaction():
        for each in banks:
            stage(session, each.mapped, each.rows, each.extra)
            found = compare(session, each.mapped, each.rows, is_recorded=False, overwrite=False)
            write(session, each.mapped, found, overwrite=False, server=140000)
    assert place.look("bank_sort_codes").counts["bank_branches"] == {"adopt": 1364}


def test_a_column_that_moves_with_every_change_moves(place: Place) -> None:
    place.write("roles")
    before = by_code(place, "role", "updated_at")
    place.run("UPDATE reference_role SET name = 'Checker' WHERE code = 'auditor'")

    place.write("roles", overwrite=True)

    after = by_code(place, "role", "updated_at")
    assert {code for code in after if after[code] != before[code]} == {"auditor"}


def test_a_test_administrator_is_never_made_where_production_was_seeded(place: Place) -> None:
    place.write("roles", "permissions", "payroll_roles", kind="production")

    with pytest.raises(DatabaseIsProduction) as caught:
        place.write(kind="staging")

    assert "as production's" in caught.value.why
    assert place.ask("SELECT count(*) FROM reference_user") == [(0,)]
    assert place.ask("SELECT count(*) FROM reference_bank") == [(0,)]


def test_the_test_administrator_is_made_once_and_its_password_left_alone(place: Place) -> None:
    place.write("test_administrator", kind="staging")
    assert place.ask(
        "SELECT username, is_staff, is_superuser, password, created_at IS NOT NULL"
        " FROM reference_user"
    ) == [("test-admin", True, True, "made by no hasher", True)]
    place.run("UPDATE reference_user SET password = 'another', last_login = now()")

    found = place.write("test_administrator", kind="staging", overwrite=True)

    assert found.counts == {"test_administrator": {"same": 1}}
    assert place.ask("SELECT password FROM reference_user") == [("another",)]
    assert "no hasher" not in str(place.ask("SELECT * FROM hrmsops.seeded_values"))


def test_what_is_not_migrated_yet_is_told_as_such(place: Place) -> None:
    place.run("ALTER TABLE reference_leavetype DROP COLUMN unit")

    with pytest.raises(SeedTableAbsent) as caught:
        place.look("leave_types")

    assert "unit" in caught.value.why


def test_another_mapping_reaches_other_columns(place: Place) -> None:
    table = SeedTable(fields={"name": "", "severity": "name"}, values={"severity": "of 2027"})
    place.seed = Seed(tables={"misconduct_categories": table})

    place.write("misconduct_categories")

    assert place.ask("SELECT DISTINCT severity FROM reference_misconductcategory") == [("of 2027",)]
    assert place.ask("SELECT count(*) FROM reference_misconductcategory WHERE name = 'gross'") == [
        (2,)
    ]


def test_a_look_writes_nothing_and_needs_no_table_of_ours(place: Place) -> None:
    place.look()

    assert place.ask("SELECT to_regclass('hrmsops.seeds')") == [(None,)]
    assert place.ask("SELECT count(*) FROM reference_bank") == [(0,)]
