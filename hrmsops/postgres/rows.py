"""Rows fetched by their keys, each value as PostgreSQL writes it, with who wrote them last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from hrmsops.postgres.differences import Key
from hrmsops.postgres.pairing import Side
from hrmsops.postgres.row_sql import key_join, key_texts, texts, wanted_keys

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

Row = dict[str, str | None]
"""A value by its column, as text; None is NULL."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A row, and the transaction that wrote it last."""

    row: Row
    writer: int
    """64 bits, as pg_current_xact_id() counts; a savepoint has a number of its own."""


def fetch(
    session: Session, side: Side, keys: Sequence[Key], *, names: Sequence[str], lock: bool = False
) -> dict[Key, Seen]:
    """The rows of these keys; columns are called by `names`, in the order of `side.columns`.

    `lock` keeps them for this transaction (FOR UPDATE).
    """
    from psycopg import sql

    if not keys:
        return {}
    query = sql.SQL(
        "SELECT {key}, {values}, {writer} FROM {wanted} JOIN {table} AS t ON {join}{lock}"
    ).format(
        key=key_texts(side),
        values=texts(side.columns),
        writer=sql.SQL(WRITER),
        wanted=wanted_keys(side),
        table=side.identifier(),
        join=key_join(side),
        lock=sql.SQL(" FOR UPDATE OF t") if lock else sql.SQL(""),
    )
    rows = session.execute(query, by_column(keys))
    return {
        tuple(key): Seen(row=dict(zip(names, values, strict=True)), writer=writer)
        for key, values, writer in rows
    }


# A row's xmin has 32 bits. The next transaction's number has 64, and every writer of a row that is
# asked about lies less than 2^32 before it (PostgreSQL, "Transaction ID Wraparound").
WRITER = """(
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - t.xmin::text::bigint) & 4294967295)
)"""


def by_column(keys: Sequence[Key]) -> list[list[str]]:
    """Keys as one list for each of their columns, as `wanted_keys` takes them."""
    return [list(column) for column in zip(*keys, strict=True)]


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
