"""From a file to a Migration, and its comments to allowances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hrmsops.safety.operations import Allowance, Gap, Key, Migration
from hrmsops.safety.reader.attributes import ancestry, class_attribute
from hrmsops.safety.reader.files import Folder
from hrmsops.safety.reader.modules import Module, parsed
from hrmsops.safety.reader.naming import MISSING, global_value
from hrmsops.safety.reader.operations import OperationReader
from hrmsops.safety.reader.project import Project
from hrmsops.safety.reader.values import Call, Class, Ref, Value

ALLOW = re.compile(
    r"#\s*hrmsops:\s*allow\s+(?P<rule>[\w-]+)"
    r"(?:\s+because\s+(?P<reason>.*?))?(?:\s+until\s+(?P<until>\d{4}-\d{2}-\d{2}))?\s*$"
)
MENTIONS = "Migration"


def migrations_of(folder: Folder, project: Project) -> Iterator[Migration]:
    """The migrations of a folder; a file that holds none is passed over."""
    found = [migration_at(path, folder, project) for path in folder.files]
    migrations = [each for each in found if each is not None]
    if folder.path.name == "migrations":
        yield from migrations
    else:
        app = _app_by_dependencies(migrations) or folder.app
        yield from (replace(each, app=app) for each in migrations)


def _app_by_dependencies(migrations: list[Migration]) -> str:
    """The app of migrations that lie somewhere: the one whose earlier migration they need."""
    names = {each.name for each in migrations}
    votes = [
        app
        for each in migrations
        for app, name in each.dependencies
        if name in names or _number(name) == _number(each.name) - 1
    ]
    return max(set(votes), key=votes.count) if votes else ""


def _number(name: str) -> int:
    digits = name.partition("_")[0]
    return int(digits) if digits.isdigit() else -1


def migration_at(path: Path, folder: Folder, project: Project) -> Migration | None:
    """The migration of one file; None where there is none in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(path, folder, 1, f"it cannot be read: {error}")
    if MENTIONS not in text:
        return None
    dotted = f"{folder.dotted}.{path.stem}" if folder.dotted else path.stem
    try:
        module = parsed(path, dotted, text, project)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return _unreadable(path, folder, line, f"it is no Python: {error}")
    found = global_value(module, MENTIONS)
    if not isinstance(found, Class):
        return None
    try:
        return _read(found, module, path, folder)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as defect:
        why = f"hrmsops could not follow it ({type(defect).__name__}: {defect})"
        return _unreadable(path, folder, found.node.lineno, why)


def _unreadable(path: Path, folder: Folder, line: int, why: str) -> Migration:
    gap = Gap(line, f"the file {path.name}", why)
    return Migration(folder.app, path.stem, str(path), gaps=(gap,))


def _read(found: Class, module: Module, path: Path, folder: Folder) -> Migration | None:
    _, root = ancestry(found)
    if not root.endswith("Migration") and "operations" not in module.text:
        return None
    reader = OperationReader()
    operations = class_attribute(found, "operations")
    line = found.node.lineno
    return Migration(
        app=folder.app,
        name=path.stem,
        path=str(path),
        operations=reader.read([] if operations is MISSING else operations, line),
        dependencies=_keys(class_attribute(found, "dependencies")),
        run_before=_keys(class_attribute(found, "run_before")),
        replaces=_keys(class_attribute(found, "replaces")),
        is_atomic=class_attribute(found, "atomic") is not False,
        is_initial=class_attribute(found, "initial") is True,
        gaps=tuple(reader.gaps),
        allowed=tuple(allowances(module.text)),
    )


def _keys(value: Value) -> tuple[Key, ...]:
    """Pairs of app and name; a swappable dependency stands for the first of its app."""
    found: list[Key] = []
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, list | tuple) and len(each) == 2:
            found.append((str(each[0]), str(each[1])))
        elif isinstance(each, Call) and each.last == "swappable_dependency" and each.args:
            setting = each.args[0]
            app = setting.partition(".")[0] if isinstance(setting, str) else ""
            name = setting.last if isinstance(setting, Ref) else ""
            found.append((app or f"settings.{name}", "__first__"))
    return tuple(found)


def allowances(text: str) -> Iterator[Allowance]:
    """The `# hrmsops: allow …` comments of a file."""
    if "hrmsops:" not in text:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if found := ALLOW.search(line):
            yield Allowance(
                rule=found["rule"],
                reason=(found["reason"] or "").strip(),
                line=number,
                until=found["until"] or "",
            )
