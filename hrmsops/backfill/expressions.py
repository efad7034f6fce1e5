"""`--expression`: Django's own words where they are some, else SQL; tried before anything runs."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from django.db import DatabaseError, connections
from django.db.models import Expression, F, functions
from django.db.models import expressions as core
from django.db.models.expressions import RawSQL

from hrmsops.backfill.rows import every_row
from hrmsops.errors.backfill import BackfillExpressionWrong

MOVING = (
    "now", "statement_timestamp", "transaction_timestamp", "clock_timestamp", "timeofday",
)  # fmt: skip
"""Functions that say something else each time, though PostgreSQL does not call them volatile."""
_MOVING_WORDS = re.compile(r"\b(?:CURRENT_(?:DATE|TIME|TIMESTAMP)|LOCALTIME(?:STAMP)?)\b", re.I)
_CALLED = re.compile(r"([a-z_][a-z0-9_]*)\s*\(", re.I)
_ALLOWED = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.keyword, ast.List, ast.Tuple,
    ast.Attribute, ast.BitAnd, ast.BitOr, ast.Invert, ast.Not,
)  # fmt: skip


def expression_of(text: str, field: Any) -> Any:
    """`Upper("name")`, `F("count") + 1` as Django reads them; `upper(name)`, `NULL` as SQL.

    Raises BackfillExpressionWrong.
    """
    tree = _tree(text)
    calls = _called(tree) if tree else []
    if tree is None or not any(name[:1].isupper() for name in calls):
        return _sql(text, field)
    words = _words()
    unknown = sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - set(words))
    if unknown:
        raise BackfillExpressionWrong(
            expression=text, why=f"Django has no {unknown[0]}.", name=unknown[0], known=tuple(words)
        )
    if odd := [type(n).__name__ for n in ast.walk(tree) if not isinstance(n, _ALLOWED)]:
        raise BackfillExpressionWrong(expression=text, why=f"{odd[0]} is not for expressions.")
    if any(isinstance(n, ast.Attribute) and not _is_public(n, words) for n in ast.walk(tree)):
        raise BackfillExpressionWrong(expression=text, why="Private names are not for expressions.")
    try:
        # Only Django's own words are in reach, and the tree is of calls and literals alone.
        made = eval(compile(tree, "--expression", "eval"), {"__builtins__": {}}, words)  # noqa: S307
    except Exception as error:
        raise BackfillExpressionWrong(expression=text, why=f"{error}.") from error
    return made


def _is_public(attribute: ast.Attribute, words: dict[str, Any]) -> bool:
    """Of `models` the words alone: its modules lead to all that Python can do."""
    of_models = isinstance(attribute.value, ast.Name) and attribute.value.id == "models"
    return attribute.attr[:1] != "_" and (not of_models or attribute.attr in words)


def _called(tree: ast.Expression) -> list[str]:
    calls = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return [each.id for each in calls if isinstance(each, ast.Name)]


def _tree(text: str) -> ast.Expression | None:
    try:
        return ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return None


def _sql(text: str, field: Any) -> Any:
    outside = re.sub(r"'(?:[^']|'')*'", "''", text)
    if ";" in outside or "--" in outside:
        raise BackfillExpressionWrong(
            expression=text, why="One SQL expression is wanted, not a statement."
        )
    return RawSQL(text.replace("%", "%%"), (), output_field=field)  # noqa: S611 - Typed for just this.


@cache
def _words() -> dict[str, Any]:
    """Every expression of Django's, and the types that `Cast` and `output_field` name."""
    from django.db import models

    found = {name: getattr(functions, name) for name in functions.__all__}
    for module in (core, models):
        kinds = {name: each for name, each in vars(module).items() if isinstance(each, type)}
        found |= {n: k for n, k in kinds.items() if issubclass(k, (Expression, F, models.Field))}
    found.update(Q=models.Q, models=models)
    return {name: each for name, each in found.items() if name[:1] != "_"}


def compiled(model: Any, expression: Any, *, using: str) -> str:
    """Its SQL, without the values in it. Raises BackfillExpressionWrong."""
    query = every_row(model, using=using).query
    try:
        resolved = (
            expression.resolve_expression(query, allow_joins=False, for_save=True)
            if hasattr(expression, "resolve_expression")
            else core.Value(expression).resolve_expression(query)
        )
        sql, _ = query.get_compiler(using).compile(resolved)
    except Exception as error:
        raise BackfillExpressionWrong(expression=str(expression), why=f"{error}") from error
    return str(sql)


def names_column(sql: str, column: str) -> bool:
    """Whether an expression looks at a column; rather once too often."""
    return re.search(rf"\b{re.escape(column)}\b", sql) is not None


def moves(sql: str, *, using: str) -> bool:
    """Whether it says something else when it is asked again."""
    called = sorted({name.lower() for name in _CALLED.findall(sql)})
    if _MOVING_WORDS.search(sql) or set(called) & set(MOVING):
        return True
    with connections[using].cursor() as cursor:
        asked = "SELECT 1 FROM pg_proc WHERE proname = ANY(%s) AND provolatile = 'v' LIMIT 1"
        cursor.execute(asked, [called])
        return cursor.fetchone() is not None


def try_update(rows: Any, updates: dict[str, Any], *, using: str, expression: str) -> None:
    """Have PostgreSQL plan the statement, and not run it. Raises BackfillExpressionWrong."""
    from django.db.models.sql import UpdateQuery

    query = rows.order_by().query.chain(UpdateQuery)
    try:
        query.add_update_values(updates)
        sql, params = query.get_compiler(using).as_sql()
        with connections[using].cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
    except DatabaseError as error:
        said = str(error).splitlines()[0]
        raise BackfillExpressionWrong(expression=expression, why=f"{said}.") from error
    except Exception as error:
        if type(error).__name__ == "EmptyResultSet":
            return
        raise BackfillExpressionWrong(
            expression=expression, why=f"{error}".rstrip(".") + "."
        ) from error
