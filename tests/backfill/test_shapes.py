"""Tables of every shape, while others write and while it is killed: nothing is lost, nothing twice.

`nox -s search -- 300` tries many more, each time other ones.
Each writer keeps a ledger of what was acknowledged, and of how far the backfill was by then.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import django
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.backfill.conftest import FORGET, Hrms
from tests.backfill.ledger import Ledger, writing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("backfill")]

ROWS = 1_500
SEARCHED = int(os.environ.get("HRMSOPS_SEARCH", "0"))
"""How many shapes a long search tries."""
SECONDS_MAX = 8.0
"""How long it goes on making up shapes else; those that are named are the first ones."""
SET = "--field label --value DONE"
COUNT = "--field n --expression 'F(\"n\") + 1'"
TRIGGER = """
    CREATE OR REPLACE FUNCTION counts_labels() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN NEW.n := NEW.n + 1; RETURN NEW; END$$;
    CREATE TRIGGER counts_labels BEFORE UPDATE OF label ON {table} FOR EACH ROW
        EXECUTE FUNCTION counts_labels()
"""


@dataclass(frozen=True)
class Table:
    """A model's table, its key, and how rows get one."""

    model: str
    key: str
    new: str
    more: str = ""
    """Columns besides, with their values."""
    one: str = ""
    """What tells one row, where that is not the key's only column."""

    @property
    def name(self) -> str:
        return f"employees_{self.model}"

    @property
    def row(self) -> str:
        return self.one or self.key


TABLES: tuple[Table, ...] = (
    Table("token", "id", "gen_random_uuid()"),
    Table("country", "code", "substr(md5(random()::text), 1, 8)"),
    Table("hidden", "id", "DEFAULT", "is_deleted"),
    Table("slip", "id", "DEFAULT", "paid"),
)
if django.VERSION >= (5, 2):
    # Few values of the first column, so that batches end between two rows that share it.
    TABLES = (
        *TABLES,
        Table(
            "pair",
            '"left", "right"',
            "(random() * 9)::int, (random() * 2e9)::int - 1000000000",
            one='"left" || \'/\' || "right"',
        ),
        Table(
            "stay",
            "ward, since, bed",
            "(ARRAY['a', 'B', 'ä', 'a b', ''])[1 + (random() * 4)::int],"
            " timestamptz '2024-01-01 00:00:00.000001Z' + (random() * 40)::int * interval '1 day',"
            " gen_random_uuid()",
            one="ward || '/' || extract(epoch FROM since) || '/' || bed",
        ),
    )
VALUES = {
    "": "",
    "is_deleted": "random() < 0.5",
    "paid": "date '2023-01-01' + (random() * 700)::int",
}


@dataclass(frozen=True)
class Shape:
    table: Table
    counts: bool
    """Whether a row that is done twice can be told."""
    sparse: bool
    indexed: bool
    triggered: bool
    killed_after: float | None


shapes = st.builds(
    Shape,
    table=st.sampled_from(TABLES),
    counts=st.booleans(),
    sparse=st.booleans(),
    indexed=st.booleans(),
    triggered=st.booleans(),
    killed_after=st.none() | st.floats(0.0, 0.3),
)


def test_each_row_is_done_once_whatever_the_table_is_like(odd: Hrms) -> None:
    over_at = time.monotonic() + SECONDS_MAX

    @settings(
        max_examples=SEARCHED or 12,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(shape=shapes)
    @example(shape=Shape(TABLES[0], True, True, False, False, 0.1))
    @example(shape=Shape(TABLES[2], False, False, False, True, 0.1))
    @example(shape=Shape(TABLES[3], True, False, True, False, None))
    @example(shape=Shape(TABLES[-1], True, False, False, False, 0.1))
    def holds(shape: Shape) -> None:
        if SEARCHED or time.monotonic() < over_at:
            try_shape(odd, shape)

    try:
        holds()
    finally:
        for table in TABLES:
            odd.run(f"{as_before(table)} TRUNCATE {table.name} CASCADE")


def try_shape(odd: Hrms, shape: Shape) -> None:
    prepare(odd, shape)
    words = f"--model employees.{shape.table.model} {COUNT if shape.counts else SET}"
    words += " --filter kind=1" if shape.sparse else ""
    with writing(odd, shape.table, VALUES[shape.table.more], labels=not shape.counts) as ledger:
        told = run_to_its_end(odd, words, shape.killed_after)
    judge(odd, shape, ledger, told)


def as_before(table: Table) -> str:
    """SQL that takes the index and the trigger of a try away: other tests use these tables too."""
    return f"DROP INDEX IF EXISTS odd_label; DROP TRIGGER IF EXISTS counts_labels ON {table.name};"


def prepare(odd: Hrms, shape: Shape) -> None:
    """The table with its rows, its index and its trigger, and with none of an earlier try."""
    table = shape.table
    columns = ", ".join(filter(None, (table.key, table.more, "kind", "n")))
    values = ", ".join(filter(None, (table.new, VALUES[table.more], "i % 10", "0")))
    if table.new == "DEFAULT":
        columns, values = columns.split(", ", 1)[1], values.split(", ", 1)[1]
    odd.run(
        f"{FORGET};"
        f"{as_before(table)} TRUNCATE {table.name} CASCADE; INSERT INTO {table.name} ({columns})"
        f" SELECT {values} FROM generate_series(1, {ROWS}) i;"
        + (f"CREATE INDEX odd_label ON {table.name} (label, n);" if shape.indexed else "")
        + (TRIGGER.format(table=table.name) + ";" if shape.triggered else "")
        + f"ANALYZE {table.name}"
    )


def run_to_its_end(odd: Hrms, words: str, killed_after: float | None) -> str:
    """What it said, of both processes where the first one was killed."""
    slowly = f"{words} --batch-size 100 --sleep 0.01"
    if killed_after is None:
        ended = odd.backfill(slowly)
    else:
        killed = odd.backfill(slowly, kill_when_told="rows; ", kill_after=killed_after)
        assert killed.code in (0, -signal.SIGKILL), killed.err
        left = odd.query("SELECT ended_at IS NULL, findings FROM hrmsops.backfills")
        if left and not left[0][0]:  # It had ended, also where it was killed after that.
            return "\n! ".join([killed.out, *left[0][1]])
        ended = odd.backfill(f"{words} --resume" if left else slowly)
    assert ended.code == 0, ended.err
    return ended.out


def judge(odd: Hrms, shape: Shape, ledger: Ledger, told: str) -> None:
    table = shape.table
    rows = {
        str(key): (kind, label, n, note)
        for key, kind, label, n, note in odd.query(
            f"SELECT {table.row}, kind, label, n, note FROM {table.name}"
        )
    }
    assert set(rows) == (ledger.first | set(ledger.inserted)) - ledger.deleted
    late = 0
    for key, (kind, label, n, note) in rows.items():
        assert note == ledger.notes.get(key), "A writer's value was lost."
        is_meant = kind == 1 or not shape.sparse
        is_ours = key in ledger.first and key not in ledger.labelled
        in_time = ledger.last_written(key)
        if shape.counts:
            wanted = {1} if is_ours and is_meant else {0, 1} if is_meant else {0}
            assert n in wanted, (key, n)
            late += is_meant and n == 0 and in_time
        elif not is_meant:
            assert label != "DONE"
        else:
            assert label == "DONE" or not in_time, (key, label)
            if is_ours and shape.triggered:
                assert n == 1, "A row was written twice."
    if late > len(ledger.deleted):
        assert "! " in told, "Rows that were added are not spoken of."
