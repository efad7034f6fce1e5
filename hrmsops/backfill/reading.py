"""From a request to work: names found, types checked, the statement planned once by PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Value

from hrmsops.backfill import expressions, literals
from hrmsops.backfill.columns import kinds_of
from hrmsops.backfill.finding import field_named, model_named
from hrmsops.backfill.registry import Backfill
from hrmsops.backfill.request import Request
from hrmsops.backfill.rows import every_row
from hrmsops.backfill.terms import any_of, differs
from hrmsops.backfill.work import Work
from hrmsops.errors.backfill import BackfillValueWrong


def generic(request: Request, *, using: str) -> Work:
    """`--model`, `--field`, `--value` or `--expression`, `--filter`."""
    model = model_named(request.model or "")
    field = field_named(model, request.field or "")
    rows = every_row(model, using=using)
    for each in request.filters:
        rows = rows.filter(literals.condition_of(model, each, using=using))
    if request.value is not None:
        value: Any = literals.value_of(field, request.value, using=using)
        _require_not_null(field, value, request.value)
        shown = request.value
    else:
        shown = request.expression or ""
        if shown.strip().upper() == "NULL":
            _require_not_null(field, None, shown)
        value = expressions.expression_of(shown, field)
    is_null = f"{field.name}__isnull=True" in {each.replace(" ", "") for each in request.filters}
    where = f" where {' and '.join(request.filters)}" if request.filters else ""
    return of_updates(
        title=f"{model._meta.label}.{field.name} = {shown}{where}",
        model=model,
        rows=rows,
        updates={field.name: value},
        fills_nulls=is_null,
        using=using,
    )


def declared(backfill: Backfill, *, using: str) -> Work:
    """A registered backfill that says rows and change."""
    rows = backfill.queryset().using(using).order_by()
    model = rows.model._meta.concrete_model
    title = f"{backfill.name}: {model._meta.label}"
    if backfill.updates is not None:
        updates = dict(backfill.updates())
        for name in updates:
            field_named(model, name)
        work = of_updates(
            title=title, model=model, rows=rows, updates=updates, fills_nulls=False, using=using
        )
        return replace(work, overwrites=False)  # Its author has said which rows, and read it over.
    fields = tuple(field_named(model, name).name for name in backfill.fields)
    return Work(
        title=title,
        model=model,
        rows=rows,
        updates=None,
        batch=backfill.batch,
        fields=fields,
        repeatable=backfill.vanishes,
        why_once="" if backfill.vanishes else "it does not say that a row which is done vanishes",
        overwrites=False,
        using=using,
    )


def of_updates(
    *, title: str, model: Any, rows: Any, updates: dict[str, Any], fills_nulls: bool, using: str
) -> Work:
    """Work that is one UPDATE a batch; rows that are right already are left alone."""
    fields = {name: model._meta.get_field(name) for name in updates}
    prepared = {name: _expression(fields[name], value) for name, value in updates.items()}
    expressions.try_update(rows, updates, using=using, expression=title)
    why_once = _why_once(model, fields, prepared, using=using)
    every_kind = kinds_of(model, using=using)
    kinds = {name: every_kind[each.column] for name, each in fields.items()}
    comparable = all(each.is_comparable for each in kinds.values())
    if not why_once and comparable:
        rows = rows.filter(
            any_of([differs(name, each, kinds[name]) for name, each in prepared.items()])
        )
    repeatable = fills_nulls or (not why_once and comparable)
    if not comparable and not repeatable:
        why_once = "values of its type cannot be compared"
    return Work(
        title=title,
        model=model,
        rows=rows,
        updates=updates,
        batch=None,
        fields=tuple(updates),
        repeatable=repeatable,
        why_once="" if repeatable else why_once,
        overwrites=not fills_nulls,
        using=using,
    )


def _why_once(model: Any, fields: dict[str, Any], prepared: dict[str, Any], *, using: str) -> str:
    """Why a row that is done comes out different when it is done again."""
    for each in prepared.values():
        sql = expressions.compiled(model, each, using=using)
        named = [f.name for f in fields.values() if expressions.names_column(sql, f.column)]
        if named:
            return f"the new value is made of {named[0]} itself"
        if expressions.moves(sql, using=using):
            return "the new value is another each time"
    return ""


def _expression(field: Any, value: Any) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    target = field.target_field if field.is_relation else field
    plain = value.pk if hasattr(value, "_meta") else value
    return Value(plain, output_field=target)


def _require_not_null(field: Any, value: Any, typed: str) -> None:
    if value is None and not field.null:
        raise BackfillValueWrong(
            field=f"{field.model._meta.label}.{field.name}",
            kind=field.get_internal_type(),
            value=typed,
            why="It means null, and the column is NOT NULL.",
        )
