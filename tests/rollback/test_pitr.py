"""`rollback pitr` until the verified clone: asked for once, and nothing else is touched."""

from __future__ import annotations

import os
import re
import shlex
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from tests.command_line import ROOT
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops, take_down
from tests.rollback.estate import NOT_HELD, Recovery
from tests.sandbox.waiting import eventually

pytestmark = pytest.mark.slow

CLONE = "/clone$"
DYING = os.pathsep.join([str(Path(__file__).parent / "dying"), str(ROOT)])


@pytest.fixture(scope="module")
def estate() -> Iterator[Client]:
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root))
        yield Client.of(home)
        take_down(home)
        assert_replies_are_googles(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))


@pytest.fixture
def recovery(estate: Client, tmp_path: Path) -> Iterator[Recovery]:
    """Production, with every fault gone afterwards; clones stay until the sandbox is destroyed."""
    yield Recovery(client=estate, folder=tmp_path)
    estate.clear_faults()


def test_what_was_lost_after_the_moment_is_in_the_clone(recovery: Recovery) -> None:
    recovery.query("CREATE TABLE lost_a (id int PRIMARY KEY, amount int)")
    recovery.query("INSERT INTO lost_a SELECT n, n FROM generate_series(1, 1000) n")
    moment = recovery.now()
    recovery.query("DELETE FROM lost_a WHERE id <= 10")
    recovery.query("UPDATE lost_a SET amount = 0 WHERE id > 990")
    recovery.query("INSERT INTO lost_a VALUES (2000, 1)")
    service = recovery.client.service("nhia-hrms-production-api")

    ended = recovery.pitr(moment)

    assert ended.code == 0, ended.out + ended.err
    clone = ended.document["clone"]
    assert clone.endswith(ended.document["run"])
    assert recovery.query("SELECT count(*), sum(amount) FROM lost_a", instance=clone) == [
        (1000, 500500)
    ]
    verified = ended.document["steps"][-1]["result"]
    assert verified["tables"] == [
        {
            "table": "lost_a",
            "rows_damaged": 991,
            "rows_clone": 1000,
            "only_damaged": 1,
            "only_clone": 10,
            "different": 10,
            "columns_only_damaged": [],
            "columns_only_clone": [],
        }
    ]
    assert recovery.clones_asked_for(clone) == 1
    assert recovery.client.service("nhia-hrms-production-api") == service
    assert recovery.query("SELECT count(*) FROM lost_a") == [(991,)]


@pytest.mark.parametrize(("ahead", "code"), [("0 s", 0), ("1 s", 7)])
def test_before_a_migration_is_the_last_moment_without_it(
    recovery: Recovery, ahead: str, code: int
) -> None:
    """What a user commits while the migration runs is there; a clock that is ahead is noticed."""
    app = f"lost_by_{ahead[0]}"
    recovery.query(f"CREATE TABLE {app} (id int PRIMARY KEY, amount int)")
    recovery.query(f"INSERT INTO {app} VALUES (1, 1)")
    record = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, '0001_zero', {})"
    with recovery.session() as migration, migration.transaction():
        migration.execute("SELECT pg_current_xact_id()")
        recovery.query(f"INSERT INTO {app} VALUES (2, 2)")
        migration.execute(f"UPDATE {app} SET amount = 0".encode())
        applied = f"clock_timestamp() + interval '{ahead}'"
        migration.execute(record.format(applied).encode(), [app])
    past = "SELECT clock_timestamp() > applied FROM django_migrations WHERE app = %s"
    eventually(lambda: recovery.query(past, app) == [(True,)])
    ended = recovery.hrmsops(
        "rollback", "pitr", "-e", "production", "--before-migration", f"{app}.0001_zero",
        "--reason", "lost data", *NOT_HELD, "--yes", "--json",
    )  # fmt: skip
    assert ended.code == code, ended.out + ended.err
    if code:
        assert ended.document["failure"]["code"] == "moment-too-late"
        return
    kept = recovery.query(
        f"SELECT id, amount FROM {app} ORDER BY 1", instance=ended.document["clone"]
    )
    assert kept == [(1, 1), (2, 2)]


