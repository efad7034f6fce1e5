"""`hrmsops rollback migration` as it is typed, on a production of the sandbox."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from hrmsops.sandbox.client import Client
from tests.command_line import Ended, end_of, in_terminal
from tests.doctor.witness import only_what_is_listed
from tests.fixtures.proxied import certificates, configured_by_auth_proxy
from tests.migrate.others import until
from tests.migrate.reversing import (
    COLUMN,
    DYING,
    LOSSY,
    ON_CLONE,
    ROW,
    TABLE,
    findings,
    migrated,
    reversed_once,
    reverses,
    roll_back,
    three,
    words,
)
from tests.migrate.trial import Trial
from tests.rollback.conftest import estate
from tests.rollback.estate import Recovery

__all__ = ["estate"]

pytestmark = pytest.mark.slow
STAYS = r"run\.services\.update|iam\..*"
"""Of no use where no traffic is shifted, since no earlier revision fits: as other tests left it."""
REHEARSED = r"cloudsql\.backupRuns\..*|run\.services\.update|iam\..*"
"""Of no use where nothing is done but a rehearsal: no backup comes first, no traffic is shifted."""


@pytest.fixture
def trial(estate: Client, tmp_path: Path) -> Trial:
    return Trial(Recovery(client=estate, folder=tmp_path), tmp_path)


def test_the_whole_plan_is_rehearsed_backed_up_taken_back_and_verified(trial: Trial) -> None:
    three(trial)
    refused = trial.migrate("--to", "0001")
    via = configured_by_auth_proxy(trial.config)
    before = certificates(trial.recovery.client, via)
    line = refused.document["error"]["fix"]
    assert line.startswith("hrmsops rollback migration ")

    more = ("--config", str(trial.config), "--reason", "it was wrong", "--yes", "--json")
    unheard = trial.recovery.hrmsops(*line.split()[1:], *more)
    assert (unheard.code, unheard.document["error"]["code"]) == (3, "reverse-is-lossy")
    why = f"{trial.app}.0003_row: the reverse of RunSQL in line 8 deletes rows of {trial.app}"
    assert why in unheard.document["error"]["why"]
    own = trial.config
    account = only_what_is_listed(
        trial.recovery.client, own, "rollback migration", unused=STAYS, way="proxy"
    )
    with account:
        ended = trial.recovery.hrmsops(*line.split()[1:], *more, *LOSSY, "--proxy")

    assert ended.code == 0, ended.out + ended.err
    assert certificates(trial.recovery.client, via) > before
    assert trial.applied() == ["0001_table"]
    assert reverses(trial) == [("0003_row", "reversed"), ("0002_index", "reversed")]
    steps = [step["step"] for step in ended.document["steps"]]
    assert steps[:5] == [
        "back-up-first",
        "reverse-lossy-migration",
        "reverse-lossy-migration",
        "settle-reversal",
        "verify-reversal",
    ]
    assert "check-health" in steps
    told = trial.recovery.hrmsops("migrations", "-e", "production", "--app", trial.app, "--json")
    assert {each["name"]: each["state"] for each in told.document["migrations"]} == {
        "0001_table": "applied",
        "0002_index": "taken back",
        "0003_row": "taken back",
    }
    again = trial.migrate("--accept", "no-backup", "--reason", "once more")
    assert again.code == 0, again.out + again.err
    assert trial.applied() == ["0001_table", "0002_index", "0003_row"]


def test_what_dies_in_the_rehearsal_never_reaches_production(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_column", COLUMN.replace("DROP COLUMN grade", "DROP COLUMN grad"))
    trial.add("0003_row", ROW)
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0

    ended = trial.recovery.hrmsops(*words(trial, "--yes", "--undo", "0002"))

    assert ended.code == 3, ended.out
    assert ended.document["error"]["code"] == "rehearsal-failed"
    assert "42703" in ended.document["error"]["why"]
    assert trial.applied() == ["0001_table", "0002_column", "0003_row"]
    assert trial.query("SELECT count(*) FROM {app}") == [(1,)]


def test_what_has_no_way_back_or_a_feigned_one_is_refused_by_name(trial: Trial) -> None:
    trial.add("0001_table", TABLE.partition(', "DROP')[0] + ")")
    trial.add("0002_row", "RunSQL(\"INSERT INTO {app} VALUES (1, 'one')\", RunSQL.noop)")
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0

    impossible = roll_back(trial, "--to", "zero")
    feigned = roll_back(trial, "--undo", "0002")
    accepted = roll_back(trial, "--undo", "0002", "--accept", "reverse-is-fake")

    assert (impossible.code, feigned.code) == (3, 3)
    error = impossible.document["error"]
    assert error["code"] == "reverse-not-possible"
    before = f"--before-migration {trial.app}.0001_table"
    assert f"rollback pitr -e production {before}" in error["fix"]
    assert feigned.document["error"]["code"] == "reverse-is-fake"
    assert accepted.code == 0, accepted.out + accepted.err
    assert trial.applied() == ["0001_table"]
    assert trial.query("SELECT count(*) FROM {app}") == [(1,)]


def test_in_a_terminal_one_is_chosen_and_in_a_pipe_the_flag_is_named(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_column", COLUMN)
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0
    piped = roll_back(trial)
    assert piped.document["error"]["code"] == "answer-needed"
    assert "--undo" in piped.err + piped.out
    terminal = in_terminal(
        *("-m", "hrmsops", "rollback", "migration", trial.app, "-e", "production"),
        *("--config", str(trial.config), "--rehearse", "none", "--accept", "no-backup"),
        *("--accept", "reverse-is-lossy"),
        cwd=trial.folder,
        HRMSOPS_STATE_DIR=str(trial.folder / "state"),
        HRMSOPS_PASSWORD=trial.recovery.password(),
    )
    terminal.expect("Which migration")
    terminal.send("\x1b[A\r")  # What the last deploy applied is proposed; the newest alone goes.
    terminal.expect("What is the reason")
    terminal.send("it was wrong\r")
    terminal.expect("Type production")
    terminal.send("production\r")
    terminal.expect("Done in")
    assert end_of(terminal) == 0
    assert trial.applied() == ["0001_table"]


def test_code_that_lacks_a_migration_is_refused_with_the_commit_that_has_it(trial: Trial) -> None:
    git = ("git", "-C", str(trial.project), "-c", "user.name=t", "-c", "user.email=t@nhia.example")
    trial.add("0001_table", TABLE)
    trial.add("0002_column", COLUMN)
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "a release")):
        subprocess.run([*git, *command], check=True)
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    (trial.project / trial.app / "migrations/0002_column.py").unlink()

    ended = roll_back(trial, "--undo", "0001")

    assert ended.code == 3
    assert ended.document["error"]["code"] == "code-lacks-migrations"
    assert ended.document["error"]["fix"] == f"git checkout {head.stdout.strip()}"
    assert trial.applied() == ["0001_table", "0002_column"]


def test_a_failure_between_two_says_where_it_stands_and_goes_on_once_mended(trial: Trial) -> None:
    three(trial)
    trial.query("ALTER TABLE {app} RENAME COLUMN grade TO other")

    ended = roll_back(trial, "--to", "zero", *LOSSY)

    assert ended.code == 6, ended.out
    failure = ended.document["failure"]
    assert failure["code"] == "reverse-half-done"
    assert f"Still applied: {trial.app}.0001_table." in failure["why"]
    assert trial.applied() == ["0001_table", "0002_index"]
    trial.query("ALTER TABLE {app} RENAME COLUMN other TO grade")
    back = trial.resume()
    assert back.code == 0, back.out + back.err
    assert trial.applied() == []
    assert trial.query("SELECT to_regclass('{app}')::text") == [(None,)]


def test_a_kill_of_the_agent_while_it_waits_is_gone_on_with(trial: Trial) -> None:
    three(trial)
    with trial.recovery.session() as holder:
        holder.execute(f"BEGIN; SELECT count(*) FROM {trial.app}".encode())
        process = trial.recovery.start(
            *words(trial, "--yes", "--rehearse", "none", "--accept", "no-backup", *LOSSY),
            *("--to", "zero"),
        )
        waits = (
            "SELECT count(*) FROM pg_locks l WHERE NOT l.granted AND l.pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'hrmsops %')"
        )
        until(lambda: trial.query(waits) == [(1,)], "the reverse waits")
        [agent] = psutil.Process(process.pid).children()
        agent.kill()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 6, out + err
        holder.execute("ROLLBACK")

    ended = trial.resume()

    assert ended.code == 0, ended.out + ended.err
    assert trial.applied() == []
    assert reversed_once(trial) == ["0003_row", "0002_index", "0001_table"]


def test_killed_again_and_again_on_its_way_it_ends_as_if_it_never_had_been(trial: Trial) -> None:
    """Each process dies some records later than the one before it: in the clone, the rehearsal,
    the deletion, and the real thing.
    """
    three(trial)
    before = trial.recovery.instances()
    flags = (*ON_CLONE, "--accept", "no-backup", *LOSSY, "--to", "zero")

    ended, kills = roll_back(trial, *flags, DIE_AT_SYNC="7", PYTHONPATH=DYING), 0
    while ended.code == -signal.SIGKILL:
        kills += 1
        ended = trial.resume(DIE_AT_SYNC=str(7 + 4 * kills), PYTHONPATH=DYING)

    # The last one may have died with its end on record: then there is nothing to resume.
    assert ended.code == 0 or "nothing-to-resume" in ended.out, ended.out + ended.err
    assert kills >= 4
    assert trial.applied() == []
    assert reversed_once(trial) == ["0003_row", "0002_index", "0001_table"]
    assert trial.query("SELECT to_regclass('{app}')::text") == [(None,)]
    assert trial.recovery.instances() == before
    [run] = [each for each in trial.runs() if each["command"] == "rollback migration"]
    assert run["outcome"] == "done"
    assert trial.recovery.clones_asked_for(f"{trial.recovery.source}-rehearsal-{run['run']}") == 1


def test_on_a_clone_it_survives_its_agent_and_the_clone_is_gone_before_production_is_touched(
    trial: Trial,
) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_row", ROW.replace("DELETE FROM {app}", "DELETE FROM {app}; SELECT pg_sleep(2)"))
    migrated(trial)
    before = trial.recovery.instances()
    more = (*ON_CLONE, "--undo", "0002", "--dry-run")

    def sleeps() -> bool:
        clones = trial.recovery.instances() - before
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        with suppress(psycopg.Error, KeyError, TypeError):  # It is not there yet.
            return any(trial.recovery.query(sleeping, instance=each) == [(1,)] for each in clones)
        return False

    own = (trial.recovery.client, trial.config, "rollback migration")
    with only_what_is_listed(*own, also=("rehearse on a clone",), unused=REHEARSED):
        process = trial.recovery.start(*words(trial, "--yes", *more))
        until(sleeps, "the rehearsal is under way", seconds=100)
        [agent] = psutil.Process(process.pid).children()
        agent.kill()
        out, err = process.communicate(timeout=120)

    ended = Ended(code=process.returncode, out=out, err=err)
    assert ended.code == 0, out + err
    assert [each["step"] for each in ended.document["steps"]] == [
        "clone-for-rehearsal",
        "rehearse-reversal",
        "delete-own-clone",
    ]
    taken, schema = findings(ended, "rehearse-reversal")
    assert taken.startswith(f"{trial.app}.0002_row took ")
    assert schema == "the schema is as it should be"
    assert trial.recovery.instances() == before
    assert trial.applied() == ["0001_table", "0002_row"]
    assert trial.query("SELECT count(*) FROM {app}") == [(1,)]


def test_what_only_dies_with_the_rows_dies_on_the_clone(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_row", ROW)
    back = "ALTER TABLE {app} ADD COLUMN name text NOT NULL"
    trial.add("0003_column", f'RunSQL("ALTER TABLE {{app}} DROP COLUMN name", "{back}")')
    migrated(trial)
    before = trial.recovery.instances()
    flags = ("--accept", "reverse-is-lossy", "--accept", "reverse-differs")

    trial.recovery.client.arm(
        kind="operation", operation="sql.clone", code=500, message="No capacity."
    )
    failed = roll_back(trial, *ON_CLONE, "--dry-run", "--undo", "0003")
    assert (failed.code, failed.document["failure"]["code"]) == (10, "clone-failed")
    assert trial.recovery.instances() == before, "Nor is one left that never was whole."
    gone_home = roll_back(
        trial, *ON_CLONE, *flags, "--undo", "0003", "--confirm", "production", "--detach"
    )
    ended = trial.resume()

    assert gone_home.code == 8, gone_home.out
    assert ended.code == 3, ended.out
    assert ended.document["outcome"] == "failed"
    assert ended.document["failure"]["code"] == "rehearsal-failed"
    assert "23502" in ended.document["failure"]["why"]
    assert trial.recovery.instances() == before
    assert trial.applied() == ["0001_table", "0002_row", "0003_column"]


def test_a_schema_that_is_not_that_of_before_fails_the_verification_until_it_is_mended(
    trial: Trial,
) -> None:
    trial.add("0001_table", TABLE)
    kept = "CREATE INDEX {app}_kept ON {app} (name)"
    back = f"DO $$ BEGIN IF EXISTS (SELECT FROM {{app}}) THEN {kept}; END IF; END $$"
    trial.add("0002_more", f'RunSQL("SELECT 1", "{back}")')
    migrated(trial)
    trial.query("INSERT INTO {app} VALUES (1, 'one')")
    trial.query("CREATE INDEX {app}_by_hand ON {app} (id, name)")
    flags = ("--accept", "no-backup", "--accept", "reverse-is-lossy", "--confirm", "production")
    serving = trial.recovery.client.service("nhia-hrms-production-api")["trafficStatuses"]

    ended = roll_back(trial, "--rehearse", "scratch", *flags, "--undo", "0002")

    assert ended.code == 7, ended.out + ended.err
    failure = ended.document["failure"]
    assert failure["code"] == "reversal-unverified"
    assert f"index {trial.app}_kept of {trial.app} is there, and should not be" in failure["why"]
    assert f"{trial.app}_by_hand" not in failure["why"], "It was there before."
    # What other tests of this database left is told with it, the first few by name.
    assert any("Already now the schema is not" in each for each in ended.document["warnings"])
    trial.query("DROP INDEX {app}_kept")
    assert trial.recovery.client.service("nhia-hrms-production-api")["trafficStatuses"] == serving
    back_again = trial.resume()
    assert back_again.code == 0, back_again.out + back_again.err
    told = findings(back_again, "verify-reversal")
    assert (
        f"index {trial.app}_by_hand of {trial.app} is there, and should not be (as before)" in told
    )


def test_a_reverse_that_brings_back_less_is_refused_once_rehearsed(trial: Trial) -> None:
    trial.add("0001_table", f"{TABLE}, {COLUMN}")
    trial.add("0002_gone", 'RunSQL("ALTER TABLE {app} DROP COLUMN grade", "SELECT 1")')
    migrated(trial)

    ended = roll_back(
        trial, "--rehearse", "scratch", "--accept", "reverse-is-lossy", "--undo", "0002"
    )

    assert (ended.code, ended.document["error"]["code"]) == (3, "reverse-differs")
    missing = f"column grade of {trial.app} is missing: integer"
    assert missing in ended.document["error"]["why"]
    assert trial.applied() == ["0001_table", "0002_gone"]


def test_without_a_checkout_a_job_takes_it_back_with_the_code_of_an_image(
    trial: Trial, estate: Client
) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_column", COLUMN)
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0
    image = f"us-central1-docker.pkg.dev/nhia-hrms/hrms/{trial.app}:1"
    estate.add_image(trial.project, image)
    (trial.project / trial.app / "migrations/0002_column.py").unlink()
    flags = ("--job", "--image", image, "--undo", "0002", "--accept", "no-backup")

    refused = roll_back(trial, *flags)
    ended = trial.recovery.hrmsops(
        *words(trial, *flags, "--accept", "reverse-is-lossy", "--confirm", "production")
    )

    assert refused.document["error"]["code"] == "reverse-is-lossy", "what it does was not read"
    assert ended.code == 0, ended.out + ended.err
    assert trial.applied() == ["0001_table"]
    assert reverses(trial) == [("0002_column", "reversed")]
    jobs = estate.call("GET", "/v2/projects/nhia-hrms/locations/us-central1/jobs")["jobs"]
    assert [each["name"] for each in jobs if "hrmsops-migrate" in each["name"]] == []
