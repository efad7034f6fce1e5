"""Backups: taken, counted, deleted, restored in place and anew, and what outlives an instance."""

from __future__ import annotations

import psycopg
import pytest

from hrmsops.errors.sandbox import SandboxRefused
from hrmsops.sandbox.client import Client
from tests.fixtures.refusals import refusal, said
from tests.sandbox.cloud_sql import (
    clone,
    done,
    error_of,
    kept,
    make,
    patched,
    restored,
    run_context,
    runs,
    session,
    settings,
    write,
)

pytestmark = pytest.mark.usefixtures("tidy")


def on_demand(sandbox: Client, name: str, description: str = "") -> str:
    """Take a backup; its number."""
    body = {"description": description}
    operation = done(sandbox, "POST", f"instances/{name}/backupRuns", body)
    return str(operation["backupContext"]["backupId"])


def test_a_backup_on_demand_is_listed_first(sandbox: Client, name: str) -> None:
    make(sandbox, name)

    number = on_demand(sandbox, name, "before the migration")

    newest, first = runs(sandbox, name)
    assert (newest["id"], newest["type"], newest["status"]) == (number, "ON_DEMAND", "SUCCESSFUL")
    assert newest["description"] == "before the migration"
    assert newest["enqueuedTime"] <= newest["startTime"] <= newest["endTime"]
    assert int(newest["maxChargeableBytes"]) > 1_000_000
    assert first["type"] == "AUTOMATED"
    assert sandbox.sql("GET", f"instances/{name}/backupRuns/{number}") == newest