def test_the_record_holds_counts_and_no_persons(recovery: Recovery) -> None:
    recovery.query("CREATE TABLE lost_b (id int PRIMARY KEY, name text)")
    moment = recovery.now()
    recovery.query("INSERT INTO lost_b VALUES (1, 'a-personal-value')")
    ended = recovery.pitr(moment)
    written = b"".join(file.read_bytes() for file in recovery.folder.rglob("*@*"))
    assert ended.code == 0, ended.out
    assert b"lost_b" in written
    assert b"a-personal-value" not in written
    assert recovery.password().encode() not in written + ended.out.encode() + ended.err.encode()


def test_a_recovery_begins_with_a_hold_that_stays_on_until_what_left_is_acknowledged(
    recovery: Recovery,
) -> None:
    recovery.let_work()
    moment = recovery.now()
    number = f"BF-{uuid4().hex[:8]}"
    recovery.query(
        "INSERT INTO payroll_paymentoutbox (number, amount, created_at, sent_at)"
        " VALUES (%s, 100, now(), now())",
        number,
    )
    words = [word for word in recovery.words(moment) if word not in NOT_HELD]
    off = ("hold", "off", "-e", "production", "--reason", "mended", "--yes", "--json")

    skipped = recovery.hrmsops(*words, "--no-hold")
    assert (skipped.code, skipped.document["error"]["code"]) == (3, "hold-skipped")
    ended = recovery.hrmsops(*words)

    assert ended.code == 0, ended.out + ended.err
    names = [step["step"] for step in ended.document["steps"]]
    assert names[:4] == ["pause-scheduler", "pause-queue", "stop-workers", "note-instance"]
    assert recovery.works() == {"PAUSED", 0}
    refused = recovery.hrmsops(*off)
    assert (refused.code, refused.document["error"]["code"]) == (3, "irrevocable-not-acknowledged")
    why = refused.document["error"]["why"]
    # Payroll may have paid something of its own by then.
    assert re.search(rf"bank_files: \d+ since {moment:%Y-%m-%d %H:%M:%S} UTC", why)
    assert number in why
    let_go = recovery.hrmsops(*off, "--acknowledge", "bank_files")
    assert let_go.code == 0, let_go.out + let_go.err
    assert recovery.works() == {"ENABLED", "RUNNING", 1}


def test_a_time_without_a_zone_is_refused(recovery: Recovery) -> None:
    ended = recovery.hrmsops(
        "rollback", "pitr", "-e", "production", "--at", "2026-11-23 10:00", "--reason", "x", "--yes"
    )
    assert ended.code == 2
    assert "has no zone" in ended.err


def test_a_moment_outside_the_logs_is_refused_with_the_window_or_the_time(
    recovery: Recovery,
) -> None:
    ahead = recovery.pitr(datetime.now(UTC) + timedelta(hours=2, seconds=20))
    assert (ahead.code, ahead.document["error"]["code"]) == (3, "moment-ahead")
    assert "2 hours before it" in ahead.document["error"]["why"]
    ended = recovery.pitr(datetime.now(UTC) - timedelta(days=30))
    assert ended.code == 3
    assert ended.document["error"]["code"] == "moment-out-of-reach"
    assert "Nearest backups:" in ended.document["error"]["why"]


