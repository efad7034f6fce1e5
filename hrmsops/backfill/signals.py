"""Signs that the database needs a pause, and from where on: pure decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hrmsops.errors.backfill import BackfillSettingWrong

SETTING = "HRMSOPS_BACKFILL_LIMITS"
"""Of the project's settings: other limits, by the names of the signals."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """`pause_seconds_max` is for one stretch: not every sign ends by waiting."""

    name: str
    limit: float
    pause_seconds_max: float
    sentence: Callable[[float], str]


SIGNALS = (
    Signal(
        name="archive_bytes",
        limit=1 << 30,
        pause_seconds_max=300,
        sentence=lambda n: f"{n / 2**20:,.0f} MiB of WAL wait to be archived",
    ),
    Signal(
        name="replication_bytes",
        limit=256 << 20,
        pause_seconds_max=300,
        sentence=lambda n: f"a replica is {n / 2**20:,.0f} MiB behind",
    ),
    Signal(
        name="waiters",
        limit=3,
        pause_seconds_max=30,
        sentence=lambda n: f"{n:.0f} sessions wait for locks",
    ),
    Signal(
        name="autovacuums",
        limit=1,
        pause_seconds_max=10,
        sentence=lambda _: "autovacuum is at work on the table",
    ),
    Signal(
        name="snapshot_seconds",
        limit=300,
        pause_seconds_max=30,
        sentence=lambda n: f"a transaction of {n:,.0f} s keeps every old row",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One sign that is beyond its limit now."""

    signal: Signal
    value: float

    def sentence(self) -> str:
        return self.signal.sentence(self.value)


def signals_with(limits: Mapping[str, Any]) -> tuple[Signal, ...]:
    """The signals, with a project's own limits. Raises BackfillSettingWrong."""
    known = [each.name for each in SIGNALS]
    for name, limit in limits.items():
        if name not in known:
            raise BackfillSettingWrong(setting=SETTING, name=name, known=known)
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0:
            raise BackfillSettingWrong(setting=SETTING, name=name, known=known, value=limit)
    return tuple(replace(each, limit=limits.get(each.name, each.limit)) for each in SIGNALS)


def beyond(signals: tuple[Signal, ...], values: Mapping[str, Any]) -> Iterator[Trouble]:
    """What is too much; a value that is None says nothing."""
    for signal in signals:
        value = values[signal.name]
        if value is not None and float(value) >= signal.limit:
            yield Trouble(signal=signal, value=float(value))
