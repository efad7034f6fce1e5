"""A column whose type a view holds."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.AlterType):
        return None
    view = event.before.view_of(effect.table, effect.column)
    if not view:
        return None
    return Verdict(
        severity="danger",
        why=f"The view {view} shows {effect.table}.{effect.column}: PostgreSQL refuses to change "
        "its type, and the migration fails.",
        breaks=("the migration",),
    )


RULE = Rule(
    id="view-holds-column",
    when="The type of a column changes that a view shows, even if it only gets wider.",
    effect="PostgreSQL refuses: cannot alter type of a column used by a view or rule.",
    instead="Drop the view, change {column}, and make the view again, in one transaction.",
    bad="""\
operations = [
    migrations.AlterField("employee", "number", models.CharField(max_length=30, unique=True)),
]""",
    good="""\
operations = [
    migrations.AlterField("employee", "surname", models.CharField(max_length=200)),
]""",
    looks_at=(e.AlterType,),
    check=check,
)
