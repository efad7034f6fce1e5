"""Schedules in unix-cron's five fields, and the moment when one is next due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
DAYS_MAX = 366 * 8
"""29 February is at most eight years away."""


class NotASchedule(ValueError):
    """The text is none, or there is no such time zone."""


@dataclass(frozen=True)
class Schedule:
    """`minute hour day month weekday` in a time zone: numbers, `*`, `a-b`, `*/n`, lists of those.

    Unlike Cloud Scheduler: no names of months and days, no `every 5 minutes`. As in unix-cron a
    day matches when either its number or its weekday does, where both are restricted.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_any_day: bool
    is_any_weekday: bool
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first moment after `moment` (both aware, UTC); NotASchedule where none ever is."""
        local = moment.astimezone(self.zone)
        for ahead in range(DAYS_MAX):
            day = local.date() + timedelta(days=ahead)
            if not self._is_on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    due = self._at(day, hour, minute)
                    if due is not None and due > moment:
                        return due
        raise NotASchedule("it is never due")

    def _is_on(self, day: date) -> bool:
        by_number = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        is_either = not (self.is_any_day or self.is_any_weekday)
        matches = by_number or by_weekday if is_either else by_number and by_weekday
        return day.month in self.months and matches

    def _at(self, day: date, hour: int, minute: int) -> datetime | None:
        """None for a time that the clocks leap over."""
        local = datetime.combine(day, time(hour, minute), tzinfo=self.zone)
        due = local.astimezone(UTC)
        same = due.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None)
        return due if same else None


def parse(text: str, *, zone: str) -> Schedule:
    """The schedule that `text` stands for; raises NotASchedule."""
    words = text.split()
    if len(words) != len(_RANGES):
        raise NotASchedule(f"{text!r} has not five fields")
    minutes, hours, days, months, weekdays = (
        _field(word, *bounds) for word, bounds in zip(words, _RANGES, strict=True)
    )
    schedule = Schedule(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),  # Sunday is 0 and 7.
        is_any_day=words[2].startswith("*"),
        is_any_weekday=words[4].startswith("*"),
        zone=_zone(zone),
    )
    schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC))
    return schedule


def _field(word: str, lowest: int, highest: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        matched = _PART.fullmatch(part)
        if matched is None:
            raise NotASchedule(f"{part!r} is no part of a schedule")
        first, last, step = (int(each) if each else None for each in matched.groups())
        begin = lowest if first is None else first
        is_open = first is None or (last is None and step is not None)
        end = highest if is_open else last if last is not None else begin
        if not (lowest <= begin <= end <= highest) or step == 0:
            raise NotASchedule(f"{part!r} is out of range")
        found.update(range(begin, end + 1, step or 1))
    return frozenset(found)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise NotASchedule(f"there is no time zone {name!r}") from error
