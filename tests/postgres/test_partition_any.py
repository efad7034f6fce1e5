"""Whatever a table is made of, and whoever writes to it meanwhile: cut and back, it is what it was.

`nox -s search -- 300` tries many more tables, each time other ones.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from hrmsops.postgres.session import Target
from tests.postgres.any_table import EVERYTHING, Make, makes
from tests.postgres.any_writers import UNSEEN, any_writing, assert_promises_are_kept
from tests.postgres.conftest import Make as MakeDatabase
from tests.postgres.conftest import Server, ask
from tests.postgres.partitioning import Bench

SEARCHED = int(os.environ.get("HRMSOPS_SEARCH", "0"))
"""How many tables a long search tries."""
WRITERS = 3
# A row that another session has just moved to another partition; a snapshot that is too old.
MAY_BE_TOLD = {"40001", UNSEEN}
# And where users delete what others have just referred to, or refer to what goes.
AMONG_THEMSELVES = {"23503", "40P01"}
TRY = settings(
    max_examples=SEARCHED or 2,
    derandomize=not SEARCHED,
    database=None,
    deadline=None,
    phases=tuple(Phase) if SEARCHED else (Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
DENSE = makes(columns_min=0, extras_min=0) if SEARCHED else makes(columns_min=5, extras_min=9)


@pytest.mark.parametrize("method", ["attach", "copy"])
def test_no_promise_is_broken_and_taken_back_it_is_the_same(
    server: Server, make: MakeDatabase, method: Literal["attach", "copy"]
) -> None:
    @TRY
    @example(made=EVERYTHING)
    @given(made=DENSE)
    def cut_and_back(made: Make) -> None:
        _cut_and_back(server, make(made.script()), made, method)

    cut_and_back()


def _cut_and_back(
    server: Server, target: Target, made: Make, method: Literal["attach", "copy"]
) -> None:
    """VerifyCut holds the partitioned table against what it was; here pg_dump does the rest."""
    before = dumped(server, target)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(target, Path(folder))
        with any_writing(target, made, writers=WRITERS) as writers:
            bench.run(bench.plan(made.name, made.at, method=method))
            assert kind(target, made) == "p"
            bench.run(bench.back(made.name))

    assert kind(target, made) == "r"
    after = dumped(server, target)
    assert (before - after, after - before) == (Counter(), Counter())
    assert_promises_are_kept(target, made, writers)
    assert sum(each.acknowledged for each in writers) > 30
    may_be_told = MAY_BE_TOLD | (AMONG_THEMSELVES if made.refers else set())
    for writer in writers:
        unseen = set() if writer.sees_one_moment else {UNSEEN}
        assert set(writer.trouble) <= may_be_told - unseen
    if made.has_notes:
        [(noted,)] = ask(target, NOTED)
        assert [(noted,)] == ask(target, f"SELECT count(*) FROM {made.sql}")


# A row that goes from one partition to another is one that is deleted and inserted.
NOTED = "SELECT sum(CASE what WHEN 'INSERT' THEN 1 WHEN 'DELETE' THEN -1 ELSE 0 END) FROM notes"


def kind(target: Target, made: Make) -> object:
    literal = "'" + made.sql.replace("'", "''") + "'"
    query = f"SELECT relkind::text FROM pg_class WHERE oid = {literal}::regclass"
    return ask(target, query)[0][0]


def dumped(server: Server, target: Target) -> Counter[str]:
    """All that pg_dump can tell of the database, but for what is ours."""
    words = [str(server.cluster.binaries.folder / "pg_dump"), "--schema-only"]
    words += ["--exclude-schema=hrmsops", "--role=hrms_app", f"--dbname={target.database}"]
    to = {"PGHOST": target.host, "PGPORT": str(target.port), "PGUSER": target.user}
    said = subprocess.run(
        words,
        env={**os.environ, **to, "PGPASSWORD": target.password},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return Counter(line for line in said.stdout.splitlines() if not line.startswith("\\"))
