"""`hrmsops migrate` as it is typed, on a production of the sandbox."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.access.planted import Watched, found_in
from tests.command_line import ROOT, hrmsops, in_terminal
from tests.doctor.witness import only_what_is_listed
from tests.fixtures.proxied import certificates
from tests.migrate import tables
from tests.migrate.deploying import Workflows
from tests.migrate.others import until
from tests.migrate.projects import DEMANDS_TLS, TELLER, TELLS
from tests.migrate.reversing import TABLE as REVERSIBLE
from tests.migrate.trial import Trial
from tests.rollback.conftest import estate
from tests.rollback.estate import Recovery

__all__ = ["estate"]

pytestmark = pytest.mark.slow

DYING = os.pathsep.join([str(Path(__file__).parents[1] / "rollback/dying"), str(ROOT)])
TABLE = 'RunSQL("CREATE TABLE {app} (id int PRIMARY KEY, name text)")'
COLUMN = 'RunSQL("ALTER TABLE {app} ADD COLUMN grade int")'
SLEEP = "SELECT pg_sleep({seconds}) AS {{app}}"
SLEEPERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE query LIKE 'SELECT pg_sleep(%AS {app}%' AND state = 'active'"
)
INDEX = 'RunSQL("CREATE INDEX CONCURRENTLY {app}_name ON {app} (name)")'

BACKED_UP = r"cloudsql\.backupRuns\..*"
"""Of no use where no backup comes first."""


@pytest.fixture
def trial(estate: Client, tmp_path: Path) -> Trial:
    return Trial(Recovery(client=estate, folder=tmp_path), tmp_path)


def test_what_is_pending_is_applied_verified_and_on_record(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_index", INDEX, atomic=False)

    assert hrmsops("init", "--scripts", cwd=trial.folder).code == 0
    shown = trial.guide("--dry-run")
    assert shown.code == 0, shown.err
    assert "Nothing was changed" in shown.err
    assert trial.applied() == []
    before = certificates(trial.recovery.client)
    with (trial.project / "hrms/settings.py").open("a") as settings:
        settings.write(DEMANDS_TLS)  # A tunnel encrypts by itself, and offers none within.
    with only_what_is_listed(
        trial.recovery.client,
        trial.config,
        "migrate",
        way="connector",
        unused=BACKED_UP,
    ):
        ended = trial.guide("--proxy", "--yes", "--json")

    assert ended.code == 0, ended.out + ended.err
    assert certificates(trial.recovery.client) > before
    assert trial.applied() == ["0001_table", "0002_index"]
    assert trial.ledger() == [("0001_table", "applied"), ("0002_index", "applied")]
    steps = ended.document["steps"]
    assert [step["step"] for step in steps] == [
        "apply-migration",
        "apply-migration",
        "settle-migrations",
        "verify-migrations",
    ]
    assert steps[0]["result"]["xid"]
    assert steps[-1]["result"]["findings"] == ["everything is as it should be"]
    with only_what_is_listed(trial.recovery.client, trial.config, "migrations"):
        told = trial.recovery.hrmsops(
            "migrations", "-e", "production", "--app", trial.app, "--json"
        ).document["migrations"]
    assert [(each["name"], each["run"]) for each in told] == [
        ("0001_table", ended.document["run"]),
        ("0002_index", ended.document["run"]),
    ]
    written = b"".join(file.read_bytes() for file in trial.folder.rglob("*@*"))
    assert trial.recovery.password().encode() not in written + ended.out.encode()

    again = trial.migrate("--proxy")
    assert again.code == 0
    assert again.document["run"] is None


def test_a_danger_stops_it_until_its_rule_is_accepted_and_then_a_backup_comes_first(
    trial: Trial,
) -> None:
    trial.add("0001_table", TABLE)
    assert trial.migrate().code == 0
    trial.add("0002_index", 'RunSQL("CREATE INDEX {app}_name ON {app} (name)")')
    trial.add("0003_empty", 'RunSQL("TRUNCATE {app}")')
    before = trial.recovery.hrmsops("check", str(trial.project), "--app", trial.app, "--json")
    rules = {f["rule"] for f in before.document["findings"] if f["severity"] == "danger"}

    trial.accepted = ()
    refused = trial.migrate()
    assert refused.code == 3, refused.out
    assert refused.document["error"]["code"] == "unsafe-migrations"
    assert trial.applied() == ["0001_table"]
    accepted = [word for rule in rules for word in ("--accept", rule)]
    trial.share_the_record()
    with only_what_is_listed(trial.recovery.client, trial.config, "migrate"):
        ended = trial.migrate(*accepted, "--reason", "the table is new")

    assert ended.code == 0, ended.out + ended.err
    assert ended.document["steps"][0]["step"] == "take-backup"
    assert trial.applied() == ["0001_table", "0002_index", "0003_empty"]


def test_a_step_backwards_is_refused_with_the_command_that_does_it(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_column", COLUMN)
    assert trial.migrate("--accept", "no-backup", "--reason", "x").code == 0

    refused = trial.migrate("--to", "0001")

    assert refused.code == 3
    assert refused.document["error"]["code"] == "backward-refused"
    assert f"rollback migration {trial.app} --to 0001" in refused.document["error"]["fix"]
    assert trial.applied() == ["0001_table", "0002_column"]


def test_a_first_migration_that_fails_leaves_nothing_and_says_so(trial: Trial) -> None:
    trial.add("0001_table", TABLE + ', RunSQL("SELECT 1/0")')

    ended = trial.migrate()

    assert ended.code == 10, ended.out
    assert ended.document["outcome"] == "failed"
    assert ended.document["failure"]["code"] == "migration-failed"
    assert trial.applied() == []
    assert trial.query("SELECT to_regclass('{app}')::text") == [(None,)]


def test_a_later_one_that_fails_is_gone_on_with_once_its_reason_is_mended(trial: Trial) -> None:
    """Its record is in a bucket: there another machine reads what the ledger says as well."""
    trial.share_the_record()
    first = trial.add("0001_table", TABLE + ', RunSQL("INSERT INTO {app} VALUES (1, NULL)")')
    trial.add("0002_required", 'RunSQL("ALTER TABLE {app} ALTER COLUMN name SET NOT NULL")')
    last = trial.add("0003_column", COLUMN)

    ended = trial.migrate("--accept", "no-backup", "--reason", "x")

    assert ended.code == 6, ended.out
    why = ended.document["failure"]["why"]
    assert "23502" in why
    assert f"Applied before it: {first}." in why
    assert f"Not applied: {last}." in why
    trial.query("UPDATE {app} SET name = 'mended'")
    back = trial.resume()
    assert back.code == 0, back.out + back.err
    assert trial.applied() == ["0001_table", "0002_required", "0003_column"]
    elsewhere = {"HRMSOPS_STATE_DIR": str(trial.folder / "another machine")}
    show = ("runs", "show", back.document["run"], "--json", "--config", str(trial.config))
    read = trial.recovery.hrmsops(*show, **elsewhere).document
    assert [
        (each["result"]["xid"],) for each in read["steps"] if each["step"] == "apply-migration"
    ] == trial.query(
        "SELECT xid::text::bigint FROM hrmsops.migrations"
        " WHERE app = '{app}' AND outcome = 'applied' ORDER BY id"
    )


def test_what_the_application_may_not_use_fails_the_verification(trial: Trial) -> None:
    revoke = 'RunSQL("REVOKE INSERT ON {app} FROM hrms_app")'
    trial.add("0001_table", f"{TABLE}, {revoke}")
    trial.add(
        "0002_check", 'RunSQL("ALTER TABLE {app} ADD CONSTRAINT {app}_c CHECK (id > 0) NOT VALID")'
    )

    ended = trial.migrate()
    trial.query("GRANT INSERT ON {app} TO hrms_app")
    trial.query("ALTER TABLE {app} VALIDATE CONSTRAINT {app}_c")

    assert ended.code == 7, ended.out
    why = ended.document["failure"]["why"]
    assert f"hrms_app may not INSERT {trial.app}" in why
    assert f"constraint {trial.app}_c of {trial.app} was never validated" in why


def test_two_runners_on_two_machines_are_one(trial: Trial) -> None:
    trial.add("0001_table", TABLE + f', RunSQL("{SLEEP.format(seconds=25)}")')
    first = trial.start()
    until(lambda: trial.query(SLEEPERS) == [(1,)], "the first migrates")

    here = trial.migrate()
    elsewhere = trial.migrate(HRMSOPS_STATE_DIR=str(trial.folder / "another machine"))
    trial.query(SLEEPERS.replace("count(*)", "pg_cancel_backend(pid)"))
    first.communicate(timeout=60)

    assert here.document["error"]["code"] == "lease-held"
    assert elsewhere.document["error"]["code"] == "migration-under-way"
    assert (here.code, elsewhere.code) == (5, 5)
    assert first.returncode == 10
    assert trial.ledger() == [("0001_table", "failed")]


def test_an_interpreter_that_is_not_there_is_told(trial: Trial) -> None:
    trial.configure(python="/no/such/python")
    ended = trial.migrate()
    assert ended.code == 2, ended.out
    assert ended.document["error"]["code"] == "interpreter-missing"


def test_without_a_project_nothing_is_guessed(trial: Trial) -> None:
    ended = trial.recovery.hrmsops("migrate", "-e", "production", "--yes", "--json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "django-not-configured"


def test_a_kill_while_a_migration_waits_is_gone_on_with(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    assert trial.migrate().code == 0
    trial.add("0002_column", COLUMN)
    with trial.recovery.session() as holder:
        holder.execute(f"BEGIN; SELECT count(*) FROM {trial.app}".encode())
        process = trial.start("--proxy")
        waits = (
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE NOT l.granted AND c.relname = '{app}'"
        )
        until(lambda: trial.query(waits) == [(1,)], "the migration waits")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        holder.execute("ROLLBACK")
    before = certificates(trial.recovery.client)

    ended = trial.resume()

    assert ended.code == 0, ended.out + ended.err
    assert certificates(trial.recovery.client) > before, "It goes on by the way that it came."
    assert trial.applied() == ["0001_table", "0002_column"]
    assert [outcome for name, outcome in trial.ledger() if name == "0002_column"][-1] == "applied"


@pytest.fixture(scope="module")
def syncs(estate: Client, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How often a whole run of this kind puts a record on disk."""
    folder = tmp_path_factory.mktemp("counted")
    trial = Trial(Recovery(client=estate, folder=folder), folder)
    three(trial)
    count = folder / "syncs"
    ended = trial.migrate(COUNT_SYNCS_INTO=str(count), PYTHONPATH=DYING)
    assert ended.code == 0, ended.out + ended.err
    return int(count.read_text())


