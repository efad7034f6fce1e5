"""The agent takes migrations back, and says before what goes with them and what would stop it."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.errors.migrate import MigrationFailed
from hrmsops.errors.reversal import MigrationStillNeeded
from hrmsops.postgres.ledger import read_ledger
from hrmsops.postgres.session import connect
from tests.migrate.conftest import Bench
from tests.migrate.others import holding
from tests.postgres.conftest import ask, run

SALARY = 'AddField("person", "salary", models.IntegerField(null=True)),'
NAMED = "ALTER TABLE staff_person ADD COLUMN IF NOT EXISTS nick text"


def applied(bench: Bench, *names: str) -> Any:
    agent = bench.agent()
    for name in names:
        bench.apply(agent, name)
    return agent


def backwards(bench: Bench, agent: Any, *, undo: str | None = None, to: str = "") -> dict[str, Any]:
    found: dict[str, Any] = agent.ask(
        "plan-backwards", bench.events.append, app="staff", to=to or None, undo=undo
    )
    return found


def reverse(bench: Bench, agent: Any, name: str) -> dict[str, Any]:
    plan = backwards(bench, agent, undo=name)["migrations"]
    [fingerprint] = [each["fingerprint"] for each in plan if each["name"] == name]
    done: dict[str, Any] = agent.ask(
        "reverse",
        bench.events.append,
        app="staff",
        name=name,
        fingerprint=fingerprint,
        plan=[["staff", name]],
        repeat=False,
    )
    return done


def recorded(bench: Bench) -> list[str]:
    rows = ask(bench.target, "SELECT name FROM django_migrations WHERE app = 'staff' ORDER BY id")
    return [str(name) for (name,) in rows]


def test_what_is_taken_back_leaves_both_records_in_one_transaction(bench: Bench) -> None:
    bench.source.add("0002_salary", SALARY)
    agent = applied(bench, "0001_initial", "0002_salary")

    done = reverse(bench, agent, "0002_salary")

    assert recorded(bench) == ["0001_initial"]
    assert (done["outcome"], done["already"]) == ("reversed", False)
    with connect(bench.target, read_only=True) as session:
        [entry] = read_ledger(session, reverses=True)
        assert [each.outcome for each in read_ledger(session)] == ["applied", "applied"]
    assert (entry.migration, entry.outcome) == ("staff.0002_salary", "reversed")
    assert entry.xid
    bench.apply(agent, "0002_salary")
    assert recorded(bench) == ["0001_initial", "0002_salary"]


def test_what_goes_is_counted_and_what_would_stop_it_is_found(bench: Bench) -> None:
    bench.source.add("0002_salary", SALARY)
    bench.source.add("0003_drop", 'RemoveField("person", "grade"),')
    bench.source.add(
        "0004_longer",
        'AlterField("person", "name", models.CharField(max_length=80, null=True, unique=False)),',
    )
    agent = applied(bench, "0001_initial", "0002_salary", "0003_drop", "0004_longer")
    run(bench.target, "INSERT INTO staff_person (name, salary) VALUES (NULL, 7), ('b', NULL)")
    run(bench.target, f"INSERT INTO staff_person (name, salary) VALUES ('{'x' * 50}', 3)")

    found = backwards(bench, agent, to="0001")["migrations"]

    assert [each["name"] for each in found] == ["0004_longer", "0003_drop", "0002_salary"]
    assert [(each["kind"], each["rows"]) for each in found[0]["obstacles"]] == [
        ("null", 1),
        ("too-long", 1),
    ]
    assert found[1]["obstacles"] == []  # The old column has a default that Django gives it.
    [loss] = found[2]["losses"]
    assert (loss["table"], loss["column"], loss["values"]) == ("staff_person", "salary", 2)
    assert any("DROP COLUMN" in line for line in found[2]["sql"])


def test_other_apps_that_stand_on_it_go_with_it_and_before_it(bench: Bench) -> None:
    bench.source.add("0002_salary", SALARY)
    folder = bench.source.root / "leave/migrations"
    folder.mkdir(parents=True)
    for name in ("__init__.py", "../__init__.py"):
        (folder / name).touch()
    (folder / "0001_by_salary.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('staff', '0002_salary')]\n"
        "    operations = [migrations.RunSQL('CREATE TABLE x (id int)', 'DROP TABLE x')]\n"
    )
    bench.source.settings("leave")
    agent = applied(bench, "0001_initial", "0002_salary")
    [last] = bench.plan(agent)["migrations"]
    agent.ask(
        "apply",
        bench.events.append,
        app="leave",
        name="0001_by_salary",
        fingerprint=last["fingerprint"],
        plan=[["leave", "0001_by_salary"]],
        repeat=False,
    )
    for asked in ({"undo": "0002"}, {"to": "0001"}):
        found = backwards(bench, agent, **asked)["migrations"]
        assert [(each["app"], each["name"]) for each in found] == [
            ("leave", "0001_by_salary"),
            ("staff", "0002_salary"),
        ]


def test_what_another_stands_on_does_not_go_first(bench: Bench) -> None:
    bench.source.add("0002_salary", SALARY)
    agent = applied(bench, "0001_initial", "0002_salary")
    with pytest.raises(MigrationStillNeeded, match=r"staff\.0001_initial"):
        reverse(bench, agent, "0001_initial")
    assert recorded(bench) == ["0001_initial", "0002_salary"]


def test_a_reverse_that_fails_leaves_nothing_of_it(bench: Bench) -> None:
    bench.source.add(
        "0002_nick",
        f"""RunSQL("SELECT 1", "SELECT 1/0"), RunSQL("{NAMED}", "DROP TABLE staff_person"),""",
    )
    agent = applied(bench, "0001_initial", "0002_nick")
    with pytest.raises(MigrationFailed) as raised:
        reverse(bench, agent, "0002_nick")
    assert raised.value.facts["sqlstate"] == "22012"
    assert recorded(bench) == ["0001_initial", "0002_nick"]
    assert ask(bench.target, "SELECT count(*) FROM staff_person") == [(0,)]


def test_without_a_transaction_it_goes_on_with_the_operation_that_it_stopped_at(
    bench: Bench,
) -> None:
    bench.source.add(
        "0002_two",
        """
        RunSQL("SELECT 1", "ALTER TABLE staff_person DROP COLUMN nick"),
        RunSQL("ALTER TABLE staff_person ADD COLUMN nick text", "INSERT INTO once VALUES (1)"),
        """,
        atomic=False,
    )
    agent = applied(bench, "0001_initial", "0002_two")
    run(bench.target, "CREATE TABLE once (id int)")
    run(bench.target, "ALTER TABLE staff_person RENAME COLUMN nick TO other")
    with pytest.raises(MigrationFailed) as raised:
        reverse(bench, agent, "0002_two")
    assert len(raised.value.facts["done"]) == 1
    run(bench.target, "ALTER TABLE staff_person RENAME COLUMN other TO nick")

    reverse(bench, agent, "0002_two")

    assert recorded(bench) == ["0001_initial"]
    assert ask(bench.target, "SELECT count(*) FROM once") == [(1,)]


def test_a_lock_that_is_held_is_waited_for_on_the_ramp(bench: Bench) -> None:
    bench.source.add("0002_salary", SALARY)
    agent = applied(bench, "0001_initial", "0002_salary")
    with holding(bench.target, "SELECT count(*) FROM staff_person", seconds=1.0):
        done = reverse(bench, agent, "0002_salary")
    assert done["attempts"] > 1
    assert recorded(bench) == ["0001_initial"]
