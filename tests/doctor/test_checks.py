"""Each check on a real environment: well as it is, and red when something is not there."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

import msgspec
import psycopg
import pytest

from hrmsops.doctor.check import Finding
from hrmsops.doctor.checks import store
from hrmsops.sandbox.blueprint import PRODUCTION, STAGING
from hrmsops.sandbox.client import Client
from tests.doctor.patient import Patient

pytestmark = pytest.mark.xdist_group("doctor")
PYTHON = sys.executable
REGISTRY = "/dockerImages/"
PATCH = "gcloud sql instances patch nhia-hrms-staging-pg-0001"


def patched(client: Client, instance: str, settings: dict[str, Any]) -> None:
    """Change an instance, and wait for it."""
    asked = client.sql("PATCH", f"instances/{instance}", {"settings": settings})
    assert "error" not in client.sql_finished(asked)


def test_of_the_sandbox_as_it_comes_up_nothing_is_red_but_that_backups_die_with_it(
    patient: Patient,
) -> None:
    found = patient.examined().examined
    red = [(each.check, each.finding.says) for each in found if each.finding.state == "bad"]
    blind = [(each.check, each.finding.says) for each in found if each.finding.state == "unknown"]

    assert red == [("deletion", "Its backups and logs would be deleted together with it")]
    assert not blind


def test_whoever_cannot_see_a_permission_is_told_who_grants_it(patient: Patient) -> None:
    patient.client.arm(kind="deny", permission="cloudsql.instances.clone|monitoring.*")

    clone, rehearse, count, rest = patient.finds("permissions")
    assert clone == Finding(
        state="bad",
        says="May not clone an instance: lacks cloudsql.instances.clone (rollback pitr)",
        mend="gcloud projects add-iam-policy-binding nhia-hrms"
        " --member=user:oncall@nhia.example --role=roles/cloudsql.admin",
        is_unauthorised=True,
    )
    assert (rehearse.state, count.state, rest.state) == ("warning", "warning", "good")
    assert count.says.endswith("Without it: what served before is told by other evidence")


def test_an_api_that_is_off_is_named_with_the_command_that_enables_it(patient: Patient) -> None:
    patient.client.arm(kind="disable", api="cloudtasks.googleapis.com")
    mend = "gcloud services enable cloudtasks.googleapis.com --project nhia-hrms"

    apis, held = patient.finding("APIs"), patient.finding("what can be held")
    assert (apis.state, apis.says, apis.mend) == (
        "bad",
        "Not enabled: cloudtasks.googleapis.com",
        mend,
    )
    assert (held.state, held.mend, held.is_unauthorised) == ("bad", mend, False)


def test_a_service_that_is_not_there_is_told_once(patient: Patient) -> None:
    patient.configure(f'"{PRODUCTION.service}"', '"nhia-hrms-production-web"')

    found = patient.examined().examined
    told = [each.check for each in found if "no such thing" in each.finding.says]
    assert told == ["service"]
    after = {each.check: each.finding.says for each in found}
    assert after["binding"] == after["images"] == "Not looked at: see service."


def test_a_pin_is_a_warning(patient: Patient) -> None:
    shown = patient.client.service(STAGING.service)
    pinned = [{"type": 2, "percent": 100, "revision": shown["latestReadyRevision"].split("/")[-1]}]
    latest = [{"type": 1, "percent": 100}]
    patient.client.patch_service(STAGING.service, {"traffic": pinned}, mask="traffic")
    found = patient.finding("service", "staging")
    patient.client.patch_service(STAGING.service, {"traffic": latest}, mask="traffic")

    assert (found.state, found.mend) == ("warning", "hrmsops unpin -e staging")
    assert patient.state("service", "staging") == "good"


def test_another_instance_than_the_one_that_serves_is_told_with_the_line_to_change(
    patient: Patient,
) -> None:
    patient.configure(f'instance = "{PRODUCTION.instance}"', f'instance = "{STAGING.instance}"')

    found = patient.finding("binding")
    assert found.mend == f'Set instance = "{PRODUCTION.instance}" in hrmsops.toml.'
    assert patient.state("binding", "staging") == "good"


@pytest.mark.parametrize(("release", "state"), [("2024.1", "warning"), ("2024.2", "bad")])
def test_an_image_that_is_gone_is_worse_for_what_serves(
    patient: Patient, release: str, state: str
) -> None:
    images = patient.client.status()["images"]
    digest = next(each for name, each in images.items() if name.endswith(f":{release}"))
    patient.client.arm(kind="error", code=404, method="GET", path=f"{REGISTRY}.*{digest}")

    assert patient.finding("images").state == state


def test_what_is_to_be_held_must_be_there(patient: Patient) -> None:
    patient.configure(f'"{PRODUCTION.queue}"', '"payrol"')

    found = patient.finding("what can be held")
    assert (found.state, found.says) == ("bad", "Not there: queue payrol")


def test_an_instance_that_its_owner_stopped_is_red_and_nothing_of_it_is_guessed(
    patient: Patient,
) -> None:
    patient.client.stick(STAGING.instance, "SUSPENDED")
    suspended = patient.finding("instance", "staging")
    patient.client.stick(STAGING.instance)
    patched(patient.client, STAGING.instance, {"activationPolicy": "NEVER"})
    stopped = patient.examined("instance", "reached", "point in time", env="staging").examined
    patched(patient.client, STAGING.instance, {"activationPolicy": "ALWAYS"})

    assert (suspended.state, suspended.says) == ("bad", f"{STAGING.instance} is SUSPENDED")
    instance, reached, window = (each.finding for each in stopped)
    assert (instance.says, instance.mend) == (
        f"{STAGING.instance} is stopped by its owner",
        f"{PATCH} --activation-policy=ALWAYS --project=nhia-hrms",
    )
    assert (reached.state, window.state) == ("bad", "unknown")
    assert patient.state("instance", "staging") == patient.state("reached", "staging") == "good"


def test_a_login_that_is_refused_is_told_with_the_way_that_was_taken(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "by its address 127." in patient.finding("reached").says
    monkeypatch.setenv("HRMSOPS_PASSWORD", "stale")
    refused = patient.finding("reached")
    monkeypatch.delenv("HRMSOPS_PASSWORD")
    missing = patient.finding("reached")

    assert refused.state == "bad"
    assert "stale" not in str(refused)
    assert missing.mend == "read -rs HRMSOPS_PASSWORD && export HRMSOPS_PASSWORD"


def test_a_database_without_pitr_backup_or_protection_is_red_three_times(patient: Patient) -> None:
    client, name = patient.client, STAGING.instance
    off = {
        "deletionProtectionEnabled": False,
        "retainBackupsOnDelete": False,
        "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": False},
    }
    patched(client, name, off)
    for each in client.sql("GET", f"instances/{name}/backupRuns")["items"]:
        client.sql_finished(client.sql("DELETE", f"instances/{name}/backupRuns/{each['id']}"))
    window, backups, protection = (
        patient.finds(title, "staging") for title in ("point in time", "backups", "deletion")
    )
    on = {
        "deletionProtectionEnabled": True,
        "retainBackupsOnDelete": True,
        "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
    }
    patched(client, name, on)
    client.back_up(name)

    where = "--project=nhia-hrms"
    assert [each.mend for each in (*window, *backups, *protection)] == [
        f"{PATCH} --enable-point-in-time-recovery {where}",
        f"gcloud sql backups create --instance={name} {where}",
        f"{PATCH} --deletion-protection {where}",
        f"{PATCH} --retain-backups-on-delete {where}",
    ]
    for title in ("point in time", "backups", "deletion"):
        assert patient.state(title, "staging") == "good"


def session_of_staging(patient: Patient) -> psycopg.Connection[tuple[Any, ...]]:
    known = patient.client.instance(STAGING.instance)
    return psycopg.connect(
        host=known["host"],
        port=int(known["port"]),
        dbname="hrms",
        user="hrms_ops",
        password=patient.variables["STAGING_PASSWORD"],
        autocommit=True,
    )


def test_a_server_that_fills_up_is_a_warning_at_half_and_red_when_full(patient: Patient) -> None:
    with ExitStack() as sessions:
        for _ in range(55):
            sessions.enter_context(session_of_staging(patient))
        half = patient.finding("connections", "staging")
        for _ in range(36):
            sessions.enter_context(session_of_staging(patient))
        full = patient.finding("connections", "staging")

    assert (half.state, full.state) == ("warning", "bad")
    assert "of 100 connections are in use" in full.says
    assert "max_connections" in full.mend


def test_partitions_that_run_out_are_told_by_the_doctor_and_by_status(patient: Patient) -> None:
    with session_of_staging(patient) as session:
        session.execute("SET ROLE hrms_app")
        session.execute("DROP TABLE IF EXISTS shifts")
        session.execute("CREATE TABLE shifts (at timestamptz) PARTITION BY RANGE (at)")
        session.execute(
            "CREATE TABLE shifts_2026 PARTITION OF shifts"
            " FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
        )
        found = patient.finding("partitions", "staging")
        status = patient.hrmsops("status", "-e", "staging")
        session.execute("DROP TABLE shifts")

    command = "hrmsops table partition shifts --maintain -e staging"
    assert (found.state, found.mend) == ("warning", command)
    assert command in status.out + status.err
    assert patient.state("partitions", "staging") == "good"


def test_a_lease_that_somebody_holds_is_told_with_its_reason(patient: Patient) -> None:
    run = "261123-104512-7f3a"
    with patient.world().lease().acquire(run=run, why="payroll is wrong", take_over=False):
        found = patient.finding("lease")

    assert (found.state, found.mend) == ("warning", f"hrmsops runs show {run}")
    assert "payroll is wrong" in found.says
    assert patient.state("lease") == "good"


def test_a_run_that_was_left_unfinished_is_told(patient: Patient) -> None:
    patient.ran("261123-104512-7f3a", outcome=None)

    assert patient.finding("runs").mend == "hrmsops resume 261123-104512-7f3a"
    assert patient.finding("store").says == "local, 1 runs of this service"


def test_a_record_that_nobody_else_sees_is_red_where_changes_are_refused_for_it(
    patient: Patient,
) -> None:
    seen = store.look(patient.around())
    [here] = store.CHECK.findings(seen)
    [beyond] = store.CHECK.findings(msgspec.structs.replace(seen, is_sandbox=False))

    assert here.state == "good"
    assert (beyond.state, "(local-record)" in beyond.says) == ("bad", True)
    assert beyond.mend.startswith("gcloud storage buckets create gs://nhia-hrms-hrmsops --project")
    assert beyond.more[0].endswith(
        'in [environments.production]: store = "gs://nhia-hrms-hrmsops/records"'
    )


def test_files_that_name_an_instance_which_a_cutover_left_are_listed(patient: Patient) -> None:
    old = "nhia-hrms-production-pg-0000"
    (patient.folder / ".git").mkdir()
    workflows = patient.folder / ".github/workflows"
    workflows.mkdir(parents=True)
    (workflows / "deploy.yml").write_text(f"run:\n  --add-cloudsql-instances p:r:{old}\n")
    (patient.folder / "main.tf").write_text(f'name = "{old}-replica"\n')
    assert patient.state("old names") == "good"
    patient.ran("261123-104512-7f3a", leaves=old, clone=PRODUCTION.instance)

    found = patient.finding("old names")
    assert found.more == (f".github/workflows/deploy.yml:2 names {old}",)
    assert (found.state, found.mend) == ("bad", f"Name {PRODUCTION.instance} there.")


def test_the_django_project_comes_up_in_its_own_interpreter(patient: Patient) -> None:
    assert patient.finding("Django project").state == "warning"
    root = patient.folder / "project"
    root.mkdir()
    (root / "settings.py").write_text("INSTALLED_APPS = []\nDATABASES = {}\nSECRET_KEY = 'x'\n")
    django = f'[django]\nroot = "project"\nsettings = "settings"\npython = "{PYTHON}"\n'
    patient.file.write_text(django + patient.file.read_text())
    well = patient.finding("Django project")
    (root / "settings.py").write_text("import nowhere\n")
    broken = patient.finding("Django project")

    assert well.state == "good", well
    assert (broken.state, "nowhere" in broken.says) == ("bad", True)
