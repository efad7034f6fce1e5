"""Each way in which a cutover does not come through has its clear end, and a way on or back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hrmsops.sandbox.client import Client
from tests.rollback.cutting import SERVICE, Cutting
from tests.rollback.production import LATEST

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cutover-ends")]

AS_BEFORE = ("the old one", False, 200)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of all tests here: they go on from one verified clone."""
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def run(estate: Client, records: Path) -> str:
    """The run that made the clone which is promoted, and left again, by each test."""
    found = Cutting(client=estate, folder=records).clone_of_now().document["run"]
    return str(found)


@pytest.fixture
def cutting(estate: Client, records: Path, run: str) -> Iterator[Cutting]:
    made = Cutting(client=estate, folder=records)
    yield made
    estate.clear_faults()


@pytest.fixture
def clone(cutting: Cutting, run: str) -> str:
    return f"{cutting.source}-{run}"


def code_of(ended: Any) -> str:
    document = ended.document
    return str((document.get("error") or document.get("failure"))["code"])


def administer(cutting: Cutting, instance: str, statement: str) -> None:
    """As somebody with the administrator's password would."""
    with psycopg.connect(
        host="127.0.0.1",
        port=cutting.client.instance(instance)["port"],
        dbname="hrms",
        user="postgres",
        password=cutting.password("postgres"),
        autocommit=True,
    ) as session:
        session.execute(statement.encode())


@contextmanager
def another_password(cutting: Cutting, instance: str) -> Iterator[None]:
    """The application's password was changed on one of the two instances."""
    administer(cutting, instance, "ALTER ROLE hrms_app PASSWORD 'rotated-since'")
    try:
        yield
    finally:
        right = cutting.password("hrms_app")
        administer(cutting, instance, f"ALTER ROLE hrms_app PASSWORD '{right}'")


def patched(cutting: Cutting, instance: str, **settings: Any) -> None:
    body = {"settings": settings}
    ended = cutting.client.sql_finished(cutting.client.sql("PATCH", f"instances/{instance}", body))
    assert "error" not in ended, ended


