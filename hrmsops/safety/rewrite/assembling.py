"""From parts to files: which operations go together, and how the files are typed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hrmsops.safety.operations import Key
from hrmsops.safety.rewrite.rewrite import Part, Phase
from hrmsops.safety.rewrite.source import Source
from hrmsops.safety.rewrite.typing_code import shifted


@dataclass
class Stage:
    """One migration to be: its operations and what they need."""

    phase: Phase | None
    """None: operations as they were."""
    is_atomic: bool
    operations: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def take(self, part: Part) -> None:
        self.operations += part.operations
        self.imports += part.imports
        self.functions += part.functions


def stages_of(source: Source, parts: Mapping[int, tuple[Part, ...]], atomic: bool) -> list[Stage]:
    """The operations in their order. Rewritten neighbours share the migrations of their phases."""
    found: list[Stage] = []
    waiting: list[Part] = []
    for number in range(len(source.listed.elts)):
        if number in parts:
            waiting += parts[number]
            continue
        _settle(waiting, found)
        if not found or found[-1].phase is not None:
            found.append(Stage(None, atomic))
        found[-1].operations.append(source.typed(number))
    _settle(waiting, found)
    return sorted(found, key=lambda each: each.phase is Phase.LATER)


def _settle(waiting: list[Part], into: list[Stage]) -> None:
    """A column that comes may stay with the operations before it; no other phase may."""
    for phase in Phase:
        chosen = [each for each in waiting if each.phase is phase]
        if not chosen:
            continue
        joins = phase is Phase.COLUMN and bool(into) and into[-1].phase is None
        if not (joins and into[-1].is_atomic):
            into.append(Stage(phase, phase.is_atomic))
        for number, each in enumerate(chosen):
            if number and phase is Phase.UNIQUE:
                into.append(Stage(phase, phase.is_atomic))
            into[-1].take(each)
    waiting.clear()


def first_text(source: Source, stage: Stage) -> str:
    """The file that was there, with the first stage's operations and what those need."""
    lines = source.lines
    body = _operations(stage.operations)
    begin, end = source.listed.lineno - 1, source.listed.end_lineno or source.listed.lineno
    head = lines[begin][: source.listed.col_offset]
    tail = lines[end - 1].encode()[source.listed.end_col_offset :].decode()
    lines[begin:end] = f"{head}{body}{tail}".split("\n")
    lines = _with_atomic(lines, source, stage.is_atomic)
    text = _with_head("\n".join(lines), stage)
    return _pruned(text, _used(source.text))


def _with_atomic(lines: list[str], source: Source, is_atomic: bool) -> list[str]:
    """`atomic = False` stands where it was, or at the top of the class."""
    for each in source.body.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "atomic":
            end = each.end_lineno or each.lineno
            kept = [] if is_atomic else ["    atomic = False"]
            return [*lines[: each.lineno - 1], *kept, *lines[end:]]
    if is_atomic:
        return lines
    first = next(each for each in source.body.body if not isinstance(each, ast.Expr))
    at = first.lineno - 1
    return [*lines[:at], "    atomic = False", "", *lines[at:]]


def next_text(source: Source, stage: Stage, after: Key, about: str) -> str:
    """A new file that comes after another one."""
    head = [f'"""{about}"""', "", *_head_of(source, stage)]
    atomic = [] if stage.is_atomic else ["    atomic = False", ""]
    body = [
        "class Migration(migrations.Migration):",
        *atomic,
        f'    dependencies = [("{after[0]}", "{after[1]}")]',
        "",
        f"    operations = {_operations(stage.operations)}",
    ]
    return "\n".join([*head, "", "", *body, ""])


def _operations(operations: Iterable[str]) -> str:
    inner = "".join(shifted(f"{each},", 8) + "\n" for each in operations)
    return f"[\n{inner}    ]"


