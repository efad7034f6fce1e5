"""`hrmsops check --trace`: migrations run on a real server, and what is measured of them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from hrmsops.postgres.cluster import Cluster
from hrmsops.postgres.template import SUPERUSER
from hrmsops.sandbox.releases import build
from tests.command_line import Ended, environment, hrmsops
from tests.safety.conftest import PASSWORD
from tests.safety.scenarios import migration, one

pytestmark = pytest.mark.xdist_group("measured")
DEADLINE_SECONDS = 150
SETTINGS = """
SECRET_KEY = "only the tests know"
USE_TZ = True
INSTALLED_APPS = ["employees"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.postgresql", "NAME": "real", "HOST": "192.0.2.1"},
}
"""
NOT_ATOMIC = "atomic = False\n"
LEVELS = (
    ("nullable", 'migrations.AddField("employee", "grade", models.IntegerField(null=True)),'),
    ("db_default", 'migrations.AddField("employee", "rank", models.IntegerField(db_default=1)),'),
    ("default", 'migrations.AddField("badge", "level", models.IntegerField(default=1)),'),
    ("no_default", 'migrations.AddField("skill", "level", models.IntegerField()),'),
    (
        "volatile",
        'migrations.AddField("employee", "token", models.UUIDField(db_default=RandomUUID())),',
    ),
    (
        "foreign_key",
        'migrations.AddField("employee", "boss",'
        ' models.ForeignKey("employees.employee", models.SET_NULL, null=True)),',
    ),
    ("index", 'migrations.AddIndex("employee", models.Index(fields=["hired"], name="by_hired")),'),
    (
        "beside",
        f"{NOT_ATOMIC}operations = [\n"
        'AddIndexConcurrently("employee", models.Index(fields=["bonus"], name="by_bonus")),\n]',
    ),
    (
        "check",
        'migrations.AddConstraint("employee",'
        ' models.CheckConstraint(condition=Q(salary__lt=1000), name="low")),',
    ),
    (
        "not_valid",
        'AddConstraintNotValid("employee",'
        ' models.CheckConstraint(condition=Q(salary__lt=2000), name="later")),',
    ),
    ("validate", 'ValidateConstraint("employee", "later"),'),
    (
        "wider",
        'migrations.AlterField("employee", "surname", models.CharField(max_length=150)),',
    ),
    (
        "bigint",
        'migrations.AlterField("employee", "salary", models.BigIntegerField()),',
    ),
    (
        "not_null",
        'migrations.AlterField("employee", "nickname", models.CharField(max_length=50)),',
    ),
    (
        "no_sql",
        'migrations.AlterField("badge", "label",'
        ' models.CharField(max_length=20, help_text="what it says")),',
    ),
    ("update", 'migrations.RunSQL("UPDATE employees_employee SET salary = 5", "SELECT 1"),'),
    ("rename", 'migrations.RenameField("employee", "bonus", "premium"),'),
    ("remove", 'migrations.RemoveField("employee", "notes"),'),
    (
        "state_only",
        "migrations.SeparateDatabaseAndState(state_operations=["
        'migrations.RemoveField("badge", "label")]),',
    ),
    (
        "dynamic",
        "migrations.RunSQL(\"DO $$ BEGIN EXECUTE format('DROP TABLE %I CASCADE',"
        " 'employees_skill'); END $$\", migrations.RunSQL.noop),",
    ),
    ("broken", 'migrations.RunSQL("SELECT 1 / (count(*) * 0) FROM employees_badge", "SELECT 1"),'),
)


def command(*words: str, cwd: Path, state: Path) -> Ended:
    return hrmsops("check", "--trace", *words, cwd=cwd, HRMSOPS_STATE_DIR=str(state))


def configured(folder: Path, settings: str) -> Path:
    lines = ["[django]", 'root = "."', f'python = "{sys.executable}"', f'settings = "{settings}"']
    (folder / "hrmsops.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def project(folder: Path, *bodies: str) -> Path:
    one("traced", "safe", *bodies).write(folder)
    (folder / "conf.py").write_text(SETTINGS, encoding="utf-8")
    return configured(folder, "conf")


@pytest.fixture(scope="module")
def empty(measured_server: Cluster) -> Iterator[Callable[[str], str]]:
    """Makes an empty database, and says how it is reached."""
    made: list[str] = []

    def make(name: str) -> str:
        with measured_server.connect("postgres") as session:
            session.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        made.append(name)
        host = f"127.0.0.1:{measured_server.port}"
        return f"postgresql://{SUPERUSER}:{PASSWORD.replace(' ', '%20')}@{host}/{name}"

    yield make
    with measured_server.connect("postgres") as session:
        for name in made:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)")


def contents(url: str) -> int:
    with psycopg.connect(url) as session:
        row = session.execute(
            "SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, empty: Callable[[str], str]
) -> tuple[dict[str, list[dict[str, Any]]], Ended, int]:
    """Every operation above as a deploy of its own: its findings by name, and the whole answer."""
    folder = tmp_path_factory.mktemp("traced")
    project(folder)
    before = "0001_initial"
    for number, (name, body) in enumerate(LEVELS, start=2):
        whole = body if "operations = " in body else f"operations = [\n{body}\n]"
        path = folder / "employees" / "migrations" / f"{number:04}_{name}.py"
        path.write_text(migration(whole, before=before), encoding="utf-8")
        before = path.stem
    url = empty("traced_levels")
    ended = command("--json", "--trace-url", url, cwd=folder, state=folder / "state")
    assert ended.code == 3, ended.err
    found: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in LEVELS}
    for each in ended.document["findings"]:
        if each["migration"] != "0001_initial":
            found[each["migration"].partition("_")[2]].append(each)
    return found, ended, contents(url)


Measured = tuple[dict[str, list[dict[str, Any]]], Ended, int]


@pytest.mark.parametrize(
    ("name", "rules", "lock", "rewrites"),
    [
        ("nullable", set(), "ACCESS EXCLUSIVE", False),
        ("db_default", set(), "ACCESS EXCLUSIVE", False),
        ("default", {"old-code-cannot-insert"}, None, False),
        ("no_default", {"column-without-value", "old-code-cannot-insert"}, None, False),
        ("volatile", {"column-rewrites-table"}, "ACCESS EXCLUSIVE", True),
        ("foreign_key", {"index-blocks-writes"}, "ACCESS EXCLUSIVE", False),
        ("index", {"index-blocks-writes"}, "SHARE", False),
        ("beside", set(), "SHARE UPDATE EXCLUSIVE", False),
        ("check", {"constraint-scans-table"}, "ACCESS EXCLUSIVE", False),
        ("not_valid", set(), "ACCESS EXCLUSIVE", False),
        ("validate", set(), "SHARE UPDATE EXCLUSIVE", False),
        ("wider", set(), "ACCESS EXCLUSIVE", False),
        ("bigint", {"type-rewrites-table"}, "ACCESS EXCLUSIVE", True),
        ("not_null", {"not-null-scans-table", "migration-fails"}, "ACCESS EXCLUSIVE", False),
        ("no_sql", set(), "", False),
        ("update", {"rows-written-at-once"}, "ROW EXCLUSIVE", False),
        ("rename", {"column-renamed"}, "ACCESS EXCLUSIVE", False),
        ("remove", {"column-dropped"}, "ACCESS EXCLUSIVE", False),
        ("state_only", {"new-code-does-not-fit"}, None, False),
    ],
)
def test_an_operation_is_measured(
    measured: Measured, name: str, rules: set[str], lock: str | None, rewrites: bool
) -> None:
    """The table of what Django's operations do, on three rows."""
    found = [each for each in measured[0][name] if each["evidence"] == "trace"]
    loud = {each["rule"] for each in measured[0][name] if each["severity"] != "info"}

    assert loud == rules
    if lock is not None:
        assert lock in {each["lock"] for each in found}
    assert any(each["rewrites"] for each in found) is rewrites


