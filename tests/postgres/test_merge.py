"""Whatever the history: no damage is restored, and every write of a user is there or listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hrmsops.postgres.merge import (
    UNKNOWN,
    Effect,
    Sighting,
    Verdict,
    decide,
    infer,
    standing,
)
from tests.postgres.histories import BASES, KEYS, STEPS, History, Step, history

Decided = Mapping[int, tuple[Verdict, ...]]
UPDATE_A = Step("update", 1, ("a",), "z")


def sightings(
    of: History, *, with_clone: bool, with_writers: bool
) -> Iterator[tuple[int, Sighting]]:
    for key in KEYS:
        base, damage, now = (table.rows.get(key) for table in (of.base, of.damage, of.now))
        if (base and base.values) == (now and now.values):
            continue
        yield (
            key,
            Sighting(
                base=base.values if base else None,
                now=now.values if now else None,
                damage=(damage.values if damage else None) if with_clone else UNKNOWN,
                now_by_migration=now.by == "migration" if now and with_writers else None,
                damage_by_migration=damage.by == "migration" if damage and with_writers else None,
            ),
        )


def decided(of: History, effect: Effect, *, with_clone: bool, with_writers: bool) -> Decided:
    seen = sightings(of, with_clone=with_clone, with_writers=with_writers)
    return {key: decide(each, effect) for key, each in seen}


def restored(of: History, found: Decided) -> list[int]:
    """The rows where something would come over that no user wrote."""
    return [
        key for key in KEYS for verdict in found.get(key, ()) if not _is_of_a_user(of, key, verdict)
    ]


def _is_of_a_user(of: History, key: int, verdict: Verdict) -> bool:
    if verdict.op == "delete":
        return of.now.deleted_by[key] == "user"
    if verdict.op not in ("insert", "update"):
        return True
    now = of.now.rows.get(key)
    return now is not None and all(now.cells[n].by != "migration" for n in verdict.columns)


def lost(of: History, found: Decided) -> list[int]:
    """The rows where something that a user wrote would neither come over nor be listed."""
    return [key for key in KEYS if not _is_kept(of, key, found.get(key, ()))]


def _is_kept(of: History, key: int, verdicts: Sequence[Verdict]) -> bool:
    base, now = of.base.rows.get(key), of.now.rows.get(key)
    if now is None:
        return base is None or bool(verdicts)
    before = base.values if base else {}
    users = {n for n, c in now.cells.items() if c.by == "user" and c.value != before.get(n)}
    return users <= {name for verdict in verdicts for name in verdict.columns}


def true_effect(of: History) -> Effect:
    return Effect(columns=of.columns, inserts=of.inserts, deletes=of.deletes)


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS, STEPS, st.booleans(), st.booleans())
def test_with_a_second_clone_nothing_is_restored_and_nothing_lost(
    base: dict[int, tuple[str, str]],
    before: list[Step],
    migration: list[Step],
    after: list[Step],
    with_writers: bool,
    is_effect_known: bool,
) -> None:
    of = history(base, before, migration, after)
    effect = true_effect(of) if is_effect_known else Effect()

    found = decided(of, effect, with_clone=True, with_writers=with_writers)

    assert (restored(of, found), lost(of, found)) == ([], [])


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS)
def test_with_a_second_clone_what_users_did_to_undamaged_values_is_replayed(
    base: dict[int, tuple[str, str]], migration: list[Step], after: list[Step]
) -> None:
    of = history(base, [], migration, after)

    found = decided(of, Effect(), with_clone=True, with_writers=False)

    for key, line in of.now.rows.items():
        was, then = of.base.rows.get(key), of.damage.rows.get(key)
        replayed = {
            n for v in found.get(key, ()) if v.op in ("insert", "update") for n in v.columns
        }
        if was and then:
            intact = {n for n in line.cells if was.values[n] == then.values[n] != line.values[n]}
            assert intact <= replayed
        elif not was and not then:
            assert replayed == set(line.cells)
    for key in of.base.rows.keys() & of.damage.rows.keys() - of.now.rows.keys():
        assert [verdict.op for verdict in found[key]] == ["delete"]


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS, STEPS)
def test_where_users_wrote_before_the_migration_too_no_deletion_of_theirs_is_set_aside(
    base: dict[int, tuple[str, str]], before: list[Step], migration: list[Step], after: list[Step]
) -> None:
    of = history(base, before, migration, after)

    found = decided(of, Effect(is_alone=False), with_clone=True, with_writers=True)

    for key in of.base.rows.keys() - of.now.rows.keys():
        if of.now.deleted_by[key] == "user":
            assert {verdict.op for verdict in found[key]} <= {"delete", "conflict"}


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS, STEPS)
def test_what_a_savepoint_or_a_user_wrote_is_neither_replayed_nor_set_aside(
    base: dict[int, tuple[str, str]], before: list[Step], migration: list[Step], after: list[Step]
) -> None:
    """All writers up to the migration's end are in doubt; those after it are users."""
    of = history(base, before, migration, after)

    for key, seen in sightings(of, with_clone=True, with_writers=False):
        now, then = of.now.rows.get(key), of.damage.rows.get(key)
        if now is None or then is None:
            continue
        for verdict in decide(replace(seen, damage_in_doubt=True), Effect()):
            untouched = {n for n in now.values if now.values[n] == then.values[n]}
            if verdict.op in ("insert", "update"):
                assert not untouched & verdict.columns
            assert verdict.op != "aside"


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS, st.booleans())
def test_with_writers_alone_nothing_is_restored_and_nothing_lost(
    base: dict[int, tuple[str, str]],
    migration: list[Step],
    after: list[Step],
    is_effect_known: bool,
) -> None:
    of = history(base, [], migration, after)
    effect = true_effect(of) if is_effect_known else Effect()

    found = decided(of, effect, with_clone=False, with_writers=True)

    assert (restored(of, found), lost(of, found)) == ([], [])


