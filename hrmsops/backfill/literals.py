"""From typed words to values of a field and to conditions, with their types checked."""

from __future__ import annotations

import ast
import json
from copy import copy
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q
from django.db.models.expressions import RawSQL

from hrmsops.backfill.finding import field_named
from hrmsops.backfill.rows import every_row
from hrmsops.errors.backfill import BackfillFilterWrong, BackfillValueWrong

WORDS = {"True": True, "False": False, "None": None}
LISTS = ("in", "range", "overlap", "contains", "contained_by")


def value_of(field: Any, typed: str, *, using: str) -> Any:
    """What `--value` means for that field. Raises BackfillValueWrong."""
    named = f"{field.model._meta.label}.{field.name}"
    kind = field.get_internal_type()
    try:
        if field.is_relation:
            return _related(field, typed, using=using)
        given: Any = typed
        if kind == "JSONField":
            given = json.loads(typed)
            if given is None:  # JSON's own; --expression NULL is the other one.
                return RawSQL("'null'::jsonb", (), output_field=field)
        elif kind == "BooleanField":
            given = {"true": True, "false": False}.get(typed.lower(), typed)
        # Blank is what forms refuse; a column takes it.
        blank = copy(field)
        blank.blank = True
        return blank.clean(given, None)
    except ValidationError as error:
        raise BackfillValueWrong(
            field=named, kind=kind, value=typed, why=" ".join(error.messages)
        ) from error
    except (ValueError, TypeError) as error:
        raise BackfillValueWrong(field=named, kind=kind, value=typed, why=f"{error}.") from error


def _related(field: Any, typed: str, *, using: str) -> Any:
    """The key of a row that is there, in this database: Django's own check asks its router."""
    target, model = field.target_field, field.remote_field.model
    value = target.to_python(typed)
    there = every_row(model, using=using).filter(**{target.name: value})
    if not there.complex_filter(field.get_limit_choices_to()).exists():
        raise ValueError(f"No {model._meta.label} that it may name has {target.name} {typed}")
    return value


def condition_of(model: Any, typed: str, *, using: str) -> Q:
    """What one `--filter` means: `lookup=value`, or `lookup!=value` for its opposite.

    Raises BackfillFilterWrong, and what `field_named` raises.
    """
    lookup, equals, text = typed.partition("=")
    is_opposite = lookup.endswith("!")
    lookup = lookup.rstrip("!").strip()
    if not equals or not lookup:
        raise BackfillFilterWrong(filter=typed, why="It is not of the form lookup=value.")
    condition = Q(**{lookup: _typed(lookup, text.strip())})
    condition = ~condition if is_opposite else condition
    try:
        query = every_row(model, using=using).filter(condition).query
        query.get_compiler(using).as_sql()
    except FieldError as error:
        # A name that is wrong has near ones; a lookup that a field does not have says so itself.
        first = lookup.partition("__")[0]
        if first not in {each.name for each in model._meta.get_fields()} and first != "pk":
            field_named(model, first)
        raise BackfillFilterWrong(filter=typed, why=f"{error}".rstrip(".") + ".") from error
    except (ValidationError, ValueError, TypeError) as error:
        why = " ".join(error.messages) if isinstance(error, ValidationError) else f"{error}."
        raise BackfillFilterWrong(filter=typed, why=why) from error
    except Exception as error:
        # Django says by an empty result that nothing can match, such as for an empty list.
        if type(error).__name__ == "EmptyResultSet":
            return condition
        raise
    return condition


def _typed(lookup: str, text: str) -> Any:
    """A literal where it is one; else the words as they are: the field knows what they mean."""
    if text in WORDS:
        return WORDS[text]
    if text[:1] in "'\"([" or lookup.rpartition("__")[2] in LISTS:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            if lookup.rpartition("__")[2] == "in":
                return [part.strip() for part in text.split(",")]
    if lookup.endswith("__isnull"):
        return {"true": True, "false": False}.get(text.lower(), text)
    return text