def until(what: str, true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def stands(cutting: Cutting) -> tuple[str, bool, int]:
    """What users are served by, whether the old database is closed to it, and how it answers."""
    by = "the old one" if cutting.active == cutting.source else cutting.active
    return by, cutting.is_closed(cutting.source), cutting.ask("GET", "/readyz")


def test_a_clone_that_the_application_cannot_log_in_at_is_not_promoted(
    cutting: Cutting, run: str, clone: str
) -> None:
    with another_password(cutting, clone):
        ended = cutting.go_on(run)
    assert ended.code == 3, ended.out + ended.err
    assert code_of(ended) == "clone-users-differ"
    assert ended.document["outcome"] == "failed"
    assert stands(cutting) == AS_BEFORE


def test_a_clone_that_is_stopped_or_stuck_is_not_promoted(
    cutting: Cutting, run: str, clone: str
) -> None:
    patched(cutting, clone, activationPolicy="NEVER")
    try:
        stopped = cutting.go_on(run)
    finally:
        patched(cutting, clone, activationPolicy="ALWAYS")
    cutting.client.stick(clone, "MAINTENANCE")
    try:
        stuck = cutting.go_on(run)
    finally:
        cutting.client.stick(clone)

    assert (stopped.code, code_of(stopped)) == (3, "instance-stopped")
    assert "activation policy NEVER" in stopped.document["error"]["why"]
    assert (stuck.code, code_of(stuck)) == (3, "instance-stopped")
    assert "MAINTENANCE" in stuck.document["error"]["why"]
    assert stands(cutting) == AS_BEFORE


def test_a_clone_with_less_room_is_refused_before_anything_is_fenced(
    cutting: Cutting, clone: str
) -> None:
    step = ("compare-servers", f"instance={clone}", f"source={cutting.source}")
    patched(cutting, clone, databaseFlags=[{"name": "max_connections", "value": "20"}])

    ended = cutting.one_step(*step, "accept_too_small=false")

    assert ended["failure"]["code"] == "clone-too-small"
    assert "room for 17 connections; 97 are needed" in ended["failure"]["what"]
    accepted = cutting.one_step(*step, "accept_too_small=true")
    assert accepted["result"]["room"] == 17
    # The cutover itself gives the clone the old one's flags, and so its room.
    prepared = cutting.one_step("prepare-instance", f"instance={clone}", f"source={cutting.source}")
    assert "databaseFlags" in prepared["result"]["changed"]


def test_failed_settings_are_asked_for_again_and_a_revision_that_does_not_start_leads_back(
    cutting: Cutting, run: str, clone: str
) -> None:
    patched(
        cutting, clone, backupConfiguration={"enabled": False, "pointInTimeRecoveryEnabled": False}
    )
    cutting.client.arm(kind="operation", operation="sql.update", code=500, message="No capacity.")
    cutting.client.arm(kind="operation", operation="services.update", code=500, message="No image.")

    halfway = cutting.go_on(run)

    assert halfway.code == 6, halfway.out + halfway.err
    assert code_of(halfway) == "instance-not-changed"
    assert "No capacity." in halfway.document["failure"]["why"]
    assert stands(cutting) == AS_BEFORE

    ended = cutting.hrmsops("resume", halfway.document["run"], "--json")

    assert ended.code == 6, ended.out + ended.err
    assert code_of(ended) == "revision-not-started"
    made = halfway.document["run"]
    assert ended.document["failure"]["fix"] == f"hrmsops rollback cutback {made}"
    assert cutting.is_closed(cutting.source)

    back = cutting.cut_back(made, "--yes")

    assert back.code == 0, back.out + back.err
    assert stands(cutting) == AS_BEFORE
    assert cutting.is_closed(clone)
    over = cutting.hrmsops("resume", made, "--json")
    assert (over.code, code_of(over)) == (2, "run-is-over")


def test_lost_answers_lead_to_one_revision(cutting: Cutting, run: str, clone: str) -> None:
    before = len(cutting.client.revisions(SERVICE))
    path = f"/services/{SERVICE}$"
    for fault in ({"kind": "error", "code": 503}, {"kind": "drop-before"}, {"kind": "drop-after"}):
        cutting.client.arm(method="PATCH", path=path, **fault)

    ended = cutting.go_on(run)

    assert ended.code == 0, ended.out + ended.err
    assert len(cutting.client.revisions(SERVICE)) == before + 1
    assert cutting.active == clone
    back = cutting.cut_back(ended.document["run"], "--confirm", clone)
    assert back.code == 0, back.out + back.err
    assert stands(cutting) == AS_BEFORE


def test_a_service_that_is_not_well_after_the_shift_is_led_back(
    cutting: Cutting, run: str, clone: str
) -> None:
    config = cutting.folder / "many-paths.toml"
    # Enough to look at that the database can be taken away while it is looked at.
    paths = ", ".join(['"/readyz"'] * 40)
    text = cutting.client.home.config.read_text()
    config.write_text(text.replace('paths = ["/healthz", "/readyz"]', f"paths = [{paths}]"))

    def take_away() -> None:
        until("the shift", lambda: cutting.active == clone)
        administer(cutting, clone, "ALTER ROLE hrms_app NOLOGIN")
        administer(
            cutting,
            clone,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hrms_app'",
        )

    thread = threading.Thread(target=take_away)
    thread.start()
    ended = cutting.go_on(run, "--config", str(config))
    thread.join()

    assert ended.code == 7, ended.out + ended.err
    assert code_of(ended) == "health-check-failed"
    made = ended.document["run"]
    assert f"rollback cutback {made}" in ended.document["failure"]["fix"]
    refused = cutting.cut_back(made, "--yes")
    assert refused.code == 2, "What was written to the new one is left: its name has to be said."
    back = cutting.cut_back(made, "--confirm", clone)
    assert back.code == 0, back.out + back.err
    assert stands(cutting) == AS_BEFORE
    administer(cutting, clone, "COMMENT ON ROLE hrms_app IS NULL; ALTER ROLE hrms_app LOGIN")


def test_a_change_of_traffic_meanwhile_stops_the_run_before_the_fence(
    cutting: Cutting, run: str, clone: str
) -> None:
    cutting.client.arm(kind="stall", operation="sql.backup", seconds=4)
    asked: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: asked.update(ended=cutting.go_on(run)))
    # To say nothing is to say the latest: so it stands where no run has pinned it yet.
    before = cutting.client.service(SERVICE)["traffic"] or [LATEST]
    thread.start()
    until("the backup", lambda: is_backing_up(cutting, clone))
    theirs = [*before, tag_of(cutting.serving)]
    cutting.client.patch_service(SERVICE, {"traffic": theirs}, mask="traffic")
    thread.join()

    ended = asked["ended"]
    assert ended.code == 5, ended.out + ended.err
    assert code_of(ended) == "traffic-changed"
    assert stands(cutting) == AS_BEFORE
    told = cutting.cut_back(ended.document["run"], "--yes")
    assert (told.code, code_of(told)) == (3, "run-not-cut-over")
    abandoned = cutting.hrmsops(
        "runs", "abandon", ended.document["run"], "--reason", "theirs", "--yes"
    )
    assert abandoned.code == 0, abandoned.err
    cutting.client.patch_service(SERVICE, {"traffic": before}, mask="traffic")


