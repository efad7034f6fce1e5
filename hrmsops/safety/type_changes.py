"""What PostgreSQL does to a table when the type of a column changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TYPE = re.compile(r"(?P<name>[^(\[]+)(?:\((?P<mods>[^)]*)\))?(?P<array>\[\])?$")
How = Literal["nothing", "catalogue", "rewrite", "unknown"]
TEXTS = frozenset({"text", "varchar"})


@dataclass(frozen=True, slots=True)
class TypeChange:
    """`may_fail`: there are values of the old type that the new one refuses."""

    how: How
    may_fail: bool = False


def compared(old: str, new: str) -> TypeChange:
    """The change from one type to another, as PostgreSQL 14 to 18 make it."""
    if old == new:
        return TypeChange("nothing")
    if not old or not new or old.startswith("?") or new.startswith("?"):
        return TypeChange("unknown", may_fail=True)
    before, after = TYPE.match(old), TYPE.match(new)
    if not before or not after:
        return TypeChange("unknown", may_fail=True)
    if before["array"] != after["array"]:
        return TypeChange("rewrite", may_fail=True)
    try:
        return _scalar(before["name"].strip(), before["mods"], after["name"].strip(), after["mods"])
    except ValueError:
        return TypeChange("unknown", may_fail=True)


def _scalar(old: str, old_mods: str | None, new: str, new_mods: str | None) -> TypeChange:
    if old in TEXTS and new in TEXTS:
        return _text(old_mods, new_mods)
    if {old, new} <= {"text", "varchar", "citext"} and not new_mods:
        return TypeChange("catalogue")
    if old == new == "numeric":
        return _numeric(old_mods, new_mods)
    if old == new and old in ("varbit", "interval", "timestamptz", "timestamp", "time"):
        wider = not new_mods or (bool(old_mods) and int(new_mods) >= int(old_mods or 0))
        return TypeChange("catalogue" if wider else "rewrite", may_fail=False)
    if (old, new) == ("cidr", "inet"):
        return TypeChange("catalogue")
    return TypeChange("rewrite", may_fail=(old, new) not in NEVER_FAIL)


NEVER_FAIL = frozenset(
    {
        ("smallint", "integer"),
        ("smallint", "bigint"),
        ("integer", "bigint"),
        ("date", "timestamptz"),
        ("date", "timestamp"),
        ("timestamp", "timestamptz"),
        ("timestamptz", "date"),
        ("timestamptz", "timestamp"),
        ("integer", "double precision"),
        ("integer", "text"),
        ("bigint", "text"),
        ("boolean", "text"),
        ("uuid", "text"),
        ("json", "jsonb"),
        ("integer", "numeric"),
        ("char", "text"),
    }
)


def _text(old: str | None, new: str | None) -> TypeChange:
    if new is None:
        return TypeChange("catalogue")
    if old is not None and int(new) >= int(old):
        return TypeChange("catalogue")
    return TypeChange("rewrite", may_fail=True)


def _numeric(old: str | None, new: str | None) -> TypeChange:
    if new is None:
        return TypeChange("catalogue")
    if old is None:
        return TypeChange("rewrite", may_fail=True)
    (digits, places), (new_digits, new_places) = _pair(old), _pair(new)
    if places == new_places and new_digits >= digits:
        return TypeChange("catalogue")
    return TypeChange("rewrite", may_fail=new_digits - new_places < digits - places)


def _pair(mods: str) -> tuple[int, int]:
    digits, _, places = mods.partition(",")
    return int(digits), int(places or 0)
