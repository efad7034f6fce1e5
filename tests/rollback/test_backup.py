"""`rollback backup`: restored once, verified, and what serves is touched by its name alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.blueprint import PRODUCTION, STAGING
from hrmsops.sandbox.client import Client
from tests.command_line import Ended
from tests.doctor.witness import HELD, only_what_is_listed
from tests.github.rolling_back import RollbackWorkflow
from tests.rollback.estate import NOT_HELD, Recovery

pytestmark = pytest.mark.slow

CALL = "/restoreBackup$"


@pytest.fixture(scope="module")
def number(estate: Client) -> str:
    """A backup with the application in it: those of an instance's birth have none."""
    return back_up(estate, PRODUCTION.instance)


@pytest.fixture
def recovery(estate: Client, tmp_path: Path) -> Iterator[Recovery]:
    yield Recovery(client=estate, folder=tmp_path)
    estate.clear_faults()


def words(backup: str, *more: str, env: str = "production") -> tuple[str, ...]:
    """`rollback backup` as CI types it."""
    ask = ("rollback", "backup", "-e", env, "--backup", backup, "--reason", "all is lost")
    return (*ask, *NOT_HELD, "--json", *more)


def back_up(client: Client, instance: str) -> str:
    """Take one that is kept however many come after it; its number."""
    operation = client.sql_finished(client.sql("POST", f"instances/{instance}/backupRuns", {}))
    assert "error" not in operation, operation["error"]
    return str(operation["backupContext"]["backupId"])


def restores_of(recovery: Recovery, instance: str) -> int:
    """How many RESTORE operations ever had that target."""
    found = recovery.client.sql("GET", f"operations?instance={instance}").get("items", ())
    return [each["operationType"] for each in found].count("RESTORE_VOLUME")


def serving(recovery: Recovery, service: str = PRODUCTION.service) -> str:
    """The instance that the revision with all the requests is bound to."""
    document = recovery.client.service(service)
    [status] = [each for each in document["trafficStatuses"] if each.get("percent") == 100]
    name = status.get("revision") or document["latestReadyRevision"].rpartition("/")[2]
    made = recovery.client.revisions(service)
    [revision] = [each for each in made if each["name"].endswith(f"/{name}")]
    [volume] = revision["volumes"]
    return str(volume["cloudSqlInstance"]["instances"][0]).rpartition(":")[2]


def result(document: Any, step: str) -> Any:
    """What the step of that name left in a run's document."""
    [found] = [each["result"] for each in document["steps"] if each["step"] == step]
    return found


def test_a_workflow_restores_a_backup_into_a_new_instance_and_counts_the_loss(
    recovery: Recovery, tmp_path: Path
) -> None:
    workflow = RollbackWorkflow(recovery, tmp_path / "repository")
    recovery.query("CREATE TABLE kept_a (id int PRIMARY KEY, created_at timestamptz DEFAULT now())")
    recovery.query("INSERT INTO kept_a SELECT n FROM generate_series(1, 100) n")
    backup = back_up(recovery.client, recovery.source)
    recovery.query("DELETE FROM kept_a WHERE id <= 10")
    recovery.query("INSERT INTO kept_a SELECT n FROM generate_series(101, 107) n")
    service = recovery.client.service(PRODUCTION.service)

    done = workflow.done(kind="backup", target="latest", accept="hold-skipped")

    clone = done["clone"]
    assert clone.endswith(done["run"])
    assert done["backup"] == backup
    assert recovery.query("SELECT count(*) FROM kept_a", instance=clone) == [(100,)]
    assert result(done, "note-loss")["rows"] == {"kept_a": 7}
    [differs] = result(done, "verify-clone")["tables"]
    assert (differs["table"], differs["only_clone"], differs["only_damaged"]) == ("kept_a", 10, 7)
    assert restores_of(recovery, clone) == 1
    assert recovery.client.service(PRODUCTION.service) == service
    assert recovery.query("SELECT count(*) FROM kept_a") == [(97,)]


def test_a_restore_is_never_asked_for_twice(recovery: Recovery, number: str) -> None:
    recovery.client.arm(kind="drop-after", method="POST", path=CALL)
    ended = recovery.hrmsops(*words(number, "--yes"))
    assert ended.code == 0, ended.out + ended.err
    assert restores_of(recovery, ended.document["clone"]) == 1


def test_a_kill_while_it_is_asked_for_ends_with_one_restore(
    recovery: Recovery, number: str
) -> None:
    fault = recovery.client.arm(kind="hang-after", method="POST", path=CALL)
    process = recovery.start(*words(number, "--yes"))
    recovery.kill_when_met(fault, process)
    recovery.client.clear_faults()

    ended = recovery.hrmsops("resume", "--json")

    assert ended.code == 0, ended.out + ended.err
    assert restores_of(recovery, ended.document["clone"]) == 1


