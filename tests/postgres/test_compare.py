"""A comparison finds every row that differs, by any key and of any type, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrmsops.errors.database import StatementFailed, TableUnknown
from hrmsops.postgres.compare import TableComparison, compare
from hrmsops.postgres.differences import look, snapshot
from hrmsops.postgres.digests import ROWS_WORTH_BISECTING, Range
from hrmsops.postgres.pairing import pairs
from hrmsops.postgres.session import Target, connect
from tests.postgres.conftest import Make, run

Clone = Callable[[Target], Target]

TYPES = """
CREATE TABLE t (
    {key},
    words text, amount numeric(12,2), at timestamptz, facts jsonb, plain json, tags text[],
    share float8, photo bytea, is_on boolean, ref uuid, span interval, bits varbit
);
INSERT INTO t ({names}, words, amount, at, facts, plain, tags, share, photo, is_on, ref, span, bits)
SELECT {values}, CASE WHEN i % 7 > 0 THEN 'w' || i END, i * 1.25,
    '2026-11-23 10:00+01'::timestamptz + i * interval '1 minute',
    jsonb_build_object('n', i, 'x', NULL),
    json_build_object('n', i), ARRAY['a', NULL, i::text],
    i / 3.0::float8, decode(lpad(to_hex(i), 8, '0'), 'hex'),
    i % 2 = 0, md5(i::text)::uuid, i * interval '1 second', i::bit(16)::varbit
