"""Whether the database has a migration, once nobody is applying it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hrmsops.engine.run import Run
from hrmsops.engine.waiting import Patience, wait_for
from hrmsops.steps.schema.agents import LOCK_WAIT, Migrating, target_of
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.ledger import LedgerEntry
    from hrmsops.postgres.session import Session

POLL = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What django_migrations and the ledger say of one migration."""

    is_applied: bool
    may_still_run: bool
    """A session of the same run is still at it, past all patience."""
    entry: LedgerEntry | None

    @property
    def has_left_something(self) -> bool:
        """A migration without a transaction has begun."""
        return self.entry is not None and self.entry.is_half_applied

    @property
    def facts(self) -> dict[str, Any]:
        """The ledger's row for the journal: a database that is rewound forgets its own."""
        if self.entry is None:
            return {"by": "someone else: the ledger does not know it"}
        kept = (
            "run",
            "started_lsn",
            "first_xid",
            "ended_lsn",
            "xid",
            "until_xid",
            "commit",
            "image",
        )
        facts: dict[str, Any] = {name: getattr(self.entry, name) for name in kept}
        facts["leaves"] = list(self.entry.leaves)
        facts["started_at"] = self.entry.started_at.isoformat()
        facts["ended_at"] = self.entry.ended_at.isoformat() if self.entry.ended_at else None
        return facts


def applied(
    world: World,
    run: Run,
    how: Migrating,
    *,
    app: str,
    name: str,
    of: tuple[str, ...],
    reverses: bool = False,
) -> Applied:
    """Look, after any session that an earlier process of `run` left behind has ended.

    `of` are the migrations that this one stands for: with all of them it is applied too.
    `reverses`: the ledger's row is that of taking it back.
    """
    from hrmsops.postgres.django_record import recorded_migrations
    from hrmsops.postgres.ledger import read_ledger
    from hrmsops.postgres.session import connect

    with connect(target_of(world, run, how), read_only=True) as session:
        may_still_run = run.id not in world.agents and not _is_over(session, world, run)
        known = {f"{app}.{name}" for app, name, _ in recorded_migrations(session)}
        full_name = f"{app}.{name}"
        entries = [
            each for each in read_ledger(session, reverses=reverses) if each.migration == full_name
        ]
    is_applied = full_name in known or (bool(of) and set(of) <= known)
    return Applied(
        is_applied=is_applied,
        may_still_run=may_still_run,
        entry=_entry(entries, is_through=is_applied != reverses, run=run),
    )


def _entry(entries: list[LedgerEntry], *, is_through: bool, run: Run) -> LedgerEntry | None:
    from hrmsops.postgres.ledger import APPLIED, REVERSED

    if is_through:
        done = (APPLIED, REVERSED)
        return next((each for each in reversed(entries) if each.outcome in done), None)
    return next((each for each in reversed(entries) if each.run == run.id), None)


def _is_over(session: Session, world: World, run: Run) -> bool:
    """Wait for the session of a process that was killed; False where it does not end."""
    from hrmsops.errors.run import WaitedTooLong
    from hrmsops.postgres.migration_lock import lock_holder

    def gone() -> bool | None:
        holder = lock_holder(session)
        return None if holder and holder.application == f"hrmsops {run.id}" else True

    try:
        return wait_for(
            "An earlier process of this run is still migrating",
            gone,
            run=run,
            clock=world.clock,
            patience=Patience(),
            deadline=LOCK_WAIT,
            every=POLL,
        )
    except WaitedTooLong:
        return False
