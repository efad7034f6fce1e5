"""Takes one run from its checkpoint to its end, batch by batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from hrmsops.backfill import session, words
from hrmsops.backfill.checkpoint import Checkpoint
from hrmsops.backfill.checkpoints import Checkpoints
from hrmsops.backfill.cursor import DONE, MAIN, Cursor
from hrmsops.backfill.events import Meter, Tell
from hrmsops.backfill.findings import findings_of
from hrmsops.backfill.health import Health
from hrmsops.backfill.pace import Pace
from hrmsops.backfill.ranges import Batch, Ranges
from hrmsops.backfill.strategy import Strategy
from hrmsops.backfill.watch import Watch
from hrmsops.backfill.work import Work
from hrmsops.errors.backfill_run import BackfillStopped
from hrmsops.errors.base import HrmsopsError

AGAIN = ("55P03", "40P01", "57014", "40001")
"""A lock that was not had in time, a deadlock, a statement too long: nothing was done."""
BLOCKED_SECONDS_MAX = 600.0
SWEEPS_MAX = 3
TELL_SECONDS = 1.0
EARLIER_SECONDS_MAX = 10.0


class Stopped(Exception):
    """Somebody asked it to stop; what is done stands in the checkpoint."""


class Engine:
    """One run on one session. `stop` may be set from anywhere; it is met between two batches."""

    def __init__(
        self,
        work: Work,
        held: Checkpoint,
        *,
        checkpoints: Checkpoints,
        strategy: Strategy,
        pace: Pace,
        sleep_seconds: float,
        tell: Tell,
    ) -> None:
        self._work, self._held, self._checkpoints = work, held, checkpoints
        self._strategy, self._pace, self._sleep = strategy, pace, sleep_seconds
        self._ranges = Ranges(work, held, strategy)
        self._tell, self._meter = tell, Meter(total=held.total)
        self._told_at = self._blocked_seconds = 0.0
        self.paused_seconds = 0.0
        health = Health(work.quoted_table, using=work.using)
        self._watch = Watch(health, pause=self._pause, tell=tell)
        self._unvacuumed = 0
        self.stop = threading.Event()

    def run(self) -> Sequence[str]:
        """To the end; what is to be said of rows that were added or changed meanwhile.

        Raises BackfillStopped, BackfillTakenOver, Stopped.
        """
        self._meter.mark(at=time.monotonic(), rows=self._held.rows)
        with session.prepared(self._work.using):
            if not self._work.repeatable:
                self._wait_for_earlier()
            while (cursor := self._held.cursor).phase != DONE:
                self._watch.pause_if_needed()
                self._refuse_if_stopped()
                if not self._take(self._ranges.after(cursor, self._pace.rows), cursor):
                    continue
                if self._sleep:
                    self._wait(self._sleep)
            self._vacuum_if(at_least=1)
            found = findings_of(self._work, self._held)
            self._checkpoints.end(self._held, outcome="done", findings=found)
        return found

    def _take(self, batch: Batch | None, cursor: Cursor) -> bool:
        """One batch and its checkpoint in one transaction; whether rows were changed."""
        if batch is None:
            self._keep(self._ended(cursor))
            return False
        if batch.rows is None:
            self._held.cursor = batch.then
            return False
        began = time.monotonic()
        try:
            with transaction.atomic(self._work.using):
                rows = self._work.apply(batch.rows)
                then = self._counted(batch.then, rows)
                self._checkpoints.save(self._held, then, rows=rows)
        except HrmsopsError:
            raise
        except Exception as error:  # A function of the project's may raise anything.
            self._meet(error)
            return False
        self._done(then, rows=rows, seconds=time.monotonic() - began)
        return rows > 0

    def _counted(self, then: Cursor, rows: int) -> Cursor:
        return then if then.phase == MAIN else replace(then, swept=then.swept + rows)

    def _keep(self, cursor: Cursor) -> None:
        with transaction.atomic(self._work.using):
            self._checkpoints.save(self._held, cursor, rows=0)
        self._held.cursor = cursor

    def _ended(self, cursor: Cursor) -> Cursor:
        """What follows a phase: sweeps until one finds nothing, a few at most."""
        if cursor.phase == MAIN:
            goes_on = self._work.repeatable
        else:
            goes_on = cursor.swept > 0 and cursor.sweep + 1 < SWEEPS_MAX
        return cursor.enter_sweep(self._ranges.sweep_end()) if goes_on else cursor.enter(DONE)

    def _done(self, then: Cursor, *, rows: int, seconds: float) -> None:
        self._held.cursor = then
        self._held.rows += rows
        self._blocked_seconds = 0.0
        self._pace.took(rows=rows, seconds=seconds)
        self._unvacuumed += rows
        self._meter.mark(at=time.monotonic(), rows=self._held.rows)
        if time.monotonic() - self._told_at >= TELL_SECONDS:
            self._told_at = time.monotonic()
            self._tell_progress(rows, seconds)
        if self._strategy.vacuum_rows:
            self._vacuum_if(at_least=self._strategy.vacuum_rows)

    def _tell_progress(self, rows: int, seconds: float) -> None:
        self._tell(
            {
                "event": "progress",
                "rows": self._held.rows,
                "total": self._held.total,
                "rate": self._meter.rate,
                "eta_seconds": self._meter.eta_seconds,
                "batch_rows": rows,
                "batch_ms": round(seconds * 1000),
                "phase": self._held.cursor.phase,
            }
        )

    def _vacuum_if(self, *, at_least: int) -> None:
        if self._strategy.vacuum_rows and self._unvacuumed >= at_least:
            self._tell({"event": "vacuum", "table": self._work.table})
            session.vacuum(self._work.quoted_table, using=self._work.using)
            self._unvacuumed = 0

    def _meet(self, error: Exception) -> None:
        """Wait and go on where nothing was done; else say where it stopped."""
        is_over = self._blocked_seconds >= BLOCKED_SECONDS_MAX
        if words.sqlstate_of(error) not in AGAIN or is_over:
            raise BackfillStopped(
                subject=self._held.subject, rows=self._held.rows, why=words.why(error)
            ) from error
        self._pace.failed()
        seconds = min(5.0, max(0.1, self._blocked_seconds / 2))
        self._blocked_seconds += seconds
        self._pause("rows of the batch are locked by others", seconds)

    def _wait_for_earlier(self) -> None:
        """A row whose number was drawn before ours began may be committed only now."""
        if self._held.rows:
            return
        began = time.monotonic()
        border = session.next_xid(self._work.using)
        while session.oldest_xid(self._work.using) < border:
            if time.monotonic() - began > EARLIER_SECONDS_MAX:
                return  # What it adds is among the findings.
            self._pause("transactions that began earlier are still open", 0.2)

    def _pause(self, why: str, seconds: float) -> None:
        self.paused_seconds += seconds
        self._refuse_if_stopped()
        self._tell({"event": "pause", "why": why, "seconds": seconds})
        self._wait(seconds)

    def _refuse_if_stopped(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def _wait(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped
