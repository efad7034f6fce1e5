"""Tasks of a Cloud Run job share one run's keys; each may be killed, and is tried again alone."""

from __future__ import annotations

import random
import signal

import pytest

from tests.backfill.conftest import Fill, Hrms, Typed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("backfill")]

TASKS = 3
ROWS = 3_000
KILLS = 4
SOURCE = """
import os
from django.core.management import call_command
os.environ.update({{
    "CLOUD_RUN_EXECUTION": "backfill-x7k2p",
    "CLOUD_RUN_TASK_INDEX": "{index}", "CLOUD_RUN_TASK_COUNT": "{tasks}",
}})
call_command(
    "backfill_data", "--model", "imports.ImportRecord", "--field", "row_number",
    "--expression", "F('row_number') + 1", "--batch-size", "50", "--sleep", "0.03",
)
"""


def task(hrms: Hrms, index: int, **kill: object) -> Typed:
    """One of them, as Cloud Run starts it: each time in the same words."""
    source = SOURCE.format(index=index, tasks=TASKS)
    ended = hrms.python(source, **kill)
    assert ended.code in (0, -signal.SIGKILL), ended.err
    return ended


def test_each_task_is_killed_and_tried_again_and_every_row_is_counted_up_once(
    hrms: Hrms, fill: Fill
) -> None:
    fill(ROWS)
    hrms.run("DELETE FROM imports_importrecord WHERE id BETWEEN 700 AND 900")
    chance, killed = random.Random(3), 0
    left = list(range(TASKS))
    while left:
        index = chance.choice(left)
        after = {"kill_when_told": "rows; ", "kill_after": chance.uniform(0, 0.08)}
        ended = task(hrms, index, **(after if killed < KILLS else {}))
        killed += ended.code != 0
        if ended.code == 0:
            left.remove(index)
    again = task(hrms, 0)

    assert killed == KILLS
    assert " rows in " not in again.out
    shards = hrms.query("SELECT shard, outcome, rows > 0 FROM hrmsops.backfills ORDER BY shard")
    assert shards == [(index, "done", True) for index in range(TASKS)]
    counted = hrms.query("SELECT row_number, count(*) FROM imports_importrecord GROUP BY 1")
    assert counted == [(1, ROWS - 201)]
