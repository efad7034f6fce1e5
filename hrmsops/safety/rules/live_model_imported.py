"""A migration that imports the models of today."""

from __future__ import annotations

from hrmsops.safety import effects as e
from hrmsops.safety.event import Event
from hrmsops.safety.rule import Rule, Verdict


def check(event: Event) -> Verdict | None:
    effect = event.effect
    if not isinstance(effect, e.LiveModel):
        return None
    return Verdict(
        severity="warning",
        why=f"{effect.label} is imported as it is today. Once a later release gives it a column, "
        "this migration asks for the column before it is there, and fails on every new database.",
        breaks=("the migration, later",),
    )


RULE = Rule(
    id="live-model-imported",
    when="A function of a migration imports a model from the code instead of asking `apps` for it.",
    effect="It works today, and fails on a new database once the model has changed.",
    instead='Ask for the model as it was: `apps.get_model("app", "Model")`.',
    bad="""\
def fill(apps, schema_editor):
    from employees.models import Employee

    Employee.objects.get_or_create(surname="Mensah")


operations = [
    migrations.RunPython(fill, migrations.RunPython.noop),
]""",
    good="""\
def fill(apps, schema_editor):
    apps.get_model("employees", "Department").objects.get_or_create(name="Claims")


operations = [
    migrations.RunPython(fill, migrations.RunPython.noop),
]""",
    looks_at=(e.LiveModel,),
    check=check,
)
