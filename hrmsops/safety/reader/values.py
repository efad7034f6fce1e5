"""What an expression of a migration can stand for, where it is no plain Python value."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hrmsops.safety.reader.modules import Module

Value = Any
"""A str, number, bool, None, bytes, list, tuple, dict or set, or one of the classes below."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Something of another module, by its dotted path: `django.db.models.CharField`."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is data to us: an operation, a field, an index, an expression.

    `function` is the dotted path of what is called. A class of the project is followed to the
    class that it is made from, and keeps its own name in `written`.
    """

    function: str
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    line: int
    written: str = ""
    defined: Class | None = field(default=None, compare=False, repr=False)

    @property
    def last(self) -> str:
        return self.function.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An expression that only the running project could answer, as it is written."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    module: Module = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "lambda")


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    node: ast.ClassDef
    module: Module = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(frozen=True, slots=True)
class FilePath:
    """A path that is made of `__file__` and constants."""

    path: str


def is_resolved(value: Value) -> bool:
    """Whether nothing in it is unresolved."""
    if isinstance(value, Unresolved):
        return False
    if isinstance(value, list | tuple | set):
        return all(is_resolved(each) for each in value)
    if isinstance(value, dict):
        return all(is_resolved(k) and is_resolved(v) for k, v in value.items())
    return True