@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        (
            {"kind": "operation", "operation": "sql.restore", "message": "No room."},
            6,
            "restore-failed",
        ),
        (
            {"code": 403, "status": "quotaExceeded", "message": "Too many instances."},
            10,
            "quota-used-up",
        ),
        ({"code": 403}, 9, "not-authorised"),
        ({"code": 404, "status": "backupDoesNotExist"}, 3, "backup-missing"),
    ],
    ids=["operation", "quota", "permission", "gone"],
)
def test_a_restore_that_cannot_be_made_has_a_clear_end(
    recovery: Recovery, number: str, fault: dict[str, Any], code: int, error: str
) -> None:
    recovery.client.arm(**{"kind": "error", "method": "POST", "path": CALL, **fault})
    ended = recovery.hrmsops(*words(number, "--yes"))
    assert ended.code == code, ended.out
    assert ended.document["failure"]["code"] == error
    assert recovery.query("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("asked", "code", "error"),
    [("17", 2, "backup-unknown"), ("", 2, "backup-unknown")],
)
def test_a_backup_that_is_not_there_changes_nothing(
    recovery: Recovery, asked: str, code: int, error: str
) -> None:
    before = recovery.instances()
    ended = recovery.hrmsops(*words(asked, "--yes"))
    assert (ended.code, ended.document["error"]["code"]) == (code, error)
    assert recovery.instances() == before


def test_a_backup_from_before_the_application_is_not_trusted(recovery: Recovery) -> None:
    kept = recovery.client.sql("GET", f"instances/{recovery.source}/backupRuns")["items"]
    ended = recovery.hrmsops(*words(kept[-1]["id"], "--yes"))
    assert ended.code == 7, ended.out
    assert ended.document["failure"]["code"] == "recovered-empty"


def test_a_fresh_sandbox_has_a_backup_of_its_sample_data(recovery: Recovery) -> None:
    kept = recovery.client.sql("GET", f"instances/{recovery.source}/backupRuns")["items"]
    automated = [each["id"] for each in kept if each["type"] == "AUTOMATED"]
    ended = recovery.hrmsops(*words(automated[-2], "--yes"))
    assert ended.code == 0, ended.out + ended.err


def test_without_a_backup_named_the_good_ones_are_listed(recovery: Recovery, number: str) -> None:
    ended = recovery.hrmsops("rollback", "backup", "-e", "production", "--reason", "x", "--yes")
    assert ended.code == 2
    [line] = [each for each in ended.err.splitlines() if each.startswith(number)]
    assert line.split("  ")[2] == "ON_DEMAND"
    assert line.endswith(recovery.source)
    assert "Add --backup ID" in ended.err


def test_in_place_takes_the_instances_name_and_no_yes(recovery: Recovery, number: str) -> None:
    before = restores_of(recovery, recovery.source)
    refused = recovery.hrmsops(*words(number, "--in-place", "--yes"))
    assert (refused.code, refused.document["error"]["code"]) == (2, "answer-needed")
    assert f"--confirm {recovery.source}" in refused.document["error"]["fix"]
    other = recovery.hrmsops(*words(number, "--in-place", "--confirm", "production"))
    assert (other.code, other.document["error"]["code"]) == (2, "confirmation-differs")
    assert restores_of(recovery, recovery.source) == before


@pytest.mark.parametrize("kind", ["drop-after", "hang-after"])
def test_in_place_is_restored_once_with_a_backup_before_and_after(
    recovery: Recovery, kind: str
) -> None:
    table = f"kept_{kind.replace('-', '_')}"
    recovery.query(f"CREATE TABLE {table} (id int PRIMARY KEY)")
    recovery.query(f"INSERT INTO {table} VALUES (1)")
    backup = back_up(recovery.client, recovery.source)
    recovery.query(f"INSERT INTO {table} VALUES (2)")
    before = restores_of(recovery, recovery.source)
    fault = recovery.client.arm(kind=kind, method="POST", path=CALL)
    asked = words(backup, "--in-place", "--confirm", recovery.source)

    process = recovery.start(*asked)
    if kind == "hang-after":
        recovery.kill_when_met(fault, process)
        recovery.client.clear_faults()
        process = recovery.start("resume", "--json")
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, out + err
    assert restores_of(recovery, recovery.source) == before + 1
    assert recovery.query(f"SELECT id FROM {table}") == [(1,)]
    runs = recovery.client.sql("GET", f"instances/{recovery.source}/backupRuns")["items"]
    taken = [each["description"].partition(": ")[2] for each in runs if "description" in each]
    assert taken[:2] == ["after it was restored in place", "before it is restored in place"]
    log = recovery.folder / "committed.jsonl"
    log.write_text(json.dumps(committed(table, 2)))
    lost = ("replay", json.loads(out)["run"], "--from", str(log), "--apply", "--yes", "--json")
    replayed = recovery.hrmsops(*lost, "--reason", "written since")
    assert replayed.code == 0, replayed.out + replayed.err
    assert recovery.query(f"SELECT id FROM {table} ORDER BY id") == [(1,), (2,)]


