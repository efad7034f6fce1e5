"""Conditions on rows that Django has no words for."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL


def differs(field: str, value: Any) -> Any:
    """Whether a row does not have `value` in that field yet; null is a value like others."""
    return Func(
        F(field),
        value,
        template="(%(expressions)s)",
        arg_joiner=" IS DISTINCT FROM ",
        output_field=BooleanField(),
    )


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
        template=f"(mod(abs(%(expressions)s), {stride}) = {turn})",
        output_field=BooleanField(),
    )


def in_pages(table: str, first: int, end: int) -> Any:
    """The rows that lie on the pages from `first` up to, without, `end`."""
    return RawSQL(  # noqa: S611 - A name in quotes, and numbers.
        f'("{table}".ctid >= %s::tid AND "{table}".ctid < %s::tid)',
        (f"({first},0)", f"({end},0)"),
        output_field=BooleanField(),
    )


def on_line(table: str, stride: int, turn: int) -> Any:
    """Every `stride`-th row of each page."""
    return RawSQL(  # noqa: S611
        f'(mod(((("{table}".ctid)::text::point)[1])::int, {stride}) = {turn})',
        (),
        output_field=BooleanField(),
    )
