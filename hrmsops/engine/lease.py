"""One run at a time: who holds an environment, since when, why, and whether still alive."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

import msgspec

from hrmsops.engine.clock import Clock
from hrmsops.engine.entries import Closed, Line
from hrmsops.engine.holder import STALE_AFTER, Holder, this_machine
from hrmsops.engine.run import Operator
from hrmsops.engine.store import Record, RecordChanged, RecordExists, Store
from hrmsops.errors.lease import LeaseHeld, LeaseLost
from hrmsops.errors.record import RecordUnusable

HEARTBEAT = timedelta(seconds=10)
RENEWED_WITHIN = timedelta(seconds=30)
"""A change that follows on a look at the lease is begun well before anybody may take it."""
PARTING_SECONDS = 2.0
"""How long a sign of life under way is waited for at the end."""


class Lease:
    """The right to change one scope (an environment), kept alive by a heartbeat.

    A live holder is never displaced. A silent one is, by the very run that it was executing, by
    another one with `take_over`, and by anyone where its run has nothing left to go on with.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        operator: Operator,
        *,
        scope: str,
        say: Callable[[str], None] | None = None,
        heartbeat: timedelta = HEARTBEAT,
    ) -> None:
        self._store, self._clock, self._operator = store, clock, operator
        self._name = f"leases/{scope}"
        self._scope = scope
        self._say, self._heartbeat = say, heartbeat
        self._held: tuple[Holder, int] | None = None
        self._lost: LeaseLost | None = None
        self._looked_at = clock.now()
        self._mutex = threading.Lock()
        self._stopping = threading.Event()
        self._beat: threading.Thread | None = None
        self.displaced: Holder | None = None

    def holder(self) -> Holder | None:
        """Who holds it now, None where nobody does."""
        record = self._store.read(self._name)
        found = self._parse(record) if record else None
        return None if found is None or found.is_released else found

    def is_gone(self, holder: Holder) -> bool:
        """Whether it is silent by the store's clock, or its process here is no more."""
        return holder.is_stale(self._clock.now()) or holder.is_dead(self._operator.host)

    def is_of(self, run: str) -> bool:
        """Whether it is held for that run, alive or not; "" is none."""
        holder = self.holder() if run else None
        return holder is not None and holder.run == run

    def refuse_if_held(self, *, run: str | None, take_over: bool) -> None:
        """Raise LeaseHeld where `acquire` would; a look, so that nobody confirms in vain."""
        if (holder := self.holder()) and not self._may_displace(holder, run, take_over=take_over):
            raise self._held_by(holder)

    def acquire(self, *, run: str, why: str, take_over: bool) -> Self:
        """Hold the scope for `run`, or raise LeaseHeld, which names the holder."""
        record = self._store.read(self._name) or self._free_one()
        before = self._parse(record) if record else None
        if before and not before.is_released:
            if not self._may_displace(before, run, take_over=take_over):
                raise self._held_by(before)
            self.displaced = before
        mine = self._mine(run, why, fence=before.fence + 1 if before else 1)
        try:
            if record is None:
                data = msgspec.json.encode(mine)
                generation = self._store.create(self._name, data, fence=mine.fence)
            else:
                generation = self._write(mine, record.generation)
        except (RecordExists, RecordChanged) as error:
            raise self._held_by(self.holder() or mine) from error
        self._held = mine, generation
        self._beat = threading.Thread(target=self._keep_alive, name="lease", daemon=True)
        self._beat.start()
        return self

    def _free_one(self) -> Record | None:
        """The first lease of a bucket, held by nobody; in a folder None.

        Whether it may be written over, as each beat does, is so seen before anything is begun: a
        right to create alone, or a retention policy, would leave a lease that nobody gives back.
        """
        if not self._store.is_shared:
            return None
        free = msgspec.structs.replace(self._mine("", "", fence=0), is_released=True)
        with suppress(RecordExists):
            self._store.create(self._name, msgspec.json.encode(free))
        return self._store.read(self._name)

    @property
    def fence(self) -> int:
        """The fencing number under which the holder writes."""
        assert self._held is not None, "A lease is acquired before it is used."
        return self._held[0].fence

    def assert_held(self) -> None:
        """Raise LeaseLost where somebody took it over meanwhile; asked before each change.

        Where no sign of life was seen for long, another may take it at any moment: one is given.
        """
        self._looked_at = self._clock.now()
        now_held = self.holder()
        if not self._is_ours(now_held):
            raise self._lost_to(now_held)
        if now_held is not None and self._clock.now() - now_held.heartbeat > RENEWED_WITHIN:
            with self._mutex:
                self._renew()

    def assert_still_held(self) -> None:
        """The same just before a change; a look a moment ago is good for it."""
        if self._clock.now() - self._looked_at > self._heartbeat:
            self.assert_held()

    def assert_not_lost(self) -> None:
        """Raise LeaseLost where a sign of life has met another holder; nothing is asked."""
        if self._lost is not None:
            raise self._lost

    def release(self) -> None:
        """Give it back; nothing happens where it was lost."""
        self._stopping.set()
        if self._beat:
            self._beat.join(PARTING_SECONDS)  # A bucket that hangs is waited for no longer.
        if self._held is None:
            return
        holder, generation = self._held
        try:
            self._write_over(msgspec.structs.replace(holder, is_released=True), generation)
        except (LeaseLost, RecordUnusable):
            return  # Taken over, or no answer: how the run ended is what is to be told.
        finally:
            self._held = None

    def leave(self, holder: Holder) -> None:
        """Put a dead run's lease here, as it was left elsewhere; nothing where another holds it."""
        record = self._store.read(self._name)
        before = self._parse(record) if record else None
        if before and not before.is_released:
            return
        left = msgspec.structs.replace(holder, fence=before.fence + 1 if before else 1)
        with suppress(RecordExists, RecordChanged):
            if record is None:
                self._store.create(self._name, msgspec.json.encode(left), fence=left.fence)
            else:
                self._write(left, record.generation)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _may_displace(self, holder: Holder, run: str | None, *, take_over: bool) -> bool:
        return self.is_gone(holder) and (
            take_over or holder.run == run or not self._is_open(holder.run)
        )

    def _is_open(self, run: str) -> bool:
        """False for a run that died before its plan was on record, or after it was closed."""
        last = next(
            (self._store.read(name) for name in self._store.names(f"runs/{run}/")[-1:]), None
        )
        return last is not None and not isinstance(
            msgspec.json.decode(last.data, type=Line).entry, Closed
        )

    def _held_by(self, holder: Holder) -> LeaseHeld:
        now = self._clock.now()
        return LeaseHeld(
            scope=holder.scope,
            run=holder.run,
            by=holder.by,
            host=holder.host,
            since=holder.since,
            why=holder.why,
            silent=now - holder.heartbeat,
            is_gone=self.is_gone(holder),
        )

    def _mine(self, run: str, why: str, *, fence: int) -> Holder:
        now = self._clock.now()
        return Holder(
            scope=self._scope,
            fence=fence,
            run=run,
            by=self._operator.account,
            host=self._operator.host,
            pid=os.getpid(),
            why=why,
            since=now,
            heartbeat=now,
            machine=this_machine(),
        )

    def _keep_alive(self) -> None:
        is_silent = False
        while not self._stopping.wait(self._heartbeat.total_seconds()):
            try:
                with self._mutex:
                    self._renew()
                is_silent = False
            except LeaseLost as lost:
                self._lost = lost
                self._tell(f"{lost.what} It goes no further.")
                return
            except RecordUnusable as error:
                # A full disk or a silent bucket may be well at the next beat.
                if not is_silent:
                    self._tell(self._unrenewed(error))
                is_silent = True

    def _renew(self) -> None:
        """Give a sign of life; LeaseLost where another holds it. Under the mutex."""
        if self._held is None:
            raise self._lost_to(None)
        holder, generation = self._held
        beat = msgspec.structs.replace(holder, heartbeat=self._clock.now())
        self._held = beat, self._write_over(beat, generation)

    def _write_over(self, holder: Holder, generation: int) -> int:
        """Write over what is ours, else LeaseLost.

        A write that got no answer may have arrived, or may yet: then ours is of another
        generation than the one that we know.
        """
        while True:
            try:
                return self._write(holder, generation)
            except RecordChanged as error:
                record = self._store.read(self._name)
                there = self._parse(record) if record else None
                if record is None or not self._is_ours(there):
                    raise self._lost_to(there) from error
                generation = record.generation

    def _is_ours(self, there: Holder | None) -> bool:
        """Whether it is what we acquired, whenever its last sign of life was."""
        if self._held is None or there is None or there.is_released:
            return False
        return msgspec.structs.replace(there, heartbeat=self._held[0].heartbeat) == self._held[0]

    def _lost_to(self, there: Holder | None) -> LeaseLost:
        return LeaseLost(scope=self._scope, by=there.by if there else "")

    def _tell(self, words: str) -> None:
        if self._say and not self._stopping.is_set():
            self._say(words)

    def _unrenewed(self, error: RecordUnusable) -> str:
        assert self._held is not None, "What is not held is not renewed."
        since, seconds = self._held[0].heartbeat, STALE_AFTER.total_seconds()
        return (
            f"The lease of {self._scope} is not renewed since {since:%H:%M:%S} UTC: {error.why}"
            f" After {seconds:.0f} s others may take it over; this run looks before it changes"
            " anything more."
        )

    def _write(self, holder: Holder, generation: int) -> int:
        data = msgspec.json.encode(holder)
        return self._store.replace(self._name, data, generation=generation, fence=holder.fence)

    def _parse(self, record: Record) -> Holder:
        """The holder; of what two clocks say of its last sign of life, the store's counts."""
        holder = msgspec.json.decode(record.data, type=Holder)
        if record.age is None:
            return holder
        return msgspec.structs.replace(holder, heartbeat=self._clock.now() - record.age)
