"""What the tracer tells of one migration, as it is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hrmsops.safety.operations import Key

UNREADABLE = frozenset({"42703", "42P01", "42804", "42883", "42704", "42809", "428C9", "55000"})
"""What the models send does not fit the tables, whatever the rows hold."""
NO_VALUE = "23502"
NOT_THE_MIGRATION = {"0A000": "extension", "58P01": "extension", "42704": "role"}
"""Codes that speak of the scratch server where the message names such a thing."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a table that was there before."""

    what: str
    table: str
    name: str
    lock: str
    """What was held on the table then."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that ran. `writes` are rows inserted, updated, deleted, by table."""

    path: tuple[int, ...]
    kind: str
    statements: int
    seconds: float
    locks: Mapping[str, str]
    changes: tuple[Change, ...]
    writes: Mapping[str, tuple[int, int, int]]
    is_beside: bool
    """It ran outside of a transaction, beside readers and writers."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement of a revision's model that fails. `was`: its SQLSTATE before, None: not tried."""

    who: str
    model: str
    table: str
    verb: str
    was: str | None
    sqlstate: str
    column: str
    said: str
    is_given: bool
    """The model gives the column a value by itself, so that a missing one is our own doing."""

    @property
    def is_real(self) -> bool:
        """The migration did it, not the rows that were made up for the trace."""
        if self.sqlstate in UNREADABLE:
            return self.was not in UNREADABLE
        if self.sqlstate == NO_VALUE and not self.is_given:
            return self.was != NO_VALUE
        return self.who == "old" and self.was == "" and bool(self.sqlstate)


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed, and with what in the tables."""

    rows: str
    path: tuple[int, ...] | None
    sqlstate: str
    error: str
    about: str
    said: str

    @property
    def is_of_the_trace(self) -> bool:
        """The scratch database lacks something that the real one may have."""
        if not self.sqlstate and self.error == "DoesNotExist":
            return True
        return NOT_THE_MIGRATION.get(self.sqlstate, "\0") in self.said


@dataclass(frozen=True, slots=True)
class Seen:
    """A migration as it ran. `ended`: it never came through, and the trace ended with it."""

    app: str
    name: str
    is_atomic: bool
    seconds: float
    operations: tuple[Operation, ...]
    broken: tuple[Broken, ...]
    works: frozenset[tuple[str, str, str]]
    failures: tuple[Failure, ...]
    ended: bool

    @property
    def key(self) -> Key:
        return self.app, self.name


def seen_from(event: Mapping[str, Any]) -> Seen:
    """The tracer's `traced` event."""
    return Seen(
        app=event["app"],
        name=event["name"],
        is_atomic=event["atomic"],
        seconds=event["seconds"],
        operations=tuple(map(_operation, event["operations"])),
        broken=tuple(map(_broken, event["breaks"])),
        works=frozenset((who, table, verb) for who, table, verb in event["works"]),
        failures=tuple(map(_failure, event["failures"])),
        ended=event["ended"],
    )


def _operation(of: Mapping[str, Any]) -> Operation:
    return Operation(
        path=tuple(of["path"]),
        kind=of["kind"],
        statements=of["statements"],
        seconds=of["seconds"],
        locks=of["locks"],
        changes=tuple(Change(*each) for each in of["changes"]),
        writes={table: (a, b, c) for table, (a, b, c) in of["writes"].items()},
        is_beside=of["beside"],
    )


def _broken(of: Mapping[str, Any]) -> Broken:
    names = ("who", "model", "table", "verb", "was", "sqlstate", "column", "said")
    return Broken(**{name: of[name] for name in names}, is_given=of["given"])


def _failure(of: Mapping[str, Any]) -> Failure:
    names = ("rows", "sqlstate", "error", "about", "said")
    path = tuple(of["path"]) if of["path"] else None
    return Failure(**{name: of[name] for name in names}, path=path)
