"""A change that Django itself refuses to make."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.Refused):
        return None
    return Verdict(
        severity="danger", why=f"The migration fails: {effect.why}.", breaks=("the migration",)
    )


RULE = Rule(
    id="django-refuses",
    when="AlterField of a generated field, or to or from a many-to-many field.",
    effect="Django raises ValueError, and the migration fails.",
    instead="Add a second field, move the values, and remove the first one in a later release.",
    bad="""\
operations = [
    migrations.AlterField("employee", "department", models.ManyToManyField("employees.department")),
]""",
    good="""\
operations = [
    migrations.AddField("employee", "teams", models.ManyToManyField("employees.department")),
]""",
    looks_at=(e.Refused,),
    check=check,
)