def _head_of(source: Source, stage: Stage) -> Iterator[str]:
    """The imports and definitions of the old file that the new one needs, and its own."""
    wanted = {"migrations", *_used("\n".join([*stage.operations, *stage.functions]))}
    kept: list[ast.stmt] = []
    for node in reversed(source.tree.body):
        if set(_bound(node)) & wanted and node is not source.body:
            kept.insert(0, node)
            wanted |= _used(_text(source, node))
    imports = [each for each in kept if isinstance(each, ast.Import | ast.ImportFrom)]
    known = {name for each in imports for name in _bound(each)} & wanted
    typed = [_only(each, wanted) for each in imports]
    own = [each for each in stage.imports if not _names_in(each) <= known]
    if "migrations" not in known:
        own.append("from django.db import migrations")
    yield from _sorted_imports([*typed, *own])
    for each in kept:
        if each not in imports:
            yield from ("", "", *_text(source, each).split("\n"))
    for function in dict.fromkeys(stage.functions):
        yield from ("", "", *function.split("\n"))


def _only(node: ast.Import | ast.ImportFrom, wanted: set[str]) -> str:
    """An import of no more than is wanted."""
    names = [each for each in node.names if (each.asname or each.name.split(".")[0]) in wanted]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(names))
    return ast.unparse(ast.ImportFrom(node.module, names, node.level))


def _sorted_imports(imports: Sequence[str]) -> list[str]:
    """The standard library's before the others, as isort has it."""
    every = sorted(dict.fromkeys(imports), key=lambda each: (each.split()[1], each))
    first = [each for each in every if _is_standard(each)]
    rest = [each for each in every if not _is_standard(each)]
    return [*first, *([""] if first and rest else []), *rest]


def _is_standard(statement: str) -> bool:
    return statement.split()[1].partition(".")[0] in sys.stdlib_module_names


def _with_head(text: str, stage: Stage) -> str:
    """Imports and functions that the first stage needs, put where such things stand."""
    tree = ast.parse(text)
    known = {name for node in tree.body for name in _bound(node)}
    lines = text.split("\n")
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Migration")
    if stage.functions:
        added = [
            line for each in dict.fromkeys(stage.functions) for line in [*each.split("\n"), "", ""]
        ]
        at = body.lineno - 1
        lines[at:at] = added
    own = [each for each in dict.fromkeys(stage.imports) if not _names_in(each) <= known]
    places = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    last = max((each.end_lineno or 0 for each in places), default=0)
    lines[last:last] = [each for each in own if not _is_standard(each)]
    standard = [each for each in own if _is_standard(each)]
    if standard:
        first = places[0].lineno - 1 if places else 0
        is_first = not places or not _is_standard(ast.unparse(places[0]))
        lines[first:first] = [*standard, *([""] if is_first else [])]
    return "\n".join(lines)


def _pruned(text: str, used_before: set[str]) -> str:
    """Without what only operations needed that stand in another file now."""
    while True:
        tree = ast.parse(text)
        for node in tree.body:
            names = set(_bound(node))
            rest = _used_without(tree, node)
            if names and names <= used_before and not names & rest and not _is_migration(node):
                text = _without(text, node)
                break
        else:
            return text


def _without(text: str, node: ast.stmt) -> str:
    lines = text.split("\n")
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))]) - 1
    end = node.end_lineno or node.lineno
    while end < len(lines) and not lines[end].strip() and first and not lines[first - 1].strip():
        end += 1
    return "\n".join([*lines[:first], *lines[end:]])


def _is_migration(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == "Migration"


def _used_without(tree: ast.Module, left_out: ast.stmt) -> set[str]:
    return {
        each.id
        for node in tree.body
        if node is not left_out
        for each in ast.walk(node)
        if isinstance(each, ast.Name)
    }


def _used(text: str) -> set[str]:
    """Every name that code refers to."""
    return {each.id for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Name)}


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a file defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [each.asname or each.name.split(".")[0] for each in node.names]
    if isinstance(node, ast.Assign):
        return [each.id for each in node.targets if isinstance(each, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    name = getattr(node, "name", "")
    return [name] if name else []


def _names_in(statement: str) -> set[str]:
    return {name for node in ast.parse(statement).body for name in _bound(node)}


def _text(source: Source, node: ast.stmt) -> str:
    lines = source.lines
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))]) - 1
    return "\n".join(lines[first : node.end_lineno])
