"""Each statement under the timeouts of its kind, so that nobody waits long behind a migration."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from hrmsops.django.bridge import Limits
from hrmsops.errors.migrate import MigrationFailed, MigrationHalfApplied, MigrationInDoubt
from hrmsops.postgres.migration_lock import KEYS
from hrmsops.postgres.session import connect
from tests.migrate.conftest import Bench
from tests.migrate.others import Reader, holding
from tests.postgres.conftest import ask, run

ADD = 'AddField("person", "salary", models.IntegerField(null=True)),'
INDEX = 'AddIndexConcurrently("person", models.Index(fields=["name"], name="by_name")),'
FILL = "INSERT INTO staff_person (name, grade) SELECT md5(n::text), n FROM generate_series(1, {}) n"
COLUMNS = (
    "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'staff_person'"
)


@pytest.fixture
def people(bench: Bench) -> Bench:
    """The table is there, with a thousand rows."""
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    agent.close()
    run(bench.target, FILL.format(1000))
    bench.events.clear()
    return bench


def columns(bench: Bench) -> set[object]:
    return {row[0] for row in ask(bench.target, COLUMNS)}


def test_readers_do_not_wait_behind_a_migration_that_waits_for_a_blocker(people: Bench) -> None:
    people.source.add("0002_salary", ADD)
    agent = people.agent()
    look = "SELECT grade FROM staff_person WHERE id = 5"

    with (
        holding(people.target, "SELECT count(*) FROM staff_person", seconds=2.5),
        Reader(people.target, look) as reader,
    ):
        applied = people.apply(agent, "0002_salary")

    assert "salary" in columns(people)
    assert applied["attempts"] > 3
    # Behind one attempt of the full lock timeout they would have waited for the whole 2.5 s.
    assert reader.longest < 1.2
    blockers = [each for event in people.told("busy") for each in event["by"]]
    assert {(b["user"], b["state"]) for b in blockers} == {("hrms_ops", "idle in transaction")}
    # None: the attempt was over between the look at its lock and the look at its table.
    assert "staff_person" in {b["table"] for b in blockers} <= {"staff_person", None}


def test_a_blocker_that_stays_ends_the_attempts_and_nothing_is_left(people: Bench) -> None:
    people.source.add("0002_salary", ADD)
    limits = Limits(statement=timedelta(seconds=30), lock=timedelta(milliseconds=150))
    agent = people.agent(limits=limits)

    with (
        holding(people.target, "SELECT count(*) FROM staff_person", seconds=4),
        pytest.raises(MigrationFailed) as raised,
    ):
        people.apply(agent, "0002_salary")

    assert "A lock was not had in time (SQLSTATE 55P03)" in raised.value.why
    assert "salary" not in columns(people)


def test_a_statement_that_runs_too_long_is_ended_and_rolled_back(people: Bench) -> None:
    people.source.add("0002_slow", f'{ADD}RunSQL("SELECT pg_sleep(20)"),')
    agent = people.agent(limits=Limits(statement=timedelta(seconds=1), lock=timedelta(seconds=1)))

    with pytest.raises(MigrationFailed) as raised:
        people.apply(agent, "0002_slow")

    assert "57014" in raised.value.why
    assert "salary" not in columns(people)


def test_a_build_beside_traffic_may_take_longer_than_a_statement(people: Bench) -> None:
    people.source.add("0002_index", INDEX, atomic=False)
    agent = people.agent(
        limits=Limits(statement=timedelta(seconds=1), lock=timedelta(milliseconds=200))
    )

    with holding(people.target, "UPDATE staff_person SET grade = 0 WHERE id = 1", seconds=2.0):
        people.apply(agent, "0002_index")

    assert ask(
        people.target, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass"
    ) == [(True,)]


def test_a_vacuum_waits_for_its_table_and_may_take_its_time(people: Bench) -> None:
    people.source.add("0002_vacuum", 'RunSQL("VACUUM ANALYZE staff_person", ""),', atomic=False)
    agent = people.agent(
        limits=Limits(statement=timedelta(seconds=1), lock=timedelta(milliseconds=200))
    )

    lock = "LOCK TABLE staff_person IN SHARE UPDATE EXCLUSIVE MODE"
    with holding(people.target, lock, seconds=2.0):
        people.apply(agent, "0002_vacuum")

    applied = "SELECT count(*) FROM django_migrations WHERE name = '0002_vacuum'"
    assert ask(people.target, applied) == [(1,)]


@pytest.mark.parametrize("again", ["", " IF NOT EXISTS"])
def test_an_index_that_a_failed_build_left_invalid_is_dropped_and_built(
    people: Bench, again: str
) -> None:
    run(people.target, "INSERT INTO staff_person (name, grade) VALUES ('twice', 1), ('twice', 1)")
    with connect(people.target) as session, pytest.raises(psycopg.errors.UniqueViolation):
        session.execute("CREATE UNIQUE INDEX CONCURRENTLY by_name ON staff_person (name)")
    sql = f"CREATE INDEX CONCURRENTLY{again} by_name ON staff_person (name)"
    people.source.add("0002_index", f'RunSQL("{sql}"),', atomic=False)

    people.apply(people.agent(), "0002_index")

    assert ask(
        people.target,
        "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'by_name'::regclass",
    ) == [(True, False)]
    assert people.told("leftover") == [{"event": "leftover", "index": "by_name"}]


def test_a_statement_outside_a_transaction_is_tried_again_for_its_lock(people: Bench) -> None:
    people.source.add("0002_both", ADD + INDEX, atomic=False)
    agent = people.agent()

    with holding(people.target, "LOCK TABLE staff_person IN SHARE MODE", seconds=1.0):
        people.apply(agent, "0002_both")

    assert people.told("again")
    assert "salary" in columns(people)


def test_a_failure_between_two_operations_says_what_is_there_and_goes_on_from_there(
    people: Bench,
) -> None:
    run(people.target, "INSERT INTO staff_person (name, grade) VALUES ('twice', 1), ('twice', 1)")
    more = 'AddField("person", "note", models.TextField(null=True)),'
    unique = 'RunSQL("CREATE UNIQUE INDEX CONCURRENTLY one_name ON staff_person (name)"),'
    people.source.add("0002_three", ADD + unique + more, atomic=False)
    agent = people.agent()

    with pytest.raises(MigrationFailed) as raised:
        people.apply(agent, "0002_three")

    facts = raised.value.facts
    assert facts["done"] == ["Add field salary to person"]
    assert facts["undone"] == ["Add field note to person"]
    told = MigrationHalfApplied(migration="staff.0002_three", run="r", facts=facts)
    assert "Done: Add field salary to person." in told.why
    assert "one_name" in told.why
    run(people.target, "DELETE FROM staff_person WHERE name = 'twice'")
    people.apply(agent, "0002_three")
    assert {"salary", "note"} <= columns(people)


def test_code_outside_a_transaction_is_not_run_twice_by_itself(people: Bench) -> None:
    code = """
    def raise_all(apps, editor):
        Person = apps.get_model("staff", "Person")
        Person.objects.filter(id__lte=10).update(grade=1000)
        raise RuntimeError("a-personal-value")
    """
    people.source.add("0002_code", "RunPython(raise_all),", atomic=False, before=code)
    agent = people.agent()
    with pytest.raises(MigrationFailed) as failed:
        people.apply(agent, "0002_code")
    assert "RuntimeError in the migration's own code, at staff/migrations/0002_code.py" in (
        failed.value.why
    )
    assert "a-personal-value" not in failed.value.why

    with pytest.raises(MigrationInDoubt):
        people.apply(agent, "0002_code")

    run(people.target, "UPDATE staff_person SET grade = 0")
    with pytest.raises(MigrationFailed):
        people.apply(agent, "0002_code", repeat=True)
    assert ask(people.target, "SELECT count(*) FROM staff_person WHERE grade = 1000") == [(10,)]


def test_timeouts_name_and_role_are_those_of_the_run_and_not_of_the_project(bench: Bench) -> None:
    agent = bench.agent(run="run-9")
    seen = ask(
        bench.target,
        "SELECT usename, application_name FROM pg_stat_activity"
        " WHERE application_name = 'hrmsops run-9'",
    )
    assert ("hrms_ops", "hrmsops run-9") in seen
    bench.source.add(
        "0002_note",
        'RunSQL("CREATE TABLE noted AS SELECT name, setting FROM pg_settings"),',
    )
    agent.close()
    again = bench.agent(run="run-9")
    bench.apply(again, "0001_initial")
    bench.apply(again, "0002_note")
    rows = ask(bench.target, "SELECT name, setting FROM noted")
    noted = {str(name): setting for name, setting in rows}
    assert noted["statement_timeout"] == "30000"
    assert noted["lock_timeout"] == "100"
    assert noted["idle_in_transaction_session_timeout"] == "300000"
    assert ask(bench.target, "SELECT tableowner FROM pg_tables WHERE tablename = 'noted'") == [
        ("hrms_app",)
    ]


def test_the_lock_that_others_see_is_the_one_that_the_agent_takes(bench: Bench) -> None:
    bench.agent(run="run-3")
    found = ask(
        bench.target,
        "SELECT classid::bigint, objid::bigint FROM pg_locks"
        " WHERE locktype = 'advisory' AND granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    assert found == [KEYS]
