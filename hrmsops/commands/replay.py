"""`hrmsops replay`: what users wrote in the old database, for the one that serves now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

import typer

from hrmsops.commands import options
from hrmsops.commands.applying import Manner, carry_out, world_of
from hrmsops.commands.completion import complete_run

if TYPE_CHECKING:
    from hrmsops.commands.replaying import Asked
    from hrmsops.engine.journal import Journal
    from hrmsops.engine.plan import Plan
    from hrmsops.rollback.recovered import Recovered
    from hrmsops.world import World

RunId = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        autocompletion=complete_run,
        help="The run that cut over.",
    ),
]
Transactions = Annotated[
    list[str] | None,
    typer.Option(
        "--damage-transaction",
        metavar="NUMBER",
        help="A transaction of the damage, or several: 48213-48240. Repeatable.",
    ),
]
DamageClone = Annotated[
    str | None,
    typer.Option(
        "--damage-clone",
        metavar="INSTANCE",
        help="A second clone, of the moment when the damage was done: it decides most.",
    ),
]
NoDamage = Annotated[
    bool,
    typer.Option("--no-damage", help="Nothing was damaged: all that differs was written by users."),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="TABLE.RECOVERED=OLD",
        help="A renamed column: its name in the recovered schema, and the one since. Repeatable.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="The application's log of committed writes, where the old database is gone.",
    ),
]
Show = Annotated[bool, typer.Option("--show", help="Show it and change nothing: the default.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write the files there as well: they hold values."),
]
Apply = Annotated[bool, typer.Option("--apply", help="Make the changes that conflict with none.")]
TakeBack = Annotated[bool, typer.Option("--take-back", help="Take the last applied replay back.")]
Purge = Annotated[
    bool,
    typer.Option(
        "--purge", help="Remove the files of RUN; without RUN, of all that are due to go."
    ),
]


@options.spread
def replay(
    run: RunId = None,
    damage_transaction: Transactions = None,
    damage_clone: DamageClone = None,
    no_damage: NoDamage = False,
    map_: Maps = None,
    from_: From = None,
    show: Show = False,
    out: Out = None,
    apply: Apply = False,
    take_back: TakeBack = False,
    purge: Purge = False,
    env: options.Env = None,
    reason: options.Reason = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    dry_run: options.DryRun = False,
    **shared: Unpack[options.Shared],
) -> None:
    """Bring over what users wrote in the old database after the moment it was recovered to.

    What the damage wrote is never replayed. Where a user wrote on a damaged value, it is listed.
    """
    from hrmsops.commands import replaying

    asked = replaying.asked(
        transactions=damage_transaction or (),
        clone=damage_clone or "",
        is_harmless=no_damage,
        maps=map_ or (),
        log=from_,
        out=out,
        accepted=shared["accept"] or (),
    )
    chosen = [show, apply, take_back, purge]
    replaying.require_one(chosen, run=run)
    if purge:
        replaying.purge(run, yes=yes, confirm=confirm, json=shared["json"])
        return
    assert run is not None, "require_one has looked."
    of = replaying.recovery(run, shared["config"], json=shared["json"])
    manner = Manner(env=env or of.environment, yes=yes, dry_run=dry_run, confirm=confirm, **shared)
    if take_back:
        _take_back(of, manner, reason)
    elif apply:
        _apply(of, asked, manner, reason)
    else:
        replaying.show(world_of(manner), of, asked, manner)


def _apply(of: Recovered, asked: Asked, manner: Manner, reason: str | None) -> None:
    from hrmsops.commands import replaying

    made: list[str] = []

    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.kinds.replay import plan

        facts = replaying.merged(world, of, asked, manner, is_applied=True)
        made.append(facts.manifest.plan)
        return plan(
            facts,
            now=world.clock.now(),
            environment=world.environment,
            reason=reason_for(reason, manner),
        )

    try:
        carry_out(manner, make_plan)
    finally:
        if asked.out and made:
            replaying.copy_out(of, made[0], asked.out)


def _take_back(of: Recovered, manner: Manner, reason: str | None) -> None:
    def make_plan(world: World, journal: Journal) -> Plan:
        from hrmsops.commands.asking import reason_for
        from hrmsops.rollback.kinds.replay import take_back
        from hrmsops.rollback.recovered import applied

        return take_back(
            applied(journal.runs(), of.run),
            of,
            now=world.clock.now(),
            environment=world.environment,
            reason=reason_for(reason, manner),
        )

    carry_out(manner, make_plan)
