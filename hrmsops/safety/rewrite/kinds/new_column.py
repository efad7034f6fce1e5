"""A new column: empty first, filled in batches, and held to its word when every row keeps it."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety.lowering.fields import hidden_indexes
from hrmsops.safety.operations import Field
from hrmsops.safety.rewrite.backfill import backfill
from hrmsops.safety.rewrite.constraints import not_valid, proof_of, set_not_null, validate
from hrmsops.safety.rewrite.defaults import Filling, filling
from hrmsops.safety.rewrite.editing import argument, changed_call, function
from hrmsops.safety.rewrite.hidden import BARE, parts_of, work_of
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import call, quoted, run_sql, separate

FIRST_WITH_DB_DEFAULT = (5, 0)


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """The column, then what it brings along, then its NOT NULL."""
    field, name = place.operation.get("field"), str(place.operation.get("name"))
    code = argument(place.code, "field", 2)
    if not isinstance(field, Field) or code is None or not _is_typed(field, code):
        return CannotRewrite("its field is not typed out, or of a class that is not Django's")
    if columns.generated(field) or columns.is_primary(field):
        return CannotRewrite("it is generated, or the primary key")
    model = place.model
    hidden = hidden_indexes(place.after, model, name, field, in_new_column=True)
    work = work_of(hidden, place.after, model, field)
    if isinstance(work, CannotRewrite):
        return work
    if columns.is_null(field) or columns.has_db_default(field):
        added = separate(state=[place.code], database=[_add(place, name, _bare(field, code))])
        return (Part(phase=Phase.COLUMN, operations=(added,)), *parts_of(work))
    fill = filling(field, code)
    if isinstance(fill, CannotRewrite):
        return fill
    if columns.is_unique(field):
        return CannotRewrite("it is unique, and every row would get the same value")
    return (*_held(place, name, field, code, fill), *parts_of(work))


def _is_typed(field: Field, code: str) -> bool:
    return field.is_known and function(code).rpartition(".")[2] == field.kind


def _held(place: Place, name: str, field: Field, code: str, fill: Filling) -> tuple[Part, ...]:
    """NOT NULL by degrees. The database keeps the default, for code that leaves the field out."""
    model, column = place.model, columns.column_name(name, field)
    proof = proof_of(model.table, column)
    final = call("migrations.AlterField", **_arguments(place, name, code))
    return (
        _column(place, name, field, code, fill),
        backfill(
            app=place.app, model=model.name, field=name, value=fill.python, imports=fill.imports
        ),
        Part(
            phase=Phase.NOT_VALID,
            operations=(not_valid(model.table, proof, f"CHECK ({quoted(column)} IS NOT NULL)"),),
        ),
        Part(phase=Phase.VALIDATE, operations=(validate(model.table, proof),)),
        Part(
            phase=Phase.FINISH,
            operations=(separate(state=[final], database=set_not_null(model.table, column)),),
        ),
    )


def _column(place: Place, name: str, field: Field, code: str, fill: Filling) -> Part:
    """The column that may be empty, and a default for those who do not know it."""
    table, column = place.model.table, columns.column_name(name, field)
    nullable = changed_call(code, given={"null": "True"})
    target = place.target_django
    if fill.is_constant and target is not None and target >= FIRST_WITH_DB_DEFAULT:
        nullable = changed_call(nullable, given={"db_default": fill.python})
        operations = [_add(place, name, nullable)]
    else:
        default = run_sql(
            f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} SET DEFAULT {fill.sql}",
            f"ALTER TABLE {quoted(table)} ALTER COLUMN {quoted(column)} DROP DEFAULT",
        )
        operations = [_add(place, name, nullable), default]
    bare = _bare(field, nullable)
    if bare != nullable:
        operations[0] = separate(state=operations[:1], database=[_add(place, name, bare)])
    return Part(phase=Phase.COLUMN, operations=tuple(operations), imports=fill.imports)


def _bare(field: Field, code: str) -> str:
    """The field without what it brings along."""
    given: dict[str, str] = {}
    if field.kind in ("SlugField", "ForeignKey", "OneToOneField"):
        given["db_index"] = "False"
    if field.kind in columns.FOREIGN:
        given["db_constraint"] = "False"
    drop = {"unique", "db_index", "parent_link"} - given.keys()
    if not given and field.kind not in BARE and not _has(code, drop):
        return code
    called = function(code).removesuffix(field.kind) + BARE.get(field.kind, field.kind)
    return changed_call(code, function=called, given=given, without=drop)


def _has(code: str, names: set[str]) -> bool:
    return any(argument(code, each, 99) is not None for each in names)


def _add(place: Place, name: str, field: str) -> str:
    arguments = {"model_name": f'"{place.operation.model}"', "name": f'"{name}"', "field": field}
    return call("migrations.AddField", **arguments)


def _arguments(place: Place, name: str, field: str) -> dict[str, str]:
    arguments = {"model_name": f'"{place.operation.model}"', "name": f'"{name}"', "field": field}
    if place.operation.get("preserve_default", True) is False:
        arguments["preserve_default"] = "False"
    return arguments


REWRITE = Rewrite(
    takes=("AddField",),
    answers=frozenset(
        {
            "column-without-value",
            "constraint-scans-table",
            "index-blocks-writes",
            "old-code-cannot-insert",
            "unique-blocks-table",
        }
    ),
    parts=parts,
)
