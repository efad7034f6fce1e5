"""What `backfill_data` takes, what it refuses before anything is written, and what it says."""

from __future__ import annotations

import pytest

from tests.backfill.conftest import Fill, Hrms

pytestmark = pytest.mark.xdist_group("backfill")

STATUS = "--model employees.Employee --field status --value ACTIVE"


def test_the_guides_command_lines_run_as_they_stand(hrms: Hrms) -> None:
    """Of the chapters Data Backfill Framework and Pattern 3, word for word."""
    listed = hrms.manage("backfill_data --list")
    assert "set_employee_status" in listed.out
    assert "Calculate tenure_years from hire_date for all employees" in listed.out

    rehearsed = hrms.manage("backfill_data --backfill set_employee_status --dry-run")
    assert (rehearsed.code, hrms.value("SELECT count(status) FROM employees_employee")) == (0, 0)
    assert "60 rows would be changed" in rehearsed.out
    assert hrms.value("SELECT to_regclass('hrmsops.backfills')::text") is None
    assert hrms.manage("backfill_data --backfill set_employee_status").code == 0
    assert hrms.value("SELECT count(*) FROM employees_employee WHERE status = 'ACTIVE'") == 60

    generic = """backfill_data \
      --model employees.Employee \
      --field department_code \
      --value "UNKNOWN" \
      --filter "department_code__isnull=True" \
      --batch-size 500 \
      --sleep 0.2"""
    assert hrms.manage(generic).code == 0
    assert hrms.value(
        "SELECT count(*) FROM employees_employee WHERE department_code = 'UNKNOWN'"
    ) == 60  # fmt: skip
    resumed = """backfill_data \
      --model employees.Employee \
      --field department_code \
      --value "UNKNOWN" \
      --resume"""
    assert hrms.manage(resumed).code == 2

    pattern_3 = """backfill_data \
      --model employees.Employee \
      --field status \
      --value ACTIVE \
      --filter "status__isnull=True" \
      --batch-size 1000 \
      --sleep 0.1 \
      --resume  # Resume from last checkpoint if interrupted"""
    assert hrms.manage(pattern_3.partition("  #")[0]).code == 2

    tenure = hrms.manage("backfill_data --backfill compute_employee_tenure")
    assert tenure.code == 0, tenure.err
    assert hrms.value("SELECT count(tenure_years) FROM employees_employee") == 60
    assert hrms.query("SELECT subject, outcome, rows FROM hrmsops.backfills ORDER BY id") == [
        ("set_employee_status", "done", 60),
        ("employees.Employee.department_code = 'UNKNOWN'", "done", 60),
        ("compute_employee_tenure", "done", 60),
    ]


def _stopped_half_way(hrms: Hrms, fill: Fill, *, more: str = "") -> None:
    """A run whose last batch met a trigger that fails."""
    fill(3_000)
    hrms.run(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'secret 4711' USING ERRCODE = '23514'; END$$;"
        "CREATE TRIGGER stop BEFORE UPDATE ON imports_importrecord FOR EACH ROW"
        " WHEN (old.id = 2000) EXECUTE FUNCTION stop()"
    )
    stopped = hrms.backfill(f"{DONE} --filter row_number__lt=5 --batch-size 100{more}")
    assert stopped.code == 6, stopped.err
    assert "SQLSTATE 23514" in stopped.err
    assert "4711" not in stopped.err + stopped.out
    hrms.run("DROP TRIGGER stop ON imports_importrecord")


DONE = "--model imports.ImportRecord --field status --value DONE"


def test_resume_goes_on_with_what_was_left_out_and_refuses_what_differs(
    hrms: Hrms, fill: Fill
) -> None:
    _stopped_half_way(hrms, fill)
    before = hrms.value("SELECT rows FROM hrmsops.backfills")
    assert 0 < before < 3_000

    again = hrms.backfill(DONE)
    assert again.code == 3, again.err
    assert f"It changed {before:,} rows" in again.err
    other = hrms.backfill(f"{DONE} --filter row_number__lt=7 --resume")
    assert other.code == 2
    assert "filters was ('row_number__lt=5',) and is now ('row_number__lt=7',)" in other.err
    assert (
        hrms.backfill("--model imports.ImportRecord --field status --value GONE --resume").code == 2
    )
    assert f"{before:,} of about 3,000 rows" in hrms.backfill("--list").out

    resumed = hrms.backfill(f"{DONE} --resume")
    assert resumed.code == 0, resumed.err
    assert f"goes on after {before:,} rows" in resumed.out
    assert hrms.query("SELECT rows, outcome FROM hrmsops.backfills") == [(3_000, "done")]
    assert hrms.value("SELECT count(*) FROM imports_importrecord WHERE status = 'DONE'") == 3_000


def test_anew_gives_the_unfinished_run_up(hrms: Hrms, fill: Fill) -> None:
    _stopped_half_way(hrms, fill)

    anew = hrms.backfill(f"{DONE} --anew")

    assert anew.code == 0, anew.err
    assert hrms.query("SELECT outcome FROM hrmsops.backfills ORDER BY id") == [
        ("given up",),
        ("done",),
    ]


