"""Conditions on rows that Django has no words for."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, Q, TextField
from django.db.models.expressions import RawSQL

from hrmsops.backfill.columns import Kind


def differs(field: str, value: Any, kind: Kind) -> Any:
    """Whether a row does not have `value` in that field yet; null is a value like others.

    The value is rounded as the column rounds it, else no row would ever be right. Texts are
    compared letter by letter: there are collations to which upper and lower case are the same.
    """
    return Func(
        _as(F(field), kind, is_column=True),
        _as(value, kind, is_column=False),
        template="(%(expressions)s)",
        arg_joiner=" IS DISTINCT FROM ",
        output_field=BooleanField(),
    )


def _as(term: Any, kind: Kind, *, is_column: bool) -> Any:
    cast = "" if is_column else f"::{kind.name}"
    if kind.is_text:
        cast += f'::text{"[]" if kind.name.endswith("[]") else ""} COLLATE "C"'
    return Func(term, template=f"(%(expressions)s){cast}", output_field=TextField())


def any_of(conditions: list[Any]) -> Any:
    """Where one of them holds."""
    found = Q()
    for each in conditions:
        found |= Q(each)
    return found


def in_stride(stride: int, turn: int) -> Any:
    """Every `stride`-th key."""
    return Func(
        F("pk"),
        template=f"(abs(mod(%(expressions)s, {stride})) = {turn})",
        output_field=BooleanField(),
    )


def in_pages(table: str, first: int, end: int) -> Any:
    """The rows that lie on the pages from `first` up to, without, `end`; `table` is in quotes."""
    return RawSQL(  # noqa: S611 - A name in quotes, and numbers.
        f"({table}.ctid >= %s::tid AND {table}.ctid < %s::tid)",
        (f"({first},0)", f"({end},0)"),
        output_field=BooleanField(),
    )


def on_line(table: str, stride: int, turn: int) -> Any:
    """Every `stride`-th row of each page."""
    return RawSQL(  # noqa: S611
        f"(mod(((({table}.ctid)::text::point)[1])::int, {stride}) = {turn})",
        (),
        output_field=BooleanField(),
    )
