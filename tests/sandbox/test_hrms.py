"""The HRMS in miniature: what its API promises, and how its releases differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hrmsops.postgres.write_log import read_log
from hrmsops.sandbox.bank import Bank
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import Instances, User
from hrmsops.sandbox.releases import RELEASES, build
from hrmsops.sandbox.scenarios.proof import Listing, lost_writes
from hrmsops.sandbox.writes import Acknowledged, Write, acknowledged
from tests.sandbox.served_hrms import Served, manage, served

# One cluster and one server for this file: its tests stay together on one worker.
pytestmark = pytest.mark.xdist_group("hrms")

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hrms")


@pytest.fixture(scope="module")
def images(folder: Path) -> dict[str, Path]:
    return {release: build(release, folder / release) for release in RELEASES}


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[dict[str, str]]:
    home = Home(folder / "sandbox")
    home.prepare()
    instances = Instances(home)
    users = (User(name="hrms_app", password="a-password"),)
    port = instances.create("hrms", database="hrms", owner="hrms_app", users=users)
    yield {
        "ALLOWED_HOSTS": "hrms.nhia.example",
        "DB_HOST": "127.0.0.1",
        "PGPORT": str(port),
        "DB_NAME": "hrms",
        "DB_USER": "hrms_app",
        "DB_PASSWORD": "a-password",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    instances.delete("hrms")


@pytest.fixture(scope="module")
def migrated(images: dict[str, Path], database: dict[str, str]) -> dict[str, str]:
    """The database after 2024.1's migrations and its generated records, then 2024.2's."""
    manage(images["2024.1"], database, "migrate", "--noinput")
    manage(images["2024.1"], database, "generate", "--employees", "20")
    manage(images["2024.2"], database, "migrate", "--noinput")
    return database


@pytest.fixture(scope="module")
def hrms(images: dict[str, Path], migrated: dict[str, str], folder: Path) -> Iterator[Served]:
    """2024.1, on 2024.2's schema."""
    with served(images["2024.1"], migrated, folder / "hrms.log") as running:
        yield running


def query(database: dict[str, str], text: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(
        host="127.0.0.1", port=database["PGPORT"], dbname="hrms", user="hrms_app",
        password=database["DB_PASSWORD"],
    ) as connection:  # fmt: skip
        return connection.execute(text.encode(), values).fetchall()


def employee(**changes: object) -> dict[str, object]:
    number = next(numbers)
    return {
        "request_id": f"request-{number}",
        "staff_number": f"T{number:06d}",
        "name": f"Employee {number:06d}",
        "hire_date": "2024-01-15",
        **changes,
    }


def payslip(employee: int) -> dict[str, Any]:
    number = next(numbers)
    return {
        "request_id": f"payslip-{number}",
        "employee_id": employee,
        "pay_period_id": 1,
        "number": f"2024-01/T{number:06d}",
        "approved_on": "2024-01-25",
        "lines": {"BASIC": "1000.00", "PAYE": "-125.00"},
    }


def test_a_write_is_answered_after_its_commit(hrms: Served, database: dict[str, str]) -> None:
    body = employee()
    status, answer = hrms.ask("POST", "/api/employees", body)
    assert status == 201
    kept = query(database, "SELECT id, name FROM employees_employee WHERE request_id = %s",
                 body["request_id"])  # fmt: skip
    assert kept == [(answer["id"], body["name"])]


def test_the_same_request_id_writes_once(hrms: Served) -> None:
    body = employee()
    first, again = (hrms.ask("POST", "/api/employees", body) for _ in range(2))
    assert (first[0], again[0]) == (201, 200)
    assert {**first[1], "written": []} == {**again[1], "written": []}
    assert again[1]["written"] == first[1]["written"][:1], "and says again what was written"


def test_a_leave_request_is_written_and_read_back(hrms: Served) -> None:
    _, person = hrms.ask("POST", "/api/employees", employee())
    leave = {
        "request_id": f"leave-{next(numbers)}",
        "employee_id": person["id"],
        "leave_type": "annual",
        "starts_on": "2024-07-01",
        "ends_on": "2024-07-05",
    }
    status, made = hrms.ask("POST", "/api/leave-requests", leave)
    del made["written"]
    assert status == 201
    assert hrms.ask("GET", f"/api/leave-requests/{made['id']}") == (200, made)


def test_a_collection_is_counted(hrms: Served) -> None:
    _, before = hrms.ask("GET", "/api/employees")
    hrms.ask("POST", "/api/employees", employee())
    _, after = hrms.ask("GET", "/api/employees")
    assert after["count"] == before["count"] + 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"hire_date": "yesterday"}, 400),
        ({"request_id": ""}, 400),
        ({"staff_number": "S000001"}, 409),
    ],
)
def test_a_request_that_cannot_be_kept_is_refused(
    hrms: Served, change: dict[str, object], status: int
) -> None:
    assert hrms.ask("POST", "/api/employees", employee(**change))[0] == status


