"""An index that is created or dropped in SQL: the same statement, beside the traffic."""

from __future__ import annotations

import ast
import re

from hrmsops.safety.rewrite.editing import argument, changed_argument
from hrmsops.safety.rewrite.rewrite import CannotRewrite, Part, Phase, Place, Rewrite
from hrmsops.safety.rewrite.typing_code import literal, shifted

INDEX = re.compile(
    r"(\s*(?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX\s+)(?!CONCURRENTLY)", re.IGNORECASE
)
MANY = re.compile(r";\s*\S")


def parts(place: Place) -> tuple[Part, ...] | CannotRewrite:
    """One statement alone: in a string of several it would be in a transaction again."""
    forwards = _beside(_text(place, "sql", 0))
    if len(place.operation.sql) != 1 or forwards is None:
        return CannotRewrite("it is not one CREATE INDEX or DROP INDEX in one plain string")
    code = changed_argument(place.code, "sql", 0, _typed(forwards))
    back = _text(place, "reverse_sql", 1)
    if INDEX.match(back):
        backwards = _beside(back)
        if backwards is None:
            return CannotRewrite("its reverse holds several statements")
        code = changed_argument(code, "reverse_sql", 1, _typed(backwards))
    return (Part(phase=Phase.BUILD, operations=(code,)),)


def _text(place: Place, name: str, position: int) -> str:
    """A string as it is typed; empty where it is none."""
    typed = argument(place.code, name, position)
    try:
        value = ast.literal_eval(typed or "None")
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def _beside(text: str) -> str | None:
    """The statement with CONCURRENTLY; None where it is no such statement, or not one."""
    if MANY.search(text) or "CASCADE" in text.upper() or "--" in text:
        return None
    found, count = INDEX.subn(r"\1CONCURRENTLY ", text.strip(), count=1)
    return found if count else None


def _typed(text: str) -> str:
    code = literal(" ".join(text.split()))
    return "(\n" + shifted(code, 8) + "\n    )" if "\n" in code else code


REWRITE = Rewrite(
    takes=("RunSQL",),
    answers=frozenset({"index-blocks-writes", "index-dropped-under-lock"}),
    parts=parts,
)
