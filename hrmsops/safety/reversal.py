"""What reversing a migration would do, read from its operations: one of four classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hrmsops.safety import effects as e
from hrmsops.safety.operations import Migration, Operation
from hrmsops.safety.schema import Schema
from hrmsops.safety.sql import effects_of_sql

Kind = Literal["lossless", "lossy", "fake", "irreversible"]
KINDS: tuple[Kind, ...] = ("lossless", "lossy", "fake", "irreversible")
"""From the best to the worst."""

STATE_OR_NAMES = frozenset(
    {
        "RenameField",
        "RenameModel",
        "RenameIndex",
        "AlterModelTable",
        "AlterModelTableComment",
        "AlterModelOptions",
        "AlterModelManagers",
        "AlterUniqueTogether",
        "AlterIndexTogether",
        "AlterOrderWithRespectTo",
        "AddIndex",
        "RemoveIndex",
        "AddIndexConcurrently",
        "RemoveIndexConcurrently",
        "AddConstraint",
        "RemoveConstraint",
        "AlterConstraint",
        "AddConstraintNotValid",
        "ValidateConstraint",
        "CreateExtension",
        "CreateCollation",
        "RemoveCollation",
    }
)
"""Operations whose reverse touches no value of a row."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """One migration backwards. `why` are its reasons, the worst first; measured on Django 5.2.

    `lossless` brings back what was; `lossy` drops what was written since, or brings columns back
    empty; `fake` does nothing and leaves the damage; `irreversible` cannot be run. `repairs` is
    whether what the migration itself did to data is undone.
    """

    migration: str
    kind: Kind
    repairs: bool
    why: tuple[str, ...]

    def sentence(self) -> str:
        """ "payroll.0003_amounts is lossy: payslip.net comes back empty"."""
        return f"{self.migration} is {self.kind}{f': {self.why[0]}' if self.why else ''}"


def reversal_of(migration: Migration) -> Reversal:
    """The class of a whole migration: that of its worst operation."""
    found = [_of(operation) for operation in migration.operations]
    if migration.gaps:
        found.append(("irreversible", False, "not all of it could be read"))
    found.sort(key=lambda each: (KINDS.index(each[0]), not each[1]), reverse=True)
    return Reversal(
        migration=f"{migration.app}.{migration.name}",
        kind=found[0][0] if found else "lossless",
        repairs=all(repairs for _, repairs, _ in found),
        why=tuple(why for _, _, why in found if why),
    )


Found = tuple[Kind, bool, str]


def _of(operation: Operation) -> Found:
    if operation.kind in ("RunPython", "RunSQL"):
        return _of_code(operation)
    if operation.kind == "SeparateDatabaseAndState":
        return _worst([_of(each) for each in operation.database])
    if operation.kind in STATE_OR_NAMES:
        return "lossless", True, ""
    return _of_schema(operation)


def _of_code(operation: Operation) -> Found:
    """A reverse that does nothing is no reverse: Django records it as done all the same."""
    place = f"{operation.kind} in line {operation.line}"
    if operation.reverse == "code":
        lost = next(_lost(operation), "")
        return ("lossy", True, f"the reverse of {place} {lost}") if lost else ("lossless", True, "")
    if operation.reverse == "noop":
        return "fake", False, f"the reverse of {place} does nothing"
    return "irreversible", False, f"{place} has no reverse"


def _lost(operation: Operation) -> Iterator[str]:
    """What a reverse that somebody wrote takes with it, where it can be read."""
    code = operation.reverse_code
    for work in code.works if code else ():
        if work.verb == "delete":
            yield f"deletes rows of {work.model or 'a table'}"
    texts = (
        [text for text, _, _ in code.sql] if code else [each.text for each in operation.reverse_sql]
    )
    for text in texts:
        if text is None:
            yield "has SQL that is made when the project runs"
        else:
            yield from filter(None, map(_lost_by, effects_of_sql(text, Schema())))


def _lost_by(effect: e.Effect) -> str:
    match effect:
        case e.DropTable(table, is_temporary=False):
            return f"drops {table}"
        case e.DropColumn(table, name):
            return f"drops {table}.{name}"
        case e.Truncate(table):
            return f"empties {table}"
        case e.WriteRows(table, verb="delete"):
            return f"deletes rows of {table}"
        case e.Opaque(_, what):
            return f"has {what}, which could not be read"
    return ""


def _of_schema(operation: Operation) -> Found:
    thing = f"{operation.model}.{operation.get('name')}" if operation.model else "it"
    model = operation.model or str(operation.get("name") or "a model")
    match operation.kind:
        case "CreateModel":
            return "lossy", True, f"the rows of {model} go"
        case "DeleteModel":
            return "lossy", False, f"{model} comes back empty"
        case "AddField":
            return "lossy", True, f"what was written in {thing} goes"
        case "RemoveField":
            return "lossy", False, f"{thing} comes back empty"
        case "AlterField":
            return "lossy", True, f"what does not fit the old {thing} stops it"
    return "irreversible", False, f"what {operation.written or operation.kind} does is not known"


def _worst(found: list[Found]) -> Found:
    return max(
        found, key=lambda each: (KINDS.index(each[0]), not each[1]), default=("lossless", True, "")
    )
