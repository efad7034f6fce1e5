"""Instances for the tests of Cloud SQL, and what their clients do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client

Json = dict[str, Any]
APP, PASSWORD = "hrms_app", "secret-app"


def make(sandbox: Client, name: str) -> str:
    """An instance as the estate has them: a database, an application's role, a first backup."""
    users = [{"name": "postgres", "password": "secret-postgres"}]
    users.append({"name": APP, "password": PASSWORD})
    wish = {"name": name, "database": "hrms", "owner": APP, "users": users}
    sandbox.call("POST", "/_sandbox/instances", wish)
    return name


def session(
    sandbox: Client, instance: str, *, user: str = APP, password: str = PASSWORD
) -> psycopg.Connection[tuple[Any, ...]]:
    """A client's session, as `via = direct` finds the way: by the label with the port."""
    shown = sandbox.sql("GET", f"instances/{instance}")
    return psycopg.connect(
        host=shown["ipAddresses"][0]["ipAddress"],
        port=shown["settings"]["userLabels"]["sandbox-port"],
        dbname="hrms",
        user=user,
        password=password,
        autocommit=True,
        connect_timeout=5,
    )


def write(sandbox: Client, instance: str, *values: int) -> str:
    """Commit numbers one by one; a moment after the last was acknowledged, in RFC 3339."""
    with session(sandbox, instance) as client:
        client.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        for value in values:
            client.execute("INSERT INTO kept VALUES (%s)", (value,))
    return now()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def kept(sandbox: Client, instance: str) -> list[int]:
    with session(sandbox, instance) as client:
        return [value for (value,) in client.execute("SELECT value FROM kept ORDER BY 1")]


def done(sandbox: Client, method: str, path: str, body: Json | None = None) -> Json:
    """Ask for an operation and wait until it has ended well."""
    operation = sandbox.sql_finished(sandbox.sql(method, path, body))
    assert "error" not in operation, operation["error"]
    return operation


def clone(sandbox: Client, source: str, into: str, at: str | None = None) -> Json:
    """Ask for a clone; its operation as it was accepted."""
    context = {"destinationInstanceName": into, **({"pointInTime": at} if at else {})}
    return sandbox.sql("POST", f"instances/{source}/clone", {"cloneContext": context})


def error_of(operation: Json) -> Json:
    """The error that an operation ended in."""
    assert operation["status"] == "DONE"
    found: Json = operation["error"]["errors"][0]
    return found


def runs(sandbox: Client, instance: str) -> list[Json]:
    """The backup runs of an instance, the newest first."""
    found: list[Json] = sandbox.sql("GET", f"instances/{instance}/backupRuns")["items"]
    return found


def settings(sandbox: Client, instance: str) -> Json:
    found: Json = sandbox.sql("GET", f"instances/{instance}")["settings"]
    return found


def patched(sandbox: Client, instance: str, **wish: Any) -> Json:
    return done(sandbox, "PATCH", f"instances/{instance}", {"settings": wish})


def restored(sandbox: Client, target: str, **request: Any) -> Json:
    return done(sandbox, "POST", f"instances/{target}/restoreBackup", request)


def run_context(number: str, instance: str) -> Json:
    return {"backupRunId": number, "instanceId": instance}


def remove(sandbox: Client, name: str) -> None:
    """Delete an instance that may be protected."""
    sandbox.stick(name)
    if sandbox.sql("GET", f"instances/{name}")["state"] == "RUNNABLE":
        wish = {"settings": {"deletionProtectionEnabled": False}}
        sandbox.sql_finished(sandbox.sql("PATCH", f"instances/{name}", wish))
    with suppress(SandboxRefused):  # A failed one stays protected, and costs nothing.
        sandbox.sql_finished(sandbox.sql("DELETE", f"instances/{name}"))
