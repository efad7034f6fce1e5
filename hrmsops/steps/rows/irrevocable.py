"""What has left the building since a moment: bank files, filings, mail that nothing takes back.

In a plan, `ListIrrevocable` comes once nothing can leave any more (after the hold, after the
fence), and `RequireAcknowledged` behind it. That one stops the run, which stays resumable, until
each item that was found is acknowledged by a person: `acknowledge(world, items, names, run=…)` in
`acknowledgements` keeps who did so and when. `commands.acknowledging` lists and asks.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec

from hrmsops.engine.run import Run
from hrmsops.engine.step import Result, Step
from hrmsops.errors.base import ExitCode, HrmsopsError
from hrmsops.errors.hold import IrrevocableNotAcknowledged
from hrmsops.steps.rows.acknowledgements import acknowledgements, uncovered
from hrmsops.steps.rows.items import Item
from hrmsops.world import World

if TYPE_CHECKING:
    from hrmsops.postgres.session import Session

KEYS_KEPT = 20

Queries = tuple[tuple[str, str], ...]
"""(name, SQL) of `[environments.NAME.irrevocable]`."""


class ListIrrevocable(Step[World], frozen=True, kw_only=True):
    """Run each query on `instance` and keep counts and keys, never another value."""

    name: ClassVar[str] = "list-irrevocable"
    changes: ClassVar[bool] = False

    instance: str
    since: datetime
    queries: Queries

    def sentence(self) -> str:
        names = ", ".join(name for name, _query in self.queries)
        return f"List what left {self.instance} since {self.since:%Y-%m-%d %H:%M:%S} UTC: {names}"

    def apply(self, world: World, run: Run) -> Result:
        items = listed(
            world,
            instance=self.instance,
            since=self.since,
            queries=self.queries,
            application_name=f"hrmsops {run.id}",
        )
        return {
            "items": msgspec.to_builtins(items),
            "findings": [item.sentence() for item in items],
        }


class RequireAcknowledged(Step[World], frozen=True, kw_only=True):
    """Go on only once a person has acknowledged all that steps `after` have found."""

    name: ClassVar[str] = "require-acknowledged"
    changes: ClassVar[bool] = False

    after: tuple[int, ...]

    def sentence(self) -> str:
        return "Go on only when each of them is acknowledged"

    def apply(self, world: World, run: Run) -> Result:
        items = tuple(item for number in self.after for item in items_of(run, number))
        if missing := uncovered(items, acknowledgements(world)):
            raise IrrevocableNotAcknowledged(
                items=tuple((item.name, item.sentence()) for item in missing),
                run=run.id if _has_changed(run) else "",
            )
        covered = [item.name for item in items if item.is_open]
        return {"acknowledged": covered}


def listed(
    world: World, *, instance: str, since: datetime, queries: Queries, application_name: str
) -> tuple[Item, ...]:
    """What each query finds on `instance`; what cannot be looked at is an item that says so.

    Raises DatabaseNotConfigured, PasswordMissing.
    """
    if not queries:
        return ()
    from hrmsops.postgres.session import connect

    try:
        found = world.cloud_sql.instance(instance)
        target = world.target(found, application_name=application_name)
        with connect(target, read_only=True) as session:
            return tuple(_item(session, name, query, instance, since) for name, query in queries)
    except HrmsopsError as error:
        if error.exit_code == ExitCode.USAGE:
            raise
        return tuple(_unknown(name, instance, since, error.what) for name, _query in queries)


def items_of(run: Run, step: int) -> tuple[Item, ...]:
    """What ListIrrevocable, as step number `step`, has found; nothing before it is finished."""
    result = run.result(step) or {}
    return msgspec.convert(result.get("items", ()), tuple[Item, ...])


def _has_changed(run: Run) -> bool:
    """Whether the run stays open when it stops here: one that changed nothing is closed."""
    return any(
        step.changes and run.has_finished(number)
        for number, step in enumerate(run.plan.steps, start=1)
    )


def _item(session: Session, name: str, query: str, instance: str, since: datetime) -> Item:
    import psycopg

    from hrmsops.postgres.listing import list_keys

    try:
        found = list_keys(session, query, since=since, keys_max=KEYS_KEPT)
    except psycopg.Error as error:
        # By its code: the text of an error can quote a row.
        why = f"The query failed ({type(error).__name__}, {error.sqlstate or 'no SQLSTATE'})."
        return _unknown(name, instance, since, why)
    return Item(
        name=name,
        instance=instance,
        since=since,
        count=found.count,
        keys=found.first_keys,
        digest=found.digest,
    )


def _unknown(name: str, instance: str, since: datetime, why: str) -> Item:
    return Item(name=name, instance=instance, since=since, count=None, problem=why)
