"""The records that a document is made of, with what their own text says of each field."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from dataclasses import dataclass
from typing import Any

from msgspec import inspect as types


@dataclass(frozen=True, kw_only=True)
class Record:
    """A class with fields: a TypedDict, a struct or a dataclass."""

    of: Any
    about: str
    meanings: dict[str, str]
    """The sentence below each field, "" where there is none; inherited fields come last."""
    moments: frozenset[str]
    """The fields that are moments, or None."""

    @property
    def is_whole(self) -> bool:
        """Whether each field is always written, whatever its default."""
        return not hasattr(self.of, "__total__")


def records(of: tuple[Any, ...]) -> dict[str, Record]:
    """Every record that these types lead to, by its name."""
    found: dict[str, Record] = {}
    _visit(types.multi_type_info(of), found)
    return found


def _visit(info: Any, found: dict[str, Record]) -> None:
    if isinstance(info, (list, tuple)):
        for each in info:
            _visit(each, found)
    elif isinstance(info, (types.StructType, types.DataclassType, types.TypedDictType)):
        name = info.cls.__name__
        if name not in found:
            found[name] = _record(info)
            _visit([each.type for each in info.fields], found)
        assert found[name].of is info.cls, f"Two types are called {name}."
    elif isinstance(info, types.Type):
        _visit([getattr(info, name) for name in info.__struct_fields__], found)


def _record(info: types.StructType | types.DataclassType | types.TypedDictType) -> Record:
    told = _meanings(info.cls)
    return Record(
        of=info.cls,
        about=" ".join(inspect.cleandoc(info.cls.__doc__ or "").split()),
        meanings=told or {each.name: "" for each in info.fields},
        moments=frozenset(each.encode_name for each in info.fields if _is_moment(each.type)),
    )


def _is_moment(info: Any) -> bool:
    choices = info.types if isinstance(info, types.UnionType) else [info]
    return any(isinstance(each, types.DateTimeType) for each in choices)


def _meanings(of: Any) -> dict[str, str]:
    """Each field with the sentence below it; empty where a call has made the class."""
    try:
        [body] = ast.parse(textwrap.dedent(inspect.getsource(of))).body
    except (OSError, TypeError):
        return {}
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for statement, below in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = _sentence(below)
    for base in body.bases:
        inherited = getattr(sys.modules[of.__module__], ast.unparse(base), None)
        if isinstance(inherited, type):
            found |= _meanings(inherited) or dict.fromkeys(inherited.__annotations__, "")
    return found


def _sentence(below: ast.stmt | None) -> str:
    match below:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""
