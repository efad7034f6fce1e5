"""The ledger: each migration's start and end, as the database itself keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

APPLIED = "applied"
REVERSED = "reversed"
FAILED = "failed"

_EXISTS: LiteralString = "SELECT to_regclass('hrmsops.migrations') IS NOT NULL"
_ENTRIES: LiteralString = """
    SELECT app, name, run, operator, image, commit, leaves, is_atomic,
           started_at, started_lsn::text, first_xid::text::bigint,
           ended_at, ended_lsn::text, xid::text::bigint, until_xid::text::bigint,
           coalesce(outcome, ''), coalesce(sqlstate, ''), operation, statement, is_in_doubt
    FROM hrmsops.migrations m
    WHERE coalesce((to_jsonb(m) ->> 'is_reverse')::boolean, false) = %s ORDER BY id
"""


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One attempt to apply one migration. `ended_at` None: it was begun, its end is not known.

    Transaction ids are those of pg_current_xact_id() (64 bits). No transaction of the migration
    is before `first_xid`; `xid` is the one that recorded it as applied, which for an atomic
    migration is the migration itself; none of its, savepoints included, is `until_xid` or later.
    """

    app: str
    name: str
    run: str
    operator: str
    image: str
    """The digest of the image with the code that ran, "" where it was not said."""
    commit: str
    leaves: tuple[str, ...]
    """The newest migrations that the code has, as `app.name`: which code has which migration."""
    is_atomic: bool
    started_at: datetime
    """By the database's clock, committed before the migration's first statement."""
    started_lsn: str
    first_xid: int
    ended_at: datetime | None
    ended_lsn: str | None
    xid: int | None
    until_xid: int | None
    outcome: str
    """`applied` or `reversed`, committed together with the change of django_migrations; `failed`;
    or ""."""
    sqlstate: str
    operation: int
    """Of a migration without a transaction: how many of its operations are done,"""
    statement: int
    """how many statements of the next one,"""
    is_in_doubt: bool
    """and whether something was begun whose end is not known."""

    @property
    def is_half_applied(self) -> bool:
        """Something of it is in the database, and it is not recorded as applied."""
        has_begun = self.is_in_doubt or bool(self.operation or self.statement)
        is_over = self.outcome in (APPLIED, REVERSED)
        return not is_over and not self.is_atomic and has_begun

    @property
    def migration(self) -> str:
        """`app.name`."""
        return f"{self.app}.{self.name}"

    @property
    def transactions(self) -> frozenset[int]:
        """What `Provenance.transactions` asks for, with `until_xid` as its `until`."""
        if self.xid is None:
            return frozenset({self.first_xid})
        return frozenset({self.xid} if self.is_atomic else {self.first_xid, self.xid})


def read_ledger(session: Session, *, reverses: bool = False) -> tuple[LedgerEntry, ...]:
    """Every attempt on record in this database, oldest first; none where there is no ledger.

    `reverses`: those to take a migration back, else those to apply one.
    A database that was rewound has forgotten what came after: the journal keeps its own copy.
    """
    if session.execute(_EXISTS).fetchone() != (True,):
        return ()
    rows = session.execute(_ENTRIES, [reverses]).fetchall()
    names = tuple(LedgerEntry.__dataclass_fields__)
    return tuple(
        LedgerEntry(**{**dict(zip(names, row, strict=True)), "leaves": tuple(row[6])})
        for row in rows
    )


def before_migration(entries: Iterable[LedgerEntry], migration: str) -> LedgerEntry | None:
    """The attempt that applied `app.name`, else the last one that may have; None: not on record.

    Its `started_at` is the moment to go back to: nothing of the migration is committed by then.
    For a migration that was begun several times over, unfinished, it is the first start since.
    """
    attempts = [each for each in entries if each.migration == migration]
    # What failed in a transaction of its own has left nothing.
    found = [each for each in attempts if each.outcome != FAILED or not each.is_atomic] or attempts
    if not found:
        return None
    return found[-1] if found[-1].is_atomic else _first_of_the_same(found)


def of_run(entries: Iterable[LedgerEntry], run: str) -> tuple[LedgerEntry, ...]:
    """The attempts of one run, for the moment before the whole of it."""
    return tuple(each for each in entries if each.run == run)


def _first_of_the_same(attempts: list[LedgerEntry]) -> LedgerEntry:
    """What an earlier attempt at a migration without a transaction did has stayed."""
    first = attempts[-1]
    for each in reversed(attempts[:-1]):
        if each.outcome == APPLIED:
            break
        first = each
    return first


def half_applied(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The newest attempt of each migration that has left something and was not finished."""
    newest = {each.migration: each for each in entries}
    return tuple(each for each in newest.values() if each.is_half_applied)