FROM generate_series(1, 3000) AS i;
"""
KEYS = {
    "bigint": ("id bigint PRIMARY KEY", "id", "i - 1500"),
    "smallint": ("id smallint PRIMARY KEY", "id", "i"),
    "text": ("id text PRIMARY KEY", "id", "chr(64 + i % 60) || 'ä-' || i"),
    "uuid": ("id uuid PRIMARY KEY", "id", "md5('k' || i)::uuid"),
    "composite": ("a int, b text, PRIMARY KEY (a, b)", "a, b", "i / 50, 'k' || i"),
    "unique": ("id numeric NOT NULL UNIQUE", "id", "i + 0.5"),
    "timestamp": (
        "id timestamptz PRIMARY KEY",
        "id",
        "'2026-01-01'::timestamptz + i * interval '1 s'",
    ),
}
EDITS = {
    "words": "''",
    "amount": "0",
    "at": "at + interval '1 microsecond'",
    "facts": "facts || '{\"x\": 0}'",
    "plain": "NULL",
    "tags": "ARRAY['a', 'NULL', 'z']",
    "share": "share + 1e-9",
    "photo": "'\\x00'",
    "is_on": "NULL",
    "ref": "NULL",
    "span": "span + interval '1 second'",
    "bits": "NULL",
}


def one(here: Target, there: Target, **words: object) -> TableComparison:
    """The comparison of the only table."""
    (found,) = compare(here, there, **({"tables": None, "keys_max": 100} | words)).tables  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_leads_to_the_rows_that_differ(
    kind: str, make: Make, clone: Clone
) -> None:
    key, names, values = KEYS[kind]
    here = make(TYPES.format(key=key, names=names, values=values))
    there = clone(here)
    assert one(here, there).is_same

    number = "right(facts->>'n', 9)::int"
    run(there, f"DELETE FROM t WHERE {number} IN (5, 2900)")
    run(here, f"DELETE FROM t WHERE {number} = 77")
    for place, (column, value) in enumerate(EDITS.items()):
        run(there, f"UPDATE t SET {column} = {value} WHERE {number} = {1000 + place}")
    found = one(here, there)

    assert (found.rows_here, found.rows_there) == (2999, 2998)
    assert (found.only_here.count, found.only_there.count) == (2, 1)
    assert found.different.count == len(EDITS) == len(found.different.keys)
    assert found.columns_different == dict.fromkeys(EDITS, 1)
    assert found.key == tuple(names.split(", "))


def test_values_that_change_places_are_seen(make: Make, clone: Clone) -> None:
    here = make(
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    )
    there = clone(here)
    run(there, "UPDATE t SET v = CASE id WHEN 1 THEN 'b' ELSE 'a' END")

    assert one(here, there).different.keys == (("1",), ("2",))


def test_null_is_not_an_empty_text_and_columns_do_not_run_together(
    make: Make, clone: Clone
) -> None:
    here = make(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text);"
        "INSERT INTO t VALUES (1, NULL, ''), (2, 'x,', 'y'), (3, '\"', NULL)"
    )
    there = clone(here)
    run(
        there,
        "UPDATE t SET a = '', b = NULL WHERE id = 1; UPDATE t SET a = 'x', b = ',y' WHERE id = 2",
    )

    assert one(here, there).different.keys == (("1",), ("2",))


def test_keys_are_kept_up_to_a_bound_and_counts_in_full(make: Make, clone: Clone) -> None:
    here = make(
        "CREATE TABLE t (id int PRIMARY KEY, v int);"
        " INSERT INTO t SELECT i, i FROM generate_series(1, 9000) i"
    )
    there = clone(here)
    run(there, "UPDATE t SET v = 0")

    found = one(here, there, keys_max=3)

    assert found.different.count == 9000
    assert found.different.keys == (("1",), ("2",), ("3",))


def test_columns_that_only_one_side_has_are_named_and_not_compared(
    make: Make, clone: Clone
) -> None:
    here = make(
        "CREATE TABLE t (id int PRIMARY KEY, a text, gone text, n int);"
        " INSERT INTO t VALUES (1, 'x', 'y', 5)"
    )
    there = clone(here)
    run(
        there,
        "ALTER TABLE t DROP gone; ALTER TABLE t ADD fresh int DEFAULT 3;"
        " ALTER TABLE t ALTER n TYPE bigint",
    )

    found = one(here, there)

    assert found.is_same
    assert (found.columns_only_here, found.columns_only_there) == (("gone",), ("fresh",))
    assert found.columns_retyped == ("n",)


def test_a_renamed_column_is_met_where_it_is_told(make: Make, clone: Clone) -> None:
    here = make(
        "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y')"
    )
    there = clone(here)
    run(there, "ALTER TABLE t RENAME a TO b; UPDATE t SET b = 'z' WHERE id = 2")

    found = one(here, there, renamed={"t": {"a": "b"}})

    assert found.different.keys == (("2",),)
    assert found.columns_different == {"a": 1}
    assert found.columns_only_here == found.columns_only_there == ()


def test_a_table_without_a_key_is_compared_as_a_multiset(make: Make, clone: Clone) -> None:
    here = make("CREATE TABLE t (line text); INSERT INTO t VALUES ('a'), ('a'), ('b')")
    there, repeated = clone(here), clone(here)
    run(there, "DELETE FROM t; INSERT INTO t VALUES ('b'), ('a'), ('a')")
    run(repeated, "DELETE FROM t; INSERT INTO t VALUES ('b'), ('b'), ('a')")

    assert one(here, there).is_same
    found = one(here, repeated)
    assert (found.is_same, found.rows_here, found.rows_there, found.key) == (False, 3, 3, ())


def test_tables_that_only_one_side_has_are_named(make: Make, clone: Clone) -> None:
    here = make("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE gone (id int PRIMARY KEY)")
    there = clone(here)
    run(there, "DROP TABLE gone; CREATE TABLE fresh (id int PRIMARY KEY)")

    found = compare(here, there, tables=None, keys_max=1)

    assert [str(name) for name in found.only_here] == ["gone"]
    assert [str(name) for name in found.only_there] == ["fresh"]
    assert not found.is_same


def test_a_table_that_neither_side_has_is_an_error(make: Make, clone: Clone) -> None:
    here = make("CREATE TABLE payslip (id int PRIMARY KEY)")

    with pytest.raises(TableUnknown):
        compare(here, clone(here), tables=["payslips"], keys_max=1)


def test_an_empty_table_and_a_partitioned_one_are_tables_like_others(
    make: Make, clone: Clone
) -> None:
    here = make(
        "CREATE TABLE t (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    )
    there = clone(here)
    assert one(here, there).is_same
    run(there, "INSERT INTO t VALUES (1, '2026-05-05')")

    assert one(here, there).only_there.keys == (("1", "2026-05-05"),)


def test_a_collation_of_one_side_changes_nothing(make: Make) -> None:
    statements = (
        "CREATE TABLE t (id text {} PRIMARY KEY); INSERT INTO t SELECT chr(33 + i % 90) || i"
        " FROM generate_series(1, 2000) i"
    )
    here, there = make(statements.format("")), make(statements.format('COLLATE "en-x-icu"'))
    run(there, "DELETE FROM t WHERE id LIKE '%77'")

    found = one(here, there)

    assert found.only_here.count == 20
    assert not found.only_there.count


def test_keys_that_lie_far_apart_are_bisected(make: Make, clone: Clone) -> None:
    here = make(
        "CREATE TABLE t (id bigint PRIMARY KEY, v int);"
        "INSERT INTO t SELECT i, i FROM generate_series(1, 20000) i;"
        "INSERT INTO t VALUES (4000000000000000000, 1), (-4000000000000, 2); ANALYZE"
    )
    there = clone(here)
    run(there, "UPDATE t SET v = 0 WHERE id = 7777")

    with snapshot(here) as ours, snapshot(there) as theirs:
        (pair,) = pairs(ours.catalog, theirs.catalog).values()
        seen = look(ours, theirs, pair)
        ((first, last),) = seen.divided.differing
        found = [each.key for each in seen]

    assert found == [("7777",)]
    assert seen.divided.rows_here == 20002
    assert last - first < ROWS_WORTH_BISECTING
    assert isinstance(seen.divided.differing[0], Range)


def test_the_largest_and_smallest_numbers_are_keys_too(make: Make, clone: Clone) -> None:
    here = make(
        "CREATE TABLE t (id bigint PRIMARY KEY, v int);"
        "INSERT INTO t VALUES (9223372036854775807, 1), (-9223372036854775808, 2), (0, 3)"
    )
    there = clone(here)
    run(there, "UPDATE t SET v = 0 WHERE id <> 0")

    assert set(one(here, there).different.keys) == {
        ("9223372036854775807",),
        ("-9223372036854775808",),
    }


def test_both_sides_stay_as_they_were_when_it_began(make: Make, clone: Clone) -> None:
    here = make("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)")
    there = clone(here)

    with snapshot(here) as ours, snapshot(there) as theirs:
        run(there, "UPDATE t SET v = 2")
        (pair,) = pairs(ours.catalog, theirs.catalog).values()
        assert list(look(ours, theirs, pair)) == []

    assert one(here, there).different.count == 1


def test_a_statement_that_takes_too_long_is_an_error_of_ours(make: Make, clone: Clone) -> None:
    here = make("CREATE TABLE t (id int PRIMARY KEY)")
    there = clone(here)
    limits = replace(here.timeouts, statement=timedelta(seconds=2), lock=timedelta(minutes=1))

    with connect(here) as other, other.transaction():
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StatementFailed) as raised:
            compare(replace(here, timeouts=limits), there, tables=None, keys_max=1)

    assert raised.value.why == "SQLSTATE 57014 (QueryCanceled)."


VALUES = st.none() | st.text(alphabet="ab\",()\\{}' é", max_size=3)
TABLES = st.dictionaries(
    st.integers(-50, 50) | st.integers(10**12, 10**12 + 5), VALUES, max_size=30
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(here=TABLES, there=TABLES, is_text=st.booleans())
def test_any_two_tables_differ_where_they_differ(
    pair_of: tuple[Target, Target],
    here: dict[int, str | None],
    there: dict[int, str | None],
    is_text: bool,
) -> None:
    table = "by_text" if is_text else "by_number"
    for target, rows in zip(pair_of, (here, there), strict=True):
        with connect(target) as session:
            session.execute(f"TRUNCATE {table}".encode())
            session.cursor().executemany(
                f"INSERT INTO {table} VALUES (%s, %s)".encode(), list(rows.items())
            )

    found = one(*pair_of, tables=[table])

    both = here.keys() & there.keys()
    assert set(found.only_here.keys) == {(str(key),) for key in here.keys() - there.keys()}
    assert set(found.only_there.keys) == {(str(key),) for key in there.keys() - here.keys()}
    assert set(found.different.keys) == {(str(key),) for key in both if here[key] != there[key]}


@pytest.fixture
def pair_of(make: Make, clone: Clone) -> tuple[Target, Target]:
    here = make(
        "CREATE TABLE by_number (id bigint PRIMARY KEY, v text);"
        " CREATE TABLE by_text (id text PRIMARY KEY, v text)"
    )
    return here, clone(here)
