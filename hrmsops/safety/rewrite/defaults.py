"""The value of a field for rows that have none: in Python, and as the database's own default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hrmsops.safety import columns
from hrmsops.safety.operations import Field
from hrmsops.safety.reader.values import Call, Function, Ref
from hrmsops.safety.rewrite.editing import argument
from hrmsops.safety.rewrite.rewrite import CannotRewrite

FUNCTIONS = {
    "django.utils.timezone.now": "now()",
    "datetime.date.today": "CURRENT_DATE",
    "uuid.uuid4": "gen_random_uuid()",
}
EMPTY = {"dict": {"JSONField": "'{}'"}, "list": {"JSONField": "'[]'", "ArrayField": "'{}'"}}
NOW = {
    "DateTimeField": ("timezone.now()", "now()", "from django.utils import timezone"),
    "DateField": ("datetime.date.today()", "CURRENT_DATE", "import datetime"),
}


@dataclass(frozen=True, slots=True)
class Filling:
    """What rows get. `is_constant`: the same may stand in `db_default`."""

    python: str
    sql: str
    imports: tuple[str, ...] = ()
    is_constant: bool = False


def filling(field: Field, code: str) -> Filling | CannotRewrite:
    """The value that Django would give to the rows that are there."""
    kind = columns.effective_default(field)
    typed = argument(code, "default", 99)
    if kind == "empty" and field.kind != "BinaryField":
        return Filling('""', "''", is_constant=True)
    if kind == "now" and field.kind in NOW:
        python, sql, needed = NOW[field.kind]
        return Filling(python, sql, (needed,))
    if typed is not None and (found := _given(field, field.get("default"), typed)):
        return found
    if not kind:
        return CannotRewrite(
            "the rows that are there need a value: give the field a `default`, with "
            "`preserve_default=False` if it is for them alone, and fix again"
        )
    return CannotRewrite(
        "its `default` is a function of the project, which the database cannot call for code that "
        "does not know the field: release it with `null=True` first, and make it required in the "
        "next release; then --fix calls the function for each row that is still empty"
    )


def call_for_each(field: Field, code: str) -> str:
    """The call that gives one row its value, where `default` is a function of the project."""
    typed = argument(code, "default", 99) or ""
    is_named = typed.replace(".", "").replace("_", "").isalnum()
    return f"{typed}()" if is_named and isinstance(field.get("default"), Function | Ref) else ""


def _given(field: Field, value: Any, typed: str) -> Filling | None:
    if isinstance(value, bool | int | float | str):
        return Filling(typed, _sql(value), is_constant=field.kind not in columns.FOREIGN)
    if isinstance(value, Call) and value.function == "decimal.Decimal" and len(value.args) == 1:
        return Filling(typed, _sql(str(value.args[0])).strip("'"), is_constant=True)
    name = getattr(value, "name", "")
    sql = FUNCTIONS.get(name) or EMPTY.get(name.removeprefix("builtins."), {}).get(field.kind)
    return Filling(f"{typed}()", sql) if sql else None


def _sql(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "'" + value.replace("'", "''") + "'"
