"""`rollback pitr --tables`: rows copied back from a verified clone, and `rollback undo-copy`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out
from hrmsops.commands.completion import complete_run

if TYPE_CHECKING:
    from hrmsops.commands.recovering import Recovery
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.postgres.copy import Copied
    from hrmsops.rollback.continuing import Recovered
    from hrmsops.rollback.facts import ServiceFacts
    from hrmsops.rollback.kinds.tables import Wanted
    from hrmsops.world import World

Tables = Annotated[
    str | None,
    typer.Option(
        "--tables",
        metavar="TABLE,TABLE",
        help="Copy rows of these tables back from the clone; the rest stays as it is.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="COLUMN,COLUMN",
        help="With --tables: only these columns, of rows that are there.",
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="missing|overwrite",
        help="With --tables: what is missing comes back, or what differs becomes as it was too.",
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="TABLE.RECOVERED=NOW",
        help="With --tables: a renamed column, its name in the clone and its name now. Repeatable.",
    ),
]
CopyRun = Annotated[
    str, typer.Argument(metavar="RUN", autocompletion=complete_run, help="The run that copied.")
]


def wanted(
    tables: str | None, columns: str | None, mode: str | None, maps: list[str] | None
) -> Wanted | None:
    """What was typed, None where no tables are; raises WrongUsage, MapNotUnderstood."""
    from hrmsops.errors.usage import WrongUsage
    from hrmsops.rollback.damage import renamed
    from hrmsops.rollback.kinds.tables import Wanted

    command = "hrmsops rollback pitr"
    named = _names(tables)
    if mode not in (None, "missing", "overwrite"):
        raise WrongUsage(problem=f"--mode takes missing or overwrite, not {mode}.", command=command)
    if not named:
        if tables is not None or columns or mode or maps:
            raise WrongUsage(problem="It is not said which --tables.", command=command)
        return None
    return Wanted(
        tables=named,
        columns=_names(columns),
        overwrites=mode == "overwrite",
        renamed=renamed(maps or ()),
    )


def recover_then_copy(ask: Recovery, manner: Manner) -> None:
    """Two runs: one that makes and verifies a clone, one that copies, once its plan was agreed to.

    What differs is not known before the clone is there, and nothing is copied that was not shown.
    """
    from hrmsops.commands.recovering import plan_of
    from hrmsops.console import output

    alone = replace(ask, tables=None)
    # A name is more than a yes, and is that of the second plan.
    is_agreed = manner.yes or manner.confirm is not None
    first = replace(manner, confirm=None, yes=is_agreed, is_prelude=True)

    def make_plan(world: World, journal: Journal) -> Plan:
        plan = plan_of(alone, first, world, journal)
        assert ask.tables is not None
        _require_tables(world, plan.subject["instance"], ask.tables)
        return plan

    made = carry_out(first, make_plan)
    if made is None:
        if not manner.json:
            output.say("What differs is shown, and asked about, once the clone is there.")
        return
    then = replace(ask, at=None, before_migration=None, before_run=None, continues=made.id)
    # An approved plan was that of the first run.
    second = replace(manner, plan_in=None)
    carry_out(second, lambda world, journal: plan_of(then, second, world, journal))


def copy_plan(
    ask: Recovery, manner: Manner, world: World, facts: ServiceFacts, found: Recovered
) -> Plan:
    """Rehearse the copy, and plan just what the rehearsal found."""
    from hrmsops.commands.asking import reason_for
    from hrmsops.commands.recovering import held
    from hrmsops.rollback.kinds.tables import plan, require_other
    from hrmsops.rollback.observing_database import active_instance

    assert ask.tables is not None
    into = ask.instance or active_instance(world, facts)
    require_other(found, into)
    return plan(
        facts,
        found,
        into=into,
        wanted=ask.tables,
        difference=_rehearsed(world, found, into, ask.tables),
        environment=world.environment,
        reason=reason_for(ask.reason, manner),
        hold=held(ask, world),
    )


@options.spread
def undo_copy(
    run: CopyRun,
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Make rows that were copied back as they were before, but for those written since."""
    from hrmsops.commands.records import journal_with
    from hrmsops.rollback.kinds.undo_copy import copy_made

    found = journal_with(run, shared["config"], json=shared["json"]).look(run)
    made = copy_made(found)
    manner = Manner(env=env or found.plan.environment, yes=yes, dry_run=dry_run, **shared)

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.kinds.undo_copy import plan
        from hrmsops.rollback.observing import observe
        from hrmsops.rollback.replay_files import undo_kept

        return plan(
            observe(world, journal),
            made,
            undo=undo_kept(made.run),
            environment=world.environment,
            reason=reason_for(reason, manner),
        )

    carry_out(manner, make_plan)


def _require_tables(world: World, instance: str, wanted: Wanted) -> None:
    """Before a clone of forty minutes: rows come back into tables that are there.

    Raises TableUnknown.
    """
    from hrmsops.postgres.catalog_reading import read_catalog
    from hrmsops.postgres.session import connect

    found = world.cloud_sql.instance(instance)
    with connect(world.target(found, application_name="hrmsops"), read_only=True) as session:
        read_catalog(session).named(wanted.tables)


def _rehearsed(world: World, found: Recovered, into: str, wanted: Wanted) -> Copied:
    from hrmsops.postgres.copy import copy_back

    clone, target = (
        world.target(world.cloud_sql.instance(name), application_name="hrmsops")
        for name in (found.instance, into)
    )
    return copy_back(
        clone,
        target,
        wanted.tables,
        columns=wanted.columns or None,
        mode="overwrite" if wanted.overwrites else "missing",
        renamed=wanted.renamed,
        undo=Path(),
        made_at=world.clock.now(),
        dry_run=True,
    )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in (text or "").split(","))))
