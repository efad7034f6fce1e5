"""How large tables are, what that means, and when partitions run out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hrmsops.console.table_sizes import count, size
from hrmsops.engine.store import LocalStore
from hrmsops.partition.samples import Look, Measure, before, remember, remembered
from hrmsops.partition.sizes import judged
from hrmsops.postgres.partitions import read_ranges
from hrmsops.postgres.session import connect
from hrmsops.postgres.table_sizes import TableSize, read_sizes
from tests.postgres.conftest import Make, run

NOW = datetime(2026, 11, 29, 3, 14, tzinfo=UTC)
TABLES = """
CREATE TABLE core_auditlog (id bigint PRIMARY KEY, seen date NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX ON core_auditlog (created_at);
INSERT INTO core_auditlog SELECT n, '2026-01-01', now() FROM generate_series(1, 1000) n;
CREATE TABLE "Old ""Log" (id bigint, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE old_1 PARTITION OF "Old ""Log" FOR VALUES FROM (MINVALUE) TO ('2026-12-01 00:00+00');
CREATE TABLE old_2 PARTITION OF "Old ""Log" FOR VALUES FROM ('2026-12-01 00:00+00') TO ('2027-01-01 00:00+00');
CREATE TABLE old_x PARTITION OF "Old ""Log" DEFAULT;
INSERT INTO "Old ""Log" SELECT n, '2026-11-01' FROM generate_series(1, 50) n;
ANALYZE core_auditlog; ANALYZE old_1;
CREATE TABLE small (id int);
CREATE TABLE hrmsops_261129_133328_d123_new (LIKE core_auditlog) PARTITION BY RANGE (created_at);
"""


def test_sizes_growth_and_what_they_ask_for(make: Make) -> None:
    with connect(make(TABLES), read_only=True) as session:
        sizes, ranges = read_sizes(session, exact=False), read_ranges(session)
        counted = {str(each.name): each.rows for each in read_sizes(session, exact=True)}
    earlier = Look(
        at=NOW - timedelta(days=9), tables={"core_auditlog": Measure(rows=400, bytes=8192)}
    )

    found = judged(
        sizes,
        ranges,
        expected={"core_auditlog": 900},
        large_rows=100_000,
        earlier=earlier,
        now=NOW,
        everything=False,
    )

    log, old = sorted(found, key=lambda each: each.table, reverse=True)
    assert counted == {"core_auditlog": 1000, 'Old "Log': 50, "small": 0}
    assert [str(each.name) for each in ranges] == ['Old "Log']
    assert (log.table, log.rows, log.is_exceeded) == ("core_auditlog", 1000, True)
    assert log.bytes > 0 < log.index_bytes
    assert log.growth
    assert log.growth.rows == 600
    assert log.watch == "Index, archival"
    [seen] = [each for each in sizes if each.name.name == "core_auditlog"]
    assert [each.column for each in seen.dates] == ["created_at", "seen"]
    assert (old.table, old.partitions, old.runs_out) == (
        'Old "Log',
        3,
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert old.findings[0].endswith("until 2027-01-01 only; later rows go to its default partition")
    assert "no statistics as a whole" in old.findings[1]


TOAST = """
CREATE TABLE "Out of ""Line" (id int PRIMARY KEY, body text);
ALTER TABLE "Out of ""Line" ALTER body SET STORAGE EXTERNAL;
INSERT INTO "Out of ""Line" SELECT n, repeat('x', 9000) FROM generate_series(1, 40) n;
"""
OWN = """
    SELECT c.relname::text, sum(pg_total_relation_size(t.relid))::bigint,
           sum(pg_indexes_size(t.relid))::bigint, sum(l.reltuples)::bigint
    FROM pg_class c
    CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf
                        UNION SELECT c.oid::regclass WHERE c.relkind = 'r') t
    JOIN pg_class l ON l.oid = t.relid WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid, c.relname
"""


def test_its_figures_are_those_of_postgresqls_own_functions(make: Make) -> None:
    target = make(TABLES + TOAST)
    run(target, "VACUUM ANALYZE")
    with connect(target, read_only=True) as session:
        sizes = read_sizes(session, exact=False)
        own = {row[0]: row[1:] for row in session.execute(OWN)}

    found = {e.name.name: (e.bytes + e.index_bytes, e.index_bytes, e.rows) for e in sizes}
    assert found == own
    assert own.keys() == {"core_auditlog", 'Old "Log', 'Out of "Line', "small"}
    assert found['Out of "Line'][0] > 40 * 9000, "What is stored out of line belongs to it."


def test_a_table_of_ten_million_rows_is_named_with_the_command_that_partitions_it(
    make: Make,
) -> None:
    with connect(make(TABLES), read_only=True) as session:
        [seen] = [e for e in read_sizes(session, exact=False) if e.name.name == "core_auditlog"]
    huge = TableSize(**{**vars(seen), "rows": 12_000_000})
    growing = TableSize(**{**vars(seen), "rows": 9_000_000})
    earlier = Look(
        at=NOW - timedelta(days=10), tables={"core_auditlog": Measure(rows=8_000_000, bytes=0)}
    )

    found = judged(
        [huge, growing],
        [],
        expected={},
        large_rows=100,
        earlier=earlier,
        now=NOW,
        everything=False,
    )

    assert found[0].fix == "hrmsops table partition core_auditlog --by created_at --every month"
    assert "12,000,000 rows" in found[0].findings[0]
    assert "about December 2026" in found[1].findings[0]


def test_looks_within_an_hour_are_one_and_growth_is_told_from_an_older_one(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    looks = [
        Look(at=NOW + timedelta(minutes=m), tables={"t": Measure(rows=m, bytes=m)})
        for m in (0, 30, 90, 100, 200)
    ]
    for look in looks:
        remember(store, "p/i", look)

    kept = remembered(store, "p/i")

    assert [each.tables["t"].rows for each in kept] == [0, 90, 200]
    assert before(kept, NOW + timedelta(minutes=200)) == kept[1]
    assert before(kept[:1], NOW + timedelta(minutes=1)) == kept[0]
    assert before((), NOW) is None


def test_numbers_are_short_enough_for_a_narrow_screen() -> None:
    assert [count(n) for n in (None, 7, 1_200, 5_000_000, 12_345_678)] == [
        "?",
        "7",
        "1.2K",
        "5M",
        "12M",
    ]
    assert [size(n) for n in (17, 4096, 5 * 2**30)] == ["17 B", "4 KiB", "5 GiB"]
