"""The two databases of a capture, and who wrote in the one what the other does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hrmsops.postgres.captured import Recorded
from hrmsops.postgres.catalog import TableName
from hrmsops.postgres.differences import Snapshot
from hrmsops.postgres.ledger import FAILED, read_ledger
from hrmsops.postgres.writers import Writer, commit_times, migrations_by_writer

WRITERS_COUNTED_MAX = 50_000
WRITERS_KEPT_MAX = 20
UNENDED = 2**62


@dataclass(frozen=True, kw_only=True)
class Sources:
    """As they are read side by side; `base` is the recovered one, `now` the old one."""

    base: Snapshot
    now: Snapshot
    horizon: int
    in_flight: frozenset[int]
    folder: Path
    aside: ThreadPoolExecutor
    """Waits for one server while we wait for the other."""
    counted: dict[str, Counter[int]] = field(default_factory=dict)
    """By table: rows of each writer."""

    @property
    def since(self) -> int:
        """The first number of a transaction that base may lack."""
        return min(self.in_flight, default=self.horizon)

    def lacks(self, writer: int | None) -> bool:
        """Whether base does not hold that transaction."""
        return writer is not None and (writer >= self.horizon or writer in self.in_flight)

    def count(self, name: TableName, writer: int | None) -> None:
        """In bounded memory: whoever wrote next to nothing is forgotten when there are too many."""
        counted = self.counted.setdefault(str(name), Counter())
        if writer is None or not self.lacks(writer):
            return
        counted[writer] += 1
        if len(counted) > WRITERS_COUNTED_MAX:
            kept = dict(counted.most_common(WRITERS_COUNTED_MAX // 2))
            counted.clear()
            counted.update(kept)


def largest_writers(sources: Sources) -> tuple[Writer, ...]:
    """Of what was counted, with every migration that base does not hold."""
    totals: Counter[int] = Counter()
    for counts in sources.counted.values():
        totals.update(counts)
    found = migrations_by_writer(sources.now, sources.since)
    migrations = {number: names for number, names in found.items() if sources.lacks(number)}
    chosen = [number for number, _ in totals.most_common(WRITERS_KEPT_MAX)]
    chosen += [number for number in migrations if number not in chosen]
    times = commit_times(sources.now, chosen)
    return tuple(
        Writer(
            number=number,
            rows={t: counts[number] for t, counts in sources.counted.items() if counts[number]},
            migrations=tuple(migrations.get(number, ())),
            committed_at=times.get(number),
        )
        for number in chosen
    )


def recorded(sources: Sources) -> Iterator[Recorded]:
    """The migrations whose transactions base may lack."""
    for entry in read_ledger(sources.now.session):
        number = entry.xid
        end = entry.until_xid or (number + 1 if number else UNENDED)
        has_left_nothing = entry.outcome == FAILED and entry.is_atomic
        is_lost = end > sources.horizon or sources.lacks(number)
        if is_lost and not has_left_nothing:
            first = number if number and entry.is_atomic else entry.first_xid
            yield Recorded(migration=entry.migration, number=number, first=first, end=end)