def test_every_row_written_is_logged_once_and_audited_so_that_it_can_be_written_again(
    hrms: Served, database: dict[str, str]
) -> None:
    before = len(read_log(hrms.log))
    body = employee()
    _, made = hrms.ask("POST", "/api/employees", body)
    change = {"request_id": f"{body['request_id']}-edit", "name": "Somebody Else"}
    _, edited = hrms.ask("PATCH", f"/api/employees/{made['id']}", change)
    gone = {"request_id": f"{body['request_id']}-delete"}
    _, deleted = hrms.ask("DELETE", f"/api/employees/{made['id']}", gone)
    assert hrms.ask("DELETE", f"/api/employees/{made['id']}", gone)[0] == 200, "asked again"
    assert hrms.ask("DELETE", f"/api/employees/{made['id']}", {"request_id": "x"})[0] == 404
    logged = [write for write in read_log(hrms.log)[before:] if write.table != "core_auditlog"]
    assert [(write.op, write.key["id"]) for write in logged] == [
        ("insert", made["id"]), ("update", made["id"]), ("delete", made["id"]),
    ]  # fmt: skip
    assert logged[0].columns.keys() == {
        "request_id", "staff_number", "name", "hire_date", "status", "tenure_years", "created_at",
    }  # fmt: skip
    assert logged[1].columns == {"name": "Somebody Else"}
    assert len({write.transaction for write in logged}) == 3
    audit = "SELECT action, table_name, row_id FROM core_auditlog WHERE request_id = %s"
    for answer, op in ((made, "insert"), (edited, "update"), (deleted, "delete")):
        audited = query(database, audit, answer["request_id"])
        assert audited == [(op, "employees_employee", made["id"])]


def test_a_payslip_and_its_lines_are_one_transaction(
    hrms: Served, database: dict[str, str]
) -> None:
    _, person = hrms.ask("POST", "/api/employees", employee())
    slip = payslip(person["id"])
    status, made = hrms.ask("POST", "/api/payslips", slip)
    assert status == 201
    lines = [row["key"]["id"] for row in made["written"] if row["table"] == "payroll_payslipline"]
    assert len(lines) == 2
    assert hrms.ask("DELETE", f"/api/employees/{person['id']}", {"request_id": "no"})[0] == 409
    garbled = {**payslip(person["id"]), "lines": {"BASIC": "much"}}
    assert hrms.ask("POST", "/api/payslips", garbled)[0] == 400
    kept = query(
        database, "SELECT number FROM payroll_payslip WHERE employee_id = %s", person["id"]
    )
    assert kept == [(slip["number"],)]
    _, gone = hrms.ask("DELETE", f"/api/payslips/{made['id']}", {"request_id": "slip-gone"})
    deleted = {(row["table"], row["key"]["id"]) for row in gone["written"] if row["op"] == "delete"}
    assert deleted == {("payroll_payslip", made["id"])} | {
        ("payroll_payslipline", line) for line in lines
    }
    logged = [each for each in read_log(hrms.log) if each.op == "delete"]
    assert len({each.transaction for each in logged if each.key["id"] in lines}) == 1


def test_an_approved_payslip_is_paid_once_even_by_a_database_that_has_forgotten(
    images: dict[str, Path], migrated: dict[str, str], tmp_path: Path
) -> None:
    forget = "DELETE FROM payroll_paymentoutbox WHERE number = %s RETURNING true"
    with Bank() as bank, served(
        images["2024.2"], {**migrated, "BANK_URL": bank.url}, tmp_path / "log"
    ) as running:  # fmt: skip
        _, person = running.ask("POST", "/api/employees", employee())
        slip = payslip(person["id"])
        running.ask("POST", "/api/payslips", slip)
        assert running.ask("POST", "/tasks/pay-due")[1]["sent"] >= 1
        assert bank.times(slip["number"]) == 1
        assert query(migrated, forget, slip["number"]) == [(True,)]
        assert running.ask("POST", "/tasks/pay-due") == (200, {"sent": 0})
        assert (bank.times(slip["number"]), bank.doubled()) == (1, [])
        assert query(migrated, forget, slip["number"]) == [(True,)]
    # The bank is away now: nothing is paid, and nothing is taken for paid.
    with served(images["2024.2"], {**migrated, "BANK_URL": bank.url}, tmp_path / "2") as running:
        assert running.ask("POST", "/tasks/pay-due")[0] == 503
    unpaid = "SELECT sent_at FROM payroll_paymentoutbox WHERE number = %s"
    assert query(migrated, unpaid, slip["number"]) == [(None,)]


