"""A record in a bucket: there, missing, forbidden, or with habits that no lease survives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hrmsops.doctor.check import Finding
from hrmsops.doctor.commands import meant
from tests.doctor.patient import Patient
from tests.engine.stores import make_bucket

pytestmark = pytest.mark.xdist_group("doctor")
BUCKET = "nhia-hrms-doctor"
UPDATE = f"gcloud storage buckets update gs://{BUCKET}"
GRANT = (
    f"gcloud storage buckets add-iam-policy-binding gs://{BUCKET} --member=user:oncall@nhia.example"
)
AS_MADE = {
    "retentionPolicy": None,
    "defaultEventBasedHold": None,
    "lifecycle": None,
    "versioning": None,
    "softDeletePolicy": {"retentionDurationSeconds": "604800"},
}
CREATE, DELETE = "storage.objects.create", "storage.objects.delete"


@pytest.fixture
def sharing(patient: Patient) -> Iterator[Patient]:
    """An engineer whose record is in a bucket."""
    make_bucket(patient.client, BUCKET)
    endpoint = f'endpoint = "{patient.client.endpoint}"\n'
    patient.configure(endpoint, f'{endpoint}store = "gs://{BUCKET}/{patient.folder.name}"\n')
    patch(patient, **AS_MADE)
    yield patient
    patch(patient, **AS_MADE)


def patch(patient: Patient, **settings: Any) -> None:
    patient.client.call("PATCH", f"/storage/v1/b/{BUCKET}", settings)


def of_store(patient: Patient) -> tuple[Finding, ...]:
    """What the check of the store finds beside the record itself."""
    record, *more = patient.finds("store")
    assert record.state == "good", record
    return tuple(more)


def test_a_bucket_that_is_there_and_writable_is_well_and_nothing_is_written_to_it(
    sharing: Patient,
) -> None:
    before = sharing.client.call("GET", f"/storage/v1/b/{BUCKET}/o")
    found = sharing.examined("store", "permissions", commands=meant("rollback app")).examined

    assert [each.finding.state for each in found] == ["good", "good"]
    assert found[1].finding.says.startswith(f"gs://{BUCKET}/{sharing.folder.name}, 0 runs")
    assert sharing.client.call("GET", f"/storage/v1/b/{BUCKET}/o") == before


def test_a_bucket_that_is_missing_is_told_with_the_command_that_makes_it(
    sharing: Patient,
) -> None:
    sharing.configure(f"gs://{BUCKET}/", "gs://nhia-hrms-nowhere/")
    ended = sharing.hrmsops("doctor", "-e", "production", "--for", "runs", "--json")

    found = {each["check"]: each for each in ended.document["findings"]}
    assert ended.code == 2
    assert (found["store"]["state"], found["store"]["mend"]) == (
        "bad",
        "gcloud storage buckets create gs://nhia-hrms-nowhere --project=nhia-hrms"
        " --uniform-bucket-level-access --public-access-prevention",
    )


@pytest.mark.parametrize(
    ("denied", "command", "role"),
    [
        (DELETE, "rollback app", "roles/storage.objectUser"),
        ("storage.objects.get", "rollback app", "roles/storage.objectUser"),
        ("storage.objects.list", "status", "roles/storage.objectViewer"),
    ],
)
def test_whoever_may_not_use_the_bucket_is_told_who_grants_it(
    sharing: Patient, denied: str, command: str, role: str
) -> None:
    sharing.client.arm(kind="deny", permission=denied)

    found = sharing.examined("permissions", "store", commands=meant(command))
    red = [each.finding for each in found.examined if each.finding.state == "bad"]
    assert red[0].mend == f"{GRANT} --role={role}"
    assert f"lacks {denied}" in red[0].says
    assert {each.is_unauthorised for each in red} == {True}
    assert found.exit_code == 9


def test_a_right_to_read_is_enough_for_who_only_reads(sharing: Patient) -> None:
    sharing.client.arm(kind="deny", permission=f"{CREATE}|{DELETE}|storage.buckets.get")
    looks = sharing.examined("permissions", commands=meant("status")).examined
    changes = sharing.examined("permissions", commands=meant("migrate")).examined

    assert {each.finding.state for each in looks} == {"good"}
    assert "bad" in {each.finding.state for each in changes}


def test_what_a_bucket_does_to_records_by_itself_is_told_with_what_stops_it(
    sharing: Patient,
) -> None:
    patch(
        sharing,
        retentionPolicy={"retentionPeriod": "86400"},
        defaultEventBasedHold=True,
        lifecycle={"rule": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]},
        versioning={"enabled": True},
        softDeletePolicy={"retentionDurationSeconds": "0"},
    )

    found = of_store(sharing)
    assert [(each.state, each.mend) for each in found] == [
        ("bad", f"{UPDATE} --clear-retention-period"),
        ("bad", f"{UPDATE} --no-default-event-based-hold"),
        ("warning", f"{UPDATE} --clear-lifecycle"),
        ("warning", f"{UPDATE} --no-versioning"),
        ("warning", f"{UPDATE} --soft-delete-duration=7d"),
    ]


def test_a_locked_policy_is_for_good_and_rules_for_what_is_no_record_are_no_matter(
    sharing: Patient,
) -> None:
    delete = {"type": "Delete"}
    rules = [
        {"action": delete, "condition": {"isLive": False, "age": 1}},
        {"action": delete, "condition": {"numNewerVersions": 3}},
        {"action": delete, "condition": {"age": 1, "matchesPrefix": ["photographs/"]}},
        {
            "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
            "condition": {"age": 1},
        },
    ]
    locked = {"retentionPeriod": "86400", "isLocked": True}
    patch(sharing, lifecycle={"rule": rules}, retentionPolicy=locked)

    [found] = of_store(sharing)
    assert (found.state, "for 24 h, and is locked for good" in found.says) == ("bad", True)
    assert found.mend == "Name another bucket in store, in [environments.production]."


def test_habits_that_may_not_be_seen_are_unknown_and_stop_nobody(sharing: Patient) -> None:
    sharing.client.arm(kind="deny", permission="storage.buckets.get")

    found = sharing.examined("permissions", "store", commands=meant("hold on"))
    assert found.exit_code == 0
    assert [each.finding.state for each in found.examined] == ["warning", "good", "good", "unknown"]


def test_who_only_reads_hears_nothing_of_leases_and_who_may_resume_anything_needs_no_project(
    sharing: Patient,
) -> None:
    patch(sharing, retentionPolicy={"retentionPeriod": "86400"})

    [runs] = sharing.examined("store", commands=meant("runs show")).examined
    assert runs.finding.state == "good"
    resumed = sharing.examined("store", "Django project", commands=meant("resume")).examined
    assert [each.finding.state for each in resumed] == ["good", "bad", "warning"]
    [migrated] = sharing.examined("Django project", commands=meant("migrate")).examined
    assert migrated.finding.state == "bad"
