"""Partitioned tables kept up: partitions to come, and what is old."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hrmsops.engine.plan import Plan
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable
from hrmsops.plans import keeping
from hrmsops.plans.observing_keeping import observe_kept
from hrmsops.postgres.session import connect
from tests.postgres.conftest import Make, ask, run
from tests.postgres.partitioning import ENVIRONMENT, Bench

NOW = datetime(2026, 11, 29, tzinfo=UTC)
TABLES = """
CREATE TABLE staff (id int PRIMARY KEY);
CREATE TABLE "Log ""x" (id bigint, at timestamptz NOT NULL, staff int REFERENCES staff, n int CHECK (n > 0),
    PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX ON "Log ""x" (staff);
ALTER TABLE "Log ""x" ENABLE ROW LEVEL SECURITY;
CREATE TABLE log_old PARTITION OF "Log ""x" FOR VALUES FROM ('2026-08-01 00:00+00') TO ('2026-09-01 00:00+00');
CREATE TABLE log_new PARTITION OF "Log ""x" FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00')
    WITH (fillfactor = 80);
INSERT INTO staff VALUES (1);
INSERT INTO "Log ""x" VALUES (1, '2026-08-02', 1, 1), (2, '2026-11-02', 1, 1);
CREATE TABLE apart (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE apart_1 PARTITION OF apart FOR VALUES FROM ('2020-01-01') TO ('2020-01-09');
"""
NAME = 'Log "x'
PARTS = """
    SELECT c.relname::text, pg_get_expr(c.relpartbound, c.oid), c.reloptions::text, c.relrowsecurity
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = '"Log ""x"'::regclass ORDER BY 2
"""


def kept(bench: Bench, table: str | None, retain: int | None = None, archive: str = "") -> Plan:
    return keeping.plan(
        observe_kept(bench.world(), instance="i", table=table),
        now=NOW,
        service="s",
        instance="i",
        environment=ENVIRONMENT,
        reason="test",
        ahead=1,
        retain=retain,
        archive=archive,
    )


def test_partitions_to_come_are_like_their_neighbours_and_old_ones_are_kept_apart(
    make: Make, tmp_path: Path
) -> None:
    bench = Bench(make(TABLES), tmp_path)

    plan = kept(bench, None, retain=2, archive="Old ones")
    bench.run(plan)

    assert [step.name for step in plan.steps] == [
        "add-partition",
        "detach-partition",
        "analyze-table",
    ]
    assert "apart is passed over: its partitions are no periods" in plan.because
    found = ask(bench.target, PARTS)
    assert [row[0] for row in found] == ["log_new", 'Log "x_y2026m12']
    assert [row[2:] for row in found] == [("{fillfactor=80}", False), ("{fillfactor=80}", True)]
    run(bench.target, """INSERT INTO "Log ""x" VALUES (3, '2026-12-31 23:59:59+00', 1, 1)""")
    assert ask(bench.target, 'SELECT id FROM "Old ones".log_old') == [(1,)]
    assert ask(bench.target, 'SELECT id FROM "Log ""x" ORDER BY 1') == [(2,), (3,)]
    assert [step.name for step in kept(bench, NAME).steps] == ["analyze-table"]


def test_a_detach_that_was_broken_off_is_finished(make: Make, tmp_path: Path) -> None:
    bench = Bench(make(TABLES), tmp_path)
    plan = kept(bench, NAME, retain=2)
    # It waits for whoever reads, and is ended there: the first half is committed.
    with connect(bench.target) as reader, connect(bench.target) as other, reader.transaction():
        reader.execute("""SELECT * FROM "Log ""x" """)
        other.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            other.execute("""ALTER TABLE "Log ""x" DETACH PARTITION log_old CONCURRENTLY""")

    bench.run(plan)

    assert ask(bench.target, "SELECT id FROM log_old") == [(1,)]
    assert "log_old" not in [row[0] for row in ask(bench.target, PARTS)]


def test_what_cannot_be_kept_up_is_said(make: Make, tmp_path: Path) -> None:
    bench = Bench(make(TABLES), tmp_path)
    with pytest.raises(NotPartitioned):
        kept(bench, "staff")
    with pytest.raises(NotPartitioned):
        kept(bench, "apart")
    run(
        bench.target,
        """CREATE TABLE log_rest PARTITION OF "Log ""x" DEFAULT;
        INSERT INTO "Log ""x" VALUES (4, '2027-12-31', 1, 1)""",
    )
    with pytest.raises(TableNotPartitionable) as refused:
        kept(bench, NAME)
    assert "its default partition has rows" in refused.value.why
