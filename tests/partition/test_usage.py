"""What is typed for `table partition`, before anything is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hrmsops.commands.partition_migration import Companion
from hrmsops.commands.partitioning import wish
from hrmsops.errors.partition import MigrationNotWritable
from hrmsops.errors.usage import WrongUsage
from hrmsops.partition.cut import Cut
from hrmsops.partition.django_migration import file_name, migration
from hrmsops.partition.periods import Every

NOTHING: dict[str, Any] = {
    "table": None,
    "by": None,
    "every": None,
    "method": "attach",
    "ahead": None,
    "maintain": False,
    "retain": None,
    "archive": "",
    "undo": False,
    "finish": False,
    "migration_out": None,
    "reason": None,
}
CUT = Cut(
    schema="public",
    table="core_auditlog",
    column="created_at",
    type="timestamp with time zone",
    every=Every.MONTH,
    ahead=12,
    method="attach",
    run="261129-003855-ef39",
    split=None,
    key=("id",),
    was_nullable=True,
    pieces=(),
)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"by": "at", "every": "month"}, "It is not said which TABLE."),
        ({"table": "t", "every": "month"}, "It is not said --by which COLUMN."),
        ({"table": "t", "by": "at"}, "It is not said how long a partition is: --every."),
        ({"table": "t", "by": "at", "every": "fortnight"}, "not fortnight"),
        ({"table": "t", "undo": True, "finish": True}, "--undo and --finish exclude each other."),
        ({"table": "t", "undo": True, "retain": 3}, "--retain and --archive go with --maintain."),
        ({"maintain": True, "archive": "old"}, "--archive needs --retain."),
        ({"maintain": True, "by": "at"}, "--by and --every are for a table that is not cut yet."),
        ({"table": "t", "by": "at", "every": "day", "method": "move"}, "--method takes attach"),
        ({"table": "t", "undo": True, "migration_out": Path()}, "--migration-out goes with a cut."),
    ],
)
def test_what_does_not_go_together_is_said(typed: dict[str, Any], problem: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        wish(**{**NOTHING, **typed})
    assert problem in f"{refused.value.what} {refused.value.why}"


@pytest.mark.parametrize("out", ["missing", "missing/0042_cut.py", "there.txt", "there.py/x"])
def test_a_migration_without_a_place_is_refused_before_anything_is_looked_at(
    tmp_path: Path, out: str
) -> None:
    (tmp_path / "there.py").touch()
    cut = {"table": "t", "by": "at", "every": "day", "migration_out": tmp_path / out}
    with pytest.raises(MigrationNotWritable) as refused:
        wish(**{**NOTHING, **cut})
    assert refused.value.exit_code == 2
    assert "There is no folder" in refused.value.why


@pytest.mark.parametrize("out", [".", "0042_cut.py"])
def test_a_folder_or_a_new_file_in_one_is_a_place(tmp_path: Path, out: str) -> None:
    cut = {"table": "t", "by": "at", "every": "day", "migration_out": tmp_path / out}
    assert wish(**{**NOTHING, **cut}).migration_out == tmp_path / out
    assert list(tmp_path.iterdir()) == []


def test_a_migration_that_cannot_be_written_is_an_error_that_says_why(tmp_path: Path) -> None:
    gone = Companion(file=tmp_path / "gone" / "0042_cut.py", text="")
    with pytest.raises(MigrationNotWritable, match=r"0042_cut\.py") as refused:
        gone.write()
    assert "No such file or directory" in refused.value.why


def test_the_migration_that_goes_with_it_changes_state_alone_and_comes_after_the_newest() -> None:
    text = migration(CUT, app="core", leaf="0041_previous")

    assert file_name(CUT, leaf="0041_previous") == "0042_partition_core_auditlog.py"
    assert 'dependencies = [("core", "0041_previous")]' in text
    assert "database_operations=[]" in text
    assert "Required('core_auditlog', 'created_at')" in text
    assert "The primary key in the database is (id, created_at)." in text
    compile(text, "migration", "exec")
