"""A column that is to hold more than before: NOT NULL by degrees, indexes beside the traffic."""

from __future__ import annotations

from hrmsops.safety import columns
from hrmsops.safety import effects as e
from hrmsops.safety.lowering import Scene, altering
from hrmsops.safety.operations import Field, Migration
from hrmsops.safety.rewrite.backfill import backfill
from hrmsops.safety.rewrite.constraints import not_valid, proof_of, set_not_null, validate
from hrmsops.safety.rewrite.defaults import Filling, call_for_each, filling
from hrmsops.safety.rewrite.editing import argument
from hrmsops.safety.rewrite.hidden import parts_of, work_of
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import quoted, separate
from hrmsops.safety.schema import Schema


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """Each effect in its phase; Django's state follows once all of them are there."""
    field, code = place.operation.get("field"), argument(place.code, "field", 2)
    if not isinstance(field, Field) or code is None:
        return CannotRewrite("its field could not be read")
    scene = Scene(place.operation, Migration(place.app, "", ""), place.state, place.after, Schema())
    effects = [each for each in altering.alter(scene) if not _is_left_alone(each)]
    must = any(isinstance(each, e.SetNotNull) for each in effects)
    rest = [each for each in effects if not isinstance(each, e.SetNotNull | e.WriteRows)]
    work = work_of(rest, place.after, place.model, field)
    if isinstance(work, CannotRewrite):
        return CannotRewrite("it changes more than NOT NULL, indexes and constraints")
    if must:
        return (*_filled(place, field, code), *parts_of(work), *_held(place, field))
    if len(work) == 1 and (phase := min(work)) in (Phase.BUILD, Phase.UNIQUE):
        both = separate(state=[place.code], database=work[phase])
        return (Part(phase=phase, operations=(both,)),)
    return (*parts_of(work), Part(phase=Phase.FINISH, operations=(separate(state=[place.code]),)))


def _is_left_alone(effect: e.Effect) -> bool:
    """The foreign key that Django drops and adds again as it was."""
    if isinstance(effect, e.DropConstraint):
        return effect.kind == "foreign"
    return isinstance(effect, e.AddConstraint) and effect.re_adds


def _filled(place: Place, field: Field, code: str) -> tuple[Part, ...]:
    """The rows that are empty, if there is a value for them; else there must be none."""
    fill = filling(field, code)
    own = "" if isinstance(fill, Filling) else call_for_each(field, code)
    if "default" not in field.arguments or not (own or isinstance(fill, Filling)):
        return ()
    name = str(place.operation.get("name"))
    made = backfill(
        app=place.app,
        model=place.model.name,
        field=name,
        value=fill.python if isinstance(fill, Filling) else own,
        imports=fill.imports if isinstance(fill, Filling) else (),
        vacuumed=place.model.table,
        each_its_own=bool(own),
    )
    return (made,)


def _held(place: Place, field: Field) -> tuple[Part, ...]:
    table = place.model.table
    column = columns.column_name(str(place.operation.get("name")), field)
    proof = proof_of(table, column)
    checked = not_valid(table, proof, f"CHECK ({quoted(column)} IS NOT NULL)")
    final = separate(state=[place.code], database=set_not_null(table, column))
    return (
        Part(phase=Phase.NOT_VALID, operations=(checked,)),
        Part(phase=Phase.VALIDATE, operations=(validate(table, proof),)),
        Part(phase=Phase.FINISH, operations=(final,)),
    )


REWRITE = Rewrite(
    takes=("AlterField",),
    answers=frozenset(
        {
            "constraint-scans-table",
            "index-blocks-writes",
            "not-null-scans-table",
            "rows-written-at-once",
            "same-value-twice",
            "unique-blocks-table",
        }
    ),
    parts=parts,
)
