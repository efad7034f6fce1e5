"""A backfill that is killed, or that others write beside, does each row once and loses none."""

from __future__ import annotations

import random
import signal
import threading
import time

import pytest

from hrmsops.postgres.session import connect
from tests.backfill.conftest import Fill, Hrms

pytestmark = pytest.mark.xdist_group("backfill")

COUNT_UP = "--model imports.ImportRecord --field row_number --expression 'F(\"row_number\") + 1'"
DONE = "--model imports.ImportRecord --field status --value DONE"
WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)
LOOKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND state = 'idle' AND query LIKE '%pg_stat_archiver%'"
)
"""What an engine that pauses has asked last."""
KILLS = 40
ROWS = 6_000


@pytest.mark.slow
def test_forty_kills_half_way_and_each_row_is_counted_up_once(hrms: Hrms, fill: Fill) -> None:
    """A counter has no second chance: a row that is done twice, or never, can be seen."""
    chance, kills = random.Random(6), 0
    fill(ROWS)
    words = f"{COUNT_UP} --batch-size 60"
    for _ in range(KILLS * 10):
        after = chance.uniform(0, 0.08)
        tried = hrms.backfill(words, kill_when_told="rows; ", kill_after=after)
        assert tried.code in (0, -signal.SIGKILL), tried.err
        left = hrms.query("SELECT rows FROM hrmsops.backfills WHERE ended_at IS NULL")
        kills += bool(left and 0 < left[0][0] < ROWS)
        words = f"{COUNT_UP} --resume" if left else f"{COUNT_UP} --batch-size 60"
        if kills == KILLS:
            break
    ended = hrms.backfill(words)

    assert ended.code == 0, ended.err
    assert kills == KILLS
    rounds = hrms.value("SELECT count(*) FROM hrmsops.backfills WHERE outcome = 'done'")
    counted = hrms.query("SELECT row_number, count(*) FROM imports_importrecord GROUP BY 1")
    assert counted == [(rounds, ROWS)]


SHUFFLED = """
    CREATE TEMP TABLE mixed AS SELECT * FROM imports_importrecord ORDER BY md5(id::text);
    TRUNCATE imports_importrecord; INSERT INTO imports_importrecord SELECT * FROM mixed;
    ANALYZE imports_importrecord
"""


@pytest.mark.parametrize(
    ("prepared", "way"),
    [
        ("SELECT 1", "strided batches, updated on their pages"),
        ("CREATE INDEX ON imports_importrecord (status)", "batches along the key"),
        (SHUFFLED, "strided batches by pages, then a sweep by keys"),
    ],
    ids=["in-no-index", "in-an-index", "shuffled"],
)
def test_what_others_insert_change_and_delete_meanwhile_stays_theirs(
    hrms: Hrms, fill: Fill, prepared: str, way: str
) -> None:
    """Each writer knows what was acknowledged; the sweep finds what came late."""
    fill(12_000)
    hrms.run(prepared)
    over, inserted, renamed, deleted = threading.Event(), set(), set(), set()

    def write() -> None:
        chance = random.Random(7)
        with connect(hrms.target) as session:
            while not over.is_set():
                key = chance.randrange(1, 12_000)
                session.execute(
                    "UPDATE imports_importrecord SET source = 'mine' WHERE id = %s", [key]
                )
                renamed.add(key)
                key = chance.randrange(1, 12_000)
                session.execute("DELETE FROM imports_importrecord WHERE id = %s", [key])
                deleted.add(key)
                row = session.execute(
                    "INSERT INTO imports_importrecord (source, row_number, status, created_at)"
                    " VALUES ('late', 1, 'NEW', now()) RETURNING id"
                ).fetchone()
                assert row
                inserted.add(row[0])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        _until(lambda: len(inserted) > 5)
        done = hrms.backfill(f"{DONE} --batch-size 500 --sleep 0.01")
    finally:
        over.set()
        writer.join()

    assert done.code == 0, done.err
    assert way in done.out
    left = {key for (key,) in hrms.query("SELECT id FROM imports_importrecord")}
    assert left == (set(range(1, 12_001)) | inserted) - deleted
    mine = {key for (key,) in hrms.query(
        "SELECT id FROM imports_importrecord WHERE source = 'mine'"
    )}  # fmt: skip
    assert mine == renamed - deleted
    early = hrms.value(
        "SELECT count(*) FROM imports_importrecord WHERE status <> 'DONE' AND id <= 12000"
    )
    assert early == 0
    late = hrms.value("SELECT count(*) FROM imports_importrecord WHERE status <> 'DONE'")
    assert late < len(inserted)


def test_a_row_that_others_hold_is_waited_for_and_not_left_out(hrms: Hrms, fill: Fill) -> None:
    fill(2_000)
    ended = []
    with connect(hrms.target) as session, session.transaction():
        session.execute("UPDATE imports_importrecord SET source = 'mine' WHERE id = 1500")
        backfill = threading.Thread(
            target=lambda: ended.append(hrms.backfill(f"{DONE} --batch-size 500"))
        )
        backfill.start()
        _until(lambda: hrms.value(WAITS) > 0)
        _until(lambda: hrms.value(WAITS) == 0)  # It has given the others' rows back.
    backfill.join()

    assert ended[0].code == 0, ended[0].err
    assert "rows of the batch are locked by others" in ended[0].out
    counted = hrms.query(
        "SELECT status, source, count(*) FROM imports_importrecord GROUP BY 1, 2 ORDER BY 3"
    )
    assert counted == [("DONE", "mine", 1), ("DONE", "generated", 1_999)]


def test_a_backfill_pauses_while_others_wait_for_locks_and_says_so(hrms: Hrms, fill: Fill) -> None:
    fill(2_000)
    touch = "UPDATE imports_importrecord SET source = 'mine' WHERE id = 1500"
    ended = []
    with connect(hrms.target) as session, session.transaction():
        session.execute(touch)
        threads = [threading.Thread(target=lambda: hrms.run(touch)) for _ in range(4)]
        threads.append(threading.Thread(target=lambda: ended.append(hrms.backfill(DONE))))
        for thread in threads[:-1]:
            thread.start()
        _until(lambda: hrms.value(f"{WAITS} AND query_start < now() - interval '1 s'") == 4)
        threads[-1].start()
        _until(lambda: hrms.value(LOOKED) > 0)
    for thread in threads:
        thread.join()

    assert ended[0].code == 0, ended[0].err
    assert "sessions wait for locks" in ended[0].out
    assert hrms.value("SELECT count(*) FROM imports_importrecord WHERE status = 'DONE'") == 2_000


def _until(holds: object, *, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    assert callable(holds)
    while not holds():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.01)
