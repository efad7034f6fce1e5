"""What cannot be partitioned is refused before anything is touched, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable
from hrmsops.partition.periods import Every
from tests.postgres.conftest import Make, ask, run
from tests.postgres.partitioning import Bench

TABLE = """
CREATE TABLE log (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, n int, day date);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE other (id int);
"""
OBJECTIONS = {
    "CREATE TABLE line (log bigint CONSTRAINT in_log REFERENCES log)": "line.in_log refers to it",
    "CREATE UNIQUE INDEX once ON log (n)": "once is unique without created_at",
    "ALTER TABLE log ADD CONSTRAINT apart EXCLUDE USING btree (n WITH =)": "exclusion constraint",
    "CREATE TABLE child () INHERITS (log)": "inherits or is inherited from",
    "CREATE RULE away AS ON DELETE TO log DO INSTEAD NOTHING": "rule away is on it",
    "CREATE TRIGGER seen AFTER INSERT ON log REFERENCING NEW TABLE AS new EXECUTE FUNCTION f()": "trigger seen has transition tables",
    "CREATE TRIGGER off AFTER INSERT ON log EXECUTE FUNCTION f(); ALTER TABLE log DISABLE TRIGGER off": "trigger off is disabled",
    "ALTER TABLE log ADD CONSTRAINT later CHECK (n > 0) NOT VALID": "later is not validated",
    "ALTER TABLE log ADD CONSTRAINT mine CHECK (n > 0) NO INHERIT": "check mine is NO INHERIT",
    "CREATE MATERIALIZED VIEW kept AS SELECT n FROM log": "materialized view kept reads it",
    "CREATE VIEW grouped AS SELECT id, n FROM log GROUP BY id": "view grouped groups by the primary key",
    "CREATE FUNCTION of(log) RETURNS int LANGUAGE sql AS 'SELECT 1'": "function of(log) depends on it",
    "CREATE POLICY p ON other USING (EXISTS (SELECT FROM log))": "policy p on table other depends on it",
    "ALTER TABLE log FORCE ROW LEVEL SECURITY": "its row security is FORCED",
    "ALTER TABLE log SET UNLOGGED": "unlogged or temporary",
    "ALTER TABLE log DROP CONSTRAINT log_pkey": "no primary key",
    "ALTER TABLE log REPLICA IDENTITY FULL": "replica identity",
    "INSERT INTO log VALUES (1, 'infinity')": "infinity in some rows",
    "INSERT INTO log VALUES (1, '9999-12-31')": "created_at is 9999-12-31 in some rows",
    "INSERT INTO log VALUES (1, '12000-12-31')": "before the year 1 or after 9999 in some rows",
    "ALTER TABLE log ADD CONSTRAINT whole CHECK (log IS NOT NULL)": "constraint whole on table log depends on it",
    "CREATE INDEX whole ON log ((log IS NULL))": "index whole depends on it",
    "CREATE POLICY again ON log USING (n < (SELECT max(n) FROM log AS other))": "policy again on table log depends on it",
    "CREATE TABLE years (LIKE log) PARTITION BY LIST (n); ALTER TABLE years ATTACH PARTITION log DEFAULT": "partitioned already",
    "CREATE TABLE log_y2026m12 ()": "exists already",
}


@pytest.fixture
def bench(make: Make, tmp_path: Path) -> Bench:
    return Bench(make(TABLE), tmp_path)


def refusal(bench: Bench, column: str = "created_at", **how: Any) -> str:
    with pytest.raises(TableNotPartitionable) as refused:
        bench.plan("log", column, ahead=60, **how)
    return refused.value.why


def test_each_thing_that_stands_against_it_is_named_and_nothing_is_touched(bench: Bench) -> None:
    for statement, words in OBJECTIONS.items():
        run(bench.target, statement)
        assert words in refusal(bench), statement
        run(bench.target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + TABLE)


def test_a_column_that_is_no_time_or_has_no_value_is_refused(bench: Bench) -> None:
    run(bench.target, "INSERT INTO log VALUES (1, '2020-01-01', 1, NULL)")

    assert (
        refusal(bench, "n")
        == "n is integer: periods are cut from dates and timestamps; choose another column."
    )
    assert "day is NULL in some rows" in refusal(bench, "day")
    run(bench.target, "ALTER TABLE log ADD g date GENERATED ALWAYS AS (day + n) STORED")
    assert "PostgreSQL does not partition by such a column" in refusal(bench, "g")
    assert "partitions would be made" in refusal(bench, every=Every.DAY, method="copy")


def test_what_is_not_handed_down_to_partitions_is_told_before_consent(bench: Bench) -> None:
    run(
        bench.target,
        """CREATE STATISTICS together ON n, day FROM log; CREATE INDEX twice ON log ((n * 2));
        ALTER INDEX twice ALTER COLUMN 1 SET STATISTICS 500; ALTER TABLE log CLUSTER ON log_pkey;
        ALTER TABLE log ADD note text; ALTER TABLE log SET (toast.autovacuum_enabled = off)""",
    )
    told = {each.partition(" stays with")[0] for each in bench.plan("log").warnings}
    assert told >= {
        "Extended statistics together",
        "TOAST parameter autovacuum_enabled=off",
        "The mark of CLUSTER on log_pkey",
        "The statistics target of index twice",
    }


def test_whose_table_it_is_not_may_not_cut_it(server: Any, bench: Bench) -> None:
    with server.cluster.connect(bench.target.database) as session:
        session.execute("ALTER TABLE log OWNER TO postgres")
    assert "it belongs to postgres, and we act as hrms_app" in refusal(bench)


def test_a_publication_is_named(server: Any, bench: Bench) -> None:
    with server.cluster.connect(bench.target.database) as session:
        session.execute("CREATE PUBLICATION everything FOR ALL TABLES")
    assert "publication everything is on it" in refusal(bench)


def test_what_was_not_cut_here_is_neither_taken_back_nor_finished(bench: Bench) -> None:
    with pytest.raises(NotPartitioned):
        bench.back("log")
    bench.run(bench.plan("log"))
    with pytest.raises(NotPartitioned, match="nothing to do"):
        bench.finish("log")
    with pytest.raises(TableNotPartitionable) as refused:
        bench.plan("log")
    assert "partitioned already" in refused.value.why


def test_a_copy_that_is_finished_has_no_old_table_and_no_way_back(bench: Bench) -> None:
    run(bench.target, "INSERT INTO log VALUES (1, '2026-11-02', 1)")
    bench.run(bench.plan("log", method="copy"))
    plan = bench.finish("log")

    bench.run(plan)

    assert any(step.loses_data for step in plan.steps)
    assert plan.undo is None
    run(bench.target, "INSERT INTO log VALUES (2, '2026-11-03', 1); DELETE FROM log WHERE id = 1")
    assert ask(bench.target, "SELECT id FROM log") == [(2,)]
    left = "SELECT relname FROM pg_class WHERE relname LIKE '%log_old%' AND relkind = 'r'"
    assert ask(bench.target, left) == []
    assert ask(bench.target, "SELECT proname FROM pg_proc WHERE proname LIKE 'hrmsops%'") == []
    for gone in (bench.back, bench.finish):
        with pytest.raises(NotPartitioned):
            gone("log")


def test_a_column_that_came_since_is_not_lost_on_the_way_back(bench: Bench) -> None:
    bench.run(bench.plan("log", method="copy"))
    run(bench.target, "ALTER TABLE log ADD COLUMN note text")
    with pytest.raises(TableNotPartitionable) as refused:
        bench.back("log")
    assert "its columns changed since: New: column note" in refused.value.why
