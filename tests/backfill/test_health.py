"""Each sign of trouble is brought about: the backfill pauses, says why, and goes on after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest

from hrmsops.backfill.checkpoint import TABLE
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
MIB = 1 << 20
# Whoever asks for a lock that an autovacuum holds, ends it.
NO_AUTOVACUUM = "ALTER TABLE imports_importrecord SET (autovacuum_enabled = off)"


@pytest.fixture(scope="module")
def hrms(zygote: Zygote, server: Server, migrated: str) -> Hrms:
    """A database of this module's own, with import records."""
    made = Hrms(zygote, server.target(server.database(like=migrated), "hrms_app"))
    made.run(
        "INSERT INTO imports_importrecord (source, row_number, status, created_at)"
        f" SELECT 'generated', 0, 'NEW', now() FROM generate_series(1, {ROWS});"
        # One that comes by itself would be the reason of another test's pause.
        "ANALYZE imports_importrecord;" + NO_AUTOVACUUM
    )
    # Whichever test is the first: the schema of the checkpoints is the application's own.
    made.run(f"CREATE SCHEMA hrmsops; {TABLE}")
    return made


def backfill(
    hrms: Hrms,
    value: str,
    *words: str,
    login: Any = None,
    out: Path | None = None,
    **limits: float,
) -> Typed:
    """`backfill_data` in a project with such limits."""
    every = ("--value", value, *words)
    return hrms.python(SOURCE.format(limits=limits, login=login or {}, words=every), out=out)


class Pausing:
    """A backfill that pauses and goes on while it is looked at."""

    def __init__(self, hrms: Hrms, out: Path, value: str, *words: str, **limits: float) -> None:
        self._hrms, self._out, self._value = hrms, out, value
        hrms.run("UPDATE imports_importrecord SET status = 'NEW'")
        out.touch()
        self._ended: list[Typed] = []
        self._thread = threading.Thread(
            target=lambda: self._ended.append(backfill(hrms, value, *words, out=out, **limits))
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def says(self, words: str) -> None:
        """Wait until it has said that, which may not be its first reason, or has ended without."""
        until(lambda: bool(self._ended) or words in self._out.read_text())

    def went_on(self, why: str) -> None:
        """It has said why it paused, and has done all of it."""
        [ended] = self._ended
        assert ended.code == 0, ended.err
        assert why in ended.out
        assert "s of them paused" in ended.out
        done = "SELECT count(*) FROM imports_importrecord WHERE status = %s"
        with connect(self._hrms.target) as session:
            row = session.execute(done, [self._value]).fetchone()
        assert row
        assert row[0] >= ROWS


Begin = Callable[..., Pausing]


@pytest.fixture
def pausing(hrms: Hrms, tmp_path: Path) -> Begin:
    """Begin a backfill to such a value, with such limits."""
    return partial(Pausing, hrms, tmp_path / "told")


def test_an_archive_that_falls_behind(pausing: Begin, server: Server) -> None:
    why = "MiB of WAL wait to be archived"
    with stuck_archive(server) as relieve:
        server_runs(server, WRITE_WAL)
        with pausing("ARCHIVED", archive_bytes=2 * MIB) as run:
            run.says(why)
            relieve()
    run.went_on(why)


def test_an_archive_that_has_never_worked(hrms: Hrms, pausing: Begin, server: Server) -> None:
    """Nobody knows what waited before; what is written from the first look on counts."""
    why = "MiB of WAL wait to be archived"
    with stuck_archive(server) as relieve:
        server_runs(server, "SELECT pg_stat_reset_shared('archiver')")
        slowly = ("--batch-size", "100", "--sleep", "0.1")
        with pausing("NEVER", *slowly, archive_bytes=2 * MIB) as run:
            done = "SELECT count(*) FROM imports_importrecord WHERE status = 'NEVER'"
            until(lambda: hrms.value(done) > 0)  # It has looked at least once.
            server_runs(server, WRITE_WAL)
            run.says(why)
            relieve()
    run.went_on(why)


def test_a_replica_that_falls_behind(pausing: Begin, server: Server) -> None:
    why = "a replica is"
    with replica(server) as standby:
        with standby.connect("postgres") as session:
            session.execute("SELECT pg_wal_replay_pause()")
        server_runs(server, WRITE_WAL)
        with pausing("REPLICA", replication_bytes=2 * MIB) as run:
            run.says(why)
            with standby.connect("postgres") as session:
                session.execute("SELECT pg_wal_replay_resume()")
        run.went_on(why)


def test_a_long_transaction(hrms: Hrms, pausing: Begin) -> None:
    why = "s keeps every old row"
    with connect(hrms.target) as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT count(*) FROM imports_importrecord")
        with pausing("SNAPSHOT", snapshot_seconds=0.01) as run:
            run.says(why)
            session.execute("COMMIT")
    run.went_on(why)


def test_an_autovacuum_of_the_table(hrms: Hrms, pausing: Begin, server: Server) -> None:
    why = "autovacuum is at work on the table"
    hrms.run(
        "UPDATE imports_importrecord SET status = 'OLD';"
        "ALTER TABLE imports_importrecord SET (autovacuum_enabled, autovacuum_vacuum_threshold = 1,"
        " autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1000000,"
        " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    server_runs(server, "ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()")
    try:
        until(lambda: hrms.value(AT_WORK) > 0)
        # Slow enough for another one to begin, where that one has ended before the first look.
        with pausing("VACUUMED", "--batch-size", "150", "--sleep", "0.2") as run:
            run.says(why)
            hrms.run(NO_AUTOVACUUM)
    finally:
        hrms.run(NO_AUTOVACUUM)
        server_runs(server, "ALTER SYSTEM RESET autovacuum_naptime", "SELECT pg_reload_conf()")
    run.went_on(why)


AT_WORK = """
    SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'imports_importrecord'::regclass
"""


BLIND = """
    CREATE ROLE {role} LOGIN PASSWORD 'secret';
    GRANT SELECT, UPDATE ON imports_importrecord TO {role}
"""
MAY_RECORD = """
    GRANT ALL ON SCHEMA hrmsops TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA hrmsops TO {role}
"""


def test_a_role_that_sees_nothing_of_the_others_says_so_once(hrms: Hrms, server: Server) -> None:
    role = f"blind_{hrms.target.database}_{time.monotonic_ns()}"
    with server.cluster.connect(hrms.target.database) as session:
        session.execute(BLIND.format(role=role).encode())
    hrms.run("UPDATE imports_importrecord SET status = 'NEW'")
    login = {"USER": role, "PASSWORD": "secret"}
    refused = backfill(hrms, "BLIND", login=login)
    grants = MAY_RECORD.format(role=role)
    hrms.run(grants)
    with connect(hrms.target):
        slowly = ("--batch-size", "200", "--sleep", "0.1")
        told = backfill(hrms, "BLIND", *slowly, login=login)

    assert f"{role} cannot keep checkpoints" in refused.err
    assert " ".join(grants.split()) in " ".join(refused.err.split())
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
