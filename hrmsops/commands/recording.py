"""Where a run's record is kept: with everybody's, or by consent here until it follows."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hrmsops.engine.aside import Aside
    from hrmsops.engine.run import Run
    from hrmsops.errors.record import RecordUnusable
    from hrmsops.world import World


def settle(world: World, *, accepted: Sequence[str], changes: bool, json: bool) -> None:
    """Decide where the record of what is begun now is kept, and bring over what waited here.

    Raises LocalRecord, LeaseHeld, or why the bucket cannot be used.
    """
    from hrmsops.errors.record import LocalRecord, RecordUnusable, StoreUnreachable

    is_accepted = LocalRecord.code in accepted
    if not world.has_shared_record:
        if changes and not is_accepted:
            _require_shared(world)
        return
    try:
        world.lease().holder()  # The first call of the bucket, and the one that all depends on.
    except RecordUnusable as error:
        if is_accepted:
            _keep_here(world, error, json=json)
        elif isinstance(error, StoreUnreachable):
            name, store = world.environment.name, world.environment.store
            raise LocalRecord.silent(environment=name, store=store, why=error.why) from error
        else:
            raise
    else:
        if changes:
            tell_followed(follow_all(world), json=json)
            _refuse_beside_one_here(world)


def go_on_where_it_is(world: World, run: Run) -> None:
    """For a run that is found: its record is brought over where it can be, else it stays here."""
    from hrmsops.engine.aside import has_followed
    from hrmsops.engine.local import local_store
    from hrmsops.errors.record import RecordUnusable

    if not world.has_shared_record:
        return
    here = local_store()
    if not here.names(f"runs/{run.id}/") or has_followed(here, run.id):
        return
    with suppress(RecordUnusable):
        follow_all(world)
    if not has_followed(here, run.id):
        world.keep_record_here()


def is_aside(world: World) -> bool:
    """Whether the record of what is done now is kept here, against the configuration."""
    return world.has_shared_record and not world.store.is_shared


def begin_aside(world: World, run: str) -> None:
    """Before the first record of a run that is kept here: the mark that it has to follow."""
    from hrmsops.engine.aside import Aside, mark

    if is_aside(world):
        environment = world.environment
        mark(
            world.store,
            Aside(
                run=run,
                store=environment.store,
                endpoint=environment.endpoint,
                scope=world.scope,
                environment=environment.name,
            ),
        )


def of_bucket(world: World) -> list[Aside]:
    """What waits on this machine for the bucket of that environment."""
    from hrmsops.engine.aside import waiting
    from hrmsops.engine.local import local_store
    from hrmsops.errors.record import StateFolderUnusable

    asked = (world.environment.store, world.environment.endpoint)
    try:
        marks = waiting(local_store())
    except StateFolderUnusable:  # Whoever keeps nothing here needs no folder for it.
        return []
    return [each for each in marks if (each.store, each.endpoint) == asked]


def follow_all(world: World) -> list[str]:
    """The runs whose record has followed now; one that goes on waits. Raises RecordUnusable."""
    from hrmsops import steps
    from hrmsops.commands.records import here
    from hrmsops.engine.aside import follow
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.lease import Lease
    from hrmsops.errors.lease import LeaseHeld

    if not (marks := of_bucket(world)):
        return []
    mine = replace(here(), operator=world.operator)
    there = Journal(world.shared_store, steps.catalog(), world.record_clock, world.operator)
    followed = []
    for mark in _holder_first(marks, world):
        with suppress(LeaseHeld):
            follow(
                mark,
                here=mine,
                there=there,
                lease_here=Lease(mine.store, world.clock, world.operator, scope=mark.scope),
                lease_there=Lease(
                    there.store, world.record_clock, world.operator, scope=mark.scope
                ),
            )
            followed.append(mark.run)
    return followed


def tell_followed(runs: Sequence[str], *, json: bool) -> None:
    from hrmsops.console import output

    for run in () if json else runs:
        output.say(f"The record of run {run} has followed to the shared one.", style="good")


@contextmanager
def following_at_the_end(world: World, *, json: bool) -> Iterator[None]:
    """Within, a run goes on whose record may be kept here: however it ends, it follows if it can.

    Where it cannot yet, it is said how it does.
    """
    try:
        yield
    finally:
        if is_aside(world):
            _try_to_follow(world, json=json)


def _try_to_follow(world: World, *, json: bool) -> None:
    from hrmsops.console import output
    from hrmsops.errors import HrmsopsError

    with suppress(HrmsopsError):
        tell_followed(follow_all(world), json=json)
    if of_bucket(world) and not json:
        output.command("Once the bucket answers: ", "hrmsops runs sync")


def _holder_first(marks: Sequence[Aside], world: World) -> list[Aside]:
    """To bring one over takes its environment's lease, which a dead run must not lose unseen."""
    from hrmsops.engine.lease import Lease
    from hrmsops.engine.local import local_store

    def is_holder(mark: Aside) -> bool:
        lease = Lease(local_store(), world.clock, world.operator, scope=mark.scope)
        return lease.is_of(mark.run)

    return sorted(marks, key=lambda mark: not is_holder(mark))


def _require_shared(world: World) -> None:
    from hrmsops.errors.record import LocalRecord

    environment = world.environment
    if environment.protected and not environment.endpoint:
        raise LocalRecord.configured(
            environment=environment.name, project=environment.project, region=environment.region
        )


def _keep_here(world: World, error: RecordUnusable, *, json: bool) -> None:
    from hrmsops.console import output

    world.keep_record_here()
    if not json:
        output.say(
            f"{error.what} {error.why} The record of this run is kept on this machine alone: nobody"
            " else sees it, and who else is at work is not known. Tell the others.",
            style="warning",
        )


def _refuse_beside_one_here(world: World) -> None:
    """A run that was begun here while the bucket was silent may be at work still."""
    from hrmsops.engine.lease import Lease
    from hrmsops.engine.local import local_store

    for mark in of_bucket(world):
        lease = Lease(local_store(), world.clock, world.operator, scope=mark.scope)
        if mark.scope == world.scope and lease.is_of(mark.run):
            lease.refuse_if_held(run=None, take_over=False)
