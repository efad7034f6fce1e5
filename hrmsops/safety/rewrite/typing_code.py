"""Python and SQL as a person would type them into a migration."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from textwrap import wrap

WIDTH = 72
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
WORDS = """\
    all analyse analyze and any array as asc asymmetric both case cast check collate column
    constraint create current_catalog current_date current_role current_time current_timestamp
    current_user default deferrable desc distinct do else end except false fetch for foreign from
    grant group having in initially intersect into lateral leading limit localtime localtimestamp
    not null offset on only or order placing primary references returning select session_user some
    symmetric system_user table then to trailing true union unique user using variadic when where
    window with authorization binary collation concurrently cross current_schema freeze full ilike
    inner is isnull join left like natural notnull outer overlaps right similar tablesample
    verbose between values row time timestamp interval char character"""
RESERVED = frozenset(WORDS.split())
"""The words of PostgreSQL that are no plain names of columns."""


def quoted(name: str) -> str:
    """A name in SQL, in quotes only where it needs them."""
    if PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(each) for each in names)


def literal(text: str) -> str:
    """A string, over several lines where it is long."""
    lines = wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    pieces = [each + " " for each in lines[:-1]] + lines[-1:]
    return "\n".join(_string(each) for each in pieces)


def _string(text: str) -> str:
    """Double quotes, unless that would need backslashes."""
    if '"' in text and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def shifted(code: str, by: int) -> str:
    """Code moved to the right. Strings over several lines stay as they are."""
    if '"""' in code or "'''" in code:
        return " " * by + code
    return "\n".join(" " * by + line if line else line for line in code.split("\n"))


def run_sql(sql: str, reverse: str | None) -> str:
    """RunSQL. `reverse` None: there is nothing to take back."""
    back = "migrations.RunSQL.noop" if reverse is None else _argument(literal(reverse))
    return f"migrations.RunSQL(\n    sql={_argument(literal(sql))},\n    reverse_sql={back},\n)"


def _argument(text: str) -> str:
    if "\n" not in text:
        return text
    return "(\n" + shifted(text, 8) + "\n    )"


def call(function: str, **arguments: str) -> str:
    """A call, an argument a line."""
    inner = "".join(
        shifted(f"{name}={_broken(code)},", 4) + "\n" for name, code in arguments.items()
    )
    return f"{function}(\n{inner})"


def _broken(code: str) -> str:
    """A long call, an argument a line as well."""
    if "\n" in code or len(code) <= WIDTH or code.startswith("["):
        return code
    made = ast.parse(code, mode="eval").body
    if not isinstance(made, ast.Call):
        return code
    nodes: list[ast.AST] = [*made.args, *made.keywords]
    inner = [ast.get_source_segment(code, each) for each in nodes]
    lines = "".join(f"    {each},\n" for each in inner)
    return f"{ast.get_source_segment(code, made.func)}(\n{lines})"


def separate(*, state: Iterable[str] = (), database: Iterable[str] = ()) -> str:
    """SeparateDatabaseAndState."""
    given = {"state_operations": _list(state), "database_operations": _list(database)}
    kept = {name: code for name, code in given.items() if code}
    return call("migrations.SeparateDatabaseAndState", **kept)


def _list(operations: Iterable[str]) -> str:
    inner = "".join(shifted(f"{each},", 4) + "\n" for each in operations)
    return f"[\n{inner}]" if inner else ""
