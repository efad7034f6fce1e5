"""Which ranges of two tables differ: counted and hashed by range in the databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hrmsops.postgres.pairing import Side
from hrmsops.postgres.row_sql import HASHES, Scale, position, row_hash

if TYPE_CHECKING:
    from psycopg import sql

    from hrmsops.postgres.session import Session

RANGES_MIN, RANGES_MAX = 16, 4096
ROWS_A_RANGE = 1000
"""What the first division aims at."""
ROWS_WORTH_BISECTING = 4 * ROWS_A_RANGE
RANGES_BISECTED_MAX = 64
"""Where more of them differ, reading the rows is cheaper than dividing further."""


class Range(NamedTuple):
    """A stretch of a scale, both ends included."""

    first: int
    last: int


class Digest(NamedTuple):
    """What one range holds on one side."""

    rows: int
    hash: int


@dataclass(frozen=True, kw_only=True)
class Divided:
    """The outcome: rows on each side, and the ranges in which they differ."""

    rows_here: int
    rows_there: int
    differing: tuple[Range, ...]
    scale: Scale
    step: int
    """The width of the first division, which a search by hash uses again."""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """One side of one table, and the session that sees it."""

    session: Session
    side: Side
    seed: int


def divide(here: Looking, there: Looking, *, rows_estimate: int) -> Divided:
    """Hash both sides by range at the same time; bisect ranges that are large and few."""
    scale = _scale(here, there)
    wanted = min(max(rows_estimate // ROWS_A_RANGE, RANGES_MIN), RANGES_MAX)
    step = max(-(-(scale.last - scale.first + 1) // wanted), 1)
    whole = Range(scale.first, scale.last)
    ours, theirs = _both(here, there, scale, whole, step)
    differing = list(_differing(ours, theirs, whole, step))
    if not scale.by_hash:
        differing = _bisected(here, there, scale, differing, ours, theirs, step)
    return Divided(
        rows_here=sum(each.rows for each in ours.values()),
        rows_there=sum(each.rows for each in theirs.values()),
        differing=tuple(_joined(differing)),
        scale=scale,
        step=step,
    )


def in_parallel(here: Looking, there: Looking) -> ThreadPoolExecutor:
    """Two threads: each waits for the server of one side."""
    assert here.session is not there.session
    return ThreadPoolExecutor(max_workers=2)


def _scale(here: Looking, there: Looking) -> Scale:
    types = {each.base_type for side in (here.side, there.side) for each in side.key}
    by_hash = Scale(by_hash=True, by_uuid=types == {"uuid"}, first=0, last=HASHES - 1)
    if not (here.side.key_is_integer and there.side.key_is_integer):
        return by_hash
    with in_parallel(here, there) as threads:
        ends = [each for each in threads.map(_ends, (here, there)) if each]
    if not ends:
        return Scale(by_hash=False, first=0, last=0)
    first, last = min(low for low, _ in ends), max(high for _, high in ends)
    # A difference of two bigints must be one too.
    return by_hash if last - first >= HASHES - 1 else Scale(by_hash=False, first=first, last=last)


def _ends(of: Looking) -> Range | None:
    from psycopg import sql

    key = sql.Identifier(of.side.key[0].name)
    query = sql.SQL("SELECT min({0}), max({0}) FROM {1}").format(key, of.side.identifier())
    row = of.session.execute(query).fetchone()
    return Range(*row) if row and row[0] is not None else None


def _both(
    here: Looking, there: Looking, scale: Scale, within: Range, step: int
) -> tuple[dict[int, Digest], dict[int, Digest]]:
    with in_parallel(here, there) as threads:
        ours, theirs = threads.map(lambda each: _digests(each, scale, within, step), (here, there))
    return ours, theirs


def _digests(of: Looking, scale: Scale, within: Range, step: int) -> dict[int, Digest]:
    """Rows and hash by number of the range within `within`; ranges without rows are absent."""
    from psycopg import sql

    at = position(of.side, scale)
    is_part = within != (scale.first, scale.last)
    query = sql.SQL(
        "SELECT ({at} - {first}) / {step}, count(*), bit_xor({hash}) FROM {table} AS t{part}"
        " GROUP BY 1"
    ).format(
        at=at,
        first=sql.Literal(within.first),
        step=sql.Literal(step),
        hash=row_hash(of.side, of.seed),
        table=of.side.identifier(),
        part=_only(of.side, within) if is_part else sql.SQL(""),
    )
    with of.session.transaction():
        # The planner takes each row for a group of its own and would spill; there are 4,096.
        of.session.execute("SET LOCAL work_mem = '256MB'")
        rows = of.session.execute(query).fetchall()
        of.session.execute("SET LOCAL work_mem TO DEFAULT")
    return {int(number): Digest(count, hash_) for number, count, hash_ in rows}


def _only(side: Side, within: Range) -> sql.Composed:
    """The bare column, so that its index is of use."""
    from psycopg import sql

    return sql.SQL(" WHERE t.{} BETWEEN {} AND {}").format(
        sql.Identifier(side.key[0].name), sql.Literal(within.first), sql.Literal(within.last)
    )


def _differing(
    ours: dict[int, Digest], theirs: dict[int, Digest], within: Range, step: int
) -> Iterator[Range]:
    for number in sorted(ours.keys() | theirs.keys()):
        if ours.get(number) != theirs.get(number):
            first = within.first + number * step
            yield Range(first, min(first + step - 1, within.last))


def _bisected(
    here: Looking,
    there: Looking,
    scale: Scale,
    differing: list[Range],
    ours: dict[int, Digest],
    theirs: dict[int, Digest],
    step: int,
) -> list[Range]:
    """Ranges with many rows, divided again until few rows are left in them, or one key."""
    found: list[Range] = []
    pending = [(each, _rows(each, ours, theirs, scale.first, step)) for each in differing]
    large = sum(rows > ROWS_WORTH_BISECTING for _, rows in pending)
    if large > RANGES_BISECTED_MAX:
        return differing
    while pending:
        within, rows = pending.pop()
        width = within.last - within.first + 1
        if rows <= ROWS_WORTH_BISECTING or width == 1:
            found.append(within)
            continue
        parts = min(max(rows // ROWS_A_RANGE, RANGES_MIN), RANGES_MAX)
        step = max(-(-width // parts), 1)
        ours, theirs = _both(here, there, scale, within, step)
        narrower = list(_differing(ours, theirs, within, step))
        if len(narrower) > RANGES_BISECTED_MAX:
            found.extend(narrower)
        else:
            pending += [(each, _rows(each, ours, theirs, within.first, step)) for each in narrower]
    return sorted(found)


def _rows(
    of: Range, ours: dict[int, Digest], theirs: dict[int, Digest], first: int, step: int
) -> int:
    number = (of.first - first) // step
    none = Digest(0, 0)
    return max(ours.get(number, none).rows, theirs.get(number, none).rows)


def _joined(ranges: list[Range]) -> Iterator[Range]:
    """Ranges that touch, as one."""
    current: Range | None = None
    for each in ranges:
        if current and each.first == current.last + 1:
            current = Range(current.first, each.last)
        else:
            if current:
                yield current
            current = each
    if current:
        yield current
