"""Runs whose record is kept on this machine until the shared one answers again.

A mark is written before the run's own record, so that no such run is forgotten. What follows is
copied, never moved: the mark then says that the shared copy is the one that counts.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import msgspec

from hrmsops.engine.entries import Line
from hrmsops.engine.journal import PREFIX, Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Run
from hrmsops.engine.store import RecordExists, Store
from hrmsops.errors.run import RunWrittenByAnother

MARKS = "aside/"
_BESIDE = ("checklists/", "notices/", "reports/")


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """The mark: which run belongs to which shared record, and since when it is there as well."""

    run: str
    store: str
    endpoint: str
    scope: str
    environment: str
    followed_at: datetime | None = None


def mark(here: Store, aside: Aside) -> None:
    """Remember that the run's record has to follow."""
    here.create(f"{MARKS}{aside.run}", msgspec.json.encode(aside))


def waiting(here: Store) -> list[Aside]:
    """The marks of runs whose record has not followed yet, oldest first."""
    found = here.under(MARKS).values()
    marks = (msgspec.json.decode(record.data, type=Aside) for record in found)
    return [each for each in marks if each.followed_at is None]


def has_followed(here: Store, run: str) -> bool:
    """Whether the shared copy of that run's record is the one that counts."""
    record = here.read(f"{MARKS}{run}")
    return record is not None and (
        msgspec.json.decode(record.data, type=Aside).followed_at is not None
    )


def follow(
    aside: Aside, *, here: Journal, there: Journal, lease_here: Lease, lease_there: Lease
) -> None:
    """Copy the run's record to where it belongs; a second try finds what the first one copied.

    Raises LeaseHeld while the run goes on, RunWrittenByAnother, RecordUnusable.
    """
    left = lease_here.holder()
    with lease_here.acquire(run=aside.run, why="its record follows", take_over=True):
        if here.has(aside.run):  # Else it died before it began.
            run = here.look(aside.run)
            _copy(run, here, there)
            if left and left.run == run.id and not run.closed:
                lease_there.leave(left)
        _tick(aside, here)


def _copy(run: Run, here: Journal, there: Journal) -> None:
    fence = _place(run, there)
    for line in run.lines:
        _copy_line(msgspec.structs.replace(line, fence=fence), run.id, there.store)
    _copy_beside(run.id, here.store, there.store)


def _place(run: Run, there: Journal) -> int:
    """The fence under which it comes after what was begun before it, and before the rest."""
    before = [
        each.lines[0].fence
        for each in there.runs()
        if each.plan.environment == run.plan.environment and each.began_at <= run.began_at
    ]
    return max(before, default=0)


def _copy_line(line: Line, run: str, store: Store) -> None:
    name = f"{PREFIX}{run}/{line.number:04}"
    try:
        store.create(name, msgspec.json.encode(line), fence=line.fence)
    except RecordExists as error:
        found = store.read(name)
        there = msgspec.json.decode(found.data, type=Line) if found else None
        # A try that was cut short may have found another place.
        if there is None or msgspec.structs.replace(there, fence=line.fence) != line:
            raise RunWrittenByAnother(run=run) from error


def _copy_beside(run: str, here: Store, there: Store) -> None:
    for prefix in _BESIDE:
        for name, record in here.under(f"{prefix}{run}/").items():
            with suppress(RecordExists):
                there.create(name, record.data)


def _tick(aside: Aside, here: Journal) -> None:
    name = f"{MARKS}{aside.run}"
    record = here.store.read(name)
    assert record is not None, "A mark is never taken away."
    done = msgspec.structs.replace(aside, followed_at=here.clock.now())
    here.store.replace(name, msgspec.json.encode(done), generation=record.generation)