def test_without_a_password_its_place_is_named_before_the_clone_is_trusted(
    recovery: Recovery,
) -> None:
    before = recovery.instances()
    ended = recovery.pitr(recovery.now(), HRMSOPS_PASSWORD="")
    assert ended.code == 2, ended.out
    assert ended.document["error"]["code"] == "password-missing"
    assert recovery.instances() == before
    line = shlex.split(ended.document["error"]["fix"])
    assert (line[0], line[1][:10], line[1][-1]) == ("eval", "$(hrmsops ", ")")
    told = recovery.hrmsops(*shlex.split(line[1][10:-1]))
    variables = (
        ("HRMSOPS_PASSWORD", recovery.password()),
        (
            "HRMSOPS_ADMIN_PASSWORD",
            recovery.password("postgres"),
        ),
    )
    assert told.out.splitlines() == [f"export {name}={value}" for name, value in variables]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 503},
        {"kind": "drop-before"},
        {"kind": "drop-after"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_a_clone_is_never_asked_for_twice(recovery: Recovery, fault: dict[str, object]) -> None:
    recovery.client.arm(method="POST", path=CLONE, **fault)
    ended = recovery.pitr(recovery.now())
    assert ended.code == 0, ended.out + ended.err
    assert recovery.clones_asked_for(ended.document["clone"]) == 1


@pytest.mark.parametrize("kind", ["hang", "hang-after"])
def test_a_kill_while_the_clone_is_asked_for_ends_with_one_clone(
    recovery: Recovery, kind: str
) -> None:
    fault = recovery.client.arm(kind=kind, method="POST", path=CLONE)
    process = recovery.start(*recovery.words(recovery.now()))
    recovery.kill_when_met(fault, process)
    recovery.client.clear_faults()

    ended = recovery.hrmsops("resume", "--json")

    assert ended.code == 0, ended.out + ended.err
    assert recovery.clones_asked_for(ended.document["clone"]) == 1


def test_whoever_detaches_comes_back_to_the_same_clone(recovery: Recovery) -> None:
    recovery.client.arm(kind="stall", operation="sql.clone", seconds=3)
    left = recovery.pitr(recovery.now(), "--detach")
    assert left.code == 8, left.out + left.err
    back = recovery.hrmsops("resume", "--json")
    assert back.code == 0, back.out + back.err
    assert back.document["clone"] == left.document["clone"]
    assert recovery.clones_asked_for(left.document["clone"]) == 1


def test_a_clone_that_cannot_be_made_is_told_and_nothing_is_deleted(recovery: Recovery) -> None:
    recovery.client.arm(kind="operation", operation="sql.clone", code=500, message="No capacity.")
    ended = recovery.pitr(recovery.now())
    assert ended.code in (6, 10), ended.out
    assert ended.document["failure"]["code"] == "clone-failed"
    assert "No capacity." in ended.document["failure"]["why"]
    assert recovery.query("SELECT 1") == [(1,)]


def test_a_check_that_is_not_true_keeps_the_clone_from_being_trusted(recovery: Recovery) -> None:
    text = recovery.client.home.config.read_text()
    config = recovery.folder / "hrmsops.toml"
    config.write_text(
        text.replace(
            "[environments.production.checks]\n",
            '[environments.production.checks]\nnobody_left = "select false"\n',
        )
    )
    ended = recovery.pitr(recovery.now(), "--config", str(config))
    assert ended.code == 7, ended.out
    assert ended.document["failure"]["code"] == "checks-failed"
    assert "nobody_left" in ended.document["failure"]["what"]


SYNCS = 22
"""Lease, plan, three steps and the operation's name, the end, the lease given back: twice each."""


def test_the_sweep_covers_a_whole_recovery(recovery: Recovery) -> None:
    count = recovery.folder / "syncs"
    ended = recovery.pitr(recovery.now(), COUNT_SYNCS_INTO=str(count), PYTHONPATH=DYING)
    assert ended.code == 0, ended.out + ended.err
    assert int(count.read_text()) == SYNCS


@pytest.mark.parametrize("sync", range(1, SYNCS + 1))
def test_a_kill_at_any_record_ends_with_one_verified_clone(recovery: Recovery, sync: int) -> None:
    moment = recovery.now()
    before = recovery.instances()

    killed = recovery.pitr(moment, DIE_AT_SYNC=str(sync), PYTHONPATH=DYING)

    assert killed.code == -signal.SIGKILL
    ended = recovery.hrmsops("resume", "--json")
    if ended.code == 2 and recovery.instances() == before:
        ended = recovery.pitr(moment)  # It died before its plan was on record.
    assert ended.code in (0, 2), ended.out + ended.err
    [clone] = recovery.instances() - before
    assert recovery.clones_asked_for(clone) == 1
    [run] = recovery.hrmsops("runs", "--json").document["runs"]
    assert run["outcome"] == "done"
    assert run["steps"][-1]["result"]["findings"][0].startswith("it answers")
