"""The rows in which two tables differ, one after another, in constant memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from hrmsops.errors.database import StatementFailed
from hrmsops.postgres.catalog import Catalog
from hrmsops.postgres.catalog_reading import read_catalog
from hrmsops.postgres.digests import Divided, Looking, divide
from hrmsops.postgres.pairing import Pair
from hrmsops.postgres.refusals import plainly
from hrmsops.postgres.row_sql import key_texts, position, row_hash
from hrmsops.postgres.session import Target, connect

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

ROWS_FETCHED_AT_ONCE = 2000

Key = tuple[str, ...]
"""A row's key: each column as PostgreSQL writes it."""
Kind = Literal["only_here", "only_there", "different"]


class Difference(NamedTuple):
    """One row that is not the same on both sides; the hash is None where it is absent."""

    kind: Kind
    key: Key
    hash_here: int | None
    hash_there: int | None


class _Place(NamedTuple):
    """A row as both sides sort it."""

    position: int
    key: Key
    hash: int


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A database at one moment: a repeatable-read transaction and what it sees."""

    session: Session
    catalog: Catalog


@contextmanager
def snapshot(target: Target) -> Iterator[Snapshot]:
    """The database as it is now and stays for as long as this lasts; nothing can be written."""
    with (
        connect(target, read_only=True) as session,
        plainly(StatementFailed, address=target.address),
    ):
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute("SET LOCAL cursor_tuple_fraction = 1")
        yield Snapshot(session=session, catalog=read_catalog(session))


@dataclass(frozen=True, kw_only=True)
class TableLook:
    """Both sides of one table that has a key."""

    here: Looking
    there: Looking
    divided: Divided

    def __iter__(self) -> Iterator[Difference]:
        """Each row that differs, in the order of the scale."""
        if not self.divided.differing:
            return
        yield from _merged(_places(self.here, self.divided), _places(self.there, self.divided))


def look(here: Snapshot, there: Snapshot, pair: Pair) -> TableLook:
    """Divide and hash both sides of a table; iterate over the outcome for the rows."""
    ours, theirs = pair.sides()
    seed = secrets.randbits(62)
    look_here = Looking(session=here.session, side=ours, seed=seed)
    look_there = Looking(session=there.session, side=theirs, seed=seed)
    rows = max(pair.here.rows_estimate or 0, pair.there.rows_estimate or 0)
    # A table that was never analysed still has a size.
    rows = rows or max(pair.here.bytes, pair.there.bytes) // 100
    return TableLook(
        here=look_here,
        there=look_there,
        divided=divide(look_here, look_there, rows_estimate=rows),
    )


def _merged(ours: Iterator[_Place], theirs: Iterator[_Place]) -> Iterator[Difference]:
    here, there = next(ours, None), next(theirs, None)
    while here or there:
        if there is None or (here is not None and here[:2] < there[:2]):
            assert here
            yield Difference("only_here", here.key, here.hash, None)
            here = next(ours, None)
        elif here is None or there[:2] < here[:2]:
            yield Difference("only_there", there.key, None, there.hash)
            there = next(theirs, None)
        else:
            if here.hash != there.hash:
                yield Difference("different", here.key, here.hash, there.hash)
            here, there = next(ours, None), next(theirs, None)


def _places(of: Looking, divided: Divided) -> Iterator[_Place]:
    """The rows of the differing ranges, sorted alike everywhere: by bytes, not by language."""
    from psycopg import sql

    by_hash = divided.scale.by_hash
    query = sql.SQL(
        "SELECT place, key, hash FROM (SELECT {at} AS place, {key} AS key, {hash} AS hash"
        " FROM {rows}) AS x ORDER BY place{ties}"
    ).format(
        at=position(of.side, divided.scale),
        key=key_texts(of.side),
        hash=row_hash(of.side, of.seed),
        rows=_by_hash(of, divided) if by_hash else _by_key(of),
        ties=sql.SQL(', key COLLATE "C"') if by_hash else sql.SQL(""),
    )
    ends = None if by_hash else list(map(list, zip(*divided.differing, strict=True)))
    with of.session.cursor(f"hrmsops_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = ROWS_FETCHED_AT_ONCE
        cursor.execute(query, ends)
        for place, key, hash_ in cursor:
            yield _Place(place, tuple(key), hash_)


def _by_key(of: Looking) -> sql.Composed:
    """The rows whose keys lie in the ranges given as two arrays: found by the key's index."""
    from psycopg import sql

    return sql.SQL(
        "unnest(%s::bigint[], %s::bigint[]) AS r(first, last)"
        " JOIN {} AS t ON t.{} BETWEEN r.first AND r.last"
    ).format(of.side.identifier(), sql.Identifier(of.side.key[0].name))


def _by_hash(of: Looking, divided: Divided) -> sql.Composed:
    """The rows whose keys' hashes lie in the ranges: found by reading the table once."""
    from psycopg import sql

    numbers = [
        number
        for each in divided.differing
        for number in range(each.first // divided.step, each.last // divided.step + 1)
    ]
    return sql.SQL("{} AS t WHERE ({} / {}) = ANY({}::bigint[])").format(
        of.side.identifier(),
        position(of.side, divided.scale),
        sql.Literal(divided.step),
        sql.Literal(numbers),
    )
