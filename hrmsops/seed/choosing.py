"""Which model of the project is for which table; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from hrmsops.config.seed_settings import Seed
from hrmsops.django.models import Model, Models
from hrmsops.errors.seed_mapping import SeedTableUnmapped
from hrmsops.seed.catalogue import ADMINISTRATOR, PAYROLL_ROLES, Spec

NOT_OURS = ("admin.", "auth.", "contenttypes.", "sessions.", "sites.")
"""Django's own models have names like those of an HRMS; they are meant where they are named."""


def models_for(specs: Iterable[Spec], models: Models, settings: Seed) -> dict[str, Model]:
    """The model for each table by the table's name; raises SeedTableUnmapped."""
    found: dict[str, Model] = {}
    problems: dict[str, str] = {}
    for spec in specs:
        named = settings.tables[spec.table].model if spec.table in settings.tables else ""
        chosen = _named(named, models) if named else _by_name(spec, models, found)
        if isinstance(chosen, Model):
            found[spec.table] = chosen
        else:
            problems[spec.table] = f"{spec.table}: {chosen}"
    if problems:
        raise SeedTableUnmapped(problems=tuple(problems.values()), tables=tuple(problems))
    return found


def _named(label: str, models: Models) -> Model | str:
    if model := models.labelled(label):
        return model
    known = {each.label.casefold(): each.label for each in models.models}
    near = [known[each] for each in get_close_matches(label.casefold(), known, n=2)]
    return f"there is no model {label}" + (f", only {' and '.join(near)}" if near else "")


def _by_name(spec: Spec, models: Models, found: Mapping[str, Model]) -> Model | str:
    """The one model that is called so, or why it is not known."""
    if spec.table == ADMINISTRATOR:
        user = models.labelled(models.user.label) if models.user else None
        return user or "the project has no model of a user"
    ours = [each for each in models.models if not each.label.startswith(NOT_OURS)]
    for name in spec.models:
        called = [each for each in ours if each.name.casefold() == name.casefold()]
        if len(called) == 1:
            return called[0]
        if called:
            return f"{' and '.join(each.label for each in called)} are both called {name}"
    if spec.table == PAYROLL_ROLES and (through := _through(spec, ours, found)):
        return through
    return f"no model is called {' or '.join(spec.models)}"


def _through(spec: Spec, ours: Iterable[Model], found: Mapping[str, Model]) -> Model | None:
    """The table that Django makes for a many-to-many field between the two."""
    ends = {found[each].label for each in spec.references.values() if each in found}
    for model in ours:
        if model.is_auto_created and {each.to for each in model.fields if each.to} == ends:
            return model
    return None
