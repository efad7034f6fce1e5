"""Rows come back from a recovered database, and nothing else changes."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hrmsops.errors.database import TableUnknown
from hrmsops.errors.recovery import (
    CopyNotAsShown,
    CopyRefused,
    CopyWouldBreak,
    TableWithoutKey,
)
from hrmsops.postgres.apply import apply
from hrmsops.postgres.copy import Copied, TableCopied, copy_back, was_copied
from hrmsops.postgres.session import Target
from tests.postgres.conftest import Make, ask, run

Clone = Callable[[Target], Target]
AT = datetime(2026, 11, 23, 10, 45, 12, tzinfo=UTC)

SCHEMA = """
CREATE TABLE employee (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,
    shout text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE slip (id bigserial PRIMARY KEY, employee_id bigint NOT NULL REFERENCES employee,
    amount numeric(12,2), note text, facts json);
CREATE TABLE raw (line text);
INSERT INTO employee (name) SELECT 'name ' || i FROM generate_series(1, 50) i;
INSERT INTO slip (employee_id, amount, note, facts)
SELECT i, i, 'n', '{"a": 1}' FROM generate_series(1, 50) i;
"""
DAMAGE = """
UPDATE slip SET amount = 0 WHERE id <= 10;
UPDATE slip SET note = NULL WHERE id BETWEEN 5 AND 6;
DELETE FROM slip WHERE id > 40;
DELETE FROM employee WHERE id > 45;
UPDATE slip SET note = 'a user''s' WHERE id = 20;
INSERT INTO slip (employee_id, amount, note) VALUES (1, 7, 'a user''s');
"""


@pytest.fixture
def source(make: Make) -> Target:
    return make(SCHEMA)


@pytest.fixture
def target(source: Target, clone: Clone) -> Target:
    damaged = clone(source)
    run(damaged, DAMAGE)
    return damaged


def copied(source: Target, target: Target, *tables: str, undo: Path, **words: Any) -> Copied:
    known: dict[str, Any] = {"undo": undo, "made_at": AT, "mode": "missing"}
    return copy_back(source, target, tables, **(known | words))


def slip(of: Copied) -> TableCopied:
    return next(each for each in of.tables if str(each.table) == "slip")


EVERYTHING = (
    "SELECT 'e', id, name, shout, NULL FROM employee"
    " UNION ALL SELECT 's', id, note, facts::text, amount FROM slip ORDER BY 1, 2"
)


def test_missing_rows_come_back_with_those_they_need(
    source: Target, target: Target, tmp_path: Path
) -> None:
    done = copied(source, target, "slip", "employee", undo=tmp_path / "undo")

    assert [(str(t.table), t.inserted, t.updated) for t in done.tables] == [
        ("employee", 5, 0),
        ("slip", 10, 0),
    ]
    assert slip(done).only_in_target == 1
    assert ask(target, "SELECT count(*), sum(amount) FROM slip WHERE id > 40 AND id <= 50") == ask(
        source, "SELECT count(*), sum(amount) FROM slip WHERE id > 40"
    )
    assert ask(target, "SELECT shout FROM employee WHERE id = 50") == [("NAME 50",)]
    assert ask(target, "SELECT count(*) FROM slip WHERE amount = 0") == [(10,)]


def test_overwriting_makes_rows_as_they_were_and_leaves_new_ones(
    source: Target, target: Target, tmp_path: Path
) -> None:
    done = copied(source, target, "slip", "employee", mode="overwrite", undo=tmp_path / "undo")

    assert (slip(done).inserted, slip(done).updated) == (10, 11)
    assert ask(target, "SELECT amount, note FROM slip WHERE id IN (5, 20, 51) ORDER BY id") == ask(
        source, "VALUES (5.00, 'n'), (20.00, 'n'), (7.00, 'a user''s')"
    )


def test_columns_alone_touch_nothing_else(source: Target, target: Target, tmp_path: Path) -> None:
    done = copied(
        source, target, "slip", columns=["amount"], mode="overwrite", undo=tmp_path / "undo"
    )

    assert (slip(done).inserted, slip(done).updated, slip(done).left_out) == (0, 10, 10)
    assert ask(target, "SELECT amount, note FROM slip WHERE id IN (5, 20) ORDER BY id") == ask(
        source, "VALUES (5.00, NULL), (20.00, 'a user''s')"
    )


def test_missing_columns_fill_what_is_null(source: Target, target: Target, tmp_path: Path) -> None:
    done = copied(source, target, "slip", columns=["note"], undo=tmp_path / "undo")

    assert slip(done).updated == 2
    assert ask(target, "SELECT note FROM slip WHERE id IN (5, 6, 20) ORDER BY id") == [
        ("n",),
        ("n",),
        ("a user's",),
    ]


def test_to_copy_again_changes_nothing(source: Target, target: Target, tmp_path: Path) -> None:
    copied(source, target, "slip", "employee", mode="overwrite", undo=tmp_path / "one")
    before = ask(target, EVERYTHING)

    again = copied(source, target, "slip", "employee", mode="overwrite", undo=tmp_path / "two")

    assert [(t.inserted, t.updated) for t in again.tables] == [(0, 0), (0, 0)]
    assert ask(target, EVERYTHING) == before


def test_the_undo_takes_it_all_back(source: Target, target: Target, tmp_path: Path) -> None:
    before = ask(target, EVERYTHING)
    done = copied(source, target, "slip", "employee", mode="overwrite", undo=tmp_path / "undo")

    undone = apply(done.undo, target, batch_rows=7)

    assert (undone.plan, undone.left) == (done.undo_plan, 0)
    assert ask(target, EVERYTHING) == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.undo.iterdir()} == {0o600}


def test_a_rehearsal_says_the_same_and_changes_nothing(
    source: Target, target: Target, tmp_path: Path
) -> None:
    before = ask(target, EVERYTHING)
    rehearsed = copied(source, target, "slip", "employee", dry_run=True, undo=tmp_path / "undo")

    assert ask(target, EVERYTHING) == before
    assert not (tmp_path / "undo").exists()
    assert (
        rehearsed.tables
        == copied(source, target, "slip", "employee", undo=tmp_path / "undo").tables
    )


def test_rows_whose_parents_are_gone_are_refused_before_anything_is_touched(
    source: Target, target: Target, tmp_path: Path
) -> None:
    before = ask(target, EVERYTHING)

    with pytest.raises(CopyWouldBreak) as raised:
        copied(source, target, "slip", undo=tmp_path / "undo")

    assert raised.value.why == "5 rows of slip need rows of employee"
    assert raised.value.fix == "Add to --tables: employee"
    assert ask(target, EVERYTHING) == before


def test_what_a_constraint_refuses_leaves_all_as_it_was(
    source: Target, target: Target, tmp_path: Path
) -> None:
    run(target, "ALTER TABLE slip ADD CONSTRAINT small CHECK (amount < 45)")
    before = ask(target, EVERYTHING)

    with pytest.raises(CopyRefused) as raised:
        copied(source, target, "employee", "slip", undo=tmp_path / "undo")

    assert raised.value.why == "SQLSTATE 23514 (small)."
    assert ask(target, EVERYTHING) == before


def test_sequences_go_forward_and_never_back(
    source: Target, target: Target, tmp_path: Path
) -> None:
    run(target, "SELECT setval('slip_id_seq', 1000); ALTER TABLE employee ALTER id RESTART WITH 3")

    done = copied(source, target, "slip", "employee", undo=tmp_path / "undo")

    assert [(str(each.sequence), each.after) for each in done.sequences] == [
        ("employee_id_seq", 50)
    ]
    assert ask(target, "SELECT last_value FROM slip_id_seq") == [(1000,)]


def test_triggers_that_fire_are_named(source: Target, target: Target, tmp_path: Path) -> None:
    run(
        target,
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER on_insert BEFORE INSERT ON slip FOR EACH ROW EXECUTE FUNCTION stamp();"
        "CREATE TRIGGER on_update BEFORE UPDATE ON slip FOR EACH ROW EXECUTE FUNCTION stamp()",
    )

    done = copied(source, target, "slip", "employee", undo=tmp_path / "undo")

    assert [trigger.name for trigger in done.fired] == ["on_insert"]


def test_a_circle_of_deferrable_tables_comes_back(make: Make, clone: Clone, tmp_path: Path) -> None:
    source = make(
        "CREATE TABLE one (id int PRIMARY KEY, two_id int); CREATE TABLE two (id int PRIMARY KEY,"
        " one_id int REFERENCES one DEFERRABLE INITIALLY DEFERRED); ALTER TABLE one ADD FOREIGN KEY"
        " (two_id) REFERENCES two DEFERRABLE; BEGIN; INSERT INTO one VALUES (1, NULL);"
        " INSERT INTO two VALUES (1, 1); UPDATE one SET two_id = 1; COMMIT"
    )
    target, stiff = clone(source), clone(source)
    for each in (target, stiff):
        run(each, "TRUNCATE one, two")
    run(stiff, "ALTER TABLE one ALTER CONSTRAINT one_two_id_fkey NOT DEFERRABLE")

    assert [
        t.inserted for t in copied(source, target, "one", "two", undo=tmp_path / "undo").tables
    ] == [1, 1]
    with pytest.raises(CopyWouldBreak):
        copied(source, stiff, "one", "two", undo=tmp_path / "other")


def test_a_dropped_column_that_came_back_empty_is_filled(
    source: Target, target: Target, tmp_path: Path
) -> None:
    run(target, "ALTER TABLE slip DROP note; ALTER TABLE slip ADD note text")

    done = copied(source, target, "slip", columns=["note"], undo=tmp_path / "undo")

    assert slip(done).updated == 40
    assert ask(target, "SELECT count(*) FROM slip WHERE note IS NULL") == [(1,)]


def test_what_cannot_be_copied_is_said_first(
    source: Target, target: Target, tmp_path: Path
) -> None:
    with pytest.raises(TableWithoutKey):
        copied(source, target, "raw", undo=tmp_path / "a")
    with pytest.raises(TableUnknown):
        copied(source, target, "slips", undo=tmp_path / "b")
    with pytest.raises(TableUnknown):
        copied(source, target, "slip", columns=["amounts"], undo=tmp_path / "c")


def test_just_what_a_rehearsal_showed_is_copied_or_nothing(
    source: Target, target: Target, tmp_path: Path
) -> None:
    known: dict[str, Any] = {"mode": "overwrite", "mark": "261123-104512-7f3a"}
    tables = ("slip", "employee")
    seen = copied(source, target, *tables, undo=tmp_path / "undo", dry_run=True, **known)
    shown = {str(each.table): each.digest for each in seen.tables}
    run(target, "UPDATE slip SET amount = 5 WHERE id = 3")
    before = ask(target, EVERYTHING)

    with pytest.raises(CopyNotAsShown) as raised:
        copied(source, target, *tables, undo=tmp_path / "undo", shown=shown, **known)

    assert "slip changed since" in raised.value.what
    assert ask(target, EVERYTHING) == before
    assert not was_copied(target, "261123-104512-7f3a")

    run(target, "UPDATE slip SET amount = 0 WHERE id = 3")
    done = copied(source, target, *tables, undo=tmp_path / "again", shown=shown, **known)
    assert (slip(done).inserted, slip(done).updated) == (10, 11)
    assert was_copied(target, "261123-104512-7f3a")


def test_a_table_of_which_nothing_comes_back_does_not_keep_the_others_from_it(
    source: Target, target: Target, tmp_path: Path
) -> None:
    run(target, "UPDATE employee SET name = 'a user''s' WHERE id = 1")
    back = "INSERT INTO employee (id, name) OVERRIDING SYSTEM VALUE"
    run(target, f"{back} SELECT i, 'n' FROM generate_series(46, 50) i")
    known: dict[str, Any] = {"mode": "missing", "undo": tmp_path / "undo"}
    seen = copied(source, target, "slip", "employee", dry_run=True, **known)
    shown = {str(e.table): e.digest for e in seen.tables if e.inserted or e.updated}

    done = copied(source, target, "slip", "employee", shown=shown, **known)

    assert list(shown) == ["slip"]
    assert slip(done).inserted == 10
    assert [e.kept for e in done.tables if str(e.table) == "employee"] == [6]
    run(target, "DELETE FROM slip WHERE id > 48; DELETE FROM employee WHERE id = 50")
    with pytest.raises(CopyNotAsShown) as raised:
        copied(source, target, "slip", "employee", shown=shown, mode="missing", undo=tmp_path / "b")
    assert "employee" in raised.value.what


def test_the_same_copy_made_again_after_its_undo_is_undone_again(
    source: Target, target: Target, tmp_path: Path
) -> None:
    before = ask(target, EVERYTHING)
    for number in range(2):
        undo = tmp_path / f"undo-{number}"
        at = AT + timedelta(minutes=number)
        copied(source, target, "slip", "employee", undo=undo, made_at=at)
        assert ask(target, EVERYTHING) != before
        assert apply(undo, target, batch_rows=100).left == 0
        assert ask(target, EVERYTHING) == before
