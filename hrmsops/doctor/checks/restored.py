"""When data was last really brought back: a backup that was never restored is a hope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from hrmsops.doctor.check import Check, Finding, Topic, good, warning
from hrmsops.doctor.commands import RECOVERIES
from hrmsops.doctor.words import at
from hrmsops.engine.entries import Finished
from hrmsops.errors.base import HrmsopsError

if TYPE_CHECKING:
    from hrmsops.doctor.around import Around
    from hrmsops.engine.run import Run

OFTEN_ENOUGH = timedelta(days=35)
"""Once a month."""
BRINGS_BACK = frozenset({"verify-clone"})
"""The step after which data was seen in the instance that a recovery made."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`run` is the last that brought data back, and `when`; None: none is on record.

    `reachable` is a moment to rehearse with, None where there is none.
    """

    run: str | None
    when: datetime | None
    now: datetime
    reachable: datetime | None
    environment: str


def look(around: Around) -> Seen:
    run, when = last_restored(around.runs)
    world = around.world
    return Seen(
        run=run,
        when=when,
        now=world.clock.now(),
        reachable=_reachable(around),
        environment=world.environment.name,
    )


def _reachable(around: Around) -> datetime | None:
    """A moment that can be recovered to; whatever keeps it from being known is another's line."""
    try:
        window = around.window
    except HrmsopsError:
        return None
    if window is None:
        return None
    before = window.latest - timedelta(hours=1)
    return before if before > window.earliest else window.latest


def last_restored(runs: Sequence[Run]) -> tuple[str | None, datetime | None]:
    """The newest run, and the moment, at which data that was brought back was seen."""
    for run in reversed(runs):
        steps = {n for n, step in enumerate(run.plan.steps, 1) if step.name in BRINGS_BACK}
        for line in reversed(run.lines):
            if isinstance(line.entry, Finished) and line.entry.step in steps:
                return run.id, line.at
    return None, None


def judge(seen: Seen) -> Finding:
    if seen.when is None:
        says = "Never, as far as this record goes: a backup is a hope until then"
        return warning(says, _rehearsal(seen))
    told = f"{at(seen.when)}, by run {seen.run}"
    if seen.now - seen.when > OFTEN_ENOUGH:
        return warning(f"{told}: longer ago than a month", _rehearsal(seen))
    return good(told)


def _rehearsal(seen: Seen) -> str:
    """Without --promote it ends at a verified clone; nothing that serves or works is touched."""
    if seen.reachable is None:
        return "Have point-in-time recovery on, then recover into a clone once."
    return (
        f"hrmsops rollback pitr -e {seen.environment} --at {seen.reachable:%Y-%m-%dT%H:%M:%SZ}"
        " --no-hold --accept hold-skipped --reason rehearsal"
    )


CHECK = Check(
    title="last restored",
    topic=Topic.RECOVERY,
    place=3,
    asks="When was data last brought back, in earnest or as a rehearsal?",
    commands=RECOVERIES,
    look=look,
    judge=judge,
)
