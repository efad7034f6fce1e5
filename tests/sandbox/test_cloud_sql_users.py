"""Users and databases are those of the instance's own catalogue."""

from __future__ import annotations

import psycopg
import pytest

from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal
from tests.sandbox.cloud_sql import done, error_of, make, session

pytestmark = pytest.mark.usefixtures("tidy")


def names(sandbox: Client, instance: str, kind: str) -> list[str]:
    return [each["name"] for each in sandbox.sql("GET", f"instances/{instance}/{kind}")["items"]]


def test_a_user_is_made_renewed_and_deleted(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    path = f"instances/{name}/users"

    made = done(sandbox, "POST", path, {"name": "auditor", "password": "first"})

    assert made["operationType"] == "CREATE_USER"
    assert names(sandbox, name, "users") == ["auditor", "hrms_app", "postgres"]
    assert sandbox.sql("GET", f"{path}/auditor")["type"] == "BUILT_IN"
    with session(sandbox, name, user="auditor", password="first") as client:
        assert client.execute("SHOW is_superuser").fetchone() == ("off",)
    done(sandbox, "PUT", f"{path}?name=auditor", {"password": "second"})
    session(sandbox, name, user="auditor", password="second").close()
    with pytest.raises(psycopg.OperationalError):
        session(sandbox, name, user="auditor", password="first")
    assert (
        refusal(sandbox.sql, "POST", path, {"name": "auditor", "password": "x"})
        == "409 userAlreadyExists"
    )
    done(sandbox, "DELETE", f"{path}?name=auditor")
    assert refusal(sandbox.sql, "GET", f"{path}/auditor") == "404 userDoesNotExist"
    logged = (sandbox.home.logs / "requests.jsonl").read_text()
    assert '"password":"***"' in logged
    assert '"second"' not in logged


def test_an_iam_user_has_no_password_and_logs_in_with_a_token(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    path, user = f"instances/{name}/users", "ama@nhia.example"

    done(sandbox, "POST", path, {"name": user, "type": "CLOUD_IAM_USER"})
    account = "hrms-ops@nhia-hrms.iam"
    done(sandbox, "POST", path, {"name": account, "type": "CLOUD_IAM_SERVICE_ACCOUNT"})

    listed = sandbox.sql("GET", path)["items"]
    assert {each["name"]: each["type"] for each in listed} == {
        user: "CLOUD_IAM_USER",
        account: "CLOUD_IAM_SERVICE_ACCOUNT",
        "hrms_app": "BUILT_IN",
        "postgres": "BUILT_IN",
    }
    with session(sandbox, name, user=user, password="sandbox") as client:
        assert client.execute("SELECT pg_has_role('cloudsqliamuser', 'member')").fetchone() == (
            True,
        )
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        session(sandbox, name, user=user, password="stolen")
    wrong = {"name": f"{account}.gserviceaccount.com", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
    assert refusal(sandbox.sql, "POST", path, wrong) == "400 invalid"
    with_password = {"name": "kofi@nhia.example", "type": "CLOUD_IAM_USER", "password": "x"}
    assert refusal(sandbox.sql, "POST", path, with_password) == "400 invalid"
    done(sandbox, "DELETE", f"{path}?name={user}")


def test_a_user_that_owns_something_stays(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    asked = sandbox.sql("DELETE", f"instances/{name}/users?name=hrms_app")

    assert "hrms_app" in error_of(sandbox.sql_finished(asked))["message"]
    assert "hrms_app" in names(sandbox, name, "users")


def test_a_database_is_made_and_deleted(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    path = f"instances/{name}/databases"

    done(sandbox, "POST", path, {"name": "reports"})

    assert names(sandbox, name, "databases") == ["hrms", "postgres", "reports"]
    assert sandbox.sql("GET", f"{path}/reports")["charset"] == "UTF8"
    assert refusal(sandbox.sql, "POST", path, {"name": "reports"}) == "409 databaseAlreadyExists"
    done(sandbox, "DELETE", f"{path}/reports")
    assert refusal(sandbox.sql, "GET", f"{path}/reports") == "404 databaseDoesNotExist"
