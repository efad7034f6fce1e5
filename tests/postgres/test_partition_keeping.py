"""Partitioned tables kept up: partitions to come, and what is old."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from hrmsops.engine.plan import Plan
from hrmsops.errors.partition import NotPartitioned, TableNotPartitionable
from hrmsops.partition.periods import Every, Span, Wanted, wanted
from hrmsops.plans import keeping
from hrmsops.plans.keeping_default import HEAP_BYTES_MAX, ROWS_MOVED_MAX
from hrmsops.plans.observing_keeping import observe_kept
from hrmsops.postgres.session import connect
from hrmsops.steps.partition.emptying import StageDefault
from tests.postgres.conftest import Make, ask, run
from tests.postgres.partitioning import ENVIRONMENT, Bench
from tests.sandbox.waiting import eventually

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
    return bench.keep(table, now=NOW, retain=retain, archive=archive)


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


DEFAULT = """
CREATE TABLE log_rest PARTITION OF "Log ""x" DEFAULT;
CREATE TABLE notes (what text);
CREATE FUNCTION noting() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO notes VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER "Noted" AFTER INSERT OR DELETE ON "Log ""x" FOR EACH ROW EXECUTE FUNCTION noting();
CREATE TRIGGER always AFTER DELETE ON "Log ""x" FOR EACH ROW EXECUTE FUNCTION noting();
ALTER TABLE log_rest ENABLE ALWAYS TRIGGER always;
INSERT INTO "Log ""x" VALUES (4, '2026-10-05', 1, 1), (5, '2026-12-07', 1, 1), (6, '2031-01-01', 1, 1);
"""
WHERE = """SELECT id, tableoid::regclass::text FROM "Log ""x" ORDER BY id"""
TRIGGERS = """
    SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = 'log_rest'::regclass
    AND NOT tgisinternal ORDER BY 1