def test_a_fence_that_cannot_be_proven_is_taken_down_again(
    cutting: Cutting, run: str, clone: str
) -> None:
    with another_password(cutting, cutting.source):
        halfway = cutting.go_on(run)
        assert halfway.code == 6, halfway.out + halfway.err
        assert code_of(halfway) == "fence-not-proven"
        assert cutting.active == cutting.source
    assert stands(cutting) == AS_BEFORE

    ended = cutting.hrmsops("resume", halfway.document["run"], "--json")

    assert ended.code == 0, ended.out + ended.err
    assert cutting.is_closed(cutting.source)
    assert cutting.active == clone
    back = cutting.cut_back(ended.document["run"], "--confirm", clone)
    assert back.code == 0, back.out + back.err
    assert stands(cutting) == AS_BEFORE


def test_a_database_out_of_reach_is_left_unfenced_by_consent_alone(
    cutting: Cutting, run: str, clone: str
) -> None:
    patched(cutting, cutting.source, activationPolicy="NEVER")
    try:
        refused = cutting.go_on(run)
        assert (refused.code, code_of(refused)) == (3, "fence-impossible")

        consent = ("--accept", "fence-impossible", "--acknowledge", "bank_files")
        ended = cutting.go_on(run, *consent)

        assert ended.code == 0, ended.out + ended.err
        assert cutting.active == clone
        assert cutting.ask("GET", "/readyz") == 200
        assert "NOT fenced" in "\n".join(ended.document["warnings"])
        steps = [each["step"] for each in ended.document["steps"]]
        assert "fence-database" not in steps
        assert ended.document["undo"] is None, "it led to a database that is not there"
        nowhere = cutting.cut_back(ended.document["run"], "--confirm", clone)
        assert (nowhere.code, code_of(nowhere)) == (3, "nothing-to-return-to")
    finally:
        patched(cutting, cutting.source, activationPolicy="ALWAYS")
    back = cutting.cut_back(ended.document["run"], "--confirm", clone)
    assert back.code == 0, back.out + back.err
    assert stands(cutting) == AS_BEFORE


def test_what_nothing_can_go_on_from_is_said(cutting: Cutting, run: str) -> None:
    unknown = cutting.hrmsops(*_continue("261123-104512-7f3a"), "--promote", "--json")
    assert (unknown.code, code_of(unknown)) == (2, "run-not-found")
    nowhere = cutting.hrmsops(*_continue(run), "--json")
    assert (nowhere.code, code_of(nowhere)) == (2, "way-on-not-said")
    twice = cutting.hrmsops(*_continue(run), "--before-run", run, "--promote", "--json")
    assert (twice.code, code_of(twice)) == (2, "moment-not-said")
    none = cutting.cut_back(run, "--yes")
    assert (none.code, code_of(none)) == (3, "run-not-cut-over")


def _continue(run: str) -> tuple[str, ...]:
    return ("rollback", "pitr", "-e", "production", "--continue", run, "--reason", "x")


def is_backing_up(cutting: Cutting, instance: str) -> bool:
    found = cutting.client.sql("GET", f"operations?instance={instance}").get("items", ())
    return any(e["operationType"] == "BACKUP_VOLUME" and e["status"] != "DONE" for e in found)


def tag_of(revision: str) -> dict[str, Any]:
    return {
        "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        "revision": revision,
        "tag": "a-colleague",
    }
