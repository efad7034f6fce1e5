"""`rollback pitr --tables`: just what was shown comes back, once, and goes again when asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hrmsops import steps
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.journal import Journal
from hrmsops.engine.run import Operator
from hrmsops.engine.store import LocalStore
from hrmsops.postgres.checkpoints import prepare
from hrmsops.rollback.undone import undone_in
from tests.command_line import Ended
from tests.doctor.witness import only_what_is_listed
from tests.rollback.estate import Recovery
from tests.sandbox.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("replay")]

TABLES = ("missing", "overwrite", "columns", "killed", "meanwhile", "renamed", "at_once")
SCHEMA = """
CREATE TABLE t_{0} (id bigserial PRIMARY KEY, amount numeric(12,2), note text);
INSERT INTO t_{0} (amount, note) SELECT n, 'a-personal-value' FROM generate_series(1, 20) n;
CREATE TABLE t_{0}_line (id bigserial PRIMARY KEY, slip bigint NOT NULL REFERENCES t_{0});
INSERT INTO t_{0}_line (slip) SELECT n FROM generate_series(1, 20) n;
"""
DAMAGE = """
DELETE FROM t_{0}_line WHERE id > 18;
DELETE FROM t_{0} WHERE id > 18;
UPDATE t_{0} SET amount = 0 WHERE id <= 3;
UPDATE t_{0} SET note = NULL WHERE id = 7;
INSERT INTO t_{0} (amount, note) VALUES (99, 'new since');
"""


@dataclass(frozen=True)
class Damaged:
    """Tables that were damaged alike, and a clone of before."""

    recovery: Recovery
    run: str

    def copy(self, *words: str, tables: str) -> Ended:
        return self.recovery.hrmsops(*self.words(*words, tables=tables), "--json")

    def words(self, *words: str, tables: str) -> tuple[str, ...]:
        ask = ("rollback", "pitr", "-e", "production", "--continue", self.run)
        return (*ask, "--tables", tables, "--reason", "rows were lost", *words)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        return self.recovery.query(f"SELECT id, amount::int, note FROM t_{table} ORDER BY id")

    @property
    def by_name(self) -> tuple[str, str]:
        return ("--confirm", self.recovery.source)


@pytest.fixture(scope="module")
def damaged(engineer: Recovery) -> Damaged:
    for table in TABLES:
        engineer.query(SCHEMA.format(table))
    engineer.query("ALTER TABLE t_renamed RENAME amount TO was")
    before = engineer.now()
    engineer.query("ALTER TABLE t_renamed RENAME was TO amount")
    for table in TABLES:
        engineer.query(DAMAGE.format(table))
    made = engineer.pitr(before)
    assert made.code == 0, made.out + made.err
    return Damaged(recovery=engineer, run=made.document["run"])


def test_rows_that_are_missing_come_back_and_go_again(damaged: Damaged) -> None:
    before = damaged.rows("missing")
    alone = damaged.copy("--yes", tables="t_missing_line")
    shown = damaged.copy("--dry-run", tables="t_missing, t_missing_line")

    name = ("--confirm", damaged.recovery.source)
    named = damaged.copy(*name, tables="t_missing,t_missing_line")

    done = damaged.copy("--yes", tables="t_missing,t_missing_line")

    assert named.document["error"]["code"] == "confirmation-differs"
    assert named.document["error"]["fix"] == "If that is what you mean: --yes"
    assert (alone.code, alone.document["error"]["code"]) == (3, "copy-would-break")
    assert alone.document["error"]["fix"] == "Add to --tables: t_missing"
    assert (
        "t_missing: 2 rows come back; 4 differ and stay as they are; 1 are new since and stay"
        in shown.document["because"]
    )
    assert done.code == 0, done.out + done.err
    after = damaged.rows("missing")
    assert [row for row in after if row[0] in (19, 20)] == [
        (19, 19, "a-personal-value"),
        (20, 20, "a-personal-value"),
    ]
    assert [row for row in after if row[0] not in (19, 20)] == before, "the rest is untouched"
    again = damaged.copy("--yes", tables="t_missing,t_missing_line")
    assert (again.code, again.document["run"]) == (0, None)

    undo = done.document["undo"].split()[1:]
    assert undo == ["rollback", "undo-copy", done.document["run"]]
    own = damaged.recovery.client.home.config
    with only_what_is_listed(damaged.recovery.client, own, "rollback undo-copy"):
        back = damaged.recovery.hrmsops(*undo, "--reason", "wrong", "--yes", "--json")
    assert back.code == 0, back.out + back.err
    assert damaged.rows("missing") == before
    store, operator = (
        LocalStore(damaged.recovery.folder / "state" / "records"),
        Operator(account="", host=""),
    )
    runs = Journal(store, steps.catalog(), SystemClock(), operator).runs()
    [[deleted]] = damaged.recovery.query("SELECT pg_current_xact_id()::text")
    spans = undone_in(runs, damaged.recovery.source)
    assert spans, "Other tests of this module may have taken copies away too."
    assert all(first < end <= int(deleted) for first, end in spans)
    assert undone_in(runs, f"{damaged.recovery.source}-other") == ()


def test_to_overwrite_takes_the_instances_name(damaged: Damaged) -> None:
    unsaid = damaged.copy("--mode", "overwrite", "--yes", tables="t_overwrite,t_overwrite_line")
    other = damaged.copy(
        "--mode", "overwrite", "--confirm", "production", tables="t_overwrite,t_overwrite_line"
    )
    before = damaged.rows("overwrite")
    assert unsaid.document["error"]["code"] == "answer-needed"
    assert other.document["error"]["code"] == "confirmation-differs"

    done = damaged.copy(
        "--mode", "overwrite", *damaged.by_name, tables="t_overwrite,t_overwrite_line"
    )

    assert done.code == 0, done.out + done.err
    result = done.document["steps"][-1]["result"]
    assert (result["inserted"], result["updated"]) == (4, 4)
    rows = {row[0]: row[1:] for row in damaged.rows("overwrite")}
    assert rows[1] == (1, "a-personal-value")
    assert rows[7] == (7, "a-personal-value")
    assert rows[21] == (99, "new since")
    damaged.recovery.query("UPDATE t_overwrite SET note = 'mine' WHERE id = 1")
    words = ("rollback", "undo-copy", done.document["run"], "--reason", "wrong", "--yes", "--json")
    back = damaged.recovery.hrmsops(*words)
    assert back.code == 0, back.out + back.err
    mine = [row for row in damaged.rows("overwrite") if row[0] == 1]
    assert mine == [(1, 0, "mine")], "what the copy wrote goes, what a user wrote since stays"
    assert damaged.rows("overwrite")[1:] == before[1:]


def test_columns_alone_come_back(damaged: Damaged) -> None:
    done = damaged.copy("--columns", "note", "--yes", tables="t_columns")

    assert done.code == 0, done.out + done.err
    assert [row for row in damaged.rows("columns") if row[0] in (1, 7, 18, 19)] == [
        (1, 0, "a-personal-value"),
        (7, 7, "a-personal-value"),
        (18, 18, "a-personal-value"),
    ]


def test_a_renamed_column_comes_back_under_its_name_of_today(damaged: Damaged) -> None:
    done = damaged.copy(
        "--columns",
        "amount",
        "--mode",
        "overwrite",
        "--map",
        "t_renamed.was=amount",
        *damaged.by_name,
        tables="t_renamed",
    )

    assert done.code == 0, done.out + done.err
    assert [row[1] for row in damaged.rows("renamed")[:4]] == [1, 2, 3, 4]


def test_a_copy_that_is_killed_just_before_its_commit_is_made_once(damaged: Damaged) -> None:
    recovery = damaged.recovery
    with recovery.session() as session:
        prepare(session)
        with session.transaction():
            # A rehearsal does not write here, and a copy does it last.
            session.execute("LOCK TABLE hrmsops.replay_progress IN SHARE MODE")
            process = recovery.start(*damaged.words("--yes", tables="t_killed,t_killed_line"))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
            eventually(lambda: recovery.query(waiting) == [(1,)] or process.poll() is not None)
            process.kill()
            process.communicate(timeout=60)

    ended = recovery.hrmsops("resume", "--json")

    assert ended.code == 0, ended.out + ended.err
    assert ended.document["steps"][-1]["result"]["inserted"] == 4
    assert [row[0] for row in damaged.rows("killed")] == list(range(1, 22))
    undo = ("rollback", "undo-copy", ended.document["run"], "--reason", "x", "--yes", "--json")
    back = recovery.hrmsops(*undo)
    assert back.document["steps"][-1]["result"]["applied"] == 4


def test_nothing_is_copied_that_was_not_shown(damaged: Damaged, tmp_path: Path) -> None:
    approved = tmp_path / "plan.json"
    tables = "t_meanwhile,t_meanwhile_line"
    damaged.copy("--mode", "overwrite", "--plan-out", str(approved), tables=tables)
    damaged.recovery.query("UPDATE t_meanwhile SET note = 'a user' WHERE id = 2")
    before = damaged.rows("meanwhile")

    late = damaged.copy("--mode", "overwrite", "--plan", str(approved), tables=tables)

    assert (late.code, late.document["error"]["code"]) == (5, "plan-changed")
    assert damaged.rows("meanwhile") == before


def test_a_moment_and_tables_in_one_command_make_two_runs(damaged: Damaged) -> None:
    moment = damaged.recovery.now()
    damaged.recovery.query("DELETE FROM t_at_once_line WHERE id = 5")
    words = ("--tables", "t_at_once_line")
    before = damaged.recovery.instances()

    unknown = damaged.recovery.pitr(moment, "--tables", "t_at_once_lien")
    assert unknown.document["error"]["code"] == "table-unknown"
    assert damaged.recovery.instances() == before, "told before a clone is waited for"
    done = damaged.recovery.pitr(moment, *words)

    assert done.code == 0, done.out + done.err
    assert done.document["command"] == "rollback pitr --tables"
    assert done.document["continues"] in done.document["clone"]
    assert damaged.recovery.query("SELECT count(*) FROM t_at_once_line WHERE id = 5") == [(1,)]
    written = b"".join(p.read_bytes() for p in damaged.recovery.folder.rglob("*@*"))
    assert b"t_at_once_line" in written
    assert b"a-personal-value" not in written


@pytest.mark.parametrize(
    "words",
    [
        ("--columns", "note"),
        ("--tables", "t_missing", "--mode", "all"),
        ("--tables", "t_missing", "--promote"),
        ("--promote", "--clone-name", "Bad_Name"),
    ],
)
def test_what_does_not_go_together_is_refused(damaged: Damaged, words: tuple[str, ...]) -> None:
    ask = ("rollback", "pitr", "-e", "production", "--continue", damaged.run, "--reason", "x")
    ended = damaged.recovery.hrmsops(*ask, *words, "--yes", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "wrong-usage")


def test_a_run_that_copied_nothing_has_nothing_to_take_back(damaged: Damaged) -> None:
    words = ("rollback", "undo-copy", damaged.run, "--reason", "x", "--yes", "--json")
    ended = damaged.recovery.hrmsops(*words)
    assert (ended.code, ended.document["error"]["code"]) == (2, "nothing-copied")
