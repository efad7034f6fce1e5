"""What `value.name` stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hrmsops.safety.reader.evaluating import Evaluator
from hrmsops.safety.reader.modules import bound_names, flat
from hrmsops.safety.reader.naming import MISSING
from hrmsops.safety.reader.values import Call, Class, FilePath, Function, Ref, Unresolved, Value

INHERITANCE_DEPTH_MAX = 12


def attribute(base: Value, name: str) -> Value:
    """The value of an attribute; MISSING where it is not known."""
    if isinstance(base, Ref):
        return "postgresql" if name == "vendor" else Ref(f"{base.name}.{name}")
    if isinstance(base, Class):
        return class_attribute(base, name)
    if isinstance(base, FilePath):
        return _of_path(base, name)
    if isinstance(base, Function) and name in ("__name__", "__doc__"):
        return base.name
    if isinstance(base, Call):
        return Ref(f"{base.function}().{name}")
    return MISSING


def _of_path(base: FilePath, name: str) -> Value:
    folder, _, file = base.path.rpartition("/")
    if name == "parent":
        return FilePath(folder or "/")
    if name == "stem":
        return file.rpartition(".")[0] or file
    return file if name == "name" else MISSING


def class_attribute(of: Class, name: str, depth: int = 0) -> Value:
    """What a class body binds the name to, or the nearest base of the project that does."""
    scope = class_scope(of)
    if name in scope:
        return scope[name]
    return MISSING if depth > INHERITANCE_DEPTH_MAX else _inherited(of, name, depth)


def _inherited(of: Class, name: str, depth: int) -> Value:
    for base in bases(of):
        if isinstance(base, Class):
            found = class_attribute(base, name, depth + 1)
            if found is not MISSING:
                return found
        if isinstance(base, Ref):
            return _of_foreign(base, name)
    return MISSING


def _of_foreign(base: Ref, name: str) -> Value:
    """What Django's own classes leave empty is empty; another package's is not known."""
    is_empty = name.startswith("__") or base.name.startswith("django.db.migrations")
    return MISSING if is_empty else Ref(f"{base.name}.{name}")


def _taken(of: Class) -> Iterator[ast.stmt]:
    """The statements of a class body; of an `if`, the way that is taken on PostgreSQL."""
    evaluator = Evaluator(of.module)
    for statement in of.node.body:
        if not isinstance(statement, ast.If):
            yield from flat([statement])
            continue
        test = evaluator.value(statement.test)
        if not isinstance(test, Unresolved):
            yield from flat(statement.body if test else statement.orelse)
        else:
            yield from flat([statement])


def class_scope(of: Class) -> dict[str, Value]:
    """The names that a class body binds, read once from its first statement to its last."""
    from hrmsops.safety.reader.binding import value_of_statement

    known = of.module.members.get(of.node)
    if known is not None:
        return known
    scope = of.module.members[of.node] = {}
    for statement in _taken(of):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kind = Class if isinstance(statement, ast.ClassDef) else Function
            scope[statement.name] = kind(statement, of.module)  # type: ignore[arg-type]
            continue
        for name in bound_names(statement):
            evaluator = Evaluator(of.module, scope)
            scope[name] = value_of_statement(evaluator, name, statement, scope.get(name, MISSING))
    return scope


def bases(of: Class) -> list[Value]:
    """What a class is made from."""
    found = of.module.bases.get(of.node)
    if found is None:
        evaluator = Evaluator(of.module)
        found = of.module.bases[of.node] = [evaluator.value(each) for each in of.node.bases]
    return found


def ancestry(of: Class, depth: int = 0) -> tuple[list[Class], str]:
    """The project's classes from this one upwards, and the foreign class that they end in."""
    if depth > INHERITANCE_DEPTH_MAX:
        return [of], ""
    found: list[Class] = [of]
    roots: list[str] = []
    for base in bases(of):
        if isinstance(base, Class):
            above, root = ancestry(base, depth + 1)
            found.extend(above)
            roots.append(root)
        elif isinstance(base, Ref):
            roots.append(base.name)
    return found, _best(roots)


def _best(roots: list[str]) -> str:
    """Of several bases the one that Django would look at; a mixin does not count."""
    known = [root for root in roots if root.startswith("django.") and "mixin" not in root.lower()]
    rest = [root for root in roots if root and root != "builtins.object"]
    return (known or rest or [""])[0]


def method(classes: list[Class], name: str) -> Function | None:
    """The method of the nearest class that defines it."""
    for each in classes:
        for statement in each.node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                return Function(statement, each.module)
    return None
