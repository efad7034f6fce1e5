"""The guide's decision tree: the least destructive kind of rollback that undoes the harm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from hrmsops.rollback import questions as q
from hrmsops.rollback.known import Known, unknown
from hrmsops.rollback.questions import Asked, Question

Kind = Literal["app", "migration", "pitr", "backup", "roll-forward"]
WAYS_BACK = (
    q.PREVIOUS_FITS,
    q.REVERSE_IS_LOSSLESS,
    q.REVERSE_REPAIRS,
    q.WINDOW_REACHES_HARM,
    q.BACKUP_IS_GOOD,
)
"""Each of them opens a way back where it is so."""
Answers = Mapping[str, Known]
"""What is known, by the question's id; a question that is not there is unknown."""


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """The kind, the path that led to it, what was assumed, and what is missing for another way."""

    kind: Kind
    path: tuple[Asked, ...]

    @property
    def caveats(self) -> tuple[str, ...]:
        """What was not known and had to be assumed, in the order in which it was asked."""
        return tuple(asked.question.caveat for asked in self.path if asked.is_assumed)

    @property
    def missing(self) -> tuple[str, ...]:
        """For `roll-forward`: every way back that is closed, and why."""
        if self.kind != "roll-forward":
            return ()
        return tuple(
            f"{asked.question.text} {asked.known.in_words()}: {asked.known.evidence}"
            for asked in self.path
            if asked.question in WAYS_BACK and not asked.answer
        )


def recommend(answers: Answers) -> Recommendation:
    """Walk the tree. Pure: the same answers always lead to the same kind."""
    ask = _Walk(answers)
    if ask(q.DATABASE_ANSWERS):
        if not ask(q.DATA_IS_DAMAGED):
            if ask(q.PREVIOUS_FITS):
                return ask.recommend("app")
            lossless = ask(q.REVERSE_IS_LOSSLESS)
            return ask.recommend("migration" if lossless else "roll-forward")
        if ask(q.REVERSE_REPAIRS):
            return ask.recommend("migration")
        if ask(q.WINDOW_REACHES_HARM):
            return ask.recommend("pitr")
    good = ask(q.BACKUP_IS_GOOD)
    return ask.recommend("backup" if good else "roll-forward")


class _Walk:
    """Asks, and keeps each answer, so that the recommendation explains itself."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._path: list[Asked] = []

    def __call__(self, question: Question) -> bool:
        known = self._answers.get(question.id) or unknown("nobody looked")
        answer = question.assumed if known.value is None else known.value
        self._path.append(Asked(question=question, known=known, answer=answer))
        return answer

    def recommend(self, kind: Kind) -> Recommendation:
        return Recommendation(kind=kind, path=tuple(self._path))
