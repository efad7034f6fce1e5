"""The agent is one, is asked in lines, and ends with whoever asked it."""

from __future__ import annotations

import ast
import json
import os
import secrets
import signal
import subprocess
import sys
import threading

import pytest

from hrmsops.django.parcel import (
    FROM_VARIABLES,
    backfill_sources,
    in_variables,
    packed,
    parcel,
    sources,
)
from hrmsops.errors.agent import AgentGone
from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.database import OwnerRoleRefused, PoolerInTheWay
from hrmsops.errors.migrate import MigrationFailed, MigrationUnderWay
from hrmsops.errors.migration_plan import AppUnknown, MigrationsConflict, MigrationUnknown
from hrmsops.errors.project import DatabaseAliasUnknown, ProjectNotLoadable
from hrmsops.postgres.migration_lock import lock_holder
from hrmsops.postgres.session import connect
from tests.migrate.conftest import Bench
from tests.migrate.others import holding, until
from tests.postgres.conftest import Server, ask, run
from tests.postgres.relay import pooler

ADD = 'AddField("person", "salary", models.IntegerField(null=True)),'


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [each.name for each in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def is_locked(bench: Bench) -> bool:
    with connect(bench.target, read_only=True) as session:
        return lock_holder(session) is not None


def test_it_fits_into_the_variables_of_a_job_and_starts_from_them() -> None:
    longer_than_one = f"{parcel('agent', 'main_of_job')}# {secrets.token_hex(40_000)}"
    request = {"ask": "", "settings": "absent", "alias": "default"}
    env = in_variables("SENT", longer_than_one)

    ended = subprocess.run(
        [sys.executable, "-c", FROM_VARIABLES.format(name="SENT")],
        env={**env, "HRMSOPS_REQUEST": packed(json.dumps(request))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(env) > 1
    assert max(len(each) for each in env.values()) <= 32 * 1024
    assert json.loads(ended.stderr)["kind"] == "project"
    assert ended.returncode == 3


@pytest.mark.parametrize("part", ["agent", "tracer"])
def test_what_is_sent_needs_nothing_but_django(part: str) -> None:
    allowed = {*sys.stdlib_module_names, "django"}
    names = {
        name.partition(".")[0]
        for module, source in sources(part).items()
        if module != "hrmsops_sent.agent.backfilling"
        for node in ast.walk(ast.parse(source))
        for name in _imported(node)
    }

    assert "django" in names
    assert names <= allowed


def test_what_backfills_over_there_needs_just_the_app_that_is_sent_along() -> None:
    allowed = {*sys.stdlib_module_names, "django"}
    needed = {
        name
        for source in backfill_sources().values()
        for node in ast.walk(ast.parse(source))
        for name in _imported(node)
    }
    agents = sources("agent")["hrmsops_sent.agent.backfilling"]
    needed |= {name for node in ast.walk(ast.parse(agents)) for name in _imported(node)}

    from_here = {name for name in needed if name.partition(".")[0] not in allowed}
    assert "hrmsops.backfill.engine" in from_here
    assert from_here <= set(backfill_sources())


def test_the_second_runner_is_told_who_the_first_is(bench: Bench) -> None:
    bench.agent(run="run-1")

    with pytest.raises(MigrationUnderWay) as raised:
        bench.agent(run="run-2")

    assert raised.value.what == "hrmsops run-1 is migrating this database."
    assert "of hrms_ops" in raised.value.why


def test_ending_the_session_that_only_watches_admits_nobody(bench: Bench, server: Server) -> None:
    agent = bench.agent(run="run-1")
    bench.apply(agent, "0001_initial")
    bench.source.add("0002_wait", 'RunSQL("SELECT pg_sleep(1.5)"),')
    agent.close()
    again = bench.agent(run="run-1")
    thread = threading.Thread(target=_quietly, args=(bench, again, "0002_wait"))
    thread.start()
    until(lambda: bool(bench.told("busy")), "the watch looks")
    with server.cluster.connect("postgres") as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " AND application_name = 'hrmsops run-1'"
            " AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
            [bench.target.database],
        )

    with pytest.raises(MigrationUnderWay):
        bench.agent(run="run-2")
    thread.join()

    assert ask(bench.target, "SELECT name FROM django_migrations ORDER BY id DESC LIMIT 1") == [
        ("0002_wait",)
    ]


def test_a_pooler_is_refused(bench: Bench) -> None:
    with pooler(bench.target.port) as port, pytest.raises(PoolerInTheWay):
        bench.agent(port=port)


def test_a_role_that_is_not_to_be_had_is_refused(bench: Bench) -> None:
    with pytest.raises(OwnerRoleRefused):
        bench.agent(role="cloudsqladmin")


def test_tables_of_another_owner_are_named(bench: Bench) -> None:
    bench.source.models(
        """
        class Person(models.Model):
            name = models.CharField(max_length=40)
            grade = models.IntegerField(default=0)
        """
    )
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    agent.close()
    found = bench.plan(bench.agent(role="", user="hrms_ops"))
    assert found["owners"] == {"django_migrations": "hrms_app", "staff_person": "hrms_app"}


def test_a_killed_agent_leaves_nothing_of_a_migration_and_its_lock_is_free(bench: Bench) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    bench.source.add("0002_slow", f'{ADD}RunSQL("SELECT pg_sleep(30)"),')
    agent.close()
    again = bench.agent()

    def kill() -> None:
        until(lambda: bool(bench.told("busy")), "the migration runs")
        os.kill(again._process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()

    with pytest.raises(AgentGone) as raised:
        bench.apply(again, "0002_slow")
    killer.join()

    assert "signal 9" in raised.value.what
    until(lambda: not is_locked(bench), "the server ends the session of a killed client")
    assert ask(bench.target, "SELECT name FROM django_migrations") == [("0001_initial",)]
    assert ask(bench.target, "SELECT outcome FROM hrmsops.migrations ORDER BY id") == [
        ("applied",),
        (None,),
    ]


def test_an_agent_whose_input_ends_cancels_what_it_is_doing(bench: Bench) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    bench.source.add("0002_slow", 'RunSQL("SELECT pg_sleep(30)"),')
    agent.close()
    again = bench.agent()
    thread = threading.Thread(target=_quietly, args=(bench, again, "0002_slow"))
    thread.start()
    until(lambda: bool(bench.told("busy")), "the migration runs")

    again.close()
    thread.join()

    until(lambda: not is_locked(bench), "the lock is free")
    assert ask(bench.target, "SELECT outcome, sqlstate FROM hrmsops.migrations ORDER BY id") == [
        ("applied", None),
        ("failed", "57014"),
    ]


def _quietly(bench: Bench, agent: object, name: str) -> None:
    try:
        bench.apply(agent, name)  # type: ignore[arg-type]
    except HrmsopsError:
        return


def test_a_session_that_is_ended_is_told_and_rolled_back(bench: Bench, server: Server) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    bench.source.add("0002_slow", f'{ADD}RunSQL("SELECT pg_sleep(30)"),')
    agent.close()
    again = bench.agent()

    def end_it() -> None:
        until(lambda: bool(bench.told("busy")), "the migration runs")
        with server.cluster.connect("postgres") as session:
            session.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d"
                " ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = %s",
                [bench.target.database],
            )

    thread = threading.Thread(target=end_it)
    thread.start()
    with pytest.raises(MigrationFailed) as raised:
        bench.apply(again, "0002_slow")
    thread.join()

    assert "57P01" in raised.value.why or "connection broke" in raised.value.why
    assert ask(bench.target, "SELECT outcome FROM hrmsops.migrations ORDER BY id") == [
        ("applied",),
        ("failed",),
    ]
    again.close()
    assert [each["name"] for each in bench.plan(bench.agent())["migrations"]] == ["0002_slow"]


def test_an_index_whose_build_was_killed_is_built_by_the_same_run(bench: Bench) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    run(bench.target, "INSERT INTO staff_person (name, grade) VALUES ('a', 1)")
    both = 'AddIndexConcurrently("person", models.Index(fields=["name"], name="by_name")),'
    bench.source.add("0002_index", ADD + both, atomic=False)
    agent.close()
    again = bench.agent()

    def kill() -> None:
        until(lambda: any(e["by"] for e in bench.told("busy")), "the build waits")
        os.kill(again._process.pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    with holding(bench.target, "UPDATE staff_person SET grade = 2", seconds=2.5):
        thread.start()
        with pytest.raises(AgentGone):
            bench.apply(again, "0002_index")
        thread.join()
    until(lambda: not is_locked(bench), "the server ends the session of a killed client")

    bench.apply(bench.agent(), "0002_index")

    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass"
    assert ask(bench.target, query) == [(True,)]
    assert ask(bench.target, "SELECT count(*) FROM staff_person WHERE salary IS NULL") == [(1,)]


def test_what_a_project_prints_breaks_no_line(bench: Bench) -> None:
    bench.source.settings(more='\nprint("a line of its own")\n')
    bench.source.add(
        "0002_loud", "RunPython(shout),", before="def shout(apps, editor): print('a' * 200000)"
    )
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    assert bench.apply(agent, "0002_loud")["outcome"] == "applied"


def test_a_project_that_does_not_come_up_is_told(bench: Bench) -> None:
    bench.source.settings("no_such_app")
    with pytest.raises(ProjectNotLoadable) as raised:
        bench.agent()
    assert "no_such_app" in raised.value.why


def test_a_target_that_is_not_there_is_told_with_those_that_are(bench: Bench) -> None:
    agent = bench.agent()
    with pytest.raises(AppUnknown, match="app-unknown"):
        bench.plan(agent, "stuff")
    with pytest.raises(MigrationUnknown, match="migration-unknown"):
        bench.plan(agent, "staff", "0007")
    agent.close()
    bench.source.alias = "replica"
    with pytest.raises(DatabaseAliasUnknown):
        bench.agent()


def test_two_newest_migrations_are_a_conflict(bench: Bench) -> None:
    bench.source.add("0002_a", ADD)
    bench.source.add("0002_b", ADD, after="0001_initial")
    with pytest.raises(MigrationsConflict):
        bench.plan(bench.agent())


def test_a_step_backwards_is_seen(bench: Bench) -> None:
    bench.source.add("0002_more", ADD)
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    bench.apply(agent, "0002_more")
    assert bench.plan(agent, "staff", "0001")["backwards"] == ["staff.0002_more"]
    assert bench.plan(agent, "staff", "zero")["backwards"] == [
        "staff.0002_more",
        "staff.0001_initial",
    ]
    assert bench.plan(agent, "staff", "0002")["backwards"] == []


def test_a_squash_is_applied_once_and_stands_for_what_it_replaces(bench: Bench) -> None:
    bench.source.add("0002_more", ADD)
    bench.source.squash("0001_squashed", ["0001_initial", "0002_more"], ADD)
    agent = bench.agent()
    [pending] = bench.plan(agent)["migrations"]
    assert pending["replaces"] == ["staff.0001_initial", "staff.0002_more"]
    bench.apply(agent, "0001_squashed")
    names = {row[0] for row in ask(bench.target, "SELECT name FROM django_migrations")}
    assert names == {"0001_initial", "0002_more", "0001_squashed"}
    assert bench.plan(agent)["migrations"] == []


def test_what_must_be_so_afterwards_is_looked_at(bench: Bench) -> None:
    agent = bench.agent()
    bench.apply(agent, "0001_initial")
    run(
        bench.target,
        "ALTER TABLE staff_person ADD CONSTRAINT positive CHECK (grade >= 0) NOT VALID;"
        "CREATE TABLE staff_bonus (id int PRIMARY KEY); ALTER TABLE staff_bonus OWNER TO hrms_app",
    )
    found = agent.ask("verify", bench.events.append, app=None, to=None)
    assert found["left"] == []
    assert found["not_valid"] == ["positive of staff_person"]
    assert found["changes"] == ["staff: Delete model Person"]
    assert found["refused"] == []
