"""The record of every run, behind a Store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec

from hrmsops.engine.clock import Clock
from hrmsops.engine.entries import AnyEntry, Line, Planned, Resumed
from hrmsops.engine.plan import Plan, revive, with_hash
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.step import StepCatalog
from hrmsops.engine.store import Record, RecordChanged, RecordExists, Store
from hrmsops.errors.run import RunNotFound, RunWrittenByAnother

PREFIX, FIRST = "runs/", "0000"
BESIDE = ("checklists/", "notices/", "reports/", "aside/")
"""What else is kept of a run, under its id."""


@dataclass(frozen=True)
class Journal:
    """Opens runs, finds them again, and writes their entries as `operator`."""

    store: Store
    catalog: StepCatalog
    clock: Clock
    operator: Operator

    def begin(self, plan: Plan, *, fence: int) -> Run:
        """A new run of `plan`, its plan on record before this returns."""
        run = Run(plan=plan, lines=[], writer=self._writer(plan.run, fence))
        run.record(Planned(plan=with_hash(plan)))
        return run

    def reopen(self, run_id: str, *, fence: int) -> Run:
        """A run as its record tells it, ready to be gone on with."""
        lines = self.lines(run_id)
        return self._revived(run_id, lines, fence=fence)

    def take_up(self, run_id: str, *, fence: int) -> Run:
        """A run to go on with, whose next entry, Resumed, shuts out whoever held it before.

        A holder that slept may put in one entry more before that: it is read, and counts. From
        then on the next number is always taken, and its writes are refused.
        """
        while True:
            run = self.reopen(run_id, fence=fence)
            if run.closed:
                return run
            try:
                run.record(Resumed())
            except RunWrittenByAnother:
                continue
            return run

    def look(self, run_id: str) -> Run:
        """A run to read only; what it says of itself is of this moment."""
        return self.reopen(run_id, fence=0)

    def lines(self, run_id: str) -> list[Line]:
        """Every entry in order; RunNotFound where there is none."""
        found = self.store.under(f"{PREFIX}{run_id}/")
        if not found:
            raise RunNotFound(run=run_id, known=tuple(self.run_ids()[-5:]))
        return _lines(found.values())

    def has(self, run_id: str) -> bool:
        """Whether the run is on record."""
        return bool(self.store.names(f"{PREFIX}{run_id}/{FIRST}"))

    def run_ids(self) -> list[str]:
        """Every run on record, oldest first but for those that began in one second."""
        names = self.store.names(PREFIX)
        return sorted(name.split("/")[1] for name in names if name.endswith(f"/{FIRST}"))

    def newest_ends(self, count: int) -> Iterator[tuple[AnyEntry, AnyEntry]]:
        """The first and the newest entry of the last `count` runs, the newest run first."""
        newest = self.run_ids()[-count:]
        if not newest:
            return
        found = self.store.under(PREFIX, since=f"{PREFIX}{newest[0]}/")
        for records in reversed(list(_by_run(found).values())):
            first, last = _lines([records[0], records[-1]])
            yield first.entry, last.entry

    def runs(self) -> list[Run]:
        """Every run on record to read, oldest first."""
        found = _by_run(self.store.under(PREFIX))
        return oldest_first(
            self._revived(run_id, _lines(records)) for run_id, records in found.items()
        )

    def forget(self, run_id: str) -> None:
        """Delete all that is on record of a run; its plan first, without which it is no run."""
        names = self.store.names(f"{PREFIX}{run_id}/")
        for prefix in BESIDE:
            names += self.store.names(f"{prefix}{run_id}")
        for name in names:
            if record := self.store.read(name):
                with suppress(RecordChanged):
                    self.store.delete(name, generation=record.generation)

    def _revived(self, run_id: str, lines: list[Line], *, fence: int = 0) -> Run:
        return Run(plan=self._plan(lines), lines=lines, writer=self._writer(run_id, fence))

    def _plan(self, lines: list[Line]) -> Plan:
        first = lines[0].entry
        assert isinstance(first, Planned), "A journal begins with its plan."
        return revive(first.plan, self.catalog)

    def _writer(self, run_id: str, fence: int) -> _Writer:
        return _Writer(journal=self, run_id=run_id, fence=fence)


def oldest_first(runs: Iterable[Run]) -> list[Run]:
    """In the order of their leases within an environment, which no clock can upset, else of time.

    A lease's fence grows with every holder. Two runs may begin within one second of their names,
    and the second on a host whose clock is behind.
    """
    latest: dict[str, datetime] = {}
    keyed = []
    for run in sorted(runs, key=lambda run: (run.lines[0].fence, run.began_at)):
        scope = run.plan.environment
        latest[scope] = max(run.began_at, latest.get(scope, run.began_at))
        keyed.append((latest[scope], run.lines[0].fence, run))
    return [run for *_, run in sorted(keyed, key=lambda each: each[:2])]


def _by_run(records: Mapping[str, Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for name, record in records.items():
        _, run_id, number = name.split("/")
        # What has lost its plan is being forgotten.
        if run_id in found or number == FIRST:
            found.setdefault(run_id, []).append(record)
    return found


def _lines(records: Iterable[Record]) -> list[Line]:
    return [msgspec.json.decode(record.data, type=Line) for record in records]


@dataclass
class _Writer:
    """Puts entries of one run under their numbers; a taken number means another writer."""

    journal: Journal
    run_id: str
    fence: int
    unanswered: Line | None = None
    """What may have arrived, though nothing was heard of it."""

    def write(self, number: int, entry: AnyEntry) -> Iterator[Line]:
        if self.unanswered is not None:
            yield self._put(self.unanswered)
            number += 1
        yield self._put(self._line(number, entry))

    def _line(self, number: int, entry: AnyEntry) -> Line:
        journal = self.journal
        return Line(
            number=number,
            at=journal.clock.now(),
            by=journal.operator.account,
            host=journal.operator.host,
            fence=self.fence,
            entry=entry,
        )

    def _put(self, line: Line) -> Line:
        store, data = self.journal.store, msgspec.json.encode(line)
        name = f"{PREFIX}{self.run_id}/{line.number:04}"
        was_asked, self.unanswered = line is self.unanswered, line
        try:
            store.create(name, data, fence=self.fence)
        except RecordExists as error:
            found = store.read(name) if was_asked else None
            if found is None or found.data != data:
                self.unanswered = None
                raise RunWrittenByAnother(run=self.run_id) from error
        self.unanswered = None
        return line
