"""One parsed file: what each of its names is bound to, and where its imports lead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hrmsops.safety.reader.values import Value

if TYPE_CHECKING:
    from hrmsops.safety.reader.project import Project


@dataclass(eq=False)
class Module:
    """A file of the project. `names` holds the statements that bind each name, in order."""

    path: Path
    dotted: str
    project: Project
    text: str
    names: dict[str, list[ast.stmt]] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    lines: list[bytes] | None = None
    """The text's lines, once one of them was asked for."""
    bases: dict[ast.ClassDef, list[Value]] = field(default_factory=dict)
    """What each class is made from, once it was asked for."""
    members: dict[ast.ClassDef, dict[str, Value]] = field(default_factory=dict)
    """What the body of each class binds, once it was asked for."""

    def written(self, node: ast.AST) -> str:
        """A node as it stands in the file; of several lines the first."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
        if not first or last is None:
            return ast.unparse(node)
        if self.lines is None:
            self.lines = self.text.encode().split(b"\n")
        end = node.end_col_offset if first == last else None  # type: ignore[attr-defined]
        line = self.lines[first - 1][node.col_offset : end]  # type: ignore[attr-defined]
        return line.decode(errors="replace").strip() + ("" if first == last else " …")

    @property
    def package(self) -> str:
        """The dotted path that a relative import starts from."""
        if self.path.name == "__init__.py":
            return self.dotted
        return self.dotted.rpartition(".")[0]

    def absolute(self, node: ast.ImportFrom) -> str:
        """The dotted path that `from … import` names."""
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])


def parsed(path: Path, dotted: str, text: str, project: Project) -> Module:
    """The module of a text; raises SyntaxError."""
    module = Module(path=path, dotted=dotted, project=project, text=text)
    tree = ast.parse(text)
    for statement in flat(tree.body):
        _bind(module, statement)
    return module


def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module; both ways of an `if` or `try`, since one of them is taken."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from flat(statement.orelse)
            yield from flat(statement.body)
        elif isinstance(statement, ast.Try):
            for handler in statement.handlers:
                yield from flat(handler.body)
            yield from flat(statement.body)
        elif isinstance(statement, ast.With):
            yield statement
            yield from flat(statement.body)
        else:
            yield statement


def _bind(module: Module, statement: ast.stmt) -> None:
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        module.stars.append(statement)
    for name in bound_names(statement):
        module.names.setdefault(name, []).append(statement)


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds or changes."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from _imported(statement)
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from _targets(ast.Tuple(statement.targets))
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        yield from _targets(statement.target)
    elif isinstance(statement, ast.With):
        opened = [item.optional_vars for item in statement.items]
        yield from _targets(ast.Tuple([each for each in opened if each is not None]))
    elif isinstance(statement, ast.Expr | ast.For):
        yield from _grown(statement)


def _imported(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in statement.names:
        whole = isinstance(statement, ast.ImportFrom)
        yield alias.asname or (alias.name if whole else alias.name.partition(".")[0])


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _targets(each)


def _grown(statement: ast.stmt) -> Iterator[str]:
    """`operations.append(…)`, also in a loop, changes what `operations` stands for."""
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "extend", "insert", "update")
            and isinstance(node.func.value, ast.Name)
        ):
            yield node.func.value.id
