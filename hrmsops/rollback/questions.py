"""The questions of the guide's decision tree: the words that the operator reads."""

from __future__ import annotations

import msgspec

from hrmsops.rollback.known import Known


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `assumed` is what is taken for an unknown, and `caveat` says so aloud.

    What would be irreversible or slow is never assumed to be possible; what costs nothing to try
    and can be undone is.
    """

    id: str
    text: str
    help: str
    assumed: bool
    caveat: str


DATABASE_ANSWERS = Question(
    id="database-answers",
    text="Does the database answer?",
    help="The instance that serves takes a login and a query.",
    assumed=True,
    caveat="Nobody could tell whether the database answers.",
)
DATA_IS_DAMAGED = Question(
    id="data-is-damaged",
    text="Is data wrong that no code can repair?",
    help="Amounts zeroed, rows emptied or deleted, columns dropped: no new code brings it back.",
    assumed=False,
    caveat="Nobody has said that data is wrong, and no check says so: look at it yourself.",
)
PREVIOUS_FITS = Question(
    id="previous-fits",
    text="Does the previous revision run on today's schema?",
    help="A revision that served well is there, and no migration since took away what it needs.",
    assumed=True,
    caveat="Whether the previous revision fits today's schema is not known; it is probed before "
    "any user is sent there.",
)
REVERSE_IS_LOSSLESS = Question(
    id="reverse-is-lossless",
    text="Can the migrations since be reversed without loss?",
    help="Each has a true reverse, and no row or column written since would go.",
    assumed=False,
    caveat="Whether the migrations can be reversed without loss is not known.",
)
REVERSE_REPAIRS = Question(
    id="reverse-repairs",
    text="Does reversing the migrations repair the data?",
    help="The damage is theirs, and their reverse brings back what they changed.",
    assumed=False,
    caveat="Whether a reverse would repair the data is not known.",
)
WINDOW_REACHES_HARM = Question(
    id="window-reaches-harm",
    text="Does point-in-time recovery reach back to before the harm?",
    help="The instance runs, keeps its logs, and they begin before the harm did.",
    assumed=False,
    caveat="Whether point-in-time recovery reaches back that far is not known.",
)
BACKUP_IS_GOOD = Question(
    id="backup-is-good",
    text="Is there a successful backup from before the harm?",
    help="It outlives its instance, and is of the same major version.",
    assumed=False,
    caveat="Which backups there are is not known.",
)
QUESTIONS = (
    DATABASE_ANSWERS,
    DATA_IS_DAMAGED,
    PREVIOUS_FITS,
    REVERSE_IS_LOSSLESS,
    REVERSE_REPAIRS,
    WINDOW_REACHES_HARM,
    BACKUP_IS_GOOD,
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question with what was known, and the answer that was taken."""

    question: Question
    known: Known
    answer: bool

    @property
    def is_assumed(self) -> bool:
        return self.known.value is None
