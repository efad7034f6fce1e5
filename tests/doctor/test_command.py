"""The command: what it exits with, what it prints, and how its own advice leads on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrmsops.doctor.around import Around
from hrmsops.doctor.examining import checks, examine
from hrmsops.errors.base import ExitCode
from hrmsops.sandbox.blueprint import PRODUCTION
from tests.doctor.patient import Patient

pytestmark = pytest.mark.xdist_group("doctor")
DOCTOR = ("doctor", "-e", "production")


def test_the_exit_code_tells_what_may_not_be_from_what_is_not_well(patient: Patient) -> None:
    well = patient.hrmsops(*DOCTOR, "--for", "rollback app", "--json")
    unwell = patient.hrmsops(*DOCTOR, "--json")
    patient.client.arm(kind="deny", permission="cloudsql.instances.restoreBackup")
    denied = patient.hrmsops(*DOCTOR, "--json")
    elsewhere = patient.hrmsops(*DOCTOR, "--for", "rollback pitr", "--json").document

    assert [each.code for each in (well, unwell, denied)] == [0, 2, 9]
    for each in (well, unwell, denied):
        assert each.document["exit_code"] == each.code
    assert not [each for each in elsewhere["findings"] if each["is_unauthorised"]]


def test_the_document_has_every_finding_with_its_mend(patient: Patient) -> None:
    told = patient.hrmsops(*DOCTOR, "--for", "rollback", "--json").document

    assert {key: told[key] for key in ("schema", "kind", "environment", "for")} == {
        "schema": 1,
        "kind": "doctor",
        "environment": "production",
        "for": "rollback",
    }
    assert sum(told["counts"].values()) == len(told["findings"])
    assert set(told["counts"]) == {"good", "warning", "bad", "unknown"}
    for each in told["findings"]:
        fields = {"topic", "check", "state", "says", "mend", "more"}
        assert set(each) == {*fields, "is_unauthorised", "is_defect"}
        assert each["mend"] or each["state"] in ("good", "unknown"), each


def test_the_screen_says_below_each_red_line_what_mends_it(patient: Patient) -> None:
    ended = patient.hrmsops(*DOCTOR, "--for", "rollback pitr", "--config", "hrmsops.toml")
    lines = ended.out.splitlines()

    red = next(n for n, line in enumerate(lines) if line.startswith("  ✗"))
    assert lines[red + 1] == (
        f"    Mend: gcloud sql instances patch {PRODUCTION.instance}"
        " --retain-backups-on-delete --project=nhia-hrms"
    )
    mends = [line for line in lines if line.startswith("    Mend: hrmsops rollback pitr")]
    assert mends[0].endswith("--reason rehearsal --config hrmsops.toml")
    assert ended.out.splitlines()[-1].startswith("Looked for rollback pitr in ")


def test_a_command_that_needs_nothing_is_answered_with_those_that_do(patient: Patient) -> None:
    ended = patient.hrmsops(*DOCTOR, "--for", "rolback pitr", "--json")

    assert (ended.code, ended.document["error"]["code"]) == (2, "command-unknown")
    assert ended.document["error"]["fix"] == "hrmsops doctor --for 'rollback pitr' -e production"


def test_where_nobody_is_logged_in_that_is_told_once(patient: Patient) -> None:
    patient.configure(f'endpoint = "{patient.client.endpoint}"', 'endpoint = ""')
    ended = patient.hrmsops(*DOCTOR, "--json", GOOGLE_APPLICATION_CREDENTIALS="/nowhere.json")

    red = [each for each in ended.document["findings"] if each["state"] == "bad"]
    assert (ended.code, [each["check"] for each in red]) == (9, ["credentials"])
    assert red[0]["mend"] == "gcloud auth application-default login"


def test_what_does_not_answer_in_time_is_red(patient: Patient) -> None:
    patient.client.arm(kind="hang", method="GET", path=f"/services/{PRODUCTION.service}$")
    [service] = [each for each in checks() if each.title == "service"]
    world = patient.world()
    around = Around(world, patient.journal, frozenset({"rollback app"}))

    found = examine(around, [replace(service, seconds_max=0.5)])
    assert [each.finding.says for each in found.examined] == ["No answer within 0.5 s"]
    assert found.exit_code == ExitCode.USAGE


def test_what_is_held_half_way_is_told_with_the_way_on(patient: Patient) -> None:
    denied = patient.client.arm(kind="deny", permission="cloudtasks.queues.pause")
    stopped = patient.hrmsops(
        "hold", "on", "-e", "production", "--reason", "wrong pay", "--yes", "--json"
    )
    found = {each.check: each.finding for each in patient.examined("permissions", "runs").examined}
    patient.client.clear_faults(denied["id"])
    resume = found["runs"].mend.split()
    resumed = patient.hrmsops(*resume[1:], "--json")
    held = patient.finding("what can be held")
    off = patient.hrmsops(*held.mend.split()[1:], "--reason", "over", "--yes", "--json")

    assert (stopped.code, found["runs"].state) == (9, "warning"), stopped
    assert resume == ["hrmsops", "resume", stopped.document["run"]]
    assert (resumed.code, held.state, off.code) == (0, "warning", 0), off
    assert patient.state("what can be held") == patient.state("runs") == "good"


def test_the_rehearsal_that_is_advised_is_then_on_record(patient: Patient) -> None:
    advised = patient.finding("last restored")
    assert (advised.state, advised.says.partition(",")[0]) == ("warning", "Never")

    ended = patient.hrmsops(*advised.mend.split()[1:], "--yes", "--json")

    assert (ended.code, ended.document["outcome"]) == (0, "done"), ended
    found = patient.finding("last restored")
    assert (found.state, ended.document["run"] in found.says) == ("good", True)