def test_the_code_that_breaks_is_named_with_its_revision(measured: Measured) -> None:
    found = measured[0]

    def broken(name: str) -> set[str]:
        return {word for each in found[name] for word in each["breaks"]}

    assert "old code: INSERT employees.Badge" in broken("default")
    for verb in ("SELECT", "INSERT", "UPDATE"):
        assert f"old code: {verb} employees.Employee" in broken("remove")
        assert f"old code: {verb} employees.Employee" in broken("rename")
    assert broken("state_only") == {"new code: INSERT employees.Badge"}
    assert broken("nullable") == set()


def test_what_reading_could_not_tell_is_measured(measured: Measured) -> None:
    found, ended, _ = measured

    (dropped,) = [each for each in found["dynamic"] if each["rule"] == "table-dropped"]
    assert dropped["table"] == "employees_skill"
    assert dropped["evidence"] == "trace"
    assert "old code: SELECT employees.Skill" in dropped["breaks"]
    assert "needs-a-trace" not in {each["rule"] for each in found["dynamic"]}
    assert not [each for each in ended.document["unknown"] if "dynamic" in each["migration"]]


def test_a_migration_that_fails_is_a_danger_with_its_sqlstate(measured: Measured) -> None:
    (failed,) = [each for each in measured[0]["broken"] if each["rule"] == "migration-fails"]

    assert failed["severity"] == "danger"
    assert "SQLSTATE 22012" in failed["why"]
    needs_rows = [each for each in measured[0]["no_default"] if "23502" in each["why"]]
    assert any("passes on empty tables alone" in each["why"] for each in needs_rows)


