"""`hrmsops backfill` as it is typed, on a production of the sandbox."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hrmsops.sandbox.releases import build
from tests.command_line import Ended
from tests.doctor.witness import only_what_is_listed
from tests.fixtures.proxied import certificates
from tests.rollback.estate import Recovery

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("replay")]

WITHOUT = """
    UPDATE employees_employee SET status = NULL WHERE status IS NOT NULL;
    DO $$ BEGIN IF to_regclass('hrmsops.backfills') IS NOT NULL THEN
        UPDATE hrmsops.backfills SET ended_at = now(), outcome = 'given up' WHERE ended_at IS NULL;
    END IF; END $$
"""


SUBJECT = re.escape('imports.ImportRecord.row_number = F("row_number") + 1')
CHECKPOINT = r"last checkpoint \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


@dataclass
class Backfiller:
    """An engineer with the HRMS's code at hand."""

    recovery: Recovery
    config: Path

    def backfill(self, *words: str) -> Ended:
        ask = ("backfill", "-e", "production", "--config", str(self.config), *words)
        return self.recovery.hrmsops(*ask)


@pytest.fixture
def backfiller(engineer: Recovery, tmp_path: Path) -> Iterator[Backfiller]:
    build("2024.2", tmp_path / "project")
    config = tmp_path / "hrmsops.toml"
    section = f'[django]\nroot = "project"\npython = "{sys.executable}"\nsettings = "hrms.settings"'
    config.write_text(f"{engineer.client.home.config.read_text()}\n{section}\n")
    # A record of its own: what a first try left unfinished is not in the way of a second.
    recovery = Recovery(client=engineer.client, folder=tmp_path)
    recovery.query(WITHOUT)
    yield Backfiller(recovery, config)
    recovery.query(WITHOUT)


def test_a_registered_backfill_runs_from_outside_and_is_on_record(backfiller: Backfiller) -> None:
    query = backfiller.recovery.query
    listed = backfiller.backfill("--list")
    assert listed.code == 0, listed.err
    assert "set_employee_status" in listed.out

    shown = backfiller.backfill("--backfill", "set_employee_status", "--dry-run")
    assert shown.code == 0, shown.err
    assert query("SELECT count(*) FROM employees_employee WHERE status IS NOT NULL") == [(0,)]
    before = certificates(backfiller.recovery.client)
    words = ("--backfill", "set_employee_status", "--proxy", "--yes", "--json")
    own = (backfiller.recovery.client, backfiller.config)
    with only_what_is_listed(*own, "backfill", way="connector"):
        ended = backfiller.backfill(*words)

    assert ended.code == 0, ended.out + ended.err
    assert certificates(backfiller.recovery.client) > before
    [(rows, done)] = query("SELECT count(*), count(status) FROM employees_employee")
    assert rows == done
    step = ended.document["steps"][0]
    assert step["step"] == "run-backfill"
    assert step["result"]["rows"] == rows
    told = backfiller.recovery.hrmsops("runs", "show", ended.document["run"]).out.splitlines()
    [back] = [line for line in told if line.startswith("Taken back by: hrmsops ")]
    assert back.endswith(" --proxy")
    wrong = backfiller.backfill("--backfill", "set_employe_status", "--yes", "--json")
    assert wrong.code == 2
    assert wrong.document["error"]["code"] == "backfill-unknown"
    assert "set_employee_status" in wrong.document["error"]["why"]


def test_what_is_overwritten_needs_the_name_and_a_job_shares_the_keys_among_its_tasks(
    backfiller: Backfiller,
) -> None:
    words = ("--model", "employees.Employee", "--field", "status", "--value", "ACTIVE")
    refused = backfiller.backfill(*words, "--yes", "--json")
    assert refused.code == 2, refused.out + refused.err
    assert refused.document["error"]["fix"] == "Add --confirm production"

    filtered = (*words, "--filter", "status__isnull=True")
    own = (backfiller.recovery.client, backfiller.config)
    idle = r"run\.jobs\.get"  # Only a job that may be there is looked for.
    with only_what_is_listed(
        *own, "backfill", also=("run a migration or a backfill",), unused=idle
    ):
        ended = backfiller.backfill(*filtered, "--job", "--tasks", "3", "--yes", "--json")

    assert ended.code == 0, ended.out + ended.err
    query = backfiller.recovery.query
    [(rows, done)] = query("SELECT count(*), count(status) FROM employees_employee")
    assert rows == done
    shards = query(
        "SELECT outcome, rows FROM hrmsops.backfills WHERE run = %s", ended.document["run"]
    )
    # Numbers may be far apart since a recovery: a task can be left without any.
    assert [outcome for outcome, _ in shards] == ["done"] * 3
    assert sum(written for _, written in shards) == rows
    jobs = backfiller.recovery.client.call(
        "GET", "/v2/projects/nhia-hrms/locations/us-central1/jobs"
    )
    assert not [job for job in jobs.get("jobs", ()) if "backfill" in job["name"]]


