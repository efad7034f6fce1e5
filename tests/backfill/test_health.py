"""Each sign of trouble is brought about: the backfill pauses, says why, and goes on after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hrmsops.postgres.session import connect
from tests.backfill.conftest import Hrms, Typed, Zygote
from tests.backfill.trouble import WRITE_WAL, replica, server_runs, stuck_archive, until
from tests.postgres.conftest import Server

pytestmark = pytest.mark.xdist_group("backfill")

ROWS = 3_000
SOURCE = """
from django.conf import settings
from django.core.management import call_command
from django.db import connections
settings.HRMSOPS_BACKFILL_LIMITS = {limits!r}
connections["default"].settings_dict.update({login!r})
call_command("backfill_data", "--model", "imports.ImportRecord", "--field", "status", *{words!r})
"""
PAUSES = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle' AND query LIKE '%pg_stat_archiver%'
        AND state_change < clock_timestamp() - interval '0.6 s'
"""
"""A session that has looked and does nothing since."""
MIB = 1 << 20


@pytest.fixture(scope="module")
def hrms(zygote: Zygote, server: Server, migrated: str) -> Hrms:
    """A database of this module's own, with import records."""
    made = Hrms(zygote, server.target(server.database(like=migrated), "hrms_app"))
    made.run(
        "INSERT INTO imports_importrecord (source, row_number, status, created_at)"
        f" SELECT 'generated', 0, 'NEW', now() FROM generate_series(1, {ROWS});"
        "ANALYZE imports_importrecord"
    )
    return made


def backfill(hrms: Hrms, value: str, *words: str, login: Any = None, **limits: float) -> Typed:
    """`backfill_data` in a project with such limits."""
    every = ("--value", value, *words)
    return hrms.python(SOURCE.format(limits=limits, login=login or {}, words=every))


@contextmanager
def pausing(hrms: Hrms, value: str, *words: str, **limits: float) -> Iterator[list[Typed]]:
    """Within, the backfill pauses; afterwards it has ended, and the list says how."""
    hrms.run("UPDATE imports_importrecord SET status = 'NEW'")
    ended: list[Typed] = []
    thread = threading.Thread(target=lambda: ended.append(backfill(hrms, value, *words, **limits)))
    thread.start()
    try:
        yield ended
    finally:
        thread.join()


def went_on(hrms: Hrms, ended: list[Typed], value: str, why: str) -> None:
    """It has said why it paused, and has done all of it."""
    assert ended[0].code == 0, ended[0].err
    assert why in ended[0].out
    assert "s of them paused" in ended[0].out
    done = hrms.value(f"SELECT count(*) FROM imports_importrecord WHERE status = '{value}'")
    assert done >= ROWS


def test_an_archive_that_falls_behind(hrms: Hrms, server: Server) -> None:
    with stuck_archive(server) as relieve:
        server_runs(server, WRITE_WAL)
        with pausing(hrms, "ARCHIVED", archive_bytes=2 * MIB) as ended:
            until(lambda: hrms.value(PAUSES) > 0)
            relieve()
    went_on(hrms, ended, "ARCHIVED", "MiB of WAL wait to be archived")


def test_an_archive_that_has_never_worked(hrms: Hrms, server: Server) -> None:
    """Nobody knows what waited before; what is written from the first look on counts."""
    with stuck_archive(server) as relieve:
        server_runs(server, "SELECT pg_stat_reset_shared('archiver')")
        slowly = ("--batch-size", "100", "--sleep", "0.1")
        with pausing(hrms, "NEVER", *slowly, archive_bytes=2 * MIB) as ended:
            until(lambda: hrms.value("SELECT count(*) FROM imports_importrecord"
                                     " WHERE status = 'NEVER'") > 0)  # fmt: skip
            server_runs(server, WRITE_WAL)
            until(lambda: hrms.value(PAUSES) > 0)
            relieve()
    went_on(hrms, ended, "NEVER", "MiB of WAL wait to be archived")


def test_a_replica_that_falls_behind(hrms: Hrms, server: Server) -> None:
    with replica(server) as standby:
        with standby.connect("postgres") as session:
            session.execute("SELECT pg_wal_replay_pause()")
        server_runs(server, WRITE_WAL)
        with pausing(hrms, "REPLICA", replication_bytes=2 * MIB) as ended:
            until(lambda: hrms.value(PAUSES) > 0)
            with standby.connect("postgres") as session:
                session.execute("SELECT pg_wal_replay_resume()")
        went_on(hrms, ended, "REPLICA", "a replica is")


def test_a_long_transaction(hrms: Hrms) -> None:
    with connect(hrms.target) as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT count(*) FROM imports_importrecord")
        with pausing(hrms, "SNAPSHOT", snapshot_seconds=0.01) as ended:
            until(lambda: hrms.value(PAUSES) > 0)
            session.execute("COMMIT")
    went_on(hrms, ended, "SNAPSHOT", "s keeps every old row")


def test_an_autovacuum_of_the_table(hrms: Hrms, server: Server) -> None:
    hrms.run(
        "UPDATE imports_importrecord SET status = 'OLD';"
        "ALTER TABLE imports_importrecord SET (autovacuum_enabled, autovacuum_vacuum_threshold = 1,"
        " autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1000000,"
        " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    server_runs(server, "ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()")
    try:
        until(lambda: hrms.value(AT_WORK) > 0)
        with pausing(hrms, "VACUUMED") as ended:
            until(lambda: hrms.value(PAUSES) > 0)
            # Whoever asks for a lock that an autovacuum holds, ends it.
            hrms.run("ALTER TABLE imports_importrecord SET (autovacuum_enabled = off)")
    finally:
        server_runs(server, "ALTER SYSTEM RESET autovacuum_naptime", "SELECT pg_reload_conf()")
    went_on(hrms, ended, "VACUUMED", "autovacuum is at work on the table")


AT_WORK = """
    SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'imports_importrecord'::regclass
"""


BLIND = """
    CREATE ROLE {role} LOGIN PASSWORD 'secret';
    GRANT SELECT, UPDATE ON imports_importrecord TO {role};
    CREATE SCHEMA IF NOT EXISTS hrmsops;
    GRANT USAGE, CREATE ON SCHEMA hrmsops TO {role};
    GRANT ALL ON ALL TABLES IN SCHEMA hrmsops TO {role}
"""


def test_a_role_that_sees_nothing_of_the_others_says_so_once(hrms: Hrms, server: Server) -> None:
    role = f"blind_{hrms.target.database}_{time.monotonic_ns()}"
    with server.cluster.connect(hrms.target.database) as session:
        session.execute(BLIND.format(role=role).encode())
    hrms.run("UPDATE imports_importrecord SET status = 'NEW'")
    with connect(hrms.target):
        slowly = ("--batch-size", "200", "--sleep", "0.1")
        told = backfill(hrms, "BLIND", *slowly, login={"USER": role, "PASSWORD": "secret"})

    assert told.code == 0, told.err
    assert told.out.count(f"Unseen: {role} may not see what other roles do") == 1
    assert told.out.count("GRANT pg_read_all_stats") == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"waiter": 5}, "Near it: waiters."), ({"waiters": "many"}, "A number above 0 is wanted.")],
)
def test_a_limit_that_there_is_not_is_refused(
    hrms: Hrms, limits: dict[str, Any], said: str
) -> None:
    told = backfill(hrms, "REFUSED", **limits)

    assert "HRMSOPS_BACKFILL_LIMITS" in told.err
    assert said in told.err
    assert hrms.value("SELECT count(*) FROM imports_importrecord WHERE status = 'REFUSED'") == 0
