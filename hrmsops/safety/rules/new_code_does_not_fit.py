"""Models of the new code that do not fit the database."""

from __future__ import annotations

from hrmsops.safety.code_fit import Breakage
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, Breakage) or effect.who != "new":
        return None
    if effect.how == "not-given":
        return Verdict(
            severity="danger",
            why=f"{effect.table}.{effect.column} stays NOT NULL without a default in the database, "
            "and the new code leaves it out: its INSERT fails.",
            breaks=("new code: INSERT",),
        )
    what = (
        f"the column {effect.table}.{effect.column}"
        if effect.column
        else f"the table {effect.table}"
    )
    return Verdict(
        severity="danger" if effect.column else "warning",
        why=f"The new code asks for {what}, which no migration makes in the database.",
        breaks=("new code: SELECT", "new code: INSERT", "new code: UPDATE"),
    )


RULE = Rule(
    id="new-code-does-not-fit",
    when="Django's state and the database are changed apart (SeparateDatabaseAndState, "
    "`state_operations`), and they do not meet: a field is taken out of the state while its column "
    "stays NOT NULL, or put into the state without a column.",
    effect="The INSERT or every query of the new revision fails.",
    instead="Before {column} leaves the state, make it nullable or give it a default in the "
    "database; a field that enters the state needs its column.",
    bad="""\
operations = [
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("employee", "surname")],
    ),
]""",
    good="""\
operations = [
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("employee", "nickname")],
    ),
]""",
    looks_at=(Breakage,),
    check=check,
)
