"""Time cut into periods: where each begins, what its partition is called, which are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

NAME_BYTES_MAX = 63
"""PostgreSQL cuts longer names silently, and two may then be the same."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Every(StrEnum):
    """How long a partition is. All begin at midnight UTC; weeks on Mondays."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def ahead(self) -> int:
        """How many empty ones are kept ready unless it is said: about a year, a month of days."""
        return {"day": 30, "week": 26, "month": 12, "quarter": 6, "year": 3}[self]

    def begin(self, moment: datetime) -> datetime:
        """The beginning of the period that `moment` is in."""
        day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        if self is Every.DAY:
            return day
        if self is Every.WEEK:
            return day - timedelta(days=day.weekday())
        months = _MONTHS[self]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)

    def after(self, begin: datetime, count: int = 1) -> datetime:
        """The beginning of the period `count` after the one that begins at `begin`."""
        if self in (Every.DAY, Every.WEEK):
            return begin + timedelta(days=count * (7 if self is Every.WEEK else 1))
        month = begin.year * 12 + begin.month - 1 + count * _MONTHS[self]
        return begin.replace(year=month // 12, month=month % 12 + 1)

    def word(self, begin: datetime) -> str:
        """As the guide names them: `y2024m01`."""
        if self is Every.WEEK:
            year, week, _ = begin.isocalendar()
            return f"y{year}w{week:02}"
        tail = {
            Every.DAY: f"m{begin.month:02}d{begin.day:02}",
            Every.MONTH: f"m{begin.month:02}",
            Every.QUARTER: f"q{(begin.month + 2) // 3}",
            Every.YEAR: "",
        }
        return f"y{begin.year}{tail[self]}"


@dataclass(frozen=True, kw_only=True)
class Span:
    """What one partition holds: from `begin` (None: all before) to before `end` (None: all)."""

    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A partition to be made."""

    name: str
    span: Span


def wanted(table: str, every: Every, *, since: datetime, until: datetime) -> tuple[Wanted, ...]:
    """The partitions from the period of `since` to before `until`."""
    return tuple(
        Wanted(
            name=short_name(f"{table}_{every.word(begin)}"),
            span=Span(begin=begin, end=every.after(begin)),
        )
        for begin in _begins(every, since, until)
    )


def missing(
    table: str,
    every: Every,
    *,
    there: Collection[Span],
    since: datetime,
    now: datetime,
    ahead: int,
) -> tuple[Wanted, ...]:
    """What is not there of the periods from `since` to `ahead` after now; what overlaps is there.

    A period that is there in part, as one of a coarser cut, is left alone.
    """
    until = every.after(every.begin(now), ahead + 1)
    return tuple(
        each
        for each in wanted(table, every, since=since, until=until)
        if not any(overlap(each.span, other) for other in there)
    )


def beyond(table: str, every: Every, *, there: Collection[Span], first: datetime) -> Wanted | None:
    """All from the period of `first` on, to where another begins; None where one is in the way."""
    begin = every.begin(first)
    ends = [each.begin for each in there if each.begin is not None and each.begin > begin]
    span = Span(begin=begin, end=min(ends, default=None))
    if any(overlap(span, each) for each in there):
        return None
    return Wanted(name=short_name(f"{table}_from_{every.word(begin)}"), span=span)


def overlap(one: Span, other: Span) -> bool:
    """Whether some moment is in both."""
    return _before(one.begin, other.end) and _before(other.begin, one.end)


def runs_out(there: Collection[Span], *, now: datetime) -> datetime | None:
    """The first moment from `now` on that no partition holds; None: there is none."""
    reached = now
    for span in sorted(there, key=lambda each: (each.begin is not None, each.begin)):
        if span.begin is not None and span.begin > reached:
            break
        if span.end is None:
            return None
        reached = max(reached, span.end)
    return reached


def guessed(there: Collection[Span]) -> Every | None:
    """How a table is cut, told by its newest partition; None where that is no period of ours."""
    whole = [(e.begin, e.end) for e in there if e.begin is not None and e.end is not None]
    if not whole:
        return None
    begin, end = max(whole)
    for every in Every:
        if every.begin(begin) == begin and every.after(begin) == end:
            return every
    return None


def short_name(name: str) -> str:
    """The name, or where it is too long for PostgreSQL, its two ends about a digest of it."""
    if len(name.encode()) <= NAME_BYTES_MAX:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    head = name.encode()[: NAME_BYTES_MAX - 28].decode(errors="ignore")
    tail = name.encode()[-18:].decode(errors="ignore")
    return f"{head}_{digest}_{tail}"


def _begins(every: Every, since: datetime, until: datetime) -> Iterator[datetime]:
    begin = every.begin(since)
    while begin < until:
        yield begin
        begin = every.after(begin)


def _before(begin: datetime | None, end: datetime | None) -> bool:
    return begin is None or end is None or begin < end
