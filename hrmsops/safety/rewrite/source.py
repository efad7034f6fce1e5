"""A migration's file in pieces: what stands above the class, its operations, its dependencies."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from hrmsops.safety.operations import Key

OWN = frozenset({"dependencies", "operations", "atomic", "initial"})
"""What a class may hold; anything else is its author's, and would be lost in a second file."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, and the nodes of it that matter. Lines count from 0."""

    text: str
    tree: ast.Module
    body: ast.ClassDef
    listed: ast.List

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def operation_at(self, line: int) -> int | None:
        """The number of the operation that begins on a line (counted from 1)."""
        for number, node in enumerate(self.listed.elts):
            if node.lineno == line:
                return number
        return None

    def code(self, number: int) -> str:
        """An operation as it is typed, moved to the left margin."""
        return self._dedented(self.listed.elts[number])

    def holds(self, number: int, line: int) -> bool:
        """Whether an operation is typed on that line (counted from 1)."""
        node = self.listed.elts[number]
        return node.lineno <= line <= (node.end_lineno or node.lineno)

    def typed(self, number: int) -> str:
        """The same with the comments that are about it."""
        return "\n".join([*self.comments(number), self.code(number)])

    def comments(self, number: int) -> list[str]:
        """The comments above an operation, and the one behind it."""
        node = self.listed.elts[number]
        lines = self.lines
        first = node.lineno - 1
        while first > 0 and lines[first - 1].strip().startswith("#"):
            first -= 1
        found = [each.strip() for each in lines[first : node.lineno - 1]]
        end = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode()
        behind = re.fullmatch(r"\s*,?\s*(#.*)", end)
        return [*found, behind[1]] if behind else found

    def _dedented(self, node: ast.expr) -> str:
        code = ast.get_source_segment(self.text, node) or ""
        first, *rest = code.split("\n")
        if '"""' in code or "'''" in code:
            return code
        indent = len(self.lines[node.lineno - 1]) - len(self.lines[node.lineno - 1].lstrip())
        return "\n".join([first, *(_left(each, indent) for each in rest)])


def _left(line: str, by: int) -> str:
    return line[by:] if not line[:by].strip() else line.lstrip()


def source_of(text: str) -> Source | str:
    """The pieces of a file, or why it cannot be taken apart."""
    tree = ast.parse(text)
    body = next(
        (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Migration"),
        None,
    )
    if body is None:
        return "its class is not written in the file itself"
    listed = _assigned(body, "operations")
    if not isinstance(listed, ast.List) or any(
        not isinstance(each, ast.Call) for each in listed.elts
    ):
        return "its operations are not one plain list"
    more = [name for each in body.body if (name := _name(each)) not in OWN]
    if more:
        return f"its class holds {more[0]} as well"
    return Source(text, tree, body, listed)


def _name(node: ast.stmt) -> str:
    """What a statement of the class defines; docstrings are nobody's loss."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return "operations"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return getattr(node, "name", "something else")


def _assigned(body: ast.ClassDef, name: str) -> ast.expr | None:
    for each in body.body:
        if isinstance(each, ast.Assign | ast.AnnAssign) and _name(each) == name:
            return each.value
    return None


def repointed(text: str, old: Key, new: Key) -> str | None:
    """The file with a dependency led to another migration; None where it is not typed out."""
    tree = ast.parse(text)
    lines = text.split("\n")
    found = False
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or _name(node) != "dependencies":
            continue
        for pair in ast.walk(node):
            if isinstance(pair, ast.Tuple) and _pair(pair) == old:
                _replace(lines, pair.elts[1], new[1])
                found = True
    return "\n".join(lines) if found else None


def _pair(node: ast.Tuple) -> Key | None:
    values = [each.value for each in node.elts if isinstance(each, ast.Constant)]
    if len(values) == 2 and all(isinstance(each, str) for each in values):
        return str(values[0]), str(values[1])
    return None


def _replace(lines: list[str], node: ast.expr, name: str) -> None:
    """A string on one line is replaced within its own quotes."""
    at = node.lineno - 1
    line = lines[at].encode()
    begin, end = node.col_offset, node.end_col_offset or node.col_offset
    quote = line[begin : begin + 1]
    lines[at] = (line[:begin] + quote + name.encode() + quote + line[end:]).decode()