"""


def test_rows_of_the_default_partition_go_to_the_ones_that_are_made_for_them(
    make: Make, tmp_path: Path
) -> None:
    bench = Bench(make(TABLES + DEFAULT), tmp_path)
    before = ask(bench.target, WHERE), ask(bench.target, "SELECT * FROM notes")
    triggers = ask(bench.target, TRIGGERS)

    plan = kept(bench, NAME)
    bench.run(plan)

    assert plan.because[1] == "log_rest gives 2 rows to the new ones, and keeps 1"
    assert any('Who writes to Log "x waits' in each for each in plan.warnings)
    placed = {row[0]: row[1] for row in ask(bench.target, WHERE)}
    assert list(placed) == [row[0] for row in before[0]]
    assert [placed[number] for number in (4, 5, 6)] == [
        '"Log ""x_y2026m10"',
        '"Log ""x_y2026m12"',
        "log_rest",
    ]
    assert ask(bench.target, "SELECT * FROM notes") == before[1]
    assert ask(bench.target, TRIGGERS) == triggers == [("Noted", "O"), ("always", "A")]
    assert [step.name for step in kept(bench, NAME).steps] == ["analyze-table"]


def test_rows_beyond_the_partitions_to_come_stay_where_they_are_however_many(
    make: Make, tmp_path: Path
) -> None:
    many = "INSERT INTO log SELECT n, '2031-01-01', 1, 1 FROM generate_series(7, 22000) n"
    bench = Bench(make(TABLES + DEFAULT + many.replace("log", '"Log ""x"')), tmp_path)
    before = ask(bench.target, "SELECT oid, relfilenode FROM pg_class WHERE relname = 'log_rest'")

    plan = kept(bench, NAME)
    bench.run(plan)

    assert plan.because[1] == "log_rest gives 2 rows to the new ones, and keeps more than 20,000"
    assert {step.name for step in plan.steps} == {"add-partition", "analyze-table"}
    found = ask(bench.target, "SELECT count(*) FROM log_rest"), ask(bench.target, WHERE)[2:5]
    assert found[0] == [(21_995,)]
    assert [row[1] for row in found[1]] == [
        '"Log ""x_y2026m10"',
        '"Log ""x_y2026m12"',
        "log_rest",
    ]
    after = ask(bench.target, "SELECT oid, relfilenode FROM pg_class WHERE relname = 'log_rest'")
    assert after == before


def test_a_default_partition_that_takes_long_to_read_is_copied_where_that_is_of_use(
    make: Make, tmp_path: Path
) -> None:
    """Each partition that is attached beside it would have it read under a lock."""
    bench = Bench(make(TABLES + DEFAULT), tmp_path)
    [found] = observe_kept(bench.world(), instance="i", table=NAME, now=NOW, ahead=1, archive="")
    assert found.default
    large = replace(found, default=replace(found.default, heap_bytes=HEAP_BYTES_MAX + 1))
    begin = datetime(9999, 12, 1, tzinfo=UTC)
    far = replace(large, far=Wanted(name="log_far", span=Span(begin=begin, end=None)))
    made = partial(keeping.plan, now=NOW, service="s", instance="i", environment=ENVIRONMENT)
    days = wanted("log", Every.DAY, since=NOW - timedelta(days=100), until=NOW)
    full = replace(found.default, moving=ROWS_MOVED_MAX + 1, last=NOW)
    many = replace(found, missing=days, default=full)
    plans = (made([of], reason="test", retain=None, archive="") for of in (large, far, many))
    read, copied, late = plans

    assert {step.name for step in read.steps} == {"add-partition", "analyze-table"}
    assert read.because[2] == "log_rest is read under a lock for each of them: 60 MiB"
    [stage] = [step for step in copied.steps if isinstance(step, StageDefault)]
    assert [each.name for each in stage.cut.pieces][-1] == "log_far"
    assert 'Whoever uses Log "x waits for the swap, about 0.3 s' in late.warnings
    assert copied.because[1:] == (
        "log_rest is copied whole, never analysed, 1 MiB with indexes: 2 go to the new ones",
        "What it has from 9999-12-01 on gets one of its own: it would be copied again and again",
    )


def test_rows_that_are_referred_to_stay_in_the_default_partition(
    make: Make, tmp_path: Path
) -> None:
    bench = Bench(make(TABLES + DEFAULT), tmp_path)
    run(
        bench.target,
        """CREATE TABLE line (id bigint, at timestamptz,
            FOREIGN KEY (id, at) REFERENCES "Log ""x" ON DELETE CASCADE)""",
    )
    with pytest.raises(TableNotPartitionable) as refused:
        kept(bench, NAME)
    assert "line.line_id_at_fkey refers to it" in refused.value.why
    run(bench.target, "ALTER TABLE line DROP CONSTRAINT line_id_at_fkey")
    assert "add-partition" in [step.name for step in kept(bench, NAME).steps]


def test_two_who_keep_it_up_at_once_make_each_partition_once(make: Make, tmp_path: Path) -> None:
    benches = [Bench(make(TABLES), tmp_path / "one")]
    benches.append(Bench(benches[0].target, tmp_path / "two"))
    plans = [kept(each, NAME) for each in benches]

    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(b.run, p) for b, p in zip(benches, plans, strict=True)]
        ended = [each.exception() for each in runs]

    assert ended == [None, None]
    parts = [row[0] for row in ask(benches[0].target, PARTS)]
    assert parts == ["log_old", "log_new", 'Log "x_y2026m12']


PENDING = "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass('log_old')"


def test_who_is_overtaken_in_the_middle_of_a_detach_finds_it_done(
    make: Make, tmp_path: Path
) -> None:
    benches = [Bench(make(TABLES), tmp_path / "one")]
    benches.append(Bench(benches[0].target, tmp_path / "two"))
    target, plans = benches[0].target, [kept(b, NAME, retain=2, archive="old") for b in benches]

    with connect(target) as reader, ThreadPoolExecutor() as pool:
        # The first half of a detach is committed; the second waits for whoever has the table.
        with reader.transaction():
            reader.execute("""LOCK TABLE ONLY "Log ""x" IN ACCESS SHARE MODE""")
            slower = pool.submit(benches[0].run, plans[0])
            eventually(lambda: ask(target, PENDING) == [(True,)] or slower.done())
            assert not slower.done(), slower.exception()
            benches[1].run(plans[1])
        assert slower.exception() is None

    assert ask(target, "SELECT id FROM old.log_old") == [(1,)]
    assert [row[0] for row in ask(target, PARTS)] == ["log_new", 'Log "x_y2026m12']


def test_two_who_detach_at_once_keep_it_once(make: Make, tmp_path: Path) -> None:
    benches = [Bench(make(TABLES), tmp_path / "one")]
    benches.append(Bench(benches[0].target, tmp_path / "two"))
    plans = [kept(each, NAME, retain=2, archive="old") for each in benches]

    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(b.run, p) for b, p in zip(benches, plans, strict=True)]
        ended = [each.exception() for each in runs]

    assert ended == [None, None]
    assert ask(benches[0].target, "SELECT id FROM old.log_old") == [(1,)]


def test_an_archive_that_has_the_name_already_is_refused_before_anything_is_detached(
    make: Make, tmp_path: Path
) -> None:
    bench = Bench(make(TABLES + "CREATE SCHEMA old; CREATE TABLE old.log_old ();"), tmp_path)
    with pytest.raises(TableNotPartitionable) as refused:
        kept(bench, NAME, retain=2, archive="old")
    assert "log_old exists already where it would be moved to" in refused.value.why
