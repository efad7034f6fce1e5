"""Partitioning that is killed ends the same, once it is gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hrmsops.postgres.session import Target, connect
from hrmsops.steps.partition.preparing import BuildKey
from tests.command_line import ROOT
from tests.postgres.conftest import Make, ask
from tests.postgres.partitioning import Bench
from tests.sandbox.waiting import eventually

TABLE = """
CREATE TABLE staff (id int PRIMARY KEY);
INSERT INTO staff SELECT generate_series(0, 9);
CREATE TABLE log (id bigserial PRIMARY KEY, created_at timestamptz NOT NULL, amount int NOT NULL,
    staff int REFERENCES staff ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX log_created_at ON log (created_at);
INSERT INTO log (created_at, amount, staff)
    SELECT '2026-08-01Z'::timestamptz + n * interval '40 minutes', 0, n % 10
    FROM generate_series(1, 3000) n;
"""
PARTITIONED = """
CREATE TABLE log (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE log_old PARTITION OF log FOR VALUES FROM ('2026-08-01 00:00+00') TO ('2026-09-01 00:00+00');
CREATE TABLE log_new PARTITION OF log FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00');
CREATE TABLE log_rest PARTITION OF log DEFAULT;
INSERT INTO log VALUES (1, '2026-08-02'), (2, '2026-11-02'), (3, '2026-10-02');
"""
MANY = """
INSERT INTO log SELECT -n, '2026-10-03' FROM generate_series(1, {many}) n;
INSERT INTO log SELECT n + 10, '9999-12-31' FROM generate_series(1, {many}) n;
"""
BUILDING = """
    SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX CONC%'
    AND datname = current_database() AND state = 'active'
"""
DIGEST = "SELECT count(*), md5(string_agg(l::text, ',' ORDER BY id)) FROM log l"


@pytest.mark.parametrize(("method", "kills"), [("attach", (5, 8)), ("copy", (4, 6))])
def test_killed_after_the_effect_of_each_step_it_ends_the_same(
    make: Make, tmp_path: Path, method: str, kills: tuple[int, int]
) -> None:
    target = make(TABLE)
    before = ask(target, DIGEST)

    assert killed(target, tmp_path, method) == kills
    assert ask(target, DIGEST) == before
    journal = Bench(target, tmp_path / "state").journal()
    assert [run.outcome for run in journal.runs()] == ["done", "done"]
    assert ask(target, "SELECT relname FROM pg_class WHERE relname LIKE 'hrmsops\\_%'") == []


@pytest.mark.parametrize(("many", "kills"), [(0, 3), (20_001, 7)])
def test_keeping_up_that_is_killed_after_each_step_adds_and_archives_once(
    make: Make, tmp_path: Path, many: int, kills: int
) -> None:
    """With few rows by default, and with more than are moved under a lock."""
    target = make(PARTITIONED + MANY.format(many=many))

    assert killed(target, tmp_path, "keep") == (kills,)

    parts = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'log'::regclass"
    assert {row[0] for row in ask(target, parts)} == {
        "log_new",
        "log_y2026m10",
        "log_y2026m12",
        "log_rest",
        *(["log_from_y9999m12"] if many else []),
    }
    assert ask(target, 'SELECT id FROM "Old".log_old') == [(1,)]
    placed = "SELECT id, tableoid::regclass::text FROM log WHERE id BETWEEN 1 AND 10 ORDER BY 1"
    assert ask(target, placed) == [(2, "log_new"), (3, "log_y2026m10")]
    assert ask(target, "SELECT count(*) FROM log_y2026m10 WHERE id < 0") == [(many,)]
    far = "SELECT count(*), count(DISTINCT id) FROM log WHERE at > '2030-01-01'"
    assert ask(target, far) == [(many, many)]
    assert ask(target, "SELECT relname FROM pg_class WHERE relname LIKE 'hrmsops\\_%'") == []


def test_a_build_whose_client_is_gone_is_ended_and_begun_again(make: Make, tmp_path: Path) -> None:
    """The server goes on with a statement whose client was killed, until it wants to answer."""
    bench = Bench(make(TABLE), tmp_path)
    plan = bench.plan("log")
    [build] = [step for step in plan.steps if isinstance(step, BuildKey)]
    left = replace(bench.target, application_name=f"hrmsops {plan.run}")
    run = bench.journal().begin(plan, fence=0)
    abandoned = connect(left)
    with connect(bench.target) as user, user.transaction():
        user.execute("UPDATE log SET amount = 1 WHERE id = 1")
        # It waits for whoever may still see the table as it was.
        index = f"CREATE UNIQUE INDEX CONCURRENTLY {build.cut.key_index} ON log (id, created_at)"
        abandoned.pgconn.send_query(index.encode())
        eventually(lambda: ask(bench.target, BUILDING) == [(1,)])

        assert build.find(bench.world(), run) is None
        assert ask(bench.target, BUILDING) == [(0,)]
    abandoned.close()
    invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    assert ask(bench.target, invalid) == [(1,)]

    assert bench.resume(plan.run).outcome == "done"

    assert ask(bench.target, invalid) == [(0,)]


def killed(target: Target, folder: Path, what: str) -> tuple[int, ...]:
    """How many processes had been killed when each plan was done."""
    words = [_written(target, folder), str(folder / "state"), what]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.postgres.dying_partitioner", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return tuple(map(int, ended.stdout.split()))


def _written(target: Target, folder: Path) -> str:
    """The target as a file, its timeouts in seconds."""
    fields = asdict(target)
    limits = {name: each.total_seconds() for name, each in fields["timeouts"].items()}
    file = folder / "target.json"
    file.write_text(json.dumps({**fields, "timeouts": limits}))
    return str(file)
