"""Where in the files the operations stand that Django ran."""

from __future__ import annotations

from dataclasses import dataclass

from hrmsops.safety.operations import Migration, Operation

END = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """An operation as it is written, and the lines that are its own."""

    migration: Migration
    operation: Operation | None
    first: int
    last: int

    def has(self, line: int) -> bool:
        return self.first <= line <= self.last

    @property
    def called(self) -> str:
        """The operation as it is typed."""
        return (self.operation.written or self.operation.kind) if self.operation else ""

    @property
    def model(self) -> str:
        return self.operation.model if self.operation else ""


def place_of(migration: Migration, path: tuple[int, ...] | None, kind: str = "") -> Place:
    """The place of Django's n-th operation; the whole file where it cannot be told."""
    found, siblings = None, migration.operations
    for number in path or ():
        if number >= len(siblings):
            return _whole(migration)
        found = siblings[number]
        following = [each.line for each in siblings[number + 1 :] if each.line > found.line]
        siblings = found.database
    if found is None or (kind and kind not in (found.kind, found.written.rpartition(".")[2])):
        return _whole(migration)
    outer = [each.line for each in migration.operations if each.line > found.line]
    return Place(migration, found, found.line, min([*following, *outer, END]) - 1)


def _whole(migration: Migration) -> Place:
    first = min((each.line for each in migration.operations), default=1)
    return Place(migration, None, first, END)