def test_the_named_database_is_left_as_it_was_found(measured: Measured) -> None:
    assert measured[2] == 0


def test_a_database_that_holds_something_is_refused(
    tmp_path: Path, empty: Callable[[str], str]
) -> None:
    url = empty("traced_full")
    with psycopg.connect(url) as session:
        session.execute("CREATE TABLE precious (id bigint)")

    ended = command("--trace-url", url, cwd=project(tmp_path), state=tmp_path / "state")

    assert ended.code == 2
    assert "precious" in ended.err
    assert contents(url) == 1


def test_two_ways_to_say_what_is_pending_are_refused(tmp_path: Path) -> None:
    words = ("--env", "staging", "--since", "HEAD")
    ended = command(*words, cwd=project(tmp_path / "code"), state=tmp_path / "state")

    assert ended.code == 2
    assert not (tmp_path / "state" / "trace").exists()


def test_the_miniature_hrms_is_traced_in_a_cluster_of_its_own(tmp_path: Path) -> None:
    folder = configured(build("2024.2", tmp_path / "hrms"), "hrms.settings")

    ended = command("--json", cwd=folder, state=tmp_path / "state")

    assert ended.code in (0, 3), ended.err
    document = ended.document
    assert {each["evidence"] for each in document["findings"]} >= {"trace"}
    assert "migration-fails" not in {each["rule"] for each in document["findings"]}
    assert [*(tmp_path / "state" / "trace").rglob("postmaster.pid")] == []


def test_what_a_branch_adds_is_traced_as_one_deploy(
    tmp_path: Path, empty: Callable[[str], str]
) -> None:
    """The code that serves is that from before the branch, whatever lies between."""
    folder = project(tmp_path / "code")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "base")):
        who = ("-c", "user.name=a", "-c", "user.email=a@nhia", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)
    project(
        folder,
        "migrations.SeparateDatabaseAndState(state_operations=["
        'migrations.RemoveField("employee", "nickname")]),',
        'migrations.RunSQL("ALTER TABLE employees_employee DROP COLUMN nickname", "SELECT 1"),',
    )

    ended = command(
        "--json", "--since", "HEAD", "--trace-url", empty("traced_branch"),
        cwd=folder, state=tmp_path / "state",
    )  # fmt: skip

    assert ended.code == 3, ended.err
    assert ended.document["checked"]["migrations"] == 2
    (dropped,) = [each for each in ended.document["findings"] if each["severity"] == "danger"]
    assert (dropped["rule"], dropped["migration"]) == ("column-dropped", "0003_change")
    assert "old code: SELECT employees.Employee" in dropped["breaks"]