def test_a_host_that_is_not_allowed_is_answered_400(hrms: Served) -> None:
    assert hrms.ask("GET", "/healthz", host="candidate---hrms.nhia.example")[0] == 400


def test_health_tells_the_process_from_its_database(
    images: dict[str, Path], migrated: dict[str, str], tmp_path: Path
) -> None:
    without = {**migrated, "PGPORT": "1"}
    with served(images["2024.2"], without, tmp_path / "log") as running:
        assert running.ask("GET", "/healthz")[0] == 200
        assert running.ask("GET", "/readyz")[0] == 503
        assert running.ask("GET", "/version")[1]["release"] == "2024.2"


def test_a_bad_release_fails_every_fifth_request_and_then_its_readiness(
    images: dict[str, Path], migrated: dict[str, str], tmp_path: Path
) -> None:
    hasty = {**migrated, "HRMS_READY_SECONDS": "0"}
    with served(images["2024.3-bad"], hasty, tmp_path / "log") as running:
        statuses = [running.ask("GET", "/api/employees")[0] for _ in range(20)]
        assert statuses == [200, 200, 200, 200, 500] * 4
        assert running.ask("GET", "/healthz")[0] == 200
        assert running.ask("GET", "/readyz")[0] == 503


def test_an_old_image_holds_no_newer_migration(images: dict[str, Path]) -> None:
    names = {
        release: {path.name for path in image.glob("*/migrations/0*.py")}
        for release, image in images.items()
    }
    newer = {"0002_employee_department_code.py", "0002_payslip_employee_period_index.py"}
    assert names["2024.2"] - names["2024.1"] == newer
    assert names["2024.3-bad"] == names["2024.2"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_models_of_a_release_are_what_its_migrations_make(
    images: dict[str, Path], migrated: dict[str, str], release: str
) -> None:
    assert "No changes" in manage(images[release], migrated, "makemigrations", "--check")


def test_the_index_of_2024_2_is_valid(migrated: dict[str, str]) -> None:
    found = query(
        migrated, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
        "idx_payslip_emp_period",
    )  # fmt: skip
    assert found == [(True,)]


def test_records_are_generated_once(images: dict[str, Path], migrated: dict[str, str]) -> None:
    assert "nothing was generated" in manage(images["2024.1"], migrated, "generate")


def test_an_acknowledged_write_that_is_missing_is_listed(
    hrms: Served, database: dict[str, str]
) -> None:
    _, answer = hrms.ask("POST", "/api/employees", employee())
    kept = acknowledged(
        Write(method="POST", path="", body={"request_id": answer["request_id"]}), answer
    )
    missing = Acknowledged("never-written", "leave_leaverequest", 1_000_000)
    other_value = Acknowledged(
        "other", "employees_employee", answer["id"], "update", {"name": "Somebody Else"}
    )
    there_again = Acknowledged("deleted", "employees_employee", answer["id"], "delete")
    assert lost_writes(dsn(database), kept) == []
    assert lost_writes(dsn(database), [*kept, missing, other_value]) == [other_value, missing]
    assert lost_writes(dsn(database), [*kept, there_again]) == [there_again]
    assert lost_writes(dsn(database), [there_again], in_doubt=[there_again.row]) == []
    key = ("employees_employee", answer["id"])
    before = Acknowledged("in-the-instance-that-is-lost", *key, "insert", {"name": "Somebody"})
    assert lost_writes(dsn(database), [before, *kept]) == [before], "The key was given out anew."
    since = [Acknowledged("later", *key), Acknowledged("gone", *key, "delete")]
    assert lost_writes(dsn(database), [*kept, *since]) == [], "Another row of this key is gone."
    nowhere = "host=127.0.0.1 port=1"
    assert lost_writes(nowhere, kept) == kept
    named = Listing({other_value.row: frozenset({"name"}), missing.row: frozenset()})
    assert named.without([*kept[:1], missing, other_value]) == kept[:1]
    with_it = Acknowledged("deleted", "leave_leaverequest", 7, "delete")
    assert named.without([there_again, with_it]) == []
    assert named.without([with_it]) == [with_it]


def dsn(database: dict[str, str]) -> str:
    return (
        f"host=127.0.0.1 port={database['PGPORT']} dbname=hrms user=hrms_app"
        f" password={database['DB_PASSWORD']}"
    )
