"""What the sizes of tables mean: beside what was expected, since the last look, and from now on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from hrmsops.config.table_sizes import OPERATIONS_TO_WATCH
from hrmsops.partition.periods import Every, Span, runs_out
from hrmsops.partition.samples import Look
from hrmsops.postgres.partitions import Ranges
from hrmsops.postgres.table_sizes import TableSize

PARTITION_ROWS = 10_000_000
"""From here on the guide has a table partitioned, where its queries go by date."""
SOON = timedelta(days=45)
"""Partitions that run out within this are warned of."""
FAR = timedelta(days=730)


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """What came since an earlier look. `rows` None: unknown at one of the two."""

    since: datetime
    rows: int | None
    bytes: int


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `findings` want something done; `is_exceeded`: more than expected."""

    table: str
    rows: int | None
    is_exact: bool
    bytes: int
    index_bytes: int
    expected: int | None
    watch: str
    is_exceeded: bool
    growth: Growth | None
    partitions: int
    runs_out: datetime | None
    findings: tuple[str, ...]
    fix: str = ""


def judged(
    sizes: Sequence[TableSize],
    ranges: Sequence[Ranges],
    *,
    expected: Mapping[str, int],
    large_rows: int,
    earlier: Look | None,
    now: datetime,
    everything: bool,
) -> tuple[Sized, ...]:
    """The tables that are expected to be large, or are; with `everything` all of them."""
    cut = {each.name: each for each in ranges}
    return tuple(
        _sized(each, cut.get(each.name), expected.get(str(each.name)), earlier, now)
        for each in sizes
        if everything
        or str(each.name) in expected
        or each.is_partitioned
        or (each.rows or 0) >= large_rows
    )


def spans(ranges: Ranges) -> tuple[Span, ...]:
    """What the partitions hold; a default one takes everything else, and is none of them."""
    return tuple(
        Span(begin=each.begin, end=each.end)
        for each in ranges.partitions
        if not each.is_default and not each.is_detaching
    )


def ends_soon(ranges: Ranges, now: datetime) -> str:
    """The warning where partitions run out soon or have run out, "" where they do not."""
    end = runs_out(spans(ranges), now=now)
    if end is None or end - now > SOON:
        return ""
    what = "go to its default partition" if ranges.default else "fail"
    if end <= now:
        return f"{ranges.name} has no partition for now: new rows {what}"
    return f"{ranges.name} has partitions until {end:%Y-%m-%d} only; later rows {what}"


def _sized(
    size: TableSize, cut: Ranges | None, expected: int | None, earlier: Look | None, now: datetime
) -> Sized:
    name = str(size.name)
    growth = _growth(size, earlier)
    findings = tuple(_findings(size, cut, growth, now))
    return Sized(
        table=name,
        rows=size.rows,
        is_exact=size.is_exact,
        bytes=size.bytes,
        index_bytes=size.index_bytes,
        expected=expected,
        watch=OPERATIONS_TO_WATCH.get(name, ""),
        is_exceeded=expected is not None and (size.rows or 0) > expected,
        growth=growth,
        partitions=len(cut.partitions) if cut else 0,
        runs_out=runs_out(spans(cut), now=now) if cut else None,
        findings=findings,
        fix=_fix(size, cut, now) if findings else "",
    )


def _growth(size: TableSize, earlier: Look | None) -> Growth | None:
    then = earlier.tables.get(str(size.name)) if earlier else None
    if earlier is None or then is None:
        return None
    known = size.rows is not None and then.rows is not None
    return Growth(
        since=earlier.at,
        rows=(size.rows or 0) - (then.rows or 0) if known else None,
        bytes=size.bytes + size.index_bytes - then.bytes,
    )


def _findings(
    size: TableSize, cut: Ranges | None, growth: Growth | None, now: datetime
) -> Iterator[str]:
    if cut:
        if warning := ends_soon(cut, now):
            yield warning
        if not size.is_analysed:
            yield f"{size.name} has no statistics as a whole: autovacuum never makes them"
        for each in cut.partitions:
            if each.is_detaching:
                yield f"{each.name} is half detached from {size.name}"
    elif not size.is_partitioned and (size.rows or 0) >= PARTITION_ROWS:
        yield f"{size.name} has {size.rows:,} rows: partition it, if its queries go by date"
    elif when := _reaches(size, growth, now):
        yield f"{size.name} reaches {PARTITION_ROWS:,} rows about {when:%B %Y}, as it grows now"


def _reaches(size: TableSize, growth: Growth | None, now: datetime) -> datetime | None:
    """When it is large enough to be partitioned, where that is within two years."""
    if growth is None or not growth.rows or growth.rows < 0 or size.rows is None:
        return None
    elapsed = now - growth.since
    if size.is_partitioned or not size.dates or elapsed < timedelta(days=1):
        return None
    left = elapsed * ((PARTITION_ROWS - size.rows) / growth.rows)
    return now + left if left < FAR else None


def _fix(size: TableSize, cut: Ranges | None, now: datetime) -> str:
    if cut:
        return f"hrmsops table partition {size.name} --maintain"
    if not size.dates or (size.rows or 0) < PARTITION_ROWS:
        return ""
    column = size.dates[0].column
    return f"hrmsops table partition {size.name} --by {column} --every {Every.MONTH}"
