"""The HRMS in miniature: what its API promises, and how its releases differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hrmsops.sandbox.home import Home
from hrmsops.sandbox.instances import Instances, User
from hrmsops.sandbox.releases import RELEASES, build
from hrmsops.sandbox.scenarios.proof import lost_writes
from hrmsops.sandbox.traffic import Acknowledged
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
    assert first[1] == again[1]


def test_a_leave_request_is_written_and_read_back(hrms: Served) -> None:
    _, person = hrms.ask("POST", "/api/employees", employee())
    leave = {
        "request_id": f"leave-{next(numbers)}",
        "employee": person["id"],
        "leave_type": "annual",
        "starts_on": "2024-07-01",
        "ends_on": "2024-07-05",
    }
    status, written = hrms.ask("POST", "/api/leave-requests", leave)
    assert status == 201
    assert hrms.ask("GET", f"/api/leave-requests/{written['id']}") == (200, written)


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


def test_every_write_leaves_an_audit_row_and_one_log_line_without_a_name(
    hrms: Served, database: dict[str, str]
) -> None:
    body = employee()
    _, answer = hrms.ask("POST", "/api/employees", body)
    lines = [line for line in hrms.log_lines() if line.get("request_id") == body["request_id"]]
    (line,) = lines
    assert (line["table_name"], line["row_id"], line["release"]) == (
        "employees_employee", answer["id"], "2024.1",
    )  # fmt: skip
    assert str(body["name"]) not in hrms.log.read_text()
    audited = query(database, "SELECT table_name, row_id FROM core_auditlog WHERE request_id = %s",
                    body["request_id"])  # fmt: skip
    assert audited == [("employees_employee", answer["id"])]


def test_a_host_that_is_not_allowed_is_answered_400(hrms: Served) -> None:
    assert hrms.ask("GET", "/healthz", host="candidate---hrms.nhia.example")[0] == 400


def test_it_answers_within_a_second(hrms: Served) -> None:
    # Two cores are shared with every other test; alone it takes a third of this.
    assert hrms.seconds_to_first_answer < 3


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
    kept = Acknowledged(answer["request_id"], "employees_employee", answer["id"])
    missing = Acknowledged("never-written", "leave_leaverequest", 1)
    other_key = Acknowledged(answer["request_id"], "employees_employee", answer["id"] + 1)
    dsn = (
        f"host=127.0.0.1 port={database['PGPORT']} dbname=hrms user=hrms_app"
        f" password={database['DB_PASSWORD']}"
    )
    assert lost_writes(dsn, [kept, missing, other_key]) == [missing, other_key]
