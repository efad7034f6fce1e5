"""Expand and contract: a second column beside the first, kept the same by a trigger."""

from __future__ import annotations

from typing import Any

from hrmsops.safety import columns
from hrmsops.safety.lowering.fields import hidden_indexes
from hrmsops.safety.operations import Field
from hrmsops.safety.replay import groups, listed
from hrmsops.safety.rewrite.backfill import backfill
from hrmsops.safety.rewrite.constraints import not_valid, proof_of, set_not_null, validate
from hrmsops.safety.rewrite.hidden import BARE, parts_of, work_of
from hrmsops.safety.rewrite.rendering import CannotRender, Rendering
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place
from hrmsops.safety.rewrite.syncing import Sync
from hrmsops.safety.rewrite.typing_code import call, quoted, run_sql, separate
from hrmsops.safety.state import ModelState

BROUGHT = {
    "auto_now",
    "auto_now_add",
    "db_default",
    "db_index",
    "default",
    "related_name",
    "unique",
}
"""What the second column does without until it takes over."""
F = "from django.db.models import F"


def expanded(
    place: Place, before: ModelState, field: Field, old: str, new: str
) -> tuple[Part, ...] | CannotRewrite:
    """Both columns, each written into the other; the old one goes in a later release."""
    if columns.is_primary(field) or columns.generated(field):
        return CannotRewrite("it is generated, or the primary key")
    if columns.has_db_default(field) or field.kind == "OneToOneField":
        return CannotRewrite("a column with a default of the database, or one to one, stays one")
    if _is_named(before, old):
        return CannotRewrite("an index or a constraint of the model names the field")
    rendering = Rendering()
    try:
        code = rendering.field(_second(field))
    except CannotRender:
        return CannotRewrite("its field cannot be typed again from what was read")
    hidden = hidden_indexes(place.after, place.model, new, field)
    work = work_of(hidden, place.after, place.model, field)
    if isinstance(work, CannotRewrite):
        return work
    sync = Sync(before.table, columns.column_name(old, field), columns.column_name(new, field))
    return (
        _column(place, new, code, sync, tuple(sorted(rendering.imports))),
        backfill(
            app=place.app,
            model=before.name,
            field=new,
            value=f'F("{old}")',
            imports=(F,),
            copied_from=old,
            vacuumed=before.table,
        ),
        *parts_of(work),
        *_taken_over(place, field, new, sync),
        Part(phase=Phase.LATER, operations=tuple(sync.end())),
    )


def _is_named(model: ModelState, field: str) -> bool:
    """Whether anything of the model beside the field itself is about it."""
    together = [*groups(model.options.get("unique_together"))]
    together += groups(model.options.get("index_together"))
    if any(field in each for each in together):
        return True
    listings = [*listed(model, "indexes"), *listed(model, "constraints")]
    return any(_mentions(each.args, field) or _mentions(each.kwargs, field) for each in listings)


def _mentions(value: Any, field: str) -> bool:
    """Whether the name is anywhere in it: rather once too often than once too little."""
    return field in str(value)


def _second(field: Field) -> Field:
    given = {name: each for name, each in field.arguments.items() if name not in BROUGHT}
    given["null"] = True
    if field.kind == "SlugField" or field.kind in columns.FOREIGN:
        given["db_index"] = False
    if field.kind in columns.FOREIGN:
        given |= {"db_constraint": False, "related_name": "+"}
    kind = BARE.get(field.kind, field.kind)
    return Field(kind, given, 0, kind if field.written == field.kind else field.written)


def _column(place: Place, new: str, code: str, sync: Sync, imports: tuple[str, ...]) -> Part:
    model = f'"{place.operation.model}"'
    added = call("migrations.AddField", model_name=model, name=f'"{new}"', field=code)
    return Part(
        phase=Phase.COLUMN,
        operations=(added, *sync.begin()),
        imports=imports,
        functions=(sync.function(),),
    )


def _taken_over(place: Place, field: Field, new: str, sync: Sync) -> list[Part]:
    """The models know the new column alone; the old one may be left out from now on."""
    removed = call(
        "migrations.RemoveField", model_name=f'"{place.operation.model}"', name=f'"{new}"'
    )
    table, column = sync.table, sync.new
    found: list[Part] = []
    database: list[str] = []
    if not columns.is_null(field):
        proof = proof_of(table, column)
        checked = not_valid(table, proof, f"CHECK ({quoted(column)} IS NOT NULL)")
        found.append(Part(phase=Phase.NOT_VALID, operations=(checked,)))
        found.append(Part(phase=Phase.VALIDATE, operations=(validate(table, proof),)))
        alter = f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(sync.old)}"
        database = [
            *set_not_null(table, column),
            run_sql(f"{alter} DROP NOT NULL", f"{alter} SET NOT NULL"),
        ]
    final = separate(state=[removed, place.code], database=database)
    return [*found, Part(phase=Phase.FINISH, operations=(final,))]