def test_resume_without_a_run_writes_nothing(hrms: Hrms) -> None:
    told = hrms.backfill(f"{STATUS} --resume")

    assert told.code == 2
    assert "No run of employees.Employee.status = 'ACTIVE' is unfinished." in told.err
    assert hrms.value("SELECT to_regnamespace('hrmsops')::text") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model employees.Employe --field status --value A", "Near it: employees.Employee"),
        ("--model employees.Employee --field statu --value A", "Near it: status."),
        ("--model employees.Employee --field id --value 1", "It is the key"),
        (f"{STATUS} --filter 'departmentcode=X'", "Near it: department_code"),
        (f"{STATUS} --filter 'status__isnul=True'", "isnull"),
        (f"{STATUS} --filter 'hire_date__lt=soon'", "hire_date__lt=soon"),
        (f"{STATUS} --filter 'status'", "not of the form lookup=value"),
        ("--model employees.Employee --field hire_date --value soon", "a DateField"),
        ("--model employees.Employee --field tenure_years --value long", "a FloatField"),
        (f"--model employees.Employee --field status --value {'x' * 21}", "at most 20"),
        ("--model employees.Employee --field hire_date --expression NULL", "NOT NULL"),
        ("--model employees.Employee --field name --expression 'Uper(\"name\")'", "Upper"),
        ("--model employees.Employee --field hire_date --expression 'upper(name)'", "hire_date"),
        (
            "--model employees.Employee --field name --expression 'Upper(models.base.sys.path)'",
            "Private names",
        ),
        ("--model employees.Employee --field name --expression 'nam || 1'", "nam"),
        ("--model employees.Employee --field name --expression 'name; DROP TABLE x'", "statement"),
        (f"{STATUS} --expression NULL", "one of --value and --expression"),
        ("--model employees.Employee", "Neither --backfill nor --model and --field."),
        ("--backfill set_employe_status", "Near it: set_employee_status,"),
        (f"{STATUS} --batch-size 0", "--batch-size"),
        ("--backfill compute_employee_tenure --batch-size 5", "takes no batch_size"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    untouched: Hrms, words: str, said: str
) -> None:
    told = untouched.backfill(words)

    assert told.code == 2, told.out
    assert said in told.err
    assert untouched.value("SELECT count(status) FROM employees_employee") == 0
    assert untouched.value("SELECT to_regnamespace('hrmsops')::text") is None


def test_filters_take_any_lookup_and_several_are_all_meant(hrms: Hrms) -> None:
    hrms.run("UPDATE employees_employee SET name = 'Ama' WHERE id <= 10")
    words = (
        f"{STATUS} --filter name__istartswith=am --filter id__in=1,2,30"
        " --filter 'staff_number!=S000002' --filter payrollrecord__pay_period__code=2024-01"
    )

    told = hrms.backfill(words)

    assert told.code == 0, told.err
    assert hrms.query("SELECT id FROM employees_employee WHERE status = 'ACTIVE'") == [(1,)]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("Upper('name')", "EMPLOYEE 000007"),
        ("upper(name)", "EMPLOYEE 000007"),
        ("Concat('staff_number', Value(' 100%'))", "S000007 100%"),
        ("staff_number || ' 100%; x'", "S000007 100%; x"),
        ("Case(When(id=7, then=Value('seven')), default=F('name'))", "seven"),
    ],
)
def test_expressions_are_djangos_or_sql(hrms: Hrms, expression: str, wanted: str) -> None:
    told = hrms.backfill(f'--model employees.Employee --field name --expression "{expression}"')

    assert told.code == 0, told.err
    assert hrms.value("SELECT name FROM employees_employee WHERE id = 7") == wanted


def test_a_declared_function_that_fails_stops_it_and_the_rows_before_stand(hrms: Hrms) -> None:
    told = hrms.python(
        """
from django.core.management import call_command
from hrmsops.backfill.registry import Backfill, backfill_registry
from employees.models import Employee

def grade(rows):
    for row in rows:
        row.tenure_years = 1 / (40 - row.pk)

backfill_registry.declare(Backfill(
    name="grade", description="", batch=grade, fields=("tenure_years",), batch_rows=7,
    queryset=lambda: Employee.objects.all(),
))
call_command("backfill_data", "--backfill", "grade")
"""
    )

    assert "BackfillStopped" in told.err
    assert "A batch failed with ZeroDivisionError." in told.err
    done = hrms.value("SELECT count(tenure_years) FROM employees_employee")
    assert hrms.query("SELECT rows, outcome FROM hrmsops.backfills") == [(done, None)]
    assert 0 < done < 40


def test_a_declared_function_gets_locked_rows_and_its_fields_are_written(hrms: Hrms) -> None:
    told = hrms.python(
        """
from datetime import date
from django.core.management import call_command
from hrmsops.backfill.registry import Backfill, backfill_registry
from employees.models import Employee

def tenure(rows):
    assert len(rows) <= 7
    for row in rows:
        row.tenure_years = (date(2026, 1, 1) - row.hire_date).days / 365.25

backfill_registry.declare(Backfill(
    name="tenure", description="", batch=tenure, fields=("tenure_years",), vanishes=True,
    queryset=lambda: Employee.objects.filter(tenure_years__isnull=True), batch_rows=7,
))
call_command("backfill_data", "--backfill", "tenure")
"""
    )

    assert told.code == 0, told.err
    wrong = hrms.value(
        "SELECT count(*) FROM employees_employee"
        " WHERE tenure_years IS DISTINCT FROM (date '2026-01-01' - hire_date) / 365.25::float"
    )
    assert wrong == 0
    assert hrms.value("SELECT count(*) FROM hrmsops.backfills WHERE rows = 60") == 1