def test_scheduled_backups_are_kept_by_count(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    number = on_demand(sandbox, name)
    retention = {"retentionUnit": "COUNT", "retainedBackups": 2}
    patched(sandbox, name, backupConfiguration={"backupRetentionSettings": retention})
    window = sandbox.sql("GET", f"instances/{name}/getLatestRecoveryTime")

    taken = [sandbox.back_up(name)["backupContext"]["backupId"] for _ in range(2)]

    assert [each["id"] for each in runs(sandbox, name)] == [*reversed(taken), number]
    later = sandbox.sql("GET", f"instances/{name}/getLatestRecoveryTime")
    assert later["earliestRecoveryTime"] > window["earliestRecoveryTime"]
    assert (
        refusal(clone, sandbox, name, f"{name}-clone", window["earliestRecoveryTime"])
        == "400 errorBackupNotFound"
    )


def test_a_deleted_backup_is_gone(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    number = on_demand(sandbox, name)

    done(sandbox, "DELETE", f"instances/{name}/backupRuns/{number}")

    assert (
        refusal(sandbox.sql, "GET", f"instances/{name}/backupRuns/{number}")
        == "404 backupRunDoesNotExist"
    )
    assert (
        refusal(
            sandbox.sql,
            "POST",
            f"instances/{name}/restoreBackup",
            {"restoreBackupContext": run_context(number, name)},
        )
        == "404 backupRunDoesNotExist"
    )


def test_a_failed_backup_is_listed_and_cannot_be_restored(faults: Client, name: str) -> None:
    make(faults, name)
    faults.arm(kind="operation", operation="sql.backup")

    operation = faults.sql_finished(faults.sql("POST", f"instances/{name}/backupRuns", {}))

    assert error_of(operation)["code"] == "INTERNAL_ERROR"
    newest = runs(faults, name)[0]
    assert newest["status"] == "FAILED"
    context = run_context(newest["id"], name)
    with pytest.raises(SandboxRefused, match="not successful") as caught:
        faults.sql("POST", f"instances/{name}/restoreBackup", {"restoreBackupContext": context})
    assert said(caught.value) == "400 invalid"


def test_a_restore_in_place_replaces_data_roles_and_logs(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    number = on_demand(sandbox, name)
    at = write(sandbox, name, 2)
    with session(sandbox, name, user="postgres", password="secret-postgres") as admin:
        admin.execute("ALTER ROLE hrms_app PASSWORD 'another'")
    port = sandbox.instance(name)["port"]

    operation = restored(sandbox, name, restoreBackupContext=run_context(number, name))

    assert operation["operationType"] == "RESTORE_VOLUME"
    assert operation["backupContext"]["backupId"] == number
    assert (kept(sandbox, name), sandbox.instance(name)["port"]) == ([1], port)
    assert refusal(clone, sandbox, name, f"{name}-clone", at) == "400 errorBackupNotFound"
    later = write(sandbox, name, 3)
    write(sandbox, name, 4)
    sandbox.sql_finished(clone(sandbox, name, f"{name}-clone", later))
    assert kept(sandbox, f"{name}-clone") == [1, 3]


def test_a_backup_goes_into_another_instance_that_exists(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    number = on_demand(sandbox, name)
    done(sandbox, "POST", "instances", {"name": f"{name}-b"})

    restored(sandbox, f"{name}-b", restoreBackupContext=run_context(number, name))

    assert kept(sandbox, f"{name}-b") == [1]
    assert settings(sandbox, f"{name}-b")["availabilityType"] == "ZONAL"
    context = {"restoreBackupContext": run_context(number, name)}
    assert (
        refusal(sandbox.sql, "POST", f"instances/{name}-new/restoreBackup", context)
        == "404 instanceDoesNotExist"
    )


def test_a_backup_by_name_makes_a_new_instance_with_its_settings(
    sandbox: Client, name: str
) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    operation = done(sandbox, "POST", "backups", {"instance": name, "description": "by name"})
    backup = operation["backupContext"]["name"]

    restored(
        sandbox,
        f"{name}-new",
        backup=backup,
        restoreInstanceSettings={"settings": {"availabilityType": "ZONAL"}},
    )

    assert kept(sandbox, f"{name}-new") == [1]
    found = settings(sandbox, f"{name}-new")
    assert (found["availabilityType"], found["backupConfiguration"]["enabled"]) == ("ZONAL", True)
    assert [each["type"] for each in runs(sandbox, f"{name}-new")] == ["AUTOMATED"]
    listed = sandbox.sql("GET", f"backups?filter=instance:{name}%20AND%20type:ON_DEMAND")["backups"]
    assert [each["name"] for each in listed] == [backup]
    path = backup.removeprefix("projects/nhia-hrms/")
    assert sandbox.sql("GET", path)["instanceSettings"]["settings"]["tier"] == "db-custom-2-7680"
    done(sandbox, "DELETE", path)
    assert refusal(sandbox.sql, "GET", path) == "404 backupDoesNotExist"


def test_backups_die_with_their_instance(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    patched(sandbox, name, deletionProtectionEnabled=False)

    done(sandbox, "DELETE", f"instances/{name}")

    assert sandbox.sql("GET", f"backups?filter=instance:{name}")["backups"] == []


def test_retained_and_final_backups_outlive_their_instance(sandbox: Client, name: str) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    patched(sandbox, name, deletionProtectionEnabled=False, retainBackupsOnDelete=True)

    done(sandbox, "DELETE", f"instances/{name}?enableFinalBackup=true")

    final, automated = sandbox.sql("GET", f"backups?filter=instance:{name}")["backups"]
    assert (final["type"], automated["type"]) == ("FINAL", "AUTOMATED")
    assert final["instanceDeletionTime"]
    restored(sandbox, f"{name}-again", backup=final["name"])
    assert kept(sandbox, f"{name}-again") == [1]


@pytest.mark.parametrize("retained", [True, False])
def test_total_failure_leaves_what_is_retained(sandbox: Client, name: str, retained: bool) -> None:
    make(sandbox, name)
    write(sandbox, name, 1)
    number = sandbox.back_up(name)["backupContext"]["backupId"]
    at = write(sandbox, name, 2)
    patched(sandbox, name, retainBackupsOnDelete=retained)

    sandbox.destroy_instance(name)

    assert sandbox.sql("GET", f"instances/{name}")["state"] == "FAILED"
    with pytest.raises(psycopg.OperationalError):
        session(sandbox, name)
    assert refusal(clone, sandbox, name, f"{name}-clone", at) == "400 errorBackupNotFound"
    assert len(runs(sandbox, name)) == (2 if retained else 0)
    if retained:
        restored(sandbox, name, restoreBackupContext=run_context(number, name))
        assert kept(sandbox, name) == [1]
        assert sandbox.sql("GET", f"instances/{name}")["state"] == "RUNNABLE"


def test_a_restore_that_fails_leaves_the_instance_as_it_was(faults: Client, name: str) -> None:
    make(faults, name)
    number = on_demand(faults, name)
    write(faults, name, 1)
    faults.arm(kind="operation", operation="sql.restore", message="No capacity")

    context = {"restoreBackupContext": run_context(number, name)}
    operation = faults.sql_finished(faults.sql("POST", f"instances/{name}/restoreBackup", context))

    assert error_of(operation)["message"] == "No capacity"
    assert faults.sql("GET", f"instances/{name}")["state"] == "RUNNABLE"
    assert kept(faults, name) == [1]
