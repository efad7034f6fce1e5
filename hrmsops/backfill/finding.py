"""From names to the project's models and fields; a wrong name is told the near ones."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from hrmsops.backfill.keys import key_fields
from hrmsops.errors.backfill import BackfillFieldUnfit, BackfillNameUnknown


def model_named(label: str) -> Any:
    """The model of `app.Model`. Raises BackfillNameUnknown."""
    app, _, name = label.partition(".")
    try:
        model = apps.get_model(app, name)
    except (LookupError, ValueError) as error:
        known = tuple(each._meta.label for each in apps.get_models())
        raise BackfillNameUnknown(kind="model", name=label, known=known) from error
    return model._meta.concrete_model


def field_named(model: Any, name: str) -> Any:
    """The column of its own table. Raises BackfillNameUnknown, BackfillFieldUnfit."""
    meta = model._meta
    try:
        field = meta.get_field(name)
    except FieldDoesNotExist as error:
        names = _names(meta)
        if name in names:  # department_id for department
            return next(each for each in meta.concrete_fields if each.attname == name)
        raise BackfillNameUnknown(kind="field", name=name, known=names, of=meta.label) from error
    if unfit := _unfit(field, model):
        raise BackfillFieldUnfit(field=f"{meta.label}.{field.name}", why=unfit)
    return field


def _unfit(field: Any, model: Any) -> str:
    if not getattr(field, "concrete", False) or not field.column:
        return "It is no column of the table: it is a relation that another table holds."
    if field.model._meta.concrete_model is not model:
        return f"Its column is in the table of {field.model._meta.label}; name that model."
    if field.primary_key or field.name in {each.name for each in key_fields(model)}:
        return "It is the key that the batches go by."
    if getattr(field, "generated", False):
        return "PostgreSQL computes it."
    return ""


def _names(meta: Any) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(name for each in meta.concrete_fields for name in (each.name, each.attname))
    )
