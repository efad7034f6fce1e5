"""The decision tree over every combination of what can be known."""

from __future__ import annotations

import itertools

import pytest

from hrmsops.rollback import questions as q
from hrmsops.rollback.known import Known, no, unknown, yes
from hrmsops.rollback.tree import recommend

VALUES = (True, False, None)
PRECONDITIONS = {
    "app": (q.PREVIOUS_FITS,),
    "pitr": (q.DATA_IS_DAMAGED, q.WINDOW_REACHES_HARM),
    "backup": (q.BACKUP_IS_GOOD,),
}


def _every_combination() -> list[dict[str, Known]]:
    return [
        {
            question.id: Known(value=value, evidence="as said")
            for question, value in zip(q.QUESTIONS, values, strict=True)
        }
        for values in itertools.product(VALUES, repeat=len(q.QUESTIONS))
    ]


def test_no_way_is_recommended_whose_precondition_is_false_or_silently_unknown() -> None:
    for answers in _every_combination():
        advice = recommend(answers)
        needed = PRECONDITIONS.get(advice.kind, ())
        if advice.kind == "migration":
            is_damaged = answers[q.DATA_IS_DAMAGED.id].value is True
            needed = (q.REVERSE_REPAIRS if is_damaged else q.REVERSE_IS_LOSSLESS,)
        for question in needed:
            value = answers[question.id].value
            assert value is not False, (advice.kind, question.id)
            assert value is True or question.caveat in advice.caveats


def test_only_what_can_be_undone_is_ever_assumed_to_be_possible() -> None:
    for answers in _every_combination():
        advice = recommend(answers)
        assumed = {a.question.id for a in advice.path if a.is_assumed and a.answer}
        assert assumed <= {q.DATABASE_ANSWERS.id, q.PREVIOUS_FITS.id}


def test_every_caveat_names_an_unknown_and_every_unknown_on_the_path_has_one() -> None:
    for answers in _every_combination():
        advice = recommend(answers)
        unknowns = [a.question.caveat for a in advice.path if answers[a.question.id].value is None]
        assert list(advice.caveats) == unknowns


def test_rolling_forward_is_advised_only_where_every_way_back_is_closed_and_says_which() -> None:
    for answers in _every_combination():
        advice = recommend(answers)
        assert bool(advice.missing) == (advice.kind == "roll-forward")


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("app", {q.DATABASE_ANSWERS: True, q.DATA_IS_DAMAGED: False, q.PREVIOUS_FITS: True}),
        (
            "migration",
            {q.DATABASE_ANSWERS: True, q.DATA_IS_DAMAGED: True, q.REVERSE_REPAIRS: True},
        ),
        (
            "pitr",
            {
                q.DATABASE_ANSWERS: True,
                q.DATA_IS_DAMAGED: True,
                q.REVERSE_REPAIRS: False,
                q.WINDOW_REACHES_HARM: True,
            },
        ),
        ("backup", {q.DATABASE_ANSWERS: False, q.BACKUP_IS_GOOD: True}),
        (
            "backup",
            {
                q.DATABASE_ANSWERS: True,
                q.DATA_IS_DAMAGED: True,
                q.WINDOW_REACHES_HARM: False,
                q.BACKUP_IS_GOOD: True,
            },
        ),
    ],
    ids=["application-errors", "reversible", "not-reversible", "total-failure", "before-the-logs"],
)
def test_the_guide_s_leaves(kind: str, known: dict[q.Question, bool]) -> None:
    answers = {
        question.id: yes("seen") if value else no("seen") for question, value in known.items()
    }
    assert recommend(answers).kind == kind


def test_a_tree_that_knows_nothing_says_so() -> None:
    advice = recommend({q.DATABASE_ANSWERS.id: unknown("the API did not answer")})
    assert advice.kind == "app"
    assert len(advice.caveats) == 3