def three(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    trial.add("0002_index", f"{INDEX}, {COLUMN}", atomic=False)
    trial.add("0003_row", "RunSQL(\"INSERT INTO {app} VALUES (1, 'once')\")")


@pytest.mark.parametrize("part", range(1, 7))
def test_a_kill_at_any_record_ends_with_each_migration_applied_once(
    trial: Trial, syncs: int, part: int
) -> None:
    three(trial)

    killed = trial.migrate(DIE_AT_SYNC=str(syncs * part // 7), PYTHONPATH=DYING)

    assert killed.code == -signal.SIGKILL
    ended = trial.resume()
    if ended.code == 2 and not trial.applied():
        ended = trial.migrate()  # It died before its plan was on record.
    assert ended.code == 0, ended.out + ended.err
    assert trial.applied() == ["0001_table", "0002_index", "0003_row"]
    applied = [name for name, outcome in trial.ledger() if outcome == "applied"]
    assert applied == ["0001_table", "0002_index", "0003_row"]
    assert trial.query("SELECT count(*) FROM {app}") == [(1,)]
    assert trial.query(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = '{app}_name'::regclass"
    ) == [(True,)]
    assert trial.runs()[0]["outcome"] == "done"


def test_a_job_with_the_code_of_an_image_goes_on_where_its_watcher_is_killed(
    trial: Trial, estate: Client
) -> None:
    trial.add("0001_table", TABLE + f', RunSQL("{SLEEP.format(seconds=3)}")')
    image = f"us-central1-docker.pkg.dev/nhia-hrms/hrms/{trial.app}:1"
    estate.add_image(trial.project, image)
    idle = rf"{BACKED_UP}|run\.jobs\.get"  # Only a job that may be there is looked for.
    with only_what_is_listed(
        estate, trial.config, "migrate", also=("run a migration",), unused=idle
    ):
        process = trial.start("--job", "--image", image)
        until(lambda: trial.query(SLEEPERS) == [(1,)], "the job migrates")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

        ended = trial.resume()

    assert ended.code == 0, ended.out + ended.err
    assert trial.ledger() == [("0001_table", "applied")]
    assert trial.query("SELECT image FROM hrmsops.migrations WHERE app = '{app}'") == [(image,)]
    jobs = estate.call("GET", "/v2/projects/nhia-hrms/locations/us-central1/jobs")["jobs"]
    assert [each["name"] for each in jobs if ended.document["run"] in each["name"]] == []


def test_the_deploy_workflow_migrates_deploys_and_proves_that_it_serves(
    trial: Trial, estate: Client
) -> None:
    trial.add("0001_table", REVERSIBLE)
    name = f"us-central1-docker.pkg.dev/nhia-hrms/hrms/{trial.app}"
    image = f"{name}@{estate.add_image(trial.project, f'{name}:1')}"
    workflows = Workflows(trial, image)
    assert workflows.job("build", image=image).outputs() == {"image": image}

    plan = workflows.job("plan", accept="no-backup", reason='it\'s "new"')
    planned = plan.run()

    assert planned.code == 0, planned.err
    assert f"Apply {trial.app}.0001\\_table" in plan.runner.summary
    assert trial.applied() == []
    deploy = workflows.job("deploy")
    deployed = deploy.run()
    assert deployed.code == 0, deployed.err
    done = [name for name in deploy.ended if name != "Deploy"]
    assert done == ["Migrate", "Remember what serves well", "Prove that it serves"]
    assert trial.applied() == ["0001_table"]
    assert trial.query("SELECT image FROM hrmsops.migrations WHERE app = '{app}'") == [(image,)]
    assert "is remembered as last-good" in deploy.runner.summary
    maintained = workflows.job("partitions", workflow="maintain").run()
    assert maintained.code == 0, maintained.err
    workflows.take_back("0001_table")
    assert trial.applied() == []


def test_whoever_sits_there_may_end_a_blocker(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    assert trial.migrate().code == 0
    trial.add("0002_column", COLUMN)
    variables = {
        "HRMSOPS_STATE_DIR": str(trial.folder / "state"),
        "HRMSOPS_PASSWORD": trial.recovery.password(),
    }
    with closing(trial.recovery.session()) as holder:
        holder.execute(f"BEGIN; SELECT count(*) FROM {trial.app}".encode())
        terminal = in_terminal(
            "-m", "hrmsops", *trial.words("--interactive", "--yes"), cwd=trial.folder, **variables
        )
        terminal.expect("held up by session")
        terminal.send("\x1b[B\r")  # Idle as it is, to end it is the second choice.
        terminal.expect("End session")
        terminal.send("y")
        terminal.expect("Done in")
        terminal.close()
    assert trial.applied() == ["0001_table", "0002_column"]


def test_a_trace_takes_what_the_environment_has_not_and_leaves_it_alone(trial: Trial) -> None:
    trial.add("0001_table", TABLE)
    assert trial.migrate().code == 0
    trial.add("0002_column", 'RunSQL("ALTER TABLE {app} ADD COLUMN grade float DEFAULT random()")')
    words = ("check", "--trace", "--env", "production", "--app", trial.app, "--json", "--proxy")
    before = certificates(trial.recovery.client)

    with only_what_is_listed(trial.recovery.client, trial.config, "check --env", way="connector"):
        ended = trial.recovery.hrmsops(*words, str(trial.project), "--config", str(trial.config))

    assert ended.code in (0, 3), ended.err
    assert certificates(trial.recovery.client) > before
    assert ended.document["checked"]["migrations"] == 1
    (found,) = [each for each in ended.document["findings"] if each["rewrites"]]
    assert (found["migration"], found["evidence"]) == ("0002_column", "trace")
    assert found["table"] == trial.app
    assert trial.applied() == ["0001_table"]
    assert trial.query(
        "SELECT count(*) FROM information_schema.columns WHERE table_name = '{app}'"
        " AND column_name = 'grade'"
    ) == [(0,)]


def test_the_passwords_stand_nowhere_whatever_becomes_of_a_command(trial: Trial) -> None:
    """Whether it works or fails, and whatever the project's own code says about its settings."""
    recovery = trial.recovery
    secrets = (recovery.password(), recovery.password("postgres"), recovery.password("hrms_app"))
    watched = Watched(secrets)
    trial.add("0001_table", TABLE)
    trial.add("0002_tells", "RunPython(tells)", before=TELLS)
    told = recovery.folder / "plan.json"
    config = ("-e", "production", "--config", str(trial.config))
    with watched.looking():
        ended = [
            recovery.hrmsops(*trial.words("--plan-out", str(told), "--sql")),
            trial.migrate(HRMSOPS_TRACEBACK="1"),
            recovery.hrmsops("seed", *config, "--dry-run", "--diff", "--only", "roles"),
        ]
        with (trial.project / "hrms/settings.py").open("a") as settings:
            settings.write("\nINSTALLED_APPS += ['teller.Teller']\n")
        (trial.project / "teller.py").write_text(TELLER)
        ended.append(trial.migrate(HRMSOPS_TRACEBACK="1"))

    assert [each.code for each in ended] == [0, 6, 0, 2], ended
    assert "[password]" in ended[-1].out
    assert told.exists()
    assert watched.looks > len(ended)
    assert watched.told == set()
    assert found_in(ended, [recovery.folder], secrets) == []


def test_a_table_is_sized_partitioned_kept_up_and_put_back(trial: Trial) -> None:
    tables.sized_partitioned_kept_up_and_put_back(trial)


def test_a_default_partition_is_emptied_though_it_is_killed_in_the_middle(trial: Trial) -> None:
    tables.emptied_though_killed_in_the_middle(trial)