ONLY_LAW = """\
def forwards(apps, schema_editor):
    Skill = apps.get_model("employees", "Skill")
    assert [each.name for each in Skill.objects.all()] == ["law"]


operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""


def test_what_stands_on_a_failed_migration_and_what_has_no_rows_is_said(
    tmp_path: Path, empty: Callable[[str], str]
) -> None:
    folder = project(
        tmp_path / "code",
        'migrations.RunSQL("CREATE TABLE odd (n int NOT NULL CHECK (n % 777 = 776))", "SELECT 1"),',
        'migrations.RunSQL("ALTER TABLE odd ADD COLUMN m int", "SELECT 1"),',
        'migrations.RunSQL("ALTER TABLE nowhere ADD COLUMN m int", "SELECT 1"),',
        'migrations.RunSQL("SELECT 1", "SELECT 1"),',
    )
    aside = folder / "employees" / "migrations" / "0006_aside.py"
    body = 'operations = [migrations.RunSQL("UPDATE employees_skill SET name = 5", "SELECT 1")]'
    aside.write_text(migration(body, before="0003_change"), encoding="utf-8")
    law = 'migrations.RunSQL("INSERT INTO employees_skill (name) VALUES (\'law\')", "SELECT 1")'
    made = folder / "employees" / "migrations" / "0007_law.py"
    made.write_text(migration(f"operations = [{law}]", before="0006_aside"), encoding="utf-8")
    needed = folder / "employees" / "migrations" / "0008_law_alone.py"
    needed.write_text(migration(ONLY_LAW, before="0007_law"), encoding="utf-8")

    ended = command(
        "--json", "--trace-url", empty("traced_odd"), cwd=folder, state=tmp_path / "state"
    )

    found = {(each["migration"], each["rule"]) for each in ended.document["findings"]}
    unknown = {each["migration"]: each["why"] for each in ended.document["unknown"]}
    # It finds what 0007 wrote, and nothing that was made up for the migrations before it.
    assert ("0008_law_alone", "migration-fails") not in found
    assert ("0004_change", "migration-fails") in found
    assert ("0006_aside", "rows-written-at-once") in found
    assert "no rows could be made" in unknown["0003_change"]
    assert unknown["0004_change"].endswith("not run: employees.0005_change")


def under_way(folder: Path, state: Path) -> subprocess.Popen[str]:
    """A trace that has begun, and that sleeps in its second migration."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hrmsops", "check", "--trace"],
        cwd=folder,
        env=environment(HRMSOPS_STATE_DIR=str(state)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "0001_initial" in process.stderr.readline()
    return process


SLOW = 'migrations.RunSQL("SELECT pg_sleep(60)", "SELECT 1"),'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_trace_that_is_interrupted_leaves_nothing(tmp_path: Path, number: int) -> None:
    state = tmp_path / "state"
    process = under_way(project(tmp_path / "code", SLOW), state)
    (server,) = left_clusters(state)

    process.send_signal(number)
    process.communicate(timeout=DEADLINE_SECONDS)

    assert process.returncode == 128 + number
    assert left_clusters(state) == []
    assert not is_running(server)


def test_what_a_killed_trace_left_is_swept_by_the_next(tmp_path: Path) -> None:
    folder, state = project(tmp_path / "code", SLOW), tmp_path / "state"
    process = under_way(folder, state)
    process.kill()
    process.communicate(timeout=DEADLINE_SECONDS)
    left = left_clusters(state)

    (folder / "employees" / "migrations" / "0002_change.py").unlink()
    ended = command("--json", cwd=folder, state=state)

    assert len(left) == 1
    assert ended.code in (0, 3), ended.err
    assert left_clusters(state) == []
    assert not any(is_running(pid) for pid in left)


def left_clusters(state: Path) -> list[int]:
    """The servers whose folders are there, by their process."""
    from hrmsops.postgres.server_account import stand_in

    roots = (state / "trace", stand_in(state / "trace"))
    files = [path for root in roots for path in root.glob("*/data/postmaster.pid")]
    return [int(path.read_text().split()[0]) for path in files]


def is_running(pid: int) -> bool:
    """A process that ended stays in the list until somebody asks for its end."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
