"""The models of today: a field that has to name its column."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from hrmsops.safety.rewrite.editing import changed_call
from hrmsops.safety.rewrite.rewrite import ModelEdit


def files_of(migration: Path) -> Iterator[Path]:
    """Where the models of a migration's app may be."""
    app = migration.parent.parent
    yield from (each for each in [app / "models.py"] if each.is_file())
    yield from sorted((app / "models").glob("**/*.py"))


def with_column(text: str, edit: ModelEdit) -> str | None:
    """The file with `db_column` on the field; None where the field is not in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name.lower() == edit.model.lower():
            made = _call(node.body, edit.field)
            if made is not None:
                return _replaced(text, made, edit.column)
    return None


def _call(body: Iterable[ast.stmt], name: str) -> ast.Call | None:
    for each in body:
        targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        value = getattr(each, "value", None)
        is_meant = any(isinstance(t, ast.Name) and t.id == name for t in targets)
        if is_meant and isinstance(value, ast.Call):
            return value
    return None


def _replaced(text: str, node: ast.Call, column: str) -> str:
    code = ast.get_source_segment(text, node) or ""
    lines = text.split("\n")
    before = "\n".join(
        [*lines[: node.lineno - 1], lines[node.lineno - 1].encode()[: node.col_offset].decode()]
    )
    new = changed_call(code, given={"db_column": f'"{column}"'})
    return before + new + text[len(before) + len(code) :]
