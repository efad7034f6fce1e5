"""A column that must be given, and that the running code does not know."""

from __future__ import annotations

from hrmsops.safety.code_fit import Breakage
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, Breakage) or (effect.who, effect.how) != ("old", "not-given"):
        return None
    if event.size() == "new":
        return None
    return Verdict(
        severity="danger",
        why=f"{effect.table}.{effect.column} is NOT NULL and has no default in the database "
        "(Django drops the one it used): the revision that still runs leaves it out, and its "
        "INSERT fails.",
        breaks=("old code: INSERT",),
    )


RULE = Rule(
    id="old-code-cannot-insert",
    when="After the migration a NOT NULL column without a database default is not known to the "
    "models of the revision that still runs.",
    effect="Every INSERT of the old revision fails until the last one has drained, and again after "
    "a rollback of the application.",
    instead="Give {column} of {model} a `db_default` (Django 5), or `null=True` for one release.",
    bad="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(default=1)),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "grade", models.IntegerField(db_default=1)),
]""",
    looks_at=(Breakage,),
    check=check,
)