def test_a_backfill_that_is_killed_is_gone_on_with_and_each_row_is_counted_up_once(
    backfiller: Backfiller,
) -> None:
    recovery, query = backfiller.recovery, backfiller.recovery.query
    query("UPDATE imports_importrecord SET row_number = 0")

    def told() -> str:
        status = recovery.hrmsops("status", "-e", "production", "--json").document
        [backfill] = status["database"]["backfills"]
        assert isinstance(backfill, str)
        return backfill

    words = ("--model", "imports.ImportRecord", "--field", "row_number", "--batch-size", "4")
    count_up = (*words, "--expression", 'F("row_number") + 1', "--sleep", "0.02")
    ask = ("backfill", "-e", "production", "--config", str(backfiller.config), *count_up)
    done = "SELECT count(*) FROM imports_importrecord WHERE row_number > 0"
    last = "SELECT 1 FROM imports_importrecord ORDER BY id DESC LIMIT 1 FOR UPDATE"
    with recovery.session() as session, session.transaction():
        session.execute(last)  # So it cannot come to its end.
        process = recovery.start(*ask, "--confirm", "production", "--json")
        deadline = time.monotonic() + 120
        while query(done) == [(0,)]:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        at_work = told()
        process.kill()
        process.communicate()
        while "under way" in (left := told()):  # Its helper notices the end within moments.
            assert time.monotonic() < deadline
    assert query("SELECT count(*) FROM imports_importrecord WHERE row_number = 0") != [(0,)]

    [run] = [
        each["run"]
        for each in recovery.hrmsops("runs", "--json").document["runs"]
        if each["outcome"] == "unfinished"
    ]
    begun = rf"{SUBJECT} is under way: [\d,]+ of about [\d,]+ rows, {CHECKPOINT}"
    assert re.fullmatch(begun, at_work)
    go_on = f"; go on: hrmsops resume {run}"
    assert re.fullmatch(rf"{SUBJECT} is stopped: .*, {CHECKPOINT}{go_on}", left)
    resumed = recovery.hrmsops("resume", run, "--config", str(backfiller.config), "--json")

    assert resumed.code == 0, resumed.out + resumed.err
    assert query("SELECT DISTINCT row_number FROM imports_importrecord") == [(1,)]
    status = recovery.hrmsops("status", "-e", "production", "--json").document
    assert status["database"]["backfills"] == []


def test_what_manage_py_left_unfinished_is_gone_on_with_as_the_status_says(
    backfiller: Backfiller,
) -> None:
    recovery, query = backfiller.recovery, backfiller.recovery.query
    ended = backfiller.backfill("--backfill", "set_employee_status", "--yes", "--json")
    assert ended.code == 0, ended.out + ended.err
    query("UPDATE employees_employee SET status = NULL")
    query(
        "UPDATE hrmsops.backfills SET run = '251129-000000-abcd', cursor = '{}', ended_at = NULL,"
        " outcome = NULL WHERE run = %s", ended.document["run"],
    )  # fmt: skip

    [told] = recovery.hrmsops("status", "-e", "production", "--json").document["database"][
        "backfills"
    ]
    _, _, words = told.partition("; go on: hrmsops ")
    assert words == "backfill --resume --backfill set_employee_status -e production"
    resumed = recovery.hrmsops(
        *words.split(), "--config", str(backfiller.config), "--yes", "--json"
    )

    assert resumed.code == 0, resumed.out + resumed.err
    assert query("SELECT count(*) FROM employees_employee WHERE status IS NULL") == [(0,)]