@settings(max_examples=400, deadline=None)
@given(BASES, STEPS, STEPS)
def test_an_effect_that_the_rows_show_is_as_good_as_a_known_one(
    base: dict[int, tuple[str, str]], migration: list[Step], after: list[Step]
) -> None:
    of = history(base, [], migration, after)
    seen = (each for _, each in sightings(of, with_clone=False, with_writers=True))
    effect = infer(Effect(), seen)
    assume(effect.columns is not None and effect.columns >= of.columns)
    assume(effect.inserts or not of.inserts)

    found = decided(of, effect, with_clone=False, with_writers=True)

    assert (restored(of, found), lost(of, found)) == ([], [])


@settings(max_examples=200, deadline=None)
@given(BASES, STEPS, STEPS, STEPS)
def test_without_any_provenance_nothing_is_applied(
    base: dict[int, tuple[str, str]],
    before: list[Step],
    migration: list[Step],
    after: list[Step],
) -> None:
    of = history(base, before, migration, after)

    found = decided(of, Effect(), with_clone=False, with_writers=False)

    assert {v.op for verdicts in found.values() for v in verdicts} <= {"conflict"}
    assert (restored(of, found), lost(of, found)) == ([], [])


def test_a_row_can_be_replayed_in_part_and_conflict_in_part() -> None:
    of = history(
        {1: ("x", "x")},
        [],
        [UPDATE_A],
        [Step("update", 1, ("b",), "y"), Step("update", 1, ("a",), "y")],
    )

    found = decided(of, Effect(), with_clone=True, with_writers=False)

    assert found[1] == (
        Verdict(op="update", columns=frozenset("b")),
        Verdict(op="conflict", columns=frozenset("a"), reason="written-on-damage"),
    )


@pytest.mark.parametrize(
    ("op", "current", "standing_is"),
    [
        ("insert", None, "due"),
        ("insert", {"a": "2"}, "done"),
        ("insert", {"a": "3"}, "changed"),
        ("update", {"a": "1"}, "due"),
        ("update", {"a": "2"}, "done"),
        ("update", {"a": "3"}, "changed"),
        ("update", None, "changed"),
        ("delete", None, "done"),
        ("delete", {"a": "1"}, "due"),
        ("delete", {"a": "3"}, "changed"),
    ],
)
def test_a_change_is_made_on_what_it_was_made_for(
    op: str, current: dict[str, str | None] | None, standing_is: str
) -> None:
    assert standing(op, current, before={"a": "1"}, after={"a": "2"}) == standing_is
