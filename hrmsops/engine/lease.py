"""One run at a time: who holds an environment, since when, why, and whether still alive."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import msgspec

from hrmsops.engine.clock import Clock
from hrmsops.engine.entries import Closed, Line
from hrmsops.engine.run import Operator
from hrmsops.engine.store import Record, RecordChanged, RecordExists, Store
from hrmsops.errors.lease import LeaseHeld, LeaseLost
from hrmsops.errors.run import StateFolderUnusable

HEARTBEAT = timedelta(seconds=10)
STALE_AFTER = timedelta(seconds=60)


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The lease as it is stored. `fence` grows with every acquisition and never shrinks."""

    scope: str
    fence: int
    run: str
    by: str
    host: str
    pid: int
    why: str
    since: datetime
    heartbeat: datetime
    is_released: bool = False

    def is_stale(self, now: datetime) -> bool:
        """Silent for longer than six heartbeats."""
        return now - self.heartbeat > STALE_AFTER

    def is_dead(self, here: str) -> bool:
        """Held by a process of this host that is no more."""
        return self.host == here and not is_alive(self.pid)


class Lease:
    """The right to change one scope (an environment), kept alive by a heartbeat.

    A live holder is never displaced. A silent one is, by the very run that it was executing, by
    another one with `take_over`, and by anyone where its run has nothing left to go on with.
    """

    def __init__(self, store: Store, clock: Clock, operator: Operator, *, scope: str) -> None:
        self._store, self._clock, self._operator = store, clock, operator
        self._name = f"leases/{scope}"
        self._scope = scope
        self._held: tuple[Holder, int] | None = None
        self._mutex = threading.Lock()
        self._stopping = threading.Event()
        self._beat: threading.Thread | None = None
        self.displaced: Holder | None = None

    def holder(self) -> Holder | None:
        """Who holds it now, None where nobody does."""
        record = self._store.read(self._name)
        found = _parse(record) if record else None
        return None if found is None or found.is_released else found

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
        record = self._store.read(self._name)
        before = _parse(record) if record else None
        if before and not before.is_released:
            if not self._may_displace(before, run, take_over=take_over):
                raise self._held_by(before)
            self.displaced = before
        mine = self._mine(run, why, fence=before.fence + 1 if before else 1)
        try:
            if record is None:
                generation = self._store.create(self._name, msgspec.json.encode(mine))
            else:
                generation = self._write(mine, record.generation)
        except (RecordExists, RecordChanged) as error:
            raise self._held_by(self.holder() or mine) from error
        self._held = mine, generation
        self._beat = threading.Thread(target=self._keep_alive, name="lease", daemon=True)
        self._beat.start()
        return self

    @property
    def fence(self) -> int:
        """The fencing number under which the holder writes."""
        assert self._held is not None, "A lease is acquired before it is used."
        return self._held[0].fence

    def assert_held(self) -> None:
        """Raise LeaseLost where somebody took it over meanwhile; asked before each change."""
        now_held = self.holder()
        if self._held is None or now_held is None or now_held.fence != self._held[0].fence:
            raise LeaseLost(scope=self._scope, by=now_held.by if now_held else "")

    def release(self) -> None:
        """Give it back; nothing happens where it was lost."""
        self._stopping.set()
        if self._beat:
            self._beat.join()
        if self._held is None:
            return
        holder, generation = self._held
        self._held = None
        try:
            self._write(msgspec.structs.replace(holder, is_released=True), generation)
        except (RecordChanged, StateFolderUnusable):
            return  # Taken over, or a full disk: how the run ended is what is to be told.

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
        is_silent = holder.is_stale(self._clock.now()) or holder.is_dead(self._operator.host)
        return is_silent and (take_over or holder.run == run or not self._is_open(holder.run))

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
            is_gone=holder.is_stale(now) or holder.is_dead(self._operator.host),
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
        )

    def _keep_alive(self) -> None:
        while not self._stopping.wait(HEARTBEAT.total_seconds()):
            with self._mutex:
                if self._held is None:
                    return
                holder, generation = self._held
                beat = msgspec.structs.replace(holder, heartbeat=self._clock.now())
                try:
                    self._held = beat, self._write(beat, generation)
                except RecordChanged:
                    return  # `assert_held` tells the run before its next change.
                except StateFolderUnusable:
                    continue  # A full disk now may be free at the next beat.

    def _write(self, holder: Holder, generation: int) -> int:
        return self._store.replace(self._name, msgspec.json.encode(holder), generation=generation)


def _parse(record: Record) -> Holder:
    return msgspec.json.decode(record.data, type=Holder)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
