"""A backfill that is killed, or that others write beside, does each row once and loses none."""

from __future__ import annotations

import random
import signal
import threading
import time

import pytest

from hrmsops.postgres.session import connect
from tests.backfill.conftest import Fill, Hrms

COUNT_UP = "--model imports.ImportRecord --field row_number --expression 'F(\"row_number\") + 1'"
DONE = "--model imports.ImportRecord --field status --value DONE"
KILLS = 40
ROWS = 6_000


@pytest.mark.slow
def test_forty_kills_half_way_and_each_row_is_counted_up_once(hrms: Hrms, fill: Fill) -> None:
    """A counter has no second chance: a row that is done twice, or never, can be seen."""
    chance, kills = random.Random(6), 0
    fill(ROWS)
    began = time.monotonic()
    assert hrms.backfill(f"{COUNT_UP} --batch-size 60").code == 0
    seconds, words = time.monotonic() - began, f"{COUNT_UP} --batch-size 60"
    for _ in range(KILLS * 10):
        tried = hrms.backfill(words, kill_after=chance.uniform(0, seconds))
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


@pytest.mark.parametrize("index", [False, True], ids=["in-no-index", "in-an-index"])
def test_what_others_insert_change_and_delete_meanwhile_stays_theirs(
    hrms: Hrms, fill: Fill, index: bool
) -> None:
    """Each writer knows what was acknowledged; the sweep finds what came late."""
    fill(12_000)
    if index:
        hrms.run("CREATE INDEX ON imports_importrecord (status)")
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
        _until(lambda: hrms.value("SELECT to_regclass('hrmsops.backfills')::text") is not None)
        _until(lambda: hrms.value("SELECT coalesce(sum(rows), 0) FROM hrmsops.backfills") > 0)
    backfill.join()

    assert ended[0].code == 0, ended[0].err
    assert "rows of the batch are locked by others" in ended[0].out
    counted = hrms.query(
        "SELECT status, source, count(*) FROM imports_importrecord GROUP BY 1, 2 ORDER BY 3"
    )
    assert counted == [("DONE", "mine", 1), ("DONE", "generated", 1_999)]


def _until(holds: object, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    assert callable(holds)
    while not holds():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.01)