def committed(table: str, key: int) -> dict[str, Any]:
    """An insert as the application logs it after its commit."""
    return {
        "message": "committed",
        "table": table,
        "key": {"id": key},
        "op": "insert",
        "columns": {},
        "transaction": 10**9,
        "committed_at": "2026-11-23T10:45:12Z",
    }


def test_with_promote_the_service_goes_to_what_the_backup_holds_and_back_again(
    recovery: Recovery,
) -> None:
    recovery.query("CREATE TABLE kept_b (id int PRIMARY KEY)")
    recovery.query("INSERT INTO kept_b VALUES (1)")
    back_up(recovery.client, recovery.source)
    recovery.query("INSERT INTO kept_b VALUES (2)")

    own = recovery.client.home.root / "hrmsops.toml"
    with only_what_is_listed(recovery.client, own, "rollback backup", unused=HELD):
        ended = recovery.hrmsops(*words("latest", "--promote", "--confirm", recovery.source))

    assert ended.code == 0, ended.out + ended.err
    clone = ended.document["clone"]
    assert recovery.query("SELECT id FROM kept_b", instance=clone) == [(1,)]
    assert serving(recovery) == clone
    with only_what_is_listed(
        *(recovery.client, own, "status"),
        also=("look at the database", "count the requests", "list relays"),
    ):
        told = recovery.hrmsops("status", "-e", "production", "--json").document["database"]
    with only_what_is_listed(recovery.client, own, "checklist", also=("look how things are",)):
        listed = recovery.hrmsops("checklist", ended.document["run"], "--json")
    assert listed.code == 0, listed.err
    assert told["instance"] == clone
    assert recovery.source in told["superseded"]
    line = ("rollback", "cutback", ended.document["run"], "-e", "production", "--reason", "undo")
    with only_what_is_listed(recovery.client, own, "rollback cutback", unused=HELD):
        back = recovery.hrmsops(*line, "--confirm", clone, "--json")
    assert back.code == 0, back.out + back.err
    assert serving(recovery) == recovery.source


def test_a_verified_instance_is_promoted_later_and_from_another_shell(
    recovery: Recovery, number: str
) -> None:
    made = recovery.hrmsops(*words(number, "--yes"))
    go_on = ("rollback", "backup", "-e", "production", "--continue", made.document["run"])

    ended = recovery.hrmsops(
        *go_on, "--promote", "--confirm", recovery.source, "--reason", "it is well", "--json"
    )

    assert ended.code == 0, ended.out + ended.err
    assert serving(recovery) == made.document["clone"]
    assert restores_of(recovery, made.document["clone"]) == 1
    recovery.hrmsops(
        "rollback",
        "cutback",
        ended.document["run"],
        "-e",
        "production",
        "--reason",
        "undo",
        "--confirm",
        made.document["clone"],
        "--json",
    )
    assert serving(recovery) == recovery.source


def test_an_instance_that_is_lost_comes_back_from_a_retained_backup(recovery: Recovery) -> None:
    """Staging's: first its data, then the instance itself. Cloud Run still says what was bound."""
    client, name = recovery.client, STAGING.instance
    wish = {"retainBackupsOnDelete": True, "deletionProtectionEnabled": False}
    client.sql_finished(client.sql("PATCH", f"instances/{name}", {"settings": wish}))
    number = back_up(client, name)
    passwords = {
        "HRMSOPS_PASSWORD": recovery.password("hrms_ops", instance=name),
        "HRMSOPS_ADMIN_PASSWORD": recovery.password("postgres", instance=name),
    }

    def lost(*more: str) -> Ended:
        return recovery.hrmsops(*words(number, *more, env="staging"), **passwords)

    client.destroy_instance(name)
    in_place = lost("--in-place", "--confirm", name)
    failed = lost("--promote", "--confirm", name, "--acknowledge", "bank_files")
    moved = serving(recovery, STAGING.service)
    client.sql_finished(client.sql("DELETE", f"instances/{name}"))
    gone = lost("--instance", name, "--yes")

    assert (in_place.code, in_place.document["error"]["code"]) == (3, "no-fresh-backup")
    assert failed.document["undo"] is None
    for ended in (failed, gone):
        assert ended.code == 0, ended.out + ended.err
        assert ended.document["backup"] == number
        assert result(ended.document, "note-loss")["rows"] is None
        left_out = result(ended.document, "verify-clone")["findings"][-1]
        assert left_out.startswith(f"Not compared with {name}: ")
    assert moved == failed.document["clone"]
